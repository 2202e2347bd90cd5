package gtp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func query() Message { return &SendRouteingInfoRequest{IMSI: testIMSI} }

func answerTo(m Message) Message {
	return &SendRouteingInfoResponse{Cause: CauseRequestAccepted, IMSI: m.(*SendRouteingInfoRequest).IMSI, GSNAddress: testSGSN}
}

func TestResponseEndsRequest(t *testing.T) {
	g := newGSN(t, Config{})
	var r result
	if err := g.Send(testPeer, 0, query(), r.done); err != nil {
		t.Fatal(err)
	}
	asked, to := g.said()
	if to != testPeer {
		t.Errorf("sent to %v", to)
	}
	sequence := asked.Header.Sequence
	g.hear(otherPeer, sequence, answerTo(query()))
	g.hear(testPeer, sequence+1, answerTo(query()))
	g.hear(testPeer, sequence, &PDUNotificationResponse{Cause: CauseRequestAccepted})
	g.hear(netip.AddrPortFrom(testPeer.Addr(), 2124), sequence, answerTo(query()))
	if r.times != 0 {
		t.Fatal("a response from elsewhere, to another request or of another type ended it")
	}
	g.hear(testPeer, sequence, answerTo(query()))
	g.hear(testPeer, sequence, answerTo(query()))
	if r.times != 1 || r.err != nil || r.packet.Message.(*SendRouteingInfoResponse).GSNAddress != testSGSN {
		t.Errorf("%+v", r)
	}
	if len(g.dropped) != 5 {
		t.Errorf("dropped: %v", g.dropped)
	}
	for _, err := range g.dropped {
		if !errors.Is(err, ErrUnexpected) {
			t.Error(err)
		}
	}
	g.clock.advance(time.Minute)
	g.silent()
}

func TestRetransmission(t *testing.T) {
	g := newGSN(t, Config{T3Response: 2 * time.Second, N3Requests: 3})
	var r result
	if err := g.Send(testPeer, 0, query(), r.done); err != nil {
		t.Fatal(err)
	}
	first := g.wire.take()
	for n := range 2 {
		g.clock.advance(2*time.Second - 1)
		g.silent()
		g.clock.advance(1)
		if d := g.wire.take(); len(d) != 1 || !bytes.Equal(d[0].octets, first[0].octets) || d[0].to != testPeer {
			t.Fatalf("time %d: %v", n+2, d)
		}
	}
	if g.clock.advance(2*time.Second - 1); r.times != 0 {
		t.Fatal("it ended early")
	}
	if g.clock.advance(1); r.times != 1 || !errors.Is(r.err, ErrNoResponse) {
		t.Fatalf("%+v", r)
	}
	g.silent()
	if g.clock.set() != 0 {
		t.Error("a timer is left")
	}
}

func TestAnswerAfterRetransmission(t *testing.T) {
	g := newGSN(t, Config{})
	var r result
	if err := g.Send(testPeer, 0, query(), r.done); err != nil {
		t.Fatal(err)
	}
	g.wire.take()
	g.clock.advance(DefaultT3Response)
	asked, _ := g.said()
	g.hear(testPeer, asked.Header.Sequence, answerTo(query()))
	if r.times != 1 || r.err != nil {
		t.Errorf("%+v", r)
	}
}

// A response that lies about its length ends its request at once: the peer would only repeat it.
func TestUnreadableResponse(t *testing.T) {
	g := newGSN(t, Config{})
	for name, body := range map[string]string{"without its IMSI": "0180", "with a lie": "0180 0200010121436587f9 850005c0000214"} {
		var r result
		if err := g.Send(testPeer, 0, query(), r.done); err != nil {
			t.Fatal(err)
		}
		asked, _ := g.said()
		b := message(t, TypeSendRouteingInfoResponse, body)
		b[8], b[9] = byte(asked.Header.Sequence>>8), byte(asked.Header.Sequence)
		g.receive(testPeer, b)
		var bad *ParseError
		if r.times != 1 || !errors.As(r.err, &bad) || r.packet.Message != nil {
			t.Errorf("%s: %+v", name, r)
		}
		g.silent() // a response is not answered
	}
}

func TestPeerOfAnotherVersion(t *testing.T) {
	g := newGSN(t, Config{})
	var r result
	if err := g.Send(testPeer, 0, query(), r.done); err != nil {
		t.Fatal(err)
	}
	asked, _ := g.said()
	g.hear(testPeer, asked.Header.Sequence, &VersionNotSupported{})
	if r.times != 1 || !errors.Is(r.err, ErrPeerVersion) {
		t.Errorf("%+v", r)
	}
	g.receive(testPeer, unhex(t, "4001000400000500"))
	if p, to := g.said(); p.Header != signalling(TypeVersionNotSupported, 0, 5) || to != testPeer {
		t.Errorf("version 2 is answered with %+v", p)
	}
	g.receive(testPeer, unhex(t, "4003000400000500"))
	g.silent()
}

func TestSequenceNumbers(t *testing.T) {
	g := newGSN(t, Config{MaxOutstanding: 1 << 17})
	seen := make(map[uint16]bool)
	for range 1 << 16 {
		if err := g.Send(testPeer, 0, query(), func(Packet, error) {}); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range g.wire.take() {
		seen[uint16(d.octets[8])<<8|uint16(d.octets[9])] = true
	}
	if len(seen) != 1<<16 {
		t.Errorf("%d numbers for %d requests", len(seen), 1<<16)
	}
	if err := g.Send(testPeer, 0, query(), nil); !errors.Is(err, ErrBusy) {
		t.Errorf("without a number that is free: %v", err)
	}
	if err := g.Send(otherPeer, 0, query(), nil); err != nil {
		t.Errorf("to another peer: %v", err)
	}
}

func TestBounds(t *testing.T) {
	g := newGSN(t, Config{MaxOutstanding: 2})
	var r result
	for range 2 {
		if err := g.Send(testPeer, 0, query(), r.done); err != nil {
			t.Fatal(err)
		}
	}
	g.wire.take()
	if err := g.Send(otherPeer, 0, query(), r.done); !errors.Is(err, ErrBusy) {
		t.Errorf("the third: %v", err)
	}
	g.silent()
	g.clock.advance(time.Minute)
	if r.times != 2 {
		t.Errorf("%d ended", r.times)
	}
	if err := g.Send(otherPeer, 0, query(), r.done); err != nil {
		t.Errorf("after they ended: %v", err)
	}
	if err := g.Send(otherPeer, 0, &EchoResponse{}, r.done); err == nil {
		t.Error("a response was sent as a request")
	}
	if err := g.Send(otherPeer, 0, &SendRouteingInfoRequest{}, r.done); err == nil {
		t.Error("a request without IMSI was sent")
	}
}

func TestClose(t *testing.T) {
	g := newGSN(t, Config{})
	var r result
	if err := g.Send(testPeer, 0, query(), r.done); err != nil {
		t.Fatal(err)
	}
	g.hear(testPeer, 1, query())
	if err := g.Close(); err != nil || r.times != 1 || !errors.Is(r.err, ErrClosed) || g.clock.set() != 0 {
		t.Errorf("%+v (%v), %d timers", r, err, g.clock.set())
	}
	if err := g.Close(); err != nil {
		t.Error(err)
	}
	if err := g.Send(testPeer, 0, query(), r.done); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
	if err := g.requests[0].Answer(0, answerTo(query())); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

// TestLoopback is two paths over real sockets.
func TestLoopback(t *testing.T) {
	defer goleak.VerifyNone(t)
	listen := func() *net.UDPConn {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	hlr, ggsn := listen(), listen()
	front := NewPath(hlr, Config{RestartCounter: 9, Handler: handlerFunc(func(r *Request) {
		if err := r.Answer(0, answerTo(r.Message)); err != nil {
			t.Error(err)
		}
	})})
	path := NewPath(ggsn, Config{})
	served := make(chan error, 2)
	go func() { served <- front.Serve() }()
	go func() { served <- path.Serve() }()
	to := hlr.LocalAddr().(*net.UDPAddr).AddrPort()

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if p, err := path.Do(ctx, to, 0, query()); err != nil || p.Message.(*SendRouteingInfoResponse).GSNAddress != testSGSN {
		t.Errorf("%+v (%v)", p, err)
	}
	if p, err := path.Do(ctx, to, 0, &EchoRequest{}); err != nil || p.Message.(*EchoResponse).Recovery != 9 {
		t.Errorf("%+v (%v)", p, err)
	}
	gone, stop := context.WithCancelCause(t.Context())
	stop(fmt.Errorf("no longer wanted"))
	nobody := listen()
	defer nobody.Close()
	if _, err := path.Do(gone, nobody.LocalAddr().(*net.UDPAddr).AddrPort(), 0, query()); err == nil || len(path.outstanding) != 0 {
		t.Errorf("%v, %d wait", err, len(path.outstanding))
	}
	for _, p := range []*Path{path, front} {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		if err := <-served; err != nil {
			t.Error(err)
		}
	}
}

type handlerFunc func(*Request)

func (f handlerFunc) HandleRequest(r *Request) { f(r) }
