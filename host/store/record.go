package store

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Push is one accepted push. It never changes once it is written.
type Push struct {
	ID        int64  // from Store.NextIDs
	Initiator string // the Push Initiator's name in the configuration
	PushID    string // unique for each Initiator
	Received  time.Time

	DeliverAfter  time.Time // zero: at once
	DeliverBefore time.Time // zero: no limit
	Priority      push.Priority
	Method        push.DeliveryMethod
	Network       string
	Bearer        string
	NetworkNeeded bool // network-required
	BearerNeeded  bool // bearer-required

	NotifyURL       string // "": no result notifications
	ProgressNotes   bool
	SourceReference string
	PAPVersion      string // of the submission; answers speak it

	Message      push.Message
	Capabilities []byte // the third part of the submission, nil if there was none
}

// State is the message-state of a delivery, in PAP's words (OMA-TS-PAP §9.13).
type State string

// The states. All but Pending are final.
const (
	Pending       State = "pending"
	Delivered     State = "delivered"
	Undeliverable State = "undeliverable"
	Expired       State = "expired"
	Aborted       State = "aborted"
	TimedOut      State = "timeout"
	Cancelled     State = "cancelled"
)

// Result is what the Push Initiator is told of a delivery.
type Result struct {
	State State
	Code  int // PAP status code
	Text  string
	At    time.Time
	// Method is how it was really delivered: push.Confirmed or push.Unconfirmed, push.NotSpecified if it was not.
	Method push.DeliveryMethod
	// Bearer and Network name what it was delivered over (WDP appendix C), "" if it was not.
	Bearer  string
	Network string
}

// Delivery is one push to one recipient address.
type Delivery struct {
	ID          int64 // the numbers after the push's, without a gap: Push.ID+1, +2, ...
	Push        int64 // Push.ID
	Address     push.Address
	AddressText string // as the Push Initiator wrote it; answers repeat it
	Lane        string // the terminal's queue, as far as it is known when the push is accepted
	Result      Result // State is Pending until the delivery is final
	Attempts    []Attempt
}

// Attempt is one try of a leg over one bearer. A leg is the delivery to one terminal; most deliveries have just leg 0.
type Attempt struct {
	Leg      int
	Number   int    // from 1, for each leg
	Planned  int    // index of the policy's attempt that this one follows
	Lane     string // the terminal's queue
	Bearer   string // plugin instance
	Node     string // from the route
	Started  time.Time
	Ended    time.Time    // zero while it is open
	Outcome  push.Outcome // without its exchanges: they are among the steps
	Token    []byte       // what the bearer last reported as progress
	Steps    []Step
	Terminal push.Subscriber // whom the leg is for
}

// MaxStepText is how many octets of a text of a step are kept. The rest is cut off: it is there to be read by people.
const MaxStepText = 1024

// Step is one line of a push's timeline.
type Step struct {
	At     time.Time     `json:"at"`
	Name   string        `json:"name"`             // "policy", "resolve", "encode", "route", "send", "network", "outcome", "resumed"
	Plugin string        `json:"plugin,omitempty"` // instance
	From   string        `json:"from,omitempty"`   // who sent a message of the network ("network" steps), and to whom
	To     string        `json:"to,omitempty"`
	Node   string        `json:"node,omitempty"`
	Text   string        `json:"text,omitempty"`
	Took   time.Duration `json:"took,omitempty"` // nanoseconds
}

// Notification is one result that a Push Initiator is owed until it acknowledges it. What it says is the delivery's Result.
type Notification struct {
	ID        int64 // from Store.NextIDs
	Delivery  int64
	URL       string
	Tries     int
	Next      time.Time // when it is tried next, zero when it has ended
	Until     time.Time // when it is given up
	Ended     time.Time // zero while it is owed
	Acked     bool
	LastError string
}

// Record is a push with everything that became of it: deliveries and notifications in the order of their IDs, attempts in that
// of leg and number. Its times are in UTC, to the nanosecond, and within 1678 to 2262: others were moved to the nearest of these.
type Record struct {
	Push          *Push
	Deliveries    []*Delivery
	Notifications []*Notification
}

// Partitions is the number of partitions that lanes are hashed into (PartitionOf). Partitions are leased to hosts.
const Partitions = 1024

// PartitionOf returns the partition of a lane, from 0 to Partitions-1: the FNV-1a hash of its name, the same on every host.
func PartitionOf(lane string) int {
	h := uint32(2166136261)
	for i := 0; i < len(lane); i++ {
		h = (h ^ uint32(lane[i])) * 16777619
	}
	return int(h % Partitions)
}
