package smstx

import (
	"container/heap"
	"time"
)

// never is the time of a timer that is not set.
const never = time.Duration(1<<63 - 1)

// timers is a heap of transactions by the time they have to be looked at again.
type timers []*transaction

// wakeAt sets the timer of a transaction: to at, or to its deadline if that is earlier.
func (e *Engine) wakeAt(t *transaction, at time.Duration) {
	at = min(at, t.deadline)
	switch {
	case at == never && t.timer >= 0:
		heap.Remove(&e.timers, int(t.timer))
	case at == never:
	case t.timer >= 0:
		t.wake = at
		heap.Fix(&e.timers, int(t.timer))
	default:
		t.wake = at
		heap.Push(&e.timers, t)
	}
}

// stopTimer takes the timer of a transaction away.
func (e *Engine) stopTimer(t *transaction) {
	if t.timer >= 0 {
		heap.Remove(&e.timers, int(t.timer))
	}
}

// fire looks at every transaction whose time has come. at is the time of the alarm that calls it.
func (e *Engine) fire(at time.Duration) {
	e.mu.Lock()
	now := e.clock.Elapsed()
	if e.alarmAt == at {
		e.alarm, e.alarmAt = nil, never
	}
	for len(e.timers) > 0 && e.timers[0].wake <= now {
		t := heap.Pop(&e.timers).(*transaction)
		if t.deadline <= now {
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
	e.alarm = e.clock.After(at-e.clock.Elapsed(), func() { e.fire(at) })
}

func (h timers) Len() int           { return len(h) }
func (h timers) Less(a, b int) bool { return h[a].wake < h[b].wake }

func (h timers) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].timer, h[b].timer = int32(a), int32(b)
}

// Push implements heap.Interface.
func (h *timers) Push(x any) {
	t := x.(*transaction)
	t.timer = int32(len(*h))
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	t.timer = -1
	return t
}
