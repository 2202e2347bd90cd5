package radius

import (
	"bytes"
	"fmt"
	"net"
	"testing"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"
	"layeh.com/radius/rfc2869"
)

var nextSecret = []byte("of the next server")

// A nextServer is a server that the test answers for.
type nextServer struct {
	t    *testing.T
	conn *net.UDPConn
}

func newNext(t *testing.T) *nextServer {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &nextServer{t, conn}
}

func (n *nextServer) forward(wait bool) *Forward {
	return &Forward{Address: n.conn.LocalAddr().String(), Secret: nextSecret, Timeout: time.Second, Tries: 3, WaitForAnswer: wait}
}

// A try is a request as it comes to the next server.
type try struct {
	*radius.Packet
	octets []byte
	from   *net.UDPAddr
}

func (n *nextServer) receive() try {
	n.t.Helper()
	b := make([]byte, 5000)
	_ = n.conn.SetReadDeadline(time.Now().Add(10 * time.Second))
	size, from, err := n.conn.ReadFromUDP(b)
	if err != nil {
		n.t.Fatal("nothing at the next server: ", err)
	}
	b = b[:size]
	p, err := radius.Parse(b, nextSecret)
	if err != nil || !radius.IsAuthenticRequest(b, nextSecret) {
		n.t.Fatalf("the next server got %x: %v", b, err)
	}
	return try{p, b, from}
}

func (n *nextServer) answer(r try) { n.answerWith(r, nextSecret, radius.CodeAccountingResponse) }

func (n *nextServer) answerWith(r try, secret []byte, code radius.Code) {
	n.t.Helper()
	p := r.Response(code)
	p.Secret = secret
	for _, a := range r.Attributes {
		if a.Type == rfc2865.ProxyState_Type {
			p.Attributes = append(p.Attributes, a)
		}
	}
	b, err := p.Encode()
	if err != nil {
		n.t.Fatal(err)
	}
	n.write(b, r.from)
}

func (n *nextServer) write(b []byte, to *net.UDPAddr) {
	n.t.Helper()
	if _, err := n.conn.WriteToUDP(b, to); err != nil {
		n.t.Fatal(err)
	}
}

func (b *bench) forwarded(r forwarded, n uint64) {
	b.t.Helper()
	b.count("forwarded, "+forwardedNames[r], b.counters.forwarded[r].Load, n)
}

func TestForward(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(false) })
	list := all([]attribute{isStart, raw(rfc2865.ProxyState_Type, "one"), raw(rfc2869.MessageAuthenticator_Type, "0123456789abcdef")}, alice(),
		[]attribute{raw(rfc2865.ProxyState_Type, "two")})
	b := s.client.request(list...)
	s.client.send(b)
	answer := s.client.expect(b) // which does not wait
	if v := answer.Attributes; len(v) != 2 || string(v[0].Attribute) != "one" || string(v[1].Attribute) != "two" {
		t.Errorf("the answer has %d attributes", len(v))
	}
	got := next.receive()
	want := append([]attribute{}, list[:2]...)
	want = append(want, list[3:]...)
	want = append(want, raw(rfc2865.ProxyState_Type, string(s.tag)))
	if w := request(t, got.Identifier, nextSecret, want...); !bytes.Equal(got.octets, w) {
		t.Errorf("the next server got\n%x, want\n%x", got.octets, w)
	}
	next.answer(got)
	s.forwarded(forwardAnswered, 1)
	s.client.send(b) // a repeat is not for the next server
	s.client.expect(b)
	s.client.tell(status(9)) // one that changes no session is
	if r := next.receive(); rfc2866.AcctStatusType_Get(r.Packet) != 9 {
		t.Errorf("the next server got status %d", rfc2866.AcctStatusType_Get(r.Packet))
	}
	if n := s.counters.tries.Load(); n != 2 {
		t.Errorf("%d tries", n)
	}
}

func TestForwardTriesAgain(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(false) })
	s.client.tell(isOn, nas)
	first := next.receive()
	s.clock.Advance(time.Second)
	if again := next.receive(); !bytes.Equal(again.octets, first.octets) || again.from.Port != first.from.Port {
		t.Errorf("the second try is another request")
	}
	s.clock.Advance(time.Second)
	third := next.receive()
	next.answerWith(third, []byte("a secret of somebody else"), radius.CodeAccountingResponse)
	s.count("strange", s.counters.strange.Load, 1)
	next.answerWith(third, nextSecret, radius.CodeAccessAccept)
	s.count("strange", s.counters.strange.Load, 2)
	next.write([]byte{5, third.Identifier}, third.from)
	s.count("strange", s.counters.strange.Load, 3)
	next.answer(third)
	s.forwarded(forwardAnswered, 1)
	next.answer(third) // twice
	s.count("strange", s.counters.strange.Load, 4)
	s.clock.Advance(time.Hour)
	if n := s.counters.tries.Load(); n != 3 {
		t.Errorf("%d tries", n)
	}
}

func TestForwardGivesUp(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(false) })
	s.client.tell(isOn, nas)
	for range 3 {
		next.receive()
		s.clock.Advance(time.Second)
	}
	s.forwarded(forwardGivenUp, 1)
	if n := s.forward.Load().count(); n != 0 {
		t.Errorf("%d are on their way", n)
	}
}

func TestTheAnswerWaitsForTheNextServer(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(true) })
	b := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(b)
	r := next.receive()
	s.client.send(b)
	s.count("repeated", s.counters.repeated.Load, 1)
	if n := s.counters.answers.Load(); n != 0 {
		t.Errorf("%d answers before that of the next server", n)
	}
	next.answer(r)
	s.client.expect(b)
}

// Without its answer there is none of ours; the sender repeats, and only what is missing is done again.
func TestTheNextServerIsAway(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(true) })
	b := s.client.request(all([]attribute{isStart}, alice())...)
	s.client.send(b)
	for range 3 {
		next.receive()
		s.clock.Advance(time.Second)
	}
	s.forwarded(forwardGivenUp, 1)
	s.count("pending", func() uint64 { return uint64(s.exchanges.count()) }, 0)
	s.client.send(b)
	next.answer(next.receive())
	s.client.expect(b)
	if told := s.directory.told(); len(told) != 1 {
		t.Errorf("told %q", told)
	}
}

func TestForwardHasRoomForSoMany(t *testing.T) {
	const waiting = 40
	next := newNext(t)
	_ = next.conn.SetReadBuffer(8 << 20)
	s := startServer(t, func(o *Options) { o.Forward, o.MaxPending = next.forward(false), waiting })
	for i := range links*256 + waiting + 5 {
		s.client.tell(isOn, nas, sessionID(fmt.Sprint(i)))
	}
	s.forwarded(forwardNoRoom, 5)
	type from struct {
		port       int
		identifier byte
	}
	seen := map[from]try{}
	for range links * 256 {
		r := next.receive()
		seen[from{r.from.Port, r.Identifier}] = r
	}
	if len(seen) != links*256 {
		t.Errorf("%d identifiers for %d requests", len(seen), links*256)
	}
	for _, r := range seen {
		next.answer(r)
	}
	for range waiting {
		next.answer(next.receive())
	}
	s.forwarded(forwardAnswered, links*256+waiting)
}

// The next server, or one behind it, is ourselves.
func TestLoop(t *testing.T) {
	next := newNext(t)
	s := startServer(t, func(o *Options) { o.Forward = next.forward(false) })
	s.client.tell(isOn, nas)
	r := next.receive()
	b := request(t, 99, secret, func(p *radius.Packet) { p.Attributes = r.Attributes })
	s.client.send(b)
	s.count("loops", s.counters.dropped[loop].Load, 1)
	if n := s.counters.tries.Load(); n != 1 {
		t.Errorf("%d tries", n)
	}
}

func TestReconfigureForward(t *testing.T) {
	one, two := newNext(t), newNext(t)
	clients := []Client{{Sources: local, Secret: secret}}
	s := startServer(t, func(o *Options) { o.Forward = one.forward(false) })
	reconfigure := func(f *Forward) {
		t.Helper()
		if err := s.Reconfigure(clients, f); err != nil {
			t.Fatal(err)
		}
	}
	before := s.forward.Load()
	reconfigure(one.forward(false))
	if s.forward.Load() != before {
		t.Error("the same next server was begun anew")
	}
	s.client.tell(isOn, nas)
	left := one.receive()
	reconfigure(two.forward(false))
	eventually(t, "the first next server gets nothing more", func() bool {
		before.mu.Lock()
		defer before.mu.Unlock()
		return before.leaving
	})
	if before.send(&flight{}) { // as the goroutine does that handles a message during the reload
		t.Error("it was not told that there is another one")
	}
	s.client.tell(isOn, nas)
	two.answer(two.receive())
	one.answer(left) // is still waited for
	s.forwarded(forwardAnswered, 2)
	for name, f := range map[string]*Forward{"no secret": {Address: "127.0.0.1:1813"}, "no address": {Address: "127.0.0.1", Secret: secret}} {
		if err := s.Reconfigure(nil, f); err == nil {
			t.Errorf("%s is no error", name)
		}
	}
	reconfigure(nil)
	s.client.tell(isOn, nas)
	if n := s.counters.tries.Load(); n != 2 {
		t.Errorf("%d tries", n)
	}
}
