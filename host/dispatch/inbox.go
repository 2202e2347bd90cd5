package dispatch

import "sync"

// An inbox holds what was posted until the owner works it off. It grows with what is on its way, which is bounded by the
// deliveries that are pending.
type inbox struct {
	mu     *sync.Mutex
	wake   *sync.Cond
	posted []func()
	spare  []func()
	closed bool
	ended  bool // what is posted now is dropped
}

func newInbox() inbox {
	mu := new(sync.Mutex)
	return inbox{mu: mu, wake: sync.NewCond(mu)}
}

func (b *inbox) post(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.ended {
		return
	}
	b.posted = append(b.posted, f)
	if len(b.posted) == 1 {
		b.wake.Signal()
	}
}

func (b *inbox) close() {
	b.mu.Lock()
	b.closed = true
	b.wake.Signal()
	b.mu.Unlock()
}

// work waits for something posted, runs all of it, and reports whether there can be more.
func (b *inbox) work() bool {
	b.mu.Lock()
	for len(b.posted) == 0 && !b.closed {
		b.wake.Wait()
	}
	work, done := b.posted, b.closed
	b.ended = done
	b.posted, b.spare = b.spare[:0], work
	b.mu.Unlock()
	for i, f := range work {
		f()
		work[i] = nil
	}
	return !done
}
