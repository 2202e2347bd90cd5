package pluginhost

import (
	"container/list"
	"context"
	"sync"
	"time"
)

// flight holds the items that a run has not answered yet, so that it can be ended when there are none, and the oldest be told.
type flight struct {
	mu     sync.Mutex
	open   list.List                // of time.Time, in order of arrival
	byID   map[string]*list.Element // of deliveries, which end by their id
	closed bool
	idle   chan struct{} // made by close, closed when closed and nothing is open
}

// item is an item in flight.
type item = *list.Element

// add takes one item in, unless no more are taken.
func (f *flight) add() (item, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return nil, false
	}
	return f.open.PushBack(time.Now()), true
}

// addDelivery is add for an item that ends by its id. An id that is open already stays one item.
func (f *flight) addDelivery(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return false
	}
	if f.byID == nil {
		f.byID = map[string]*list.Element{}
	}
	if f.byID[id] == nil {
		f.byID[id] = f.open.PushBack(time.Now())
	}
	return true
}

// done lets one item out. None is no item.
func (f *flight) done(i item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if i == nil {
		return
	}
	f.open.Remove(i)
	if f.closed && f.open.Len() == 0 {
		close(f.idle)
	}
}

// delivery finds the item of a delivery whose result is there. The id is free then, the item still to be done.
func (f *flight) delivery(id string) item {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.byID[id]
	delete(f.byID, id)
	return i
}

// close takes no more items. It may be called again.
func (f *flight) close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return
	}
	f.closed, f.idle = true, make(chan struct{})
	if f.open.Len() == 0 {
		close(f.idle)
	}
}

// wait returns when a closed flight has no item left, or at the end of the context, with the number of those that are left.
func (f *flight) wait(ctx context.Context) int {
	select {
	case <-f.idle:
	case <-ctx.Done():
	}
	n, _ := f.look()
	return n
}

// look returns how many items are open, and since when the oldest is; the zero time if there is none.
func (f *flight) look() (n int, oldest time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if first := f.open.Front(); first != nil {
		oldest = first.Value.(time.Time)
	}
	return f.open.Len(), oldest
}

func (f *flight) isClosed() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.closed
}
