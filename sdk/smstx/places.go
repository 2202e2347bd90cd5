package smstx

import "container/heap"

// places is a heap of the transactions that wait for a place on the link: by priority, then those whose terminal has segments
// already, then in the order they came.
type places []*transaction

func (h places) Len() int { return len(h) }

func (h places) Less(a, b int) bool { return before(h[a], h[b]) }

func before(x, y *transaction) bool {
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
	h[a].place, h[b].place = int32(a), int32(b)
}

// Push implements heap.Interface.
func (h *places) Push(x any) {
	t := x.(*transaction)
	t.place = int32(len(*h))
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

// A way is the transactions that wait for the same places.
type way struct {
	id     uint64
	places places
	full   bool // the link has no place for them
}

// wayOf is the way of a transaction.
func (e *Engine) wayOf(t *transaction) *way {
	for _, w := range e.ways {
		if w.id == t.message.Way {
			return w
		}
	}
	w := &way{id: t.message.Way}
	e.ways = append(e.ways, w)
	return w
}

// offered says that there may be places again.
func (e *Engine) offered() {
	e.offers++
	for _, w := range e.ways {
		w.full = false
	}
}

// offer is the way whose first transaction goes next, nil if none can.
func (e *Engine) offer() (best *way) {
	for _, w := range e.ways {
		if !w.full && len(w.places) > 0 && (best == nil || before(w.places[0], best.places[0])) {
			best = w
		}
	}
	return best
}

// makeReady lets a transaction wait for a place.
func (e *Engine) makeReady(t *transaction) {
	t.state = ready
	heap.Push(&e.wayOf(t).places, t)
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
		if endings := e.endings; len(endings) > 0 {
			e.endings = e.spare
			e.mu.Unlock()
			for _, end := range endings {
				end.message.Done(end.message, end.result)
			}
			e.mu.Lock()
			e.spare = kept(endings)
			continue
		}
		w := e.offer()
		if w == nil {
			break
		}
		e.submit(w, heap.Pop(&w.places).(*transaction))
	}
	e.working = false
	if e.idle != nil && e.open == 0 {
		close(e.idle) // every result was told
		e.idle = nil
	}
	e.setAlarm()
	e.mu.Unlock()
}

// maxSpare is how many endings have their memory kept for the next ones.
const maxSpare = 64

// kept is the list for the next endings, which must not keep the messages of these.
func kept(endings []ending) []ending {
	if cap(endings) > maxSpare {
		return nil
	}
	clear(endings)
	return endings[:0]
}

// submit offers the next segment of a transaction to the link.
func (e *Engine) submit(w *way, t *transaction) {
	segment := Segment{Message: t.message, Index: t.next(), More: t.missing() > 1, Through: t.through}
	t.state, t.index = onAir, uint8(segment.Index)
	t.submits++
	t.submitted = e.clock.Elapsed()
	submission, offers := t.submits, e.offers
	first, deadline := !t.begun, t.deadline
	t.begun = true
	if window := t.message.Window; first && window > 0 {
		t.deadline = min(t.deadline, t.submitted+window)
	}
	if first || t.message.KeepMargin {
		e.wakeAt(t, never) // the deadline is another one
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
	w.full = e.offers == offers
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
