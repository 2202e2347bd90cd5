package smstx

import "time"

// A transaction is what the engine keeps of a Message.
type transaction struct {
	message  *Message
	behind   *transaction // the next message to the same terminal
	chained  *transaction // the next one of Engine.terminals
	order    uint64       // of Add
	through  Set
	doubtful Set           // sent and not answered, at least once
	last     Answer        // that was not Through
	deadline time.Duration // in Elapsed time, of Message.Deadline and, once begun, Message.Window
	// submitted is when the link was last given a segment.
	submitted time.Duration
	timer     int32  // its place in the row of the timers or in their heap, -1 without
	place     int32  // its place in the ready heap of its way, -1 without
	submits   uint32 // tells the answers of different submissions apart
	sent      int32  // segments that were sent again
	index     uint8  // of the segment on the air
	pauses    uint8  // of the segment that is next, in a row
	total     uint8  // segments
	state     state
	begun     bool // the link took a segment
	released  bool
	arrived   bool   // a segment went through in this start
	cancel    bool   // it ends with the answer that is awaited
	inRow     bool   // where its timer is
	hash      uint32 // of its terminal, in Engine.terminals
}

// state is where a transaction stands.
type state uint8

const (
	queued    state = iota // another message to the terminal goes first; in every other state it is the one in Engine.terminals, until ended
	held                   // it is the terminal's turn, but not released
	ready                  // waits for a place on the link
	onAir                  // waits for the answer to a segment
	pausing                // waits before a segment is sent again
	lingering              // has ended, but its terminal is not free before the answer
	ended
)

// open says whether the result is still to come. A message that was never added has not begun, nor ended.
func (t *transaction) open() bool { return t.message != nil && t.state < lingering }

// next is the first segment that is missing, -1 if none is.
func (t *transaction) next() int {
	for i := range int(t.total) {
		if !t.through.Has(i) {
			return i
		}
	}
	return -1
}

// missing is how many segments are not through.
func (t *transaction) missing() int { return int(t.total) - t.through.Len() }

// reached says whether the terminal may have got something in this start of the message.
func (t *transaction) reached() bool {
	return t.state == onAir || t.arrived || t.doubtful != Set{}
}

// mayResend counts a segment that is to be sent again; false if it must not.
func (t *transaction) mayResend() bool {
	most := t.message.Resends
	if most < 0 || most > 0 && t.sent >= most {
		return false
	}
	t.sent++
	return true
}

func (t *transaction) result(end End) Result {
	r := Result{End: end, Through: t.through, Last: t.last}
	if end == Complete {
		return r
	}
	r.Uncertain = true
	for i := range int(t.total) {
		if !t.through.Has(i) && !t.doubtful.Has(i) && (t.state != onAir || int(t.index) != i) {
			r.Uncertain = false
		}
	}
	return r
}

// enqueue puts a transaction behind those of its priority, and behind the one that has the terminal now.
func (t *transaction) enqueue(other *transaction) {
	at := t
	for at.behind != nil && at.behind.message.Priority >= other.message.Priority {
		at = at.behind
	}
	other.behind, at.behind = at.behind, other
}

// dequeue takes a transaction out of those behind t.
func (t *transaction) dequeue(other *transaction) {
	for at := t; at.behind != nil; at = at.behind {
		if at.behind == other {
			at.behind, other.behind = other.behind, nil
			return
		}
	}
}
