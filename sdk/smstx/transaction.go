package smstx

import "time"

// A transaction is a Message in the engine.
type transaction struct {
	message  *Message
	order    uint64 // of Add
	state    state
	through  Set
	doubtful Set  // sent and not answered, at least once
	begun    bool // the link took a segment
	released bool
	resends  int // of the segment that is next, in a row
	index    int // of the segment on the air
	submits  int // tells the answers of different submissions apart
	last     Answer
	deadline time.Duration // in Elapsed time, of Message.Deadline and, once begun, Message.Window
	wake     time.Duration // when its timer goes off
	timer    int           // its place in the timer heap, -1 without
	place    int           // its place in the ready heap, -1 without
	cancel   bool          // it ends with the answer that is awaited
}

// state is where a transaction stands.
type state uint8

const (
	queued    state = iota // another message to the terminal goes first
	held                   // it is the terminal's turn, but not released
	ready                  // waits for a place on the link
	onAir                  // waits for the answer to a segment
	pausing                // waits before a segment is sent again
	lingering              // has ended, but its terminal is not free before the answer
	ended
)

// next is the first segment that is missing, -1 if none is.
func (t *transaction) next() int {
	for i := range t.message.Segments {
		if !t.through.Has(i) {
			return i
		}
	}
	return -1
}

// missing is how many segments are not through.
func (t *transaction) missing() int { return len(t.message.Segments) - t.through.Len() }

// reached says whether the terminal may have got something in this start of the message.
func (t *transaction) reached() bool {
	return t.state == onAir || t.through != t.message.Through || t.doubtful != Set{}
}

func (t *transaction) result(end End) Result {
	r := Result{End: end, Through: t.through, Last: t.last, Uncertain: end != Complete}
	for i := range t.message.Segments {
		if !t.through.Has(i) && !t.doubtful.Has(i) && (t.state != onAir || t.index != i) {
			r.Uncertain = false
		}
	}
	return r
}

// terminal is the messages to one receiver.
type terminal struct {
	active  *transaction
	waiting []*transaction // in the order in which they will go
}

// enqueue puts a transaction behind those of its priority.
func (q *terminal) enqueue(t *transaction) {
	at := len(q.waiting)
	for at > 0 && q.waiting[at-1].message.Priority < t.message.Priority {
		at--
	}
	q.waiting = append(q.waiting, nil)
	copy(q.waiting[at+1:], q.waiting[at:])
	q.waiting[at] = t
}

func (q *terminal) remove(t *transaction) {
	for i, w := range q.waiting {
		if w == t {
			q.waiting = append(q.waiting[:i], q.waiting[i+1:]...)
			return
		}
	}
}
