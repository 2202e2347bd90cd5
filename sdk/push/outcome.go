package push

import (
	"fmt"
	"time"
)

// OutcomeKind says what became of a delivery.
type OutcomeKind int

// The outcomes. Unknown is the zero value on purpose: an outcome that nobody filled in claims nothing.
const (
	// OutcomeUnknown: it may or may not have arrived (a time-out, a broken link, a dead plugin).
	OutcomeUnknown OutcomeKind = iota
	// OutcomeDelivered: the network or the terminal confirmed it.
	OutcomeDelivered
	// OutcomeAccepted: it was sent, and no confirmation will come.
	OutcomeAccepted
	// OutcomeUnreachable: the terminal can not be reached over this bearer now.
	OutcomeUnreachable
	// OutcomeRefused: the network or the terminal will not take this message, now or later.
	OutcomeRefused
	// OutcomeFailedForNow: it did not arrive, and trying again may help.
	OutcomeFailedForNow
)

var outcomeNames = [...]string{"unknown", "delivered", "accepted", "unreachable", "refused", "failed for now"}

func (k OutcomeKind) String() string {
	if k < 0 || int(k) >= len(outcomeNames) {
		return fmt.Sprintf("outcome %d", int(k))
	}
	return outcomeNames[k]
}

// An Outcome is a bearer's answer to a delivery.
type Outcome struct {
	Kind OutcomeKind
	// Code is the PAP status code the bearer proposes, 0 for the default of Kind (OMA-TS-PAP §9.14).
	Code int
	// Text is for the Push Initiator: no internals, no addresses of nodes.
	Text string
	// Cause is for the log and the trace, in the network's terms ("ESME_RDELIVERYFAILURE, GSM 27 absent subscriber").
	Cause string
	// RetryAfter is the shortest pause before a retry makes sense, 0 to leave it to the policy.
	RetryAfter time.Duration
	// Exchanges is what went over the network for it, in order of time, for the trace; nil where that tells nobody anything.
	// MaxExchanges are kept.
	Exchanges []Exchange
}

// MaxExchanges is how many exchanges of an outcome are kept: the first ones.
const MaxExchanges = 64

// An Exchange is one message of the network that a bearer, or the node that it spoke with, sent or received for a delivery.
type Exchange struct {
	// After is the time since the bearer was given the delivery.
	After time.Duration
	// From and To are the parties in the network's terms, with the name of one of several: "GGSN ggsn1", "SGSN 10.23.0.2", "terminal";
	// "" is the bearer itself.
	From, To string
	// Text is what the message is: "PDU Notification Request, APN push, no address".
	Text string
}

// causeReturned marks an outcome that says nothing about the terminal or the network.
const causeReturned = "returned before it was sent"

// Returned is the outcome of a delivery that a bearer gives back untouched, because it is being drained or can not take it.
// Nothing was sent, and the host does not count it as a try.
func Returned() Outcome { return Outcome{Kind: OutcomeFailedForNow, Cause: causeReturned} }

// IsReturned reports whether o is Returned.
func (o Outcome) IsReturned() bool {
	return o.Kind == OutcomeFailedForNow && o.Cause == causeReturned
}
