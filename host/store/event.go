package store

import "time"

// An Event is one durable step in the life of a push.
type Event interface{ event() }

// PushAccepted: the push and its deliveries are the gateway's from now on. It is refused with ErrDuplicatePushID if the
// Initiator has used the push-id before. The deliveries are in the order of their IDs.
type PushAccepted struct {
	Push       *Push
	Deliveries []*Delivery
}

// TokenReported: a bearer handed over a token that has to survive. The attempt is open; it is written as it is now.
type TokenReported struct {
	Delivery int64
	Attempt  Attempt
}

// AttemptEnded: an attempt is over and the delivery is not. The attempt is written whole.
type AttemptEnded struct {
	Delivery int64
	Attempt  Attempt
}

// DeliveryFinished: the delivery has its final result. The attempts that ended with it, and were not written before, come along,
// and so does the notification that is owed for it, which has not ended.
type DeliveryFinished struct {
	Delivery     int64
	Result       Result
	Attempts     []Attempt
	Notification *Notification // nil if none is owed
}

// NotificationFailed: a try to notify failed, and there will be another.
type NotificationFailed struct {
	Notification int64
	Tries        int
	Next         time.Time
	LastError    string
}

// NotificationEnded: the Push Initiator acknowledged, or the time is up.
type NotificationEnded struct {
	Notification int64
	Tries        int
	At           time.Time
	Acked        bool
	LastError    string
}

func (PushAccepted) event()       {}
func (TokenReported) event()      {}
func (AttemptEnded) event()       {}
func (DeliveryFinished) event()   {}
func (NotificationFailed) event() {}
func (NotificationEnded) event()  {}
