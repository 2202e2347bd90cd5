package node

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Node takes pushes for terminals. A push node implements it and hands it to NewServer; a Client is one for the bearer.
type Node interface {
	// Push takes one push and returns without waiting for the network. It may be called from several goroutines. done is called
	// exactly once, from any goroutine, also from within Push, and does not block: as soon as it is known what became of the
	// push, and when its time (Push.Within) is over at the latest. No goroutine waits for a push.
	//
	// The payload belongs to the node from here on.
	Push(p Push, done func(Result))
	// Cancel asks to give up the push with an id. One that waits ends with Cancelled; one that was sent, is being sent or is not
	// known is left alone, and its result says what is known. done of a push is called all the same.
	Cancel(id string)
}

// A Batcher is a Node that sends several pushes cheaper than one after the other. It may hold what Push gave it until Flush is called, by
// the same goroutine, when that has no more for now: the pushes of one frame.
type Batcher interface {
	Node
	Flush()
}

// A Push is one datagram for a terminal.
type Push struct {
	// ID names this start of the push, among all that are open at the node.
	ID string
	// PushID is the Push Initiator's own identifier, for logs.
	PushID string
	// IMSI, MSISDN and Address name the terminal, as far as each is known; at least one is there.
	IMSI   push.IMSI
	MSISDN push.MSISDN
	// Address is the static address of the terminal, or the one of its session; the zero address if neither is known.
	Address netip.Addr
	// APN is the access point to activate a context on, "" for the node's own.
	APN      string
	Priority push.Priority
	// Payload is a connectionless WSP push PDU, which is the payload of a UDP datagram to TerminalPort.
	Payload []byte
	// SourcePort is the UDP port that the push comes from, 0 for the node's choice; TerminalPort is the one it goes to.
	SourcePort, TerminalPort uint16
	// Within is what is left of its time. The result has to be there when it ends.
	Within time.Duration
}

// A Result is what became of a push.
type Result struct {
	ID string
	// Sent says that the push left the node towards the terminal, in GTP-U or to a device, and that nothing came back. Nothing
	// confirms that it arrived. A result that is not Sent says that it did not arrive, unless its Cause is one of those with which
	// nobody knows (Cause.MayHaveBeenSent).
	Sent bool
	// Cause says why a push was not sent.
	Cause Cause
	// GTPCause is the cause value of the GTP message that refused it, 0 if there is none (3GPP TS 29.060 §7.7.1).
	GTPCause uint8
	// Text is one line for operators, in the network's terms: "PDU Notification Reject from 192.0.2.20: MS refuses".
	Text string
	// RetryAfter is the shortest pause before a retry makes sense, 0 to leave it to the gateway.
	RetryAfter time.Duration
	// Exchanges is what went over the network for the push, in order of time, for the trace; nil where that tells nobody anything.
	// The first push.MaxExchanges are kept. The node counts push.Exchange.After from Node.Push. A list is not changed once it was given.
	Exchanges []push.Exchange
}
