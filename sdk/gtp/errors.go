package gtp

import "fmt"

// An Action is what 3GPP TS 29.060 §11.1 asks of whoever receives a message that cannot be read.
type Action uint8

const (
	// Discard: no answer at all.
	Discard Action = iota
	// Reject: a request is answered with ParseError.Cause; a response counts as none and its requester is told.
	Reject
	// RefuseVersion: the answer is Version Not Supported.
	RefuseVersion
)

// A ParseError says what of a message cannot be read, where, and how to answer.
type ParseError struct {
	// Message is the type in the header, also one that this package does not know.
	Message MessageType
	// Element is the information element at fault, 0 where it is the header.
	Element ElementType
	// Offset counts octets from the begin of the message: of the element, or of where it should have been.
	Offset int
	Action Action
	// Cause is for the response where Action is Reject, CauseVersionNotSupported where it is RefuseVersion, and else 0.
	Cause  Cause
	Reason string
}

func (e *ParseError) Error() string {
	if e.Element == 0 {
		return fmt.Sprintf("gtp: %v: octet %d: %s", e.Message, e.Offset, e.Reason)
	}
	return fmt.Sprintf("gtp: %v: octet %d: %v: %s", e.Message, e.Offset, e.Element, e.Reason)
}

// An Ignored is an information element that §11.1 lets a receiver pass over, and that an operator may want to hear of: of an
// unknown type, one time too many, or optional and incorrect.
type Ignored struct {
	Element ElementType
	Offset  int
	Reason  string
}

// An encodeError says which field of a message of ours cannot be sent.
type encodeError struct {
	message MessageType
	element ElementType
	reason  string
}

func (e *encodeError) Error() string {
	return fmt.Sprintf("gtp: %v cannot be sent: %v: %s", e.message, e.element, e.reason)
}
