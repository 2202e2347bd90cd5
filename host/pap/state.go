package pap

import (
	"fmt"
	"strings"
)

// A MessageState is what became of a push for one recipient.
type MessageState string

// The message states.
const (
	StateRejected      MessageState = "rejected"
	StatePending       MessageState = "pending"
	StateDelivered     MessageState = "delivered"
	StateUndeliverable MessageState = "undeliverable"
	StateExpired       MessageState = "expired"
	StateAborted       MessageState = "aborted"
	StateTimeout       MessageState = "timeout"
	StateCancelled     MessageState = "cancelled"
	StateUnknown       MessageState = "unknown"
)

// Final says whether the state can not change any more. "unknown" says nothing about the push and is not final.
func (s MessageState) Final() bool { return s != StatePending && s != StateUnknown && s != "" }

func parseState(v string) (MessageState, error) {
	switch s := MessageState(strings.ToLower(strings.TrimSpace(v))); s {
	case StateRejected, StatePending, StateDelivered, StateUndeliverable, StateExpired, StateAborted, StateTimeout,
		StateCancelled, StateUnknown:
		return s, nil
	}
	return "", fmt.Errorf("%q is no message state", clip(v, 40))
}
