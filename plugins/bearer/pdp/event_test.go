package pdp

import (
	"fmt"
	"net/netip"
	"reflect"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// What the push node learned comes to the gateway, and what waits for a terminal that is back is named as its pushes were.
func TestEvents(t *testing.T) {
	n := newFakeNode()
	s, address, _ := serveNode(t, n, "127.0.0.1:0")
	p, g := configured(t, offline(t, address), nil)
	g.until(t, "the push nodes are up", func(why string) bool { return why == "" })
	const imsi, number = push.IMSI("001010000000009"), push.MSISDN("358400000009")
	at := netip.MustParseAddr("10.45.0.9")
	e := node.Event{IMSI: imsi, MSISDN: number, GGSN: "north", APN: "push.operator", Address: at, Text: "why"}
	session := &push.Session{GGSN: "north", APN: "push.operator", Address: at, IMSI: imsi}
	terminal := push.Subscriber{IMSI: imsi, MSISDN: number}
	tell := func(kind node.EventKind, e node.Event) {
		e.Kind = kind
		s.Event(e)
	}
	want := func(what string, want push.Event) {
		t.Helper()
		if got := next(t, what, g.events); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", what, got, want)
		}
	}
	tell(node.ContextUp, e)
	want("session", push.Event{Kind: push.EventSessionUp, Terminal: terminal, Session: session, Cause: "why"})
	tell(node.ContextReleased, e)
	want("end of a session", push.Event{Kind: push.EventSessionDown, Terminal: terminal, Session: session, Cause: "why"})
	tell(node.AddressReleased, e)
	want("release", push.Event{Kind: push.EventAddressReleased, Terminal: terminal, Session: session, Cause: "why"})
	tell(node.Unregistered, e)
	tell(node.Registered, e)
	want("registration", push.Event{Kind: push.EventReachable, Terminal: terminal, Cause: "why"})

	p.Start(asleep("a", string(node.NoPagingResponse)))
	g.next(t)
	user := asleep("b", string(node.NotAttached))
	user.Terminal.Address = push.Address{Type: push.USER, Value: "alice"}
	p.Start(user)
	g.next(t)
	tell(node.TerminalPresent, node.Event{IMSI: imsi, Text: "Note MS GPRS Present"}) // as a GTP node knows it
	got := map[string]int{}
	for range 2 {
		e := next(t, "event", g.events)
		got[fmt.Sprint(e.Kind, e.Terminal.Address, e.Terminal.IMSI, e.Terminal.MSISDN)]++
	}
	for _, want := range []string{
		fmt.Sprint(push.EventReachable, plmn(string(number)), imsi, number), fmt.Sprint(push.EventReachable, user.Terminal.Address, imsi, ""),
	} {
		if got[want] != 1 {
			t.Errorf("no event %s in %v", want, got)
		}
	}
	p.Start(asleep("c", string(node.RejectedByTerminal)))
	g.next(t)
	tell(node.ContextUp, e) // it came by itself
	for _, want := range []push.EventKind{push.EventSessionUp, push.EventReachable} {
		if got := next(t, "event", g.events); got.Kind != want {
			t.Errorf("got %+v; want %v", got, want)
		}
	}
}

// What is remembered has a bound.
func TestAbsentIsBounded(t *testing.T) {
	var m absent
	for i := range 3 * maxAbsent {
		m.add(absentee{identity{imsi: push.IMSI(fmt.Sprint(i))}, plmn("1")})
	}
	if len(m.now) > maxAbsent || len(m.before) > maxAbsent {
		t.Errorf("remembered are %d and %d", len(m.now), len(m.before))
	}
	if last := (identity{imsi: push.IMSI(fmt.Sprint(3*maxAbsent - 1))}); len(m.take(last)) != 1 || len(m.take(last)) != 0 {
		t.Error("the last one is not there, or stays")
	}
	if len(m.take(identity{imsi: "0"})) != 0 {
		t.Error("the first one is still there")
	}
	for i := range 2 * maxAbsentees {
		m.add(absentee{identity{msisdn: "1"}, plmn(fmt.Sprint(i))})
	}
	if n := len(m.take(identity{msisdn: "1"})); n != maxAbsentees {
		t.Errorf("of one terminal %d are remembered", n)
	}
	m.add(absentee{address: plmn("2")})
	if len(m.now) > maxAbsent {
		t.Error("nobody is remembered")
	}
}
