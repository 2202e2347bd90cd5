//go:build linux

package main

import (
	"fmt"
	"sync"
	"time"
)

// A record is one push and what became of it.
type record struct {
	cell     cell
	number   string    // of its recipient
	sent     time.Time // when the submission began
	accepted time.Time // when the answer 1001 came
	// When the handset had the whole message, by its memory: shortMemory, for ever. Zero: never.
	shown [2]time.Time
	told  time.Time // when its result notification came
	state string    // in that
	tries int       // segments handed to the radio network
}

// A book has the records of a run. Its methods may be called from any goroutine.
type book struct {
	mu       sync.Mutex
	records  map[string]*record // by number
	open     int                // records without a result notification, submitted or not
	lastTry  time.Time
	problems []string
	done     chan struct{} // closed when none is open
}

// maxProblems of a run are kept; one is enough to make it worthless.
const maxProblems = 20

func newBook(records []*record) *book {
	b := &book{records: make(map[string]*record, len(records)), open: len(records), done: make(chan struct{})}
	for _, r := range records {
		b.records[r.number] = r
	}
	return b
}

// problem notes what must not happen. b.mu is held.
func (b *book) problem(format string, args ...any) {
	if len(b.problems) < maxProblems {
		b.problems = append(b.problems, fmt.Sprintf(format, args...))
	}
}

// answered books the answer to a submission.
func (b *book) answered(r *record, at time.Time, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	r.accepted = at
	if err != nil {
		b.problem("push to %s: %v", r.number, err)
		b.close()
	}
}

// close counts one record down. b.mu is held.
func (b *book) close() {
	if b.open--; b.open == 0 {
		close(b.done)
	}
}

// air books an event of the radio or a handset.
func (b *book) air(e airEvent) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e.What {
	case "bound", "unbound":
		return
	case "refused": // who looks whether the port is open binds not
		if e.To != "" {
			b.problem("the MSC refused: %+v", e)
		}
		return
	}
	r := b.records[e.To]
	if r == nil {
		b.problem("an event of a terminal that nothing was sent to: %+v", e)
		return
	}
	switch e.What {
	case "lost", "arrived":
		r.tries++
		b.lastTry = time.Now()
		if e.Of != r.cell.Segments {
			b.problem("the push to %s has %d segments, not %d", r.number, e.Of, r.cell.Segments)
		}
	case "shown":
		b.shown(r, e)
	default:
		b.problem("a handset could not read what came: %+v", e)
	}
}

// shown books a message that a handset has whole.
func (b *book) shown(r *record, e airEvent) {
	if e.Text != text(r.number, r.cell.Segments) || e.Link != link(r.number) {
		b.problem("garbled: %s shows %q → %s", r.number, e.Text, e.Link)
	}
	at := &r.shown[0]
	if e.Memory == forEver {
		at = &r.shown[1]
	}
	if !at.IsZero() {
		b.problem("%s shows its push twice (%s)", r.number, e.Memory)
		return
	}
	*at = e.Time
}

// notified books a result notification. It says whether it knows the push.
func (b *book) notified(number, state string, at time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	r := b.records[number]
	if r == nil {
		b.problem("a result notification for %q, which is not ours", number)
		return false
	}
	if r.told.IsZero() { // a notification may come twice
		r.told, r.state = at, state
		b.close()
	}
	return true
}

// quiet says for how long nothing was on the radio.
func (b *book) quiet() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Since(b.lastTry)
}

func (b *book) left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.open
}
