package handset

import (
	"fmt"
	"strings"
	"time"
)

// What says what happened.
type What string

// What can happen.
const (
	Bound      What = "bound"      // an ESME has bound to the SMSC; From is its system_id
	Unbound    What = "unbound"    // an ESME is gone; Detail says why, if not in order
	Refused    What = "refused"    // the SMSC refused a bind or a message; Detail says why
	Lost       What = "lost"       // an SMS was lost on the radio
	Arrived    What = "arrived"    // an SMS has reached the terminal
	Shown      What = "shown"      // the terminal shows Content
	Unreadable What = "unreadable" // the terminal dropped what it got; Detail says why
)

// Event is one thing that happened.
type Event struct {
	Time time.Time
	What What
	From string // the source address of an SMS, the address and port of a datagram, a system_id
	To   string // the terminal: its number, or its address and port
	// Try is set for Lost and Arrived.
	Try Try
	// Content is set for Shown.
	Content *Content
	// Memory is that of the handset, for Shown and Unreadable of an SMS.
	Memory time.Duration
	Detail string
}

// String is a line for people, without the time.
func (e Event) String() string { return oneLine(e.line()) }

func (e Event) line() string {
	switch e.What {
	case Lost, Arrived:
		line := fmt.Sprintf("radio to %s: segment %d of %d %s", e.To, e.Try.Segment, e.Try.Of, e.What)
		if e.Try.Number > 1 {
			line += fmt.Sprintf(", try %d", e.Try.Number)
		}
		return line
	case Shown:
		return fmt.Sprintf("terminal %s shows, from %s: %s", e.To, e.From, e.Content)
	case Unreadable:
		return fmt.Sprintf("terminal %s dropped what came from %s: %s", e.To, e.From, e.Detail)
	}
	return strings.TrimSuffix(fmt.Sprintf("SMSC: %s %s, %s", e.From, e.What, e.Detail), ", ")
}
