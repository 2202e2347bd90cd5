package pluginhost

import (
	"context"
	"sync"
)

// flight counts the items that a run has not answered yet, so that it can be ended when there are none.
type flight struct {
	mu     sync.Mutex
	n      int
	closed bool
	idle   chan struct{} // made by close, closed when closed and n is 0
}

// add counts one item in, unless no more are taken.
func (f *flight) add() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	f.n++
	return true
}

// done counts one item out.
func (f *flight) done() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n--
	if f.closed && f.n == 0 {
		close(f.idle)
	}
}

// close takes no more items. It may be called again.
func (f *flight) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed, f.idle = true, make(chan struct{})
	if f.n == 0 {
		close(f.idle)
	}
}

// wait returns when a closed flight has no item left, or at the end of the context, with the number of those that are left.
func (f *flight) wait(ctx context.Context) int {
	select {
	case <-f.idle:
	case <-ctx.Done():
	}
	return f.count()
}

func (f *flight) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *flight) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}
