package smstx

// A Link carries single segments.
type Link interface {
	// Submit begins to send a segment and returns at once. It returns false, and has done nothing, when the link has no place
	// now for messages of this Way; Engine.Ready then tells that there is one again. Otherwise Submission.Answered is called exactly once, from any
	// goroutine, also from within Submit. Submit is called from one goroutine at a time.
	Submit(s Segment) bool
}

// A Segment is one SMS of a message.
type Segment struct {
	Message *Message
	// Index is its place in Message.Segments, from 0.
	Index int
	// More: other segments of the message follow, so the network should keep the way to the terminal open.
	More bool
	// Through are the segments of the message that the terminal is known to have by now.
	Through Set

	Submission
}

// A Submission is a segment that was given to the link once.
type Submission struct {
	engine      *Engine
	transaction *transaction
	number      uint32
}

// Answered tells the engine the end of the segment's way over the link that took it.
func (s Submission) Answered(a Answer) { s.engine.answered(s, a) }

// UserData is what the segment carries, header included.
func (s Segment) UserData() []byte { return s.Message.Segments.UserData(s.Index) }

// Verdict is what a link learned about a segment.
type Verdict uint8

// The verdicts. No answer is the zero value on purpose: an answer that nobody filled in claims nothing.
const (
	// NoAnswer: it was sent, perhaps, and the terminal may have it.
	NoAnswer Verdict = iota
	// Through: the terminal has it.
	Through
	// Temporary: the terminal does not have it, and sending it again may help.
	Temporary
	// Permanent: the terminal does not have it, and sending it again will not help.
	Permanent
	// Busy: it never left. It goes with the next place; after this answer the link has to refuse segments until it can do better.
	Busy
)

// An Answer is the end of one segment's way over the link.
type Answer struct {
	Verdict Verdict
	// Err is the link's reason for any verdict but Through, given back in Result.
	Err error
}
