package node

import (
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// EventKind is what a node noticed.
type EventKind int

// The events.
const (
	// ContextUp: the terminal has a context with the address now.
	ContextUp EventKind = iota + 1
	// ContextReleased: the context is gone; the address stays the terminal's.
	ContextReleased
	// AddressReleased: the context is gone, and the address may be given to another terminal from now on.
	AddressReleased
	// TerminalPresent: the network says that the terminal can be reached again (Note MS GPRS Present, 3GPP TS 29.060 §7.5.14).
	TerminalPresent
	// Registered: the push client of the terminal told the node that it is there.
	Registered
	// Unregistered: the push client of the terminal took its leave.
	Unregistered
)

var eventNames = [...]string{
	"no event", "context up", "context released", "address released", "terminal present", "registered", "unregistered",
}

func (k EventKind) String() string {
	if k < 0 || int(k) >= len(eventNames) {
		return fmt.Sprintf("event %d", int(k))
	}
	return eventNames[k]
}

// An Event is what a node learned of a terminal beside its pushes.
type Event struct {
	Kind EventKind
	// IMSI and MSISDN name the terminal, as far as known; at least one of them or Address is there.
	IMSI   push.IMSI
	MSISDN push.MSISDN
	// GGSN, APN and Address are the context that it is about: GGSN is what RADIUS accounting calls the node.
	GGSN    string
	APN     string
	Address netip.Addr
	// Text is one line for operators.
	Text string
}
