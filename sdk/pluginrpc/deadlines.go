package pluginrpc

import (
	"container/heap"
	"time"
)

// deadlines holds the time limits of many items behind one timer. It has no lock of its own: the stream's guards it.
type deadlines struct {
	heap  deadlineHeap
	timer *time.Timer
	fire  func() // called when the first one is due
}

// A deadline is the time limit of one item, owned by it.
type deadline struct {
	at    time.Time
	owner any
	index int // in the heap, -1 outside
}

func (d *deadlines) add(e *deadline) {
	heap.Push(&d.heap, e)
	if e.index == 0 {
		d.arm()
	}
}

func (d *deadlines) remove(e *deadline) {
	if e.index >= 0 {
		heap.Remove(&d.heap, e.index)
	}
}

// due removes what is over at now and sets the timer for the next.
func (d *deadlines) due(now time.Time) []*deadline {
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
	in := time.Until(d.heap[0].at)
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
