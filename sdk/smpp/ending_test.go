package smpp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

func TestEnquireLink(t *testing.T) {
	cfg := Config{EnquireInterval: 40 * time.Millisecond, EnquireTimeout: 200 * time.Millisecond}
	s, p := dialPeer(t, cfg)
	for range 3 {
		h, _ := p.expect(CommandEnquireLink, StatusOK)
		p.write(StatusOK, h.Sequence, &EnquireLinkResp{})
	}
	if s.Err() != nil {
		t.Error(s.Err())
	}
	r := make(results, 1)
	h, _ := p.expect(CommandEnquireLink, StatusOK)
	r.send(t, s, submit("1"), 0)
	h2, _ := p.expect(CommandSubmitSM, StatusOK)
	if h.Sequence == h2.Sequence {
		t.Error("enquire_link and submit_sm share a sequence_number")
	}
	// Now the peer is silent.
	expectErr(t, s, ErrEnquireTimeout)
	if res := r.next(t); res.Outcome != Unknown || !errors.Is(res.Err, ErrEnquireTimeout) {
		t.Errorf("%+v", res)
	}
	p.expectEnd()
	if st := s.Stats(); st.Stray != 0 {
		t.Errorf("%+v", st)
	}
}

func TestPeerUnbinds(t *testing.T) {
	t.Run("with nothing outstanding", func(t *testing.T) {
		s, p := dialPeer(t, Config{})
		p.write(StatusOK, 4, &Unbind{})
		if h, _ := p.expect(CommandUnbindResp, StatusOK); h.Sequence != 4 {
			t.Errorf("%+v", h)
		}
		p.expectEnd()
		expectErr(t, s, ErrPeerUnbound)
		if err := s.TrySend(submit("1"), 0, nil); !errors.Is(err, ErrPeerUnbound) {
			t.Errorf("a request after unbind: %v", err)
		}
	})
	t.Run("what it answers after its unbind still counts, the rest is unknown", func(t *testing.T) {
		s, p := dialPeer(t, Config{EnquireTimeout: 300 * time.Millisecond})
		first, second := make(results, 1), make(results, 1)
		first.send(t, s, submit("1"), 0)
		second.send(t, s, submit("2"), 0)
		h, _ := p.read()
		p.read()
		p.write(StatusOK, 4, &Unbind{})
		p.expect(CommandUnbindResp, StatusOK)
		p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "m"})
		if r := first.next(t); r.Outcome != Accepted {
			t.Errorf("%+v", r)
		}
		if r := second.next(t); r.Outcome != Unknown || !errors.Is(r.Err, ErrPeerUnbound) {
			t.Errorf("%+v", r)
		}
		expectErr(t, s, ErrPeerUnbound)
	})
}

func TestWeUnbind(t *testing.T) {
	s, p := dialPeer(t, Config{})
	r := make(results, 1)
	r.send(t, s, submit("1"), 0)
	h, _ := p.read()
	unbound := make(chan error, 1)
	go func() { unbound <- s.Unbind(testContext(t)) }()
	wait(t, s.closing)
	if err := s.TrySend(submit("2"), 0, nil); !errors.Is(err, ErrUnbound) {
		t.Errorf("a request after Unbind: %v", err)
	}
	p.write(StatusOK, h.Sequence, &SubmitSMResp{MessageID: "m"})
	if res := r.next(t); res.MessageID() != "m" {
		t.Errorf("%+v", res)
	}
	hu, _ := p.expect(CommandUnbind, StatusOK)
	p.write(StatusOK, hu.Sequence, &UnbindResp{})
	if err := wait(t, unbound); err != nil {
		t.Error(err)
	}
	expectErr(t, s, ErrUnbound)
	p.expectEnd()
	if err := s.Unbind(testContext(t)); err != nil {
		t.Errorf("second Unbind: %v", err)
	}
}

func TestUnbindIsBounded(t *testing.T) {
	t.Run("by its context while requests are outstanding", func(t *testing.T) {
		s, p := dialPeer(t, Config{})
		r := make(results, 1)
		r.send(t, s, submit("1"), 0)
		p.expect(CommandSubmitSM, StatusOK)
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		defer cancel()
		if err := s.Unbind(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		p.expect(CommandUnbind, StatusOK)
		if res := r.next(t); res.Outcome != Unknown || !errors.Is(res.Err, ErrUnbound) {
			t.Errorf("%+v", res)
		}
	})
	t.Run("by the timeout of its response", func(t *testing.T) {
		s, p := dialPeer(t, Config{EnquireTimeout: 30 * time.Millisecond})
		if err := s.Unbind(testContext(t)); err == nil {
			t.Error("no error")
		}
		p.expect(CommandUnbind, StatusOK)
		expectErr(t, s, ErrUnbound)
	})
	t.Run("by the end of the link", func(t *testing.T) {
		s, p := dialPeer(t, Config{})
		r := make(results, 1)
		r.send(t, s, submit("1"), 0)
		p.read()
		_ = p.conn.Close()
		if err := s.Unbind(testContext(t)); !errors.Is(err, ErrPeerClosed) {
			t.Errorf("got %v", err)
		}
	})
}

func TestGarbage(t *testing.T) {
	big, err := Append(nil, StatusOK, 77, &DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 60000)}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name     string
		raw      []byte
		sequence uint32
	}{
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), 0},
		{"a length below a header", []byte{0, 0, 0, 15, 0, 0, 0, 0x15}, 0},
		{"a length of 4 GB", []byte{255, 255, 255, 255}, 0},
		{"an oversized PDU", big, 77},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, p := dialPeer(t, Config{MaxPDU: 50000})
			r := make(results, 1)
			r.send(t, s, submit("1"), 0)
			p.read()
			p.raw(c.raw)
			if h, _ := p.expect(CommandGenericNack, StatusInvCmdLen); h.Sequence != c.sequence {
				t.Errorf("%+v", h)
			}
			p.expectEnd()
			if res := r.next(t); res.Outcome != Unknown {
				t.Errorf("%+v", res)
			}
			wait(t, s.Done())
			var bad *FrameError
			if !errors.As(s.Err(), &bad) || bad.Limit != 50000 {
				t.Errorf("ended with %v", s.Err())
			}
		})
	}
}

func TestConnectionLost(t *testing.T) {
	for _, c := range []struct {
		name string
		last []byte
		want error
	}{
		{"between PDUs", nil, io.EOF},
		{"inside a PDU", []byte{0, 0, 0, 16, 0}, io.ErrUnexpectedEOF},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, p := dialPeer(t, Config{})
			r := make(results, 1)
			r.send(t, s, submit("1"), 0)
			p.read()
			p.raw(c.last)
			_ = p.conn.Close()
			if res := r.next(t); res.Outcome != Unknown || !errors.Is(res.Err, c.want) {
				t.Errorf("%+v", res)
			}
			wait(t, s.Done())
			if res := s.Call(testContext(t), submit("2"), 0); res.Outcome != NeverSent || !errors.Is(res.Err, c.want) {
				t.Errorf("%+v", res)
			}
		})
	}
}

// A peer that stops reading ends the link by WriteTimeout, and nobody blocks for longer.
func TestPeerStopsReading(t *testing.T) {
	const n = 400
	s, p := dialPeer(t, Config{Window: n, WriteTimeout: 500 * time.Millisecond})
	if err := p.conn.(*net.TCPConn).SetReadBuffer(4096); err != nil {
		t.Fatal(err)
	}
	all := make(results, n)
	large := &DataSM{TLVs: TLVs{{TagMessagePayload, make([]byte, 60000)}}}
	sent := 0
	for range n { // 24 MB, more than the sockets hold
		if err := s.TrySend(large, 0, func(r Result) { all <- r }); err != nil {
			break // on a slow machine the link ends before all is queued
		}
		sent++
	}
	expectErr(t, s, ErrWriteTimeout)
	count := make(map[Outcome]int)
	for range sent {
		count[all.next(t).Outcome]++
	}
	if count[NeverSent] == 0 || count[Unknown]+count[NeverSent] != sent {
		t.Errorf("%v of %d", count, sent)
	}
}

// The peer takes two requests and a part of the third: those two are unknown, and since it cannot act on a part, the others were never sent.
func TestWhereTheWriteStopped(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := newSession(ours, newFrameReader(ours, 1000), true, Bind{Mode: Transceiver}, BindResp{}, Config{WriteTimeout: 50 * time.Millisecond}.withDefaults())
	all := make(results, 5)
	for range 5 {
		all.send(t, s, submit("46"), 0)
	}
	frame, err := Append(nil, StatusOK, 1, submit("46"))
	if err != nil {
		t.Fatal(err)
	}
	s.run()
	if _, err := io.ReadFull(theirs, make([]byte, 3*len(frame)-1)); err != nil {
		t.Fatal(err)
	}
	expectErr(t, s, ErrWriteTimeout)
	for range 5 {
		r := all.next(t)
		want := NeverSent
		if r.Sequence <= 2 {
			want = Unknown
		}
		if r.Outcome != want || !errors.Is(r.Err, ErrWriteTimeout) {
			t.Errorf("request %d: %v (%v), want %v", r.Sequence, r.Outcome, r.Err, want)
		}
	}
}

// A peer that asks without end and never reads its answers is not read from any more, so that they do not pile up.
func TestPeerDoesNotReadItsAnswers(t *testing.T) {
	ours, theirs := net.Pipe()
	defer theirs.Close()
	s := newSession(ours, newFrameReader(ours, 1000), false, Bind{Mode: Transceiver}, BindResp{}, Config{WriteTimeout: time.Second}.withDefaults())
	s.run()
	var flood []byte
	for range 1000 {
		flood, _ = Append(flood, StatusOK, 1, &EnquireLink{})
	}
	taken := 0
	for {
		n, err := theirs.Write(flood)
		taken += n
		if err != nil {
			break
		}
	}
	expectErr(t, s, ErrWriteTimeout)
	if taken < maxAnswers || taken > maxAnswers+maxAnswers/2 {
		t.Errorf("%d octets of requests were taken, want about %d", taken, maxAnswers)
	}
}

// What is queued goes out in one write.
func TestWritesAreCoalesced(t *testing.T) {
	ours, theirs := net.Pipe()
	counted := &countingConn{Conn: ours}
	s := newSession(counted, newFrameReader(counted, 1000), true, Bind{Mode: Transceiver}, BindResp{}, Config{Window: 100}.withDefaults())
	for range 100 {
		if err := s.TrySend(submit("1"), 0, func(Result) {}); err != nil {
			t.Fatal(err)
		}
	}
	s.run()
	p := newPeer(t, theirs)
	for range 100 {
		p.expect(CommandSubmitSM, StatusOK)
	}
	s.Close()
	wait(t, s.Done())
	if counted.writes != 1 {
		t.Errorf("100 requests took %d writes", counted.writes)
	}
}

type countingConn struct {
	net.Conn
	writes int
}

func (c *countingConn) Write(b []byte) (int, error) {
	c.writes++
	return c.Conn.Write(b)
}
