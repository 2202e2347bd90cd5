package smpp

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Batch lets sessions write in larger pieces. What is queued on any of its sessions while the reader of one hands out what came by one
// read is not written PDU by PDU: the writers are woken when that reader is through with it, or has handed out maxBatch PDUs. A relay
// gives one Batch to the sessions of both of its sides; a session without one is a Batch of its own. The zero value is ready.
type Batch struct {
	readers atomic.Int32 // that hand something out now
	read    atomic.Int64 // nanoseconds from start to when the last of them began
	started sync.Once
	start   time.Time

	mu     sync.Mutex
	queued []*Session // to be woken
}

// maxBatch is how many PDUs a reader hands out before what they caused is written, so that the first of them does not wait long.
const maxBatch = 128

// Now is the time, as exact as what comes over links can tell it: while readers hand out what they have read, when the last of them
// began, and no clock has to be asked. That is less than the time that maxBatch PDUs take, if no Config.Receive and no done of Send blocks.
func (b *Batch) Now() time.Time {
	if b.readers.Load() == 0 {
		return time.Now()
	}
	return b.start.Add(time.Duration(b.read.Load()))
}

// begin is called by a reader that has something to hand out.
func (b *Batch) begin() {
	b.setRead() // before there is a reader, so that Now finds no older one
	b.readers.Add(1)
}

// setRead keeps the time for Now.
func (b *Batch) setRead() {
	b.started.Do(func() { b.start = time.Now() })
	b.read.Store(int64(time.Since(b.start)))
}

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
