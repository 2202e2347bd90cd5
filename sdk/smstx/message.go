package smstx

import "time"

// A Message is one transaction. It must not be changed once it was given to Engine.Add.
type Message struct {
	// ID is unique among the messages that the engine holds.
	ID string
	// Terminal names the receiver. Messages to one terminal go one after the other.
	Terminal string
	// Priority orders messages that wait for the same terminal or for a place on the link; higher ones go first.
	Priority int
	// Segments are the user data of each SMS, at least one and MaxSegments at most.
	Segments [][]byte
	// Through are the segments that the terminal has already, from an earlier start of the same message.
	Through Set
	// Window is how long the transaction may take from its first segment on; 0 is no limit but Deadline.
	Window time.Duration
	// Deadline is how long it may take from Add on, the time before its first segment included; 0 is no limit but Window.
	Deadline time.Duration
	// Held keeps the message from being sent until Engine.Release; its turn and its Deadline run meanwhile.
	Held bool
	// Resubmit allows that a segment is sent again which had no answer, and so may be through: the terminal must ignore the
	// second of two equal segments. Without it, no answer ends the transaction.
	Resubmit bool
	// Value is the caller's own; the Link gets it with every segment.
	Value any
	// Done is called once with the result, from any goroutine, and must not block.
	Done func(Result)
}

// MaxSegments is the number of segments that a message may have (3GPP TS 23.040 §9.2.3.24.1).
const MaxSegments = 255

// End says why a transaction ended.
type End int

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
