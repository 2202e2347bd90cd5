package push

import (
	"fmt"
	"time"
)

// Priority orders the pushes that wait for one terminal or one bearer (OMA-TS-PAP §9.2.2).
type Priority int

// The priorities of PAP; the zero value is its default.
const (
	PriorityMedium Priority = 0
	PriorityLow    Priority = -1
	PriorityHigh   Priority = 1
)

// DeliveryMethod is what the Push Initiator asks of the last hop (OMA-TS-PAP §9.2.2).
type DeliveryMethod int

// The delivery methods of PAP.
const (
	NotSpecified DeliveryMethod = iota
	Unconfirmed
	PreferConfirmed
	Confirmed
)

// A Delivery is one message to one terminal, handed to a bearer.
type Delivery struct {
	// ID is unique for every start of an attempt; results and progress carry it.
	ID string
	// PushID is the Push Initiator's own identifier, for logs.
	PushID string
	// Lane names the terminal. Deliveries of one lane are handed to the bearer in order of Sequence.
	Lane     string
	Sequence uint64
	Priority Priority
	Method   DeliveryMethod
	// Terminal is whom the message is for. It has no Sessions where Route has the one that the message goes to.
	Terminal Subscriber
	Message  Message
	Route    Route
	// Timeout is what was left for this delivery when it was handed over. The bearer's own window is cut to it, and the
	// result has to be there when it ends.
	Timeout time.Duration
	// Token is what the bearer last reported as progress of this delivery, nil on a first start.
	Token []byte
	// OtherTokens are the tokens that the same bearer instance last reported of other deliveries of the lane that are not final:
	// each was begun, waits, as for a retry, and may be started again with its token. What a bearer gives to one message to a
	// terminal at a time, such as a concatenation reference, is theirs meanwhile, also if this process of the plugin never saw
	// them. They are in no order and MaxOtherTokens at most; nearly every delivery has none.
	OtherTokens [][]byte
}

// MaxOtherTokens is how many OtherTokens a delivery has at most. Of more, which a terminal has only if as many pushes to it are
// half-way at once, any may be left out, and what the left out ones have may be given to another message.
const MaxOtherTokens = 256

var methodNames = [...]string{"notspecified", "unconfirmed", "preferconfirmed", "confirmed"}

// String returns the method in PAP's spelling.
func (m DeliveryMethod) String() string {
	if m < 0 || int(m) >= len(methodNames) {
		return fmt.Sprintf("delivery method %d", int(m))
	}
	return methodNames[m]
}
