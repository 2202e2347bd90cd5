package smstx

import "time"

// never is the time of a timer that is not set.
const never = time.Duration(1<<63 - 1)

// timers are the transactions by the time they have to be looked at again. Most end as long after their begin as those before them, and
// before that time: they stand in a row, where nothing moves when one is taken out. The others are in a heap.
type timers struct {
	row  []timer // by time; those that were taken out are without a transaction, but neither the first nor the last one
	gone int     // how many were taken out in front of the first one
	live int     // in row
	heap timerHeap
}

type timer struct {
	wake        time.Duration
	transaction *transaction
}

// count is how many timers there are.
func (s *timers) count() int { return s.live + len(s.heap) }

// earliest is the next timer; its transaction is nil without one.
func (s *timers) earliest() timer {
	switch {
	case len(s.heap) == 0 && s.live == 0:
		return timer{wake: never}
	case s.live == 0 || len(s.heap) > 0 && s.heap[0].wake < s.row[s.gone].wake:
		return s.heap[0]
	}
	return s.row[s.gone]
}

// of is the timer of a transaction that has one.
func (s *timers) of(t *transaction) timer {
	if t.inRow {
		return s.row[t.timer]
	}
	return s.heap[t.timer]
}

// add sets the timer of a transaction that has none.
func (s *timers) add(x timer) {
	if last := len(s.row) - 1; last >= 0 && x.wake < s.row[last].wake {
		s.heap = append(s.heap, timer{})
		s.heap.set(len(s.heap)-1, x)
		return
	}
	if len(s.row) > 2*s.live+fewGone {
		s.closeUp()
	}
	x.transaction.timer, x.transaction.inRow = int32(len(s.row)), true
	s.row = append(s.row, x)
	s.live++
}

// fewGone is how many that were taken out may always stand in the row.
const fewGone = 64

// closeUp takes those out of the row that are without a transaction.
func (s *timers) closeUp() {
	n := 0
	for _, x := range s.row[s.gone:] {
		if x.transaction != nil {
			s.row[n], x.transaction.timer = x, int32(n)
			n++
		}
	}
	clear(s.row[n:])
	s.row, s.gone = s.row[:n], 0
}

// remove takes the timer of a transaction away.
func (s *timers) remove(t *transaction) {
	place := int(t.timer)
	if !t.inRow {
		t.timer = -1
		s.heap.remove(place)
		return
	}
	t.timer, t.inRow = -1, false
	s.row[place].transaction = nil
	if s.live--; s.live == 0 {
		s.row, s.gone = s.row[:0], 0
		return
	}
	for s.row[s.gone].transaction == nil {
		s.gone++
	}
	last := len(s.row) - 1
	for s.row[last].transaction == nil {
		last--
	}
	s.row = s.row[:last+1]
}

// A timerHeap is flat and keeps the times beside each other: what moves in it are transactions that nothing else needs now.
type timerHeap []timer

// arity is how many timers stand below one of the heap: their times fill one cache line.
const arity = 4

// endOf is when a transaction ends as it stands: at its deadline, or where its margin begins if nothing is on the air.
func (e *Engine) endOf(t *transaction) time.Duration {
	if !t.message.KeepMargin || t.state == onAir || t.deadline == never {
		return t.deadline
	}
	return t.deadline - min(e.margin, t.message.Deadline/2)
}

// wakeAt sets the timer of a transaction: to at, or to its end if that is earlier.
func (e *Engine) wakeAt(t *transaction, at time.Duration) {
	at = min(at, e.endOf(t))
	switch {
	case at == never:
		e.stopTimer(t)
	case t.timer >= 0 && e.timers.of(t).wake == at: // as it is with most segments
	default:
		e.stopTimer(t)
		e.timers.add(timer{at, t})
	}
}

// stopTimer takes the timer of a transaction away.
func (e *Engine) stopTimer(t *transaction) {
	if t.timer >= 0 {
		e.timers.remove(t)
	}
}

// remove takes out what is at a place.
func (h *timerHeap) remove(place int) {
	last := len(*h) - 1
	moved := (*h)[last]
	(*h)[last] = timer{}
	*h = (*h)[:last]
	if place < last {
		h.set(place, moved)
	}
}

// set puts a timer where it belongs when place is free for it.
func (h timerHeap) set(place int, x timer) {
	for place > 0 {
		above := (place - 1) / arity
		if h[above].wake <= x.wake {
			break
		}
		h.put(place, h[above])
		place = above
	}
	for {
		below := arity*place + 1
		if below >= len(h) {
			break
		}
		for other := below + 1; other < min(arity*place+1+arity, len(h)); other++ {
			if h[other].wake < h[below].wake {
				below = other
			}
		}
		if x.wake <= h[below].wake {
			break
		}
		h.put(place, h[below])
		place = below
	}
	h.put(place, x)
}

func (h timerHeap) put(place int, x timer) {
	h[place] = x
	x.transaction.timer = int32(place)
}

// fire looks at every transaction whose time has come. at is the time of the alarm that calls it.
func (e *Engine) fire(at time.Duration) {
	e.lock()
	if e.alarmAt == at {
		e.alarm, e.alarmAt = nil, never
	}
	for e.timers.earliest().wake <= e.now() {
		t := e.timers.earliest().transaction
		e.stopTimer(t)
		if e.endOf(t) <= e.now() {
			e.finish(t, WindowOver)
			continue
		}
		e.makeReady(t) // the only other timer is the pause before a segment is sent again
	}
	e.work()
}

// setAlarm has the clock call when the earliest timer is due.
func (e *Engine) setAlarm() {
	at := e.timers.earliest().wake
	if e.alarmAt <= at {
		return
	}
	if e.alarm != nil {
		e.alarm()
	}
	e.alarmAt = at
	e.alarm = e.clock.After(at-e.now(), func() { e.fire(at) })
}
