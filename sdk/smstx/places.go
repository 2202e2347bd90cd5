package smstx

// places is a heap of the transactions that wait for a place on the link: by priority, then those whose terminal has segments
// already, then in the order they came. Every segment goes through it, so it is written out here, as timers are.
type places []*transaction

func before(x, y *transaction) bool {
	switch {
	case x.message.Priority != y.message.Priority:
		return x.message.Priority > y.message.Priority
	case x.begun != y.begun:
		return x.begun
	}
	return x.order < y.order
}

// add puts a transaction where it belongs.
func (h *places) add(t *transaction) {
	*h = append(*h, t)
	h.set(len(*h)-1, t)
}

// remove takes the transaction at a place out.
func (h *places) remove(place int) *transaction {
	t, last := (*h)[place], len(*h)-1
	moved := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	if place < last {
		h.set(place, moved)
	}
	t.place = -1
	return t
}

// set puts a transaction where it belongs when place is free for it.
func (h places) set(place int, t *transaction) {
	for place > 0 {
		above := (place - 1) / 2
		if before(h[above], t) {
			break
		}
		h.put(place, h[above])
		place = above
	}
	for {
		below := 2*place + 1
		if below >= len(h) {
			break
		}
		if other := below + 1; other < len(h) && before(h[other], h[below]) {
			below = other
		}
		if before(t, h[below]) {
			break
		}
		h.put(place, h[below])
		place = below
	}
	h.put(place, t)
}

func (h places) put(place int, t *transaction) {
	h[place] = t
	t.place = int32(place)
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
	e.wayOf(t).places.add(t)
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
			e.lock()
			e.spare = kept(endings)
			continue
		}
		w := e.offer()
		if w == nil {
			break
		}
		e.submit(w, w.places.remove(0))
	}
	e.working = false
	if e.idle != nil && e.open == 0 {
		close(e.idle) // every result was told
		e.idle = nil
	}
	e.setAlarm()
	e.mu.Unlock()
}

// atOnce submits a transaction that would be the next one in work anyway, since nothing else waits for a place: most segments go so, and
// need not be put anywhere before. False if it has to wait like others. It unlocks e.mu for a while, so work must follow at once.
func (e *Engine) atOnce(t *transaction) bool {
	w := e.wayOf(t)
	if e.working || w.full || len(e.endings) > 0 {
		return false
	}
	for _, other := range e.ways {
		if len(other.places) > 0 {
			return false
		}
	}
	e.working = true
	e.submit(w, t)
	e.working = false
	return true
}

// maxSpare is how many endings have their memory kept for the next ones.
const maxSpare = 1024

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
	t.submits++
	segment := Segment{
		Message: t.message, Index: t.next(), More: t.missing() > 1, Through: t.through, Submission: Submission{e, t, t.submits},
	}
	t.state, t.index = onAir, uint8(segment.Index)
	t.submitted = e.now()
	offers, first, deadline := e.offers, !t.begun, t.deadline
	t.begun = true
	if window := t.message.Window; first && window > 0 {
		t.deadline = min(t.deadline, t.submitted+window)
	}
	if first || t.message.KeepMargin {
		e.wakeAt(t, never) // the deadline is another one
	}
	e.mu.Unlock()
	taken := e.link.Submit(segment)
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
