package gtp

import (
	"errors"
	"net/netip"
	"testing"
	"time"
)

func TestEcho(t *testing.T) {
	g := newGSN(t, Config{RestartCounter: 42})
	for range 2 { // a repeated one too
		g.hear(testPeer, 7, &EchoRequest{})
		p, to := g.said()
		if m, ok := p.Message.(*EchoResponse); !ok || m.Recovery != 42 || p.Header != signalling(TypeEchoResponse, 0, 7) || to != testPeer {
			t.Errorf("%+v", p)
		}
	}
	if len(g.requests) != 0 {
		t.Error("the handler got an Echo")
	}
	b, err := Append(nil, Header{TEID: 5, Sequence: 8}, &EchoRequest{})
	if err != nil {
		t.Fatal(err)
	}
	g.receive(testPeer, b)
	if p, _ := g.said(); p.Header.TEID != 0 {
		t.Errorf("answered to TEID %d: a path has none", p.Header.TEID)
	}
}

func TestRepeatedRequest(t *testing.T) {
	g := newGSN(t, Config{AnswersFor: 15 * time.Second})
	g.hear(testPeer, 7, query())
	g.hear(testPeer, 7, query())
	g.silent()
	if len(g.requests) != 1 {
		t.Fatalf("handled %d times before it was answered", len(g.requests))
	}
	if err := g.requests[0].Answer(3, answerTo(query())); err != nil {
		t.Fatal(err)
	}
	first := g.wire.take()
	if len(first) != 1 {
		t.Fatalf("%d answers", len(first))
	}
	if p, err := Parse(first[0].octets); err != nil || p.Header != signalling(TypeSendRouteingInfoResponse, 3, 7) {
		t.Errorf("%+v (%v)", p, err)
	}
	if err := g.requests[0].Answer(3, answerTo(query())); err != nil {
		t.Error(err)
	}
	g.silent() // only the first counts

	g.clock.advance(15*time.Second - 1)
	g.hear(testPeer, 7, query())
	if again := g.wire.take(); len(again) != 1 || string(again[0].octets) != string(first[0].octets) || len(g.requests) != 1 {
		t.Errorf("repeated: %v, handled %d times", again, len(g.requests))
	}
	// Another port, another number, other octets: another request.
	g.hear(netip.AddrPortFrom(testPeer.Addr(), 1), 7, query())
	g.hear(testPeer, 8, query())
	g.hear(testPeer, 7, &FailureReportRequest{IMSI: testIMSI})
	if len(g.requests) != 4 {
		t.Errorf("handled %d, want 4", len(g.requests))
	}
	g.silent()
}

func TestAnswersAreForgotten(t *testing.T) {
	g := newGSN(t, Config{AnswersFor: 15 * time.Second})
	g.hear(testPeer, 7, query())
	g.clock.advance(lateness)
	g.hear(testPeer, 8, query())
	g.clock.advance(15*time.Second - 1)
	if len(g.answers) != 2 {
		t.Errorf("%d answers are kept", len(g.answers))
	}
	g.clock.advance(1) // the time of the second, and the last of the first
	if len(g.answers) != 0 || g.given.len() != 0 {
		t.Errorf("%d answers are kept, %d wait", len(g.answers), g.given.len())
	}
	g.hear(testPeer, 7, query())
	if len(g.requests) != 3 {
		t.Errorf("handled %d times", len(g.requests))
	}
}

// The two times wait in one timer: the earlier one has to move it.
func TestTimerMovesForward(t *testing.T) {
	g := newGSN(t, Config{T3Response: time.Second, AnswersFor: time.Minute})
	g.hear(testPeer, 7, query())
	if err := g.Send(testPeer, 0, query(), func(Packet, error) {}); err != nil {
		t.Fatal(err)
	}
	g.wire.take()
	g.clock.advance(time.Second)
	if len(g.wire.take()) != 1 || g.clock.set() != 1 {
		t.Errorf("the request was not repeated in its time, or %d timers are set", g.clock.set())
	}
}

// A timer that could not be stopped any more must not set a second one beside its successor.
func TestTimersDoNotMultiply(t *testing.T) {
	g := newGSN(t, Config{T3Response: 4 * time.Second, AnswersFor: 10 * time.Second})
	g.clock.deaf = true
	g.hear(testPeer, 7, query())
	if err := g.Send(testPeer, 0, query(), func(Packet, error) {}); err != nil {
		t.Fatal(err)
	}
	g.clock.advance(11 * time.Second)
	if n := g.clock.set(); n != 1 {
		t.Errorf("%d timers are set", n)
	}
}

func TestQueueGivesItsRoomBack(t *testing.T) {
	var q queue[int]
	for n := range 10 {
		q.add(0, n)
	}
	for n := range 10_000 {
		if q.first().item != n || q.len() != 10 {
			t.Fatalf("%d of %d is first, want %d", q.first().item, q.len(), n)
		}
		q.drop()
		q.add(0, n+10)
	}
	if cap(q.items) > 100 {
		t.Errorf("room for %d is kept for 10", cap(q.items))
	}
}

func TestMaxAnswers(t *testing.T) {
	g := newGSN(t, Config{MaxAnswers: 2})
	g.hear(testPeer, 1, query())
	g.hear(testPeer, 2, query())
	g.hear(testPeer, 3, query())
	if len(g.requests) != 2 || len(g.dropped) != 1 || !errors.Is(g.dropped[0], ErrFlood) {
		t.Fatalf("handled %d, dropped %v", len(g.requests), g.dropped)
	}
	if err := g.requests[0].Answer(0, answerTo(query())); err != nil {
		t.Fatal(err)
	}
	g.hear(testPeer, 3, query())
	if len(g.requests) != 3 || len(g.answers) != 2 {
		t.Errorf("handled %d with %d answers kept", len(g.requests), len(g.answers))
	}
	// The same number with other octets each time leaves nothing behind either.
	for n := range 100 {
		g.requests[len(g.requests)-1].answer.octets = []byte{0}
		g.requests[1].answer.octets = []byte{0}
		g.hear(testPeer, 3, &SendRouteingInfoRequest{IMSI: testIMSI, Private: []PrivateExtension{{ID: uint16(n)}}})
	}
	if g.given.len() > 2 || len(g.answers) > 2 || len(g.requests) != 103 {
		t.Errorf("%d wait, %d are kept, %d handled", g.given.len(), len(g.answers), len(g.requests))
	}
}

func TestRestarts(t *testing.T) {
	g := newGSN(t, Config{})
	counter := func(n uint8) {
		if err := g.Send(testPeer, 0, &EchoRequest{}, func(Packet, error) {}); err != nil {
			t.Fatal(err)
		}
		p, _ := g.said()
		g.hear(testPeer, p.Header.Sequence, &EchoResponse{Recovery: n})
	}
	counter(3)
	counter(3)
	if len(g.restarts) != 0 {
		t.Fatalf("restarts: %v", g.restarts)
	}
	g.hear(testPeer, 1, &EchoResponse{Recovery: 9}) // to nothing that was asked
	if len(g.restarts) != 0 {
		t.Fatal("a counter that nobody asked for counted")
	}
	counter(4)
	counter(0)
	g.hear(testPeer, 2, &CreatePDPContextRequest{
		Recovery: new(uint8(1)), NSAPI: 5, SGSNSignalling: testSGSN, SGSNUser: testSGSN, QoS: testQoS,
	})
	if want := [][2]uint8{{3, 4}, {4, 0}, {0, 1}}; len(g.restarts) != 3 || [3][2]uint8(g.restarts) != [3][2]uint8(want) {
		t.Errorf("restarts: %v, want %v", g.restarts, want)
	}
}

func TestMaxPeers(t *testing.T) {
	p := newPeers(2)
	addr := func(n byte) netip.Addr { return netip.AddrFrom4([4]byte{192, 0, 2, n}) }
	p.restart(addr(1), 1)
	p.restart(addr(2), 1)
	p.restart(addr(1), 1)
	p.restart(addr(3), 1) // 2 was quiet for longest
	if _, changed := p.restart(addr(1), 2); !changed {
		t.Error("the one that was heard of last was forgotten")
	}
	if _, changed := p.restart(addr(2), 2); changed || p.order.Len() != 2 || len(p.byAddr) != 2 {
		t.Errorf("%d peers are kept", p.order.Len())
	}
}

func TestNotAllowed(t *testing.T) {
	g := newGSN(t, Config{Allow: func(a netip.Addr) bool { return a != testPeer.Addr() }})
	g.hear(testPeer, 1, &EchoRequest{})
	g.receive(testPeer, unhex(t, "4001000400000500"))
	g.silent()
	if len(g.dropped) != 2 || !errors.Is(g.dropped[0], ErrNotAllowed) {
		t.Errorf("dropped: %v", g.dropped)
	}
}

// What cannot be read is answered with its cause, where there is an answer.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		octets []byte
		answer MessageType // 0 for none
		teid   TEID
		cause  Cause
	}{
		{"create without addresses", message(t, TypeCreatePDPContextRequest, "1000000201 1100000202 1405"), 17, 0x202, CauseMandatoryIEMissing},
		{"create with NSAPI 0", message(t, TypeCreatePDPContextRequest, "1000000201 1400"+gsnHex+gsnHex+"870004020b921f"), 17, 0, 201},
		{"update without NSAPI", message(t, TypeUpdatePDPContextRequest, ""), 19, 0, CauseMandatoryIEMissing},
		{"delete without NSAPI", message(t, TypeDeletePDPContextRequest, ""), 21, 0, CauseMandatoryIEMissing},
		{"notification without APN", message(t, TypePDUNotificationRequest, imsiHex+teidHex+euaHex+gsnHex), 28, 0x11223344, CauseMandatoryIEMissing},
		{"reject with an unknown TV", message(t, TypePDUNotificationRejectRequest, "01c4 0700"), 30, 0, CauseInvalidMessageFormat},
		{"location with an element cut", message(t, TypeSendRouteingInfoRequest, imsiHex+"ff0009"), 33, 0, CauseInvalidMessageFormat},
		{"location without IMSI", message(t, TypeSendRouteingInfoRequest, ""), 0, 0, 0},
		{"failure report without IMSI", message(t, TypeFailureReportRequest, ""), 35, 0, CauseMandatoryIEMissing},
		{"presence without address", message(t, TypeNoteMSGPRSPresentRequest, imsiHex), 37, 0, CauseMandatoryIEMissing},
		{"a length that lies", append(message(t, TypeDeletePDPContextRequest, "1405"), 0), 21, 0, CauseInvalidMessageFormat},
		{"an extension header", unhex(t, "3614000800000000 010200c0 01000000"), 21, 0, CauseUnknownMandatoryExtension},
		{"echo", append(message(t, TypeEchoRequest, ""), 0), 0, 0, 0},
		{"a response that is cut", message(t, TypePDUNotificationResponse, "01"), 0, 0, 0},
		{"an unknown message", message(t, 99, ""), 0, 0, 0},
		{"an error indication", message(t, TypeErrorIndication, "1000000101 850004c000020a"), 0, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newGSN(t, Config{})
			g.receive(testPeer, c.octets)
			if len(g.requests) != 0 || len(g.dropped) != 1 {
				t.Errorf("handled %d, dropped %v", len(g.requests), g.dropped)
			}
			if c.answer == 0 {
				g.silent()
				return
			}
			d := g.wire.take()
			if len(d) != 1 {
				t.Fatalf("%d answers", len(d))
			}
			p, err := Parse(d[0].octets)
			if err != nil || p.Header != signalling(c.answer, c.teid, 0x102) || Cause(d[0].octets[longHeader+1]) != c.cause {
				t.Errorf("%+v %+v (%v), want %v", p.Header, p.Message, err, c.cause)
			}
		})
	}
}

func TestNobodyHandles(t *testing.T) {
	var dropped []error
	w := new(wire)
	p := NewPath(w, Config{Clock: new(testClock), Dropped: func(_ netip.AddrPort, err error) { dropped = append(dropped, err) }})
	b, err := Append(nil, Header{}, query())
	if err != nil {
		t.Fatal(err)
	}
	p.receive(testPeer, b)
	if len(dropped) != 1 || !errors.Is(dropped[0], ErrUnexpected) || len(w.take()) != 0 || len(p.answers) != 0 {
		t.Errorf("dropped %v, %d kept", dropped, len(p.answers))
	}
}
