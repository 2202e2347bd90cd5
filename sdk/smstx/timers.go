package smstx

import "time"

// never is the time of a timer that is not set.
const never = time.Duration(1<<63 - 1)

// timers is a heap of transactions by the time they have to be looked at again. Every message changes it, so it is written out here,
// keeps the times beside each other, and is flat: what moves in it are transactions that nothing else needs now.
type timers []timer

type timer struct {
	wake        time.Duration
	transaction *transaction
}

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
	case t.timer >= 0 && e.timers[t.timer].wake == at: // as it is with most segments
	case t.timer >= 0:
		e.timers.set(int(t.timer), timer{at, t})
	default:
		e.timers = append(e.timers, timer{})
		e.timers.set(len(e.timers)-1, timer{at, t})
	}
}

// stopTimer takes the timer of a transaction away.
func (e *Engine) stopTimer(t *transaction) {
	if t.timer < 0 {
		return
	}
	place, last := int(t.timer), len(e.timers)-1
	moved := e.timers[last]
	e.timers[last] = timer{}
	e.timers = e.timers[:last]
	if place < last {
		e.timers.set(place, moved)
	}
	t.timer = -1
}

// set puts a timer where it belongs when place is free for it.
func (h timers) set(place int, x timer) {
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

func (h timers) put(place int, x timer) {
	h[place] = x
	x.transaction.timer = int32(place)
}

// fire looks at every transaction whose time has come. at is the time of the alarm that calls it.
func (e *Engine) fire(at time.Duration) {
	e.lock()
	if e.alarmAt == at {
		e.alarm, e.alarmAt = nil, never
	}
	for len(e.timers) > 0 && e.timers[0].wake <= e.now() {
		t := e.timers[0].transaction
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
	if len(e.timers) == 0 || e.alarmAt <= e.timers[0].wake {
		return
	}
	if e.alarm != nil {
		e.alarm()
	}
	at := e.timers[0].wake
	e.alarmAt = at
	e.alarm = e.clock.After(at-e.now(), func() { e.fire(at) })
}
