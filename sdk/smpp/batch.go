package smpp

import (
	"sync"
	"sync/atomic"
)

// A Batch lets sessions write in larger pieces. What is queued on any of its sessions while the reader of one hands out what came by one
// read is not written PDU by PDU: the writers are woken when that reader is through with it, or has handed out maxBatch PDUs. A relay
// gives one Batch to the sessions of both of its sides; a session without one is a Batch of its own. The zero value is ready.
type Batch struct {
	readers atomic.Int32 // that hand something out now
	mu      sync.Mutex
	queued  []*Session // to be woken
}

// maxBatch is how many PDUs a reader hands out before what they caused is written, so that the first of them does not wait long.
const maxBatch = 128

// begin is called by a reader that has something to hand out.
func (b *Batch) begin() { b.readers.Add(1) }

// end is called by a reader that has handed out what it had, or is about to wait.
func (b *Batch) end() {
	b.readers.Add(-1)
	b.flush()
}

// wake wakes the writer of a session, now or at the end of what a reader hands out.
func (b *Batch) wake(s *Session) {
	if b.readers.Load() == 0 {
		s.signal()
		return
	}
	b.mu.Lock()
	b.queued = append(b.queued, s)
	b.mu.Unlock()
	if b.readers.Load() == 0 { // the last reader may have looked before
		b.flush()
	}
}

// flush wakes the writers that have something to write.
func (b *Batch) flush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, s := range b.queued {
		s.signal()
		b.queued[i] = nil
	}
	b.queued = b.queued[:0]
}
