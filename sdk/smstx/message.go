package smstx

import "time"

// A Message is one transaction. It is for one Engine.Add, and must not be changed or copied after it.
type Message struct {
	// Terminal names the receiver. Messages to one terminal go one after the other.
	Terminal string
	// Segments are what the message consists of, at least one and MaxSegments at most.
	Segments Segments
	// Through are the segments that the terminal has already, from an earlier start of the same message.
	Through Set
	// Priority orders messages that wait for the same terminal or for a place on the link; higher ones go first.
	Priority int8
	// Held keeps the message from being sent until Engine.Release; its turn and its Deadline run meanwhile.
	Held bool
	// Resubmit allows that a segment is sent again which had no answer, and so may be through: the terminal must ignore the
	// second of two equal segments. Without it, no answer ends the transaction.
	Resubmit bool
	// KeepMargin keeps a segment from being submitted in the last Options.Margin of Deadline, in the last half of a Deadline that is
	// shorter than two of them: its answer would come too late, and what has certainly not arrived would end as uncertain. A message
	// that has nothing on the air when the margin begins ends there, with what it was answered last.
	KeepMargin bool
	// Resends is how many times segments of the message may be sent again after a failure or no answer; 0 is as often as Window
	// and Deadline let, and negative is never.
	Resends int32
	// Way names the places on the link that the message waits for: while the link has none for one way, messages of the others go
	// on. There should be few different ones; each that was ever used costs a little for every place.
	Way uint64
	// Window is how long the transaction may take from its first segment on; 0 is no limit but Deadline.
	Window time.Duration
	// Deadline is how long it may take from Add on, the time before its first segment included; 0 is no limit but Window.
	Deadline time.Duration
	// Value is the caller's own; the Link gets it with every segment.
	Value any
	// Done is called once with the result, from any goroutine, and must not block. It gets the message, so that one function can
	// serve them all. The engine makes one call at a time.
	Done func(*Message, Result)

	tx transaction
}

// Segments are the user data of each SMS of a message. An implementation may make them when they are asked for, the same octets each
// time, so that a message that waits keeps no more than it must.
type Segments interface {
	// Len is the number of segments.
	Len() int
	// UserData is segment i, from 0, header included. It is not changed by who asks.
	UserData(i int) []byte
}

// Octets are Segments that are there.
type Octets [][]byte

// Len is part of Segments.
func (o Octets) Len() int { return len(o) }

// UserData is part of Segments.
func (o Octets) UserData(i int) []byte { return o[i] }

// MaxSegments is the number of segments that a message may have (3GPP TS 23.040 §9.2.3.24.1).
const MaxSegments = 255

// End says why a transaction ended.
type End uint8

// The ends of a transaction.
const (
	// Complete: every segment is through.
	Complete End = iota + 1
	// Refused: a segment was refused for good.
	Refused
	// Unanswered: a segment had no answer and may not be sent again.
	Unanswered
	// WindowOver: the window or the deadline ended first.
	WindowOver
	// Spent: a segment failed, and Message.Resends allows no other try.
	Spent
	// Cancelled: by Engine.Cancel.
	Cancelled
	// Drained: by Engine.Drain.
	Drained
)

// A Result is the end of a transaction.
type Result struct {
	End End
	// Through are the segments that the terminal is known to have.
	Through Set
	// Uncertain: the terminal may have the whole message, since every segment that is not Through was sent and not answered. A
	// message with a segment that was never sent, or is known to have failed each time, has certainly not arrived.
	Uncertain bool
	// Last is the last answer that was not Through; its Err is nil if there was none.
	Last Answer
}
