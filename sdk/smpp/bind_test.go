package smpp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"os"
	"testing"
	"time"
)

// playBind dials and lets the test play the SMSC on the new connection.
func playBind(t *testing.T, ctx context.Context, bind Bind, cfg ClientConfig, play func(*peer)) (*Session, error) {
	t.Helper()
	l := listen(t)
	played := make(chan struct{})
	go func() {
		defer close(played)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		play(newPeer(t, conn))
	}()
	s, err := Dial(ctx, l.Addr().String(), bind, cfg)
	if s != nil {
		t.Cleanup(func() { s.Close(); wait(t, s.Done()) })
	}
	wait(t, played)
	return s, err
}

func TestBindSays(t *testing.T) {
	for _, c := range []struct {
		name string
		bind Bind
		want Bind
	}{
		{"version 3.4 unless told otherwise", Bind{Mode: Transmitter, SystemID: "a"}, Bind{Mode: Transmitter, SystemID: "a", InterfaceVersion: 0x34}},
		{
			"everything that can be set",
			Bind{Mode: Receiver, SystemID: "a", Password: "b", SystemType: "c", InterfaceVersion: 0x50, TON: 1, NPI: 2, AddressRange: "^46"},
			Bind{Mode: Receiver, SystemID: "a", Password: "b", SystemType: "c", InterfaceVersion: 0x50, TON: 1, NPI: 2, AddressRange: "^46"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := playBind(t, testContext(t), c.bind, ClientConfig{}, func(p *peer) {
				h, pdu := p.read()
				if b, ok := pdu.(*Bind); !ok || *b != c.want || h.Sequence != 1 {
					t.Errorf("the SMSC got %v %+v", h, pdu)
				}
				p.write(StatusOK, h.Sequence, &BindResp{Mode: c.bind.Mode, SystemID: "smsc", TLVs: TLVs{{TagSCInterfaceVersion, []byte{0x34}}}})
			})
			if err != nil {
				t.Fatal(err)
			}
			if v, _, _ := s.BindResp().TLVs.Uint(TagSCInterfaceVersion); v != 0x34 || s.BindResp().SystemID != "smsc" {
				t.Errorf("bind response %+v", s.BindResp())
			}
		})
	}
}

func TestBindAnswers(t *testing.T) {
	frameError := new(FrameError)
	for _, c := range []struct {
		name   string
		play   func(*peer)
		status Status // of a BindError
		other  error
	}{
		{"refused with a body", func(p *peer) {
			h, _ := p.read()
			p.write(StatusInvPaswd, h.Sequence, &BindResp{Mode: Transceiver})
		}, StatusInvPaswd, nil},
		{"refused without a body", func(p *peer) {
			h, _ := p.read()
			p.write(StatusAlyBnd, h.Sequence, errorBody(h.Command))
		}, StatusAlyBnd, nil},
		{"generic_nack", func(p *peer) {
			h, _ := p.read()
			p.write(StatusInvCmdID, h.Sequence, &GenericNack{})
		}, StatusInvCmdID, nil},
		{"accepted with another sequence_number, after an enquire_link and an outbind", func(p *peer) {
			p.read()
			p.write(StatusOK, 5, &EnquireLink{})
			p.expect(CommandEnquireLinkResp, StatusOK)
			p.write(StatusOK, 6, &Outbind{})
			p.write(StatusOK, 77, &BindResp{Mode: Transceiver})
		}, 0, nil},
		{"never answered", func(p *peer) { p.read(); p.expectEnd() }, 0, os.ErrDeadlineExceeded},
		{"not SMPP", func(p *peer) { p.read(); p.raw([]byte("HTTP/1.1 400 Bad Request\r\n")) }, 0, frameError},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := playBind(t, testContext(t), Bind{Mode: Transceiver}, ClientConfig{Config: Config{BindTimeout: 200 * time.Millisecond}}, c.play)
			var refused *BindError
			switch {
			case c.status != 0:
				if !errors.As(err, &refused) || refused.Status != c.status {
					t.Errorf("got %v, want %v", err, c.status)
				}
			case c.other == frameError:
				if !errors.As(err, &frameError) {
					t.Errorf("got %v, want a FrameError", err)
				}
			case !errors.Is(err, c.other):
				t.Errorf("got %v, want %v", err, c.other)
			}
		})
	}
}

func TestBindEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	_, err := playBind(t, ctx, Bind{Mode: Transceiver}, ClientConfig{}, func(p *peer) { p.read(); cancel(); p.expectEnd() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	_, err = Dial(ctx, "127.0.0.1:1", Bind{Mode: Transceiver}, ClientConfig{})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestBindThatDoesNotFitIsNotSent(t *testing.T) {
	_, err := playBind(t, testContext(t), Bind{Mode: Transceiver, Password: "ninechars"}, ClientConfig{}, func(p *peer) { p.expectEnd() })
	var bad *EncodeError
	if !errors.As(err, &bad) || bad.Field != "password" {
		t.Errorf("got %v", err)
	}
}

// selfSigned is a certificate for 127.0.0.1 and a pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func TestTLS(t *testing.T) {
	cert, pool := selfSigned(t)
	l := tls.NewListener(listen(t), &tls.Config{Certificates: []tls.Certificate{cert}})
	ctx, cancel := context.WithCancel(testContext(t))
	defer cancel()
	failures := make(chan error, 1)
	go func() {
		_ = Serve(ctx, l, ServerConfig{Config: Config{Handle: func(context.Context, PDU) Status { return StatusOK }}, Authenticate: anybody},
			func(s *Session) { <-s.Done() }, func(_ net.Addr, err error) { failures <- err })
	}()
	s, err := Dial(ctx, l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{TLS: &tls.Config{RootCAs: pool}})
	if err != nil {
		t.Fatal(err)
	}
	if r := s.Call(ctx, submit("46"), 0); r.Outcome != Accepted {
		t.Errorf("%+v", r)
	}
	if err := s.Unbind(ctx); err != nil {
		t.Error(err)
	}
	if _, err := Dial(ctx, l.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{TLS: &tls.Config{RootCAs: x509.NewCertPool()}}); err == nil {
		t.Error("bound over a certificate that nobody trusts")
	}
	wait(t, failures)

	silent := listen(t) // accepts TCP and never makes a handshake
	_, err = Dial(ctx, silent.Addr().String(), Bind{Mode: Transceiver}, ClientConfig{TLS: &tls.Config{RootCAs: pool}, Config: Config{BindTimeout: 100 * time.Millisecond}})
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("silent TLS peer: %v", err)
	}
}
