package smstx

import "container/heap"

// places is a heap of the transactions that wait for a place on the link: by priority, then those whose terminal has segments
// already, then in the order they came.
type places []*transaction

func (h places) Len() int { return len(h) }

func (h places) Less(a, b int) bool {
	x, y := h[a], h[b]
	switch {
	case x.message.Priority != y.message.Priority:
		return x.message.Priority > y.message.Priority
	case x.begun != y.begun:
		return x.begun
	}
	return x.order < y.order
}

func (h places) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].place, h[b].place = a, b
}

// Push implements heap.Interface.
func (h *places) Push(x any) {
	t := x.(*transaction)
	t.place = len(*h)
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *places) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.place = -1
	return t
}

// makeReady lets a transaction wait for a place.
func (e *Engine) makeReady(t *transaction) {
	t.state = ready
	heap.Push(&e.places, t)
	e.wakeAt(t, never)
}

// work gives the link what it has places for, tells the results, and unlocks. Whoever changes something under e.mu ends with
// it. One goroutine works at a time; what others leave meanwhile, it finds.
func (e *Engine) work() {
	if e.working {
		e.setAlarm()
		e.mu.Unlock()
		return
	}
	e.working = true
	for {
		if calls := e.calls; len(calls) > 0 {
			e.calls = nil
			e.mu.Unlock()
			for _, call := range calls {
				call()
			}
			e.mu.Lock()
			continue
		}
		if e.full || len(e.places) == 0 {
			break
		}
		e.submit(heap.Pop(&e.places).(*transaction))
	}
	e.working = false
	if e.idle != nil && len(e.transactions) == 0 {
		close(e.idle) // every result was told
		e.idle = nil
	}
	e.setAlarm()
	e.mu.Unlock()
}

// submit offers the next segment of a transaction to the link.
func (e *Engine) submit(t *transaction) {
	segment := Segment{Message: t.message, Index: t.next(), More: t.missing() > 1, Through: t.through}
	t.state, t.index = onAir, segment.Index
	t.submits++
	submission, offers := t.submits, e.offers
	first, deadline := !t.begun, t.deadline
	t.begun = true
	if w := t.message.Window; first && w > 0 {
		t.deadline = min(t.deadline, e.clock.Elapsed()+w)
		e.wakeAt(t, never)
	}
	e.mu.Unlock()
	taken := e.link.Submit(segment, func(a Answer) { e.answered(t, submission, a) })
	e.mu.Lock()
	if taken {
		return
	}
	t.submits++
	if first { // the window has not begun
		t.begun, t.deadline = false, deadline
	}
	e.full = e.offers == offers
	e.turnedAway(t)
}

// turnedAway is a transaction whose segment went nowhere.
func (e *Engine) turnedAway(t *transaction) {
	switch {
	case t.state == lingering:
		e.free(t)
	case t.cancel:
		t.state = ready
		e.finish(t, Cancelled)
	default:
		e.makeReady(t)
	}
}
