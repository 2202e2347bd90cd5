package smpp

import (
	"context"
	"errors"
	"net"
	"strconv"
	"testing"
	"time"
)

var noDeadline time.Time

func number(i int) string { return strconv.Itoa(46_000_000 + i) }

// sessionPair is a server and a client session on one link.
func sessionPair(t *testing.T, serverCfg, clientCfg Config) (server, client *Session) {
	t.Helper()
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	sessions := make(chan *Session, 1)
	served := make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, ServerConfig{Config: serverCfg, SystemID: "smsc", Authenticate: anybody}, func(s *Session) { sessions <- s }, nil)
	}()
	client, err := Dial(testContext(t), l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{Config: clientCfg})
	if err != nil {
		t.Fatal(err)
	}
	server = wait(t, sessions)
	t.Cleanup(func() {
		client.Close()
		wait(t, client.Done())
		wait(t, server.Done())
		cancel()
		if err := wait(t, served); err != nil {
			t.Error(err)
		}
	})
	return server, client
}

// playESME connects to a server that knows one ESME, and lets the test play a connection.
func playESME(t *testing.T, play func(*peer)) error {
	t.Helper()
	l := listen(t)
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	accepted := make(chan error, 1)
	go func() {
		cfg := ServerConfig{Config: Config{BindTimeout: 300 * time.Millisecond}, SystemID: "smsc", Authenticate: func(_ context.Context, b *Bind, _ net.Addr) Status {
			switch {
			case b.SystemID != "ppg":
				return StatusInvSysID
			case b.Password != "secret":
				return StatusInvPaswd
			}
			return StatusOK
		}}
		s, err := Accept(context.Background(), server, cfg)
		if s != nil {
			s.Close()
			<-s.Done()
		}
		accepted <- err
	}()
	play(newPeer(t, conn))
	return wait(t, accepted)
}

func TestAccept(t *testing.T) {
	good := &Bind{Mode: Transceiver, SystemID: "ppg", Password: "secret", InterfaceVersion: Version34}
	t.Run("a good bind after an enquire_link, a submit_sm and an unknown command", func(t *testing.T) {
		err := playESME(t, func(p *peer) {
			p.write(StatusOK, 1, &EnquireLink{})
			p.expect(CommandEnquireLinkResp, StatusOK)
			p.write(StatusOK, 2, submit("46"))
			p.expect(CommandSubmitSMResp, StatusInvBndSts)
			p.write(StatusOK, 3, &UnknownPDU{Command: 0x111})
			p.expect(CommandGenericNack, StatusInvCmdID)
			p.write(StatusOK, 44, good)
			h, pdu := p.expect(CommandBindTransceiverResp, StatusOK)
			r := pdu.(*BindResp)
			if v, ok, _ := r.TLVs.Uint(TagSCInterfaceVersion); h.Sequence != 44 || r.SystemID != "smsc" || v != 0x34 || !ok {
				t.Errorf("%+v %+v", h, r)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("an ESME of version 3.3 gets no TLV", func(t *testing.T) {
		old := *good
		old.InterfaceVersion = 0x33
		err := playESME(t, func(p *peer) {
			p.write(StatusOK, 1, &old)
			if _, pdu := p.expect(CommandBindTransceiverResp, StatusOK); len(pdu.(*BindResp).TLVs) != 0 {
				t.Errorf("%+v", pdu)
			}
		})
		if err != nil {
			t.Error(err)
		}
	})
	for _, c := range []struct {
		name   string
		bind   PDU
		status Status
	}{
		{"wrong system_id", &Bind{Mode: Receiver, SystemID: "x", Password: "secret"}, StatusInvSysID},
		{"wrong password", &Bind{Mode: Receiver, SystemID: "ppg", Password: "x"}, StatusInvPaswd},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := playESME(t, func(p *peer) {
				p.write(StatusOK, 9, c.bind)
				if h, _ := p.expect(CommandBindReceiverResp, c.status); h.Sequence != 9 {
					t.Errorf("%+v", h)
				}
				p.expectEnd()
			})
			var refused *BindError
			if !errors.As(err, &refused) || refused.Status != c.status {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a bind that cannot be read", func(t *testing.T) {
		err := playESME(t, func(p *peer) {
			p.write(StatusOK, 1, &UnknownPDU{Command: CommandBindReceiver, Body: []byte("ppg")})
			p.expect(CommandBindReceiverResp, StatusInvSysID)
			p.expectEnd()
		})
		var bad *DecodeError
		if !errors.As(err, &bad) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("not SMPP", func(t *testing.T) {
		err := playESME(t, func(p *peer) {
			p.raw([]byte("GET "))
			p.expect(CommandGenericNack, StatusInvCmdLen)
			p.expectEnd()
		})
		var bad *FrameError
		if !errors.As(err, &bad) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("unbind instead of a bind", func(t *testing.T) {
		err := playESME(t, func(p *peer) {
			p.write(StatusOK, 1, &Unbind{})
			p.expect(CommandUnbindResp, StatusOK)
			p.expectEnd()
		})
		if !errors.Is(err, ErrPeerUnbound) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("silence", func(t *testing.T) {
		if err := playESME(t, func(p *peer) { p.expectEnd() }); err == nil {
			t.Error("a silent connection was bound")
		}
	})
}

// The SMSC side sends deliver_sm and alert_notification over the same session type.
func TestServerSends(t *testing.T) {
	got := make(chan PDU, 2)
	server, client := sessionPair(t, Config{}, Config{Handle: func(_ context.Context, p PDU) Status { got <- p; return StatusRxRAppn }})
	r := server.Call(testContext(t), &DeliverSM{ShortMessage: []byte("hello")}, 0)
	if r.Outcome != Refused || r.Status != StatusRxRAppn {
		t.Errorf("%+v", r)
	}
	if d := wait(t, got).(*DeliverSM); string(d.UserData()) != "hello" {
		t.Errorf("%+v", d)
	}
	if err := server.Notify(&AlertNotification{}); err != nil {
		t.Error(err)
	}
	if _, ok := wait(t, got).(*AlertNotification); !ok {
		t.Error("no alert")
	}
	if err := client.Notify(&AlertNotification{}); !errors.Is(err, ErrDirection) {
		t.Errorf("alert from an ESME: %v", err)
	}
	if r := server.Call(testContext(t), submit("46"), 0); !errors.Is(r.Err, ErrDirection) || r.Outcome != NeverSent {
		t.Errorf("submit_sm from an SMSC: %+v", r)
	}
	if server.Bind().Mode != Transceiver || client.BindResp().SystemID != "smsc" {
		t.Errorf("%+v %+v", server.Bind(), client.BindResp())
	}
}

// A connection that never binds does not keep others out, and Serve closes what is unbound when it ends.
func TestServeWithSilentConnections(t *testing.T) {
	l := listen(t)
	ctx, cancel := context.WithCancel(context.Background())
	failed, served := make(chan error, 8), make(chan error, 1)
	go func() {
		served <- Serve(ctx, l, ServerConfig{MaxUnbound: 2, Config: Config{BindTimeout: 100 * time.Millisecond}, Authenticate: anybody},
			func(s *Session) { <-s.Done() }, func(_ net.Addr, err error) { failed <- err })
	}()
	for range 3 {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
	}
	s, err := Dial(testContext(t), l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		wait(t, failed)
	}
	cancel()
	if r := s.Call(testContext(t), submit("46"), 0); r.Outcome != Refused { // sessions live on
		t.Errorf("%+v", r)
	}
	if err := s.Unbind(testContext(t)); err != nil {
		t.Error(err)
	}
	if err := wait(t, served); err != nil {
		t.Error(err)
	}
}
