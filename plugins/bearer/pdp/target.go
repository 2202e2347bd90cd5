package pdp

import (
	"fmt"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// course is how a push goes to its terminal.
type course uint8

const (
	fromHere   course = iota // the terminal has an address now
	byPushNode               // a push node finds the terminal, and wakes it if need be
	byPacket                 // a packet to its static address wakes it first
)

// A target is where a push goes.
type target struct {
	course  course
	address netip.Addr // the zero address if only a push node can know
	name    string     // of the node
	node    *pdpNode   // nil if it is not in the configuration
	woken   int        // how often its terminal was woken by a packet for it
}

// target is where a push goes: to the session that was routed, to the address that was pushed to, or to a terminal that has to be
// woken; else it says why there is no such. A route has one session, since a leg is one terminal: which of several it is was the routing
// strategy's choice, and the others that the subscriber has are not tried on a guess.
func (p *Plugin) target(d *push.Delivery) (target, *push.Outcome) {
	t := target{name: d.Route.Node, node: p.config.nodes[d.Route.Node]}
	session := d.Route.Session
	expired := session != nil && !session.Expires.IsZero() && !time.Now().Before(session.Expires)
	if session != nil && !expired {
		t.address = session.Address.Unmap()
		if t.node != nil && t.node.through {
			t.course = byPushNode
		}
		return t, notOfTerminal(t.address)
	}
	isAddress := !expired && (d.Terminal.Address.Type == push.IPv4 || d.Terminal.Address.Type == push.IPv6)
	if isAddress {
		addr, _ := netip.ParseAddr(d.Terminal.Address.Value) // the zero address is refused
		t.address = addr.Unmap()
		if refusal := notOfTerminal(t.address); refusal != nil {
			return t, refusal
		}
	}
	asleep, refusal := p.targetAsleep(d, t)
	switch {
	case refusal == nil:
		return asleep, nil
	case isAddress && refusal.Kind == push.OutcomeUnreachable && asleep.woken == 0:
		return t, nil // the terminal has the address, as far as the Push Initiator knows
	case expired:
		refusal.Cause = "the session has expired"
	}
	return t, refusal
}

// targetAsleep is where a push goes to a terminal without a session: to a push node, or to a static address that a packet wakes it by.
func (p *Plugin) targetAsleep(d *push.Delivery, t target) (target, *push.Outcome) {
	unreachable := func(cause string) *push.Outcome {
		return &push.Outcome{Kind: push.OutcomeUnreachable, Code: codeServiceFailure, Text: "the terminal is not online", Cause: cause}
	}
	isAddress := t.address.IsValid()
	who := identify(d)
	fixed, isFixed := p.statics.of(who.imsi, who.msisdn)
	if t.name == "" && !isAddress {
		if t.name = fixed.node; t.name == "" {
			t.name = p.config.only
		}
		t.node = p.config.nodes[t.name]
	}
	isFixed = isFixed && !isAddress && (fixed.node == "" || fixed.node == t.name)
	if isFixed {
		t.address = fixed.address
	}
	switch {
	case t.node == nil && t.name != "":
		return t, unknownNode(t.name)
	case t.node == nil || !t.node.wakesTerminals():
		return t, unreachable("no session, and its node wakes no terminals")
	case t.node.push.address != "":
		if who == (identity{}) && !t.address.IsValid() {
			return t, unreachable("no session, and neither IMSI, number nor address for the push node to find the terminal by")
		}
		t.course = byPushNode
		return t, nil
	case !isFixed && !p.statics.has(t.address):
		return t, unreachable("no session, and no static address to wake the terminal by")
	}
	t.course, t.woken = byPacket, woken(d.Token)
	if t.woken >= p.config.wakes {
		return t, p.stillAsleep(d, &t)
	}
	return t, nil
}

// unknownNode refuses a route to a node that the configuration has not.
func unknownNode(name string) *push.Outcome {
	return &push.Outcome{
		Kind: push.OutcomeRefused, Code: codeServiceFailure, Text: "the network refused the message",
		Cause: fmt.Sprintf("the node %q is not one of this bearer's", name),
	}
}

// identity is what names a terminal.
type identity struct {
	imsi   push.IMSI
	msisdn push.MSISDN
}

func identify(d *push.Delivery) identity {
	who := identity{d.Route.IMSI, d.Terminal.MSISDN}
	if s := d.Route.Session; who.imsi == "" && s != nil {
		who.imsi = s.IMSI
	}
	if who.imsi == "" {
		who.imsi = d.Terminal.IMSI
	}
	if who.msisdn == "" {
		who.msisdn = d.Terminal.Address.MSISDN()
	}
	return who
}

// notOfTerminal refuses an address that no terminal has.
func notOfTerminal(a netip.Addr) *push.Outcome {
	if isTerminal(a) {
		return nil
	}
	return &push.Outcome{
		Kind: push.OutcomeRefused, Code: codeAddressError, Text: "the address is not that of a terminal", Cause: a.String(),
	}
}
