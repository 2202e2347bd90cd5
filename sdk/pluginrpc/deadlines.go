package pluginrpc

import (
	"container/heap"
	"time"
)

// deadlines holds the time limits of many items behind one timer. It has no lock of its own: the stream's guards it.
//
// The timer is only set anew for a deadline that comes before it. When items are answered in time it goes off once for many of
// them and finds nothing due; to set it for each one could wake a thread of the runtime each time.
type deadlines struct {
	heap  deadlineHeap
	timer *time.Timer
	set   time.Time // when the timer goes off, zero if it does not
	fire  func()    // called when the first one may be due
}

// A deadline is the time limit of one item, owned by it.
type deadline struct {
	at    time.Time
	owner any
	index int // in the heap, -1 outside
}

func (d *deadlines) add(e *deadline) {
	heap.Push(&d.heap, e)
	if e.index == 0 && (d.set.IsZero() || e.at.Before(d.set)) {
		d.arm()
	}
}

func (d *deadlines) remove(e *deadline) {
	if e.index >= 0 {
		heap.Remove(&d.heap, e.index)
	}
}

// due removes what is over at now and sets the timer for the next. It is called when the timer went off.
func (d *deadlines) due(now time.Time) []*deadline {
	d.set = time.Time{}
	var over []*deadline
	for len(d.heap) > 0 && !d.heap[0].at.After(now) {
		over = append(over, heap.Pop(&d.heap).(*deadline))
	}
	d.arm()
	return over
}

func (d *deadlines) arm() {
	if len(d.heap) == 0 {
		return
	}
	d.set = d.heap[0].at
	in := time.Until(d.set)
	if d.timer == nil {
		d.timer = time.AfterFunc(in, d.fire)
		return
	}
	d.timer.Reset(in)
}

func (d *deadlines) stop() {
	for _, e := range d.heap {
		e.index = -1
	}
	d.heap = nil
	if d.timer != nil {
		d.timer.Stop()
	}
}

type deadlineHeap []*deadline

func (h deadlineHeap) Len() int           { return len(h) }
func (h deadlineHeap) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

func (h deadlineHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *deadlineHeap) Push(x any) {
	e := x.(*deadline)
	e.index = len(*h)
	*h = append(*h, e)
}

func (h *deadlineHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}
