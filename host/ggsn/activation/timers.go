package activation

import (
	"container/heap"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
)

// never is the time of what is not set.
const never = time.Duration(1<<63 - 1)

// timers is a heap of terminals by when they have to be looked at again.
type timers []timer

type timer struct {
	wake     time.Duration
	terminal *terminal
}

// Len implements heap.Interface.
func (h timers) Len() int { return len(h) }

// Less implements heap.Interface.
func (h timers) Less(a, b int) bool { return h[a].wake < h[b].wake }

// Swap implements heap.Interface.
func (h timers) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].terminal.timer, h[b].terminal.timer = int32(a), int32(b)
}

// Push implements heap.Interface.
func (h *timers) Push(x any) {
	t := x.(timer)
	t.terminal.timer = int32(len(*h))
	*h = append(*h, t)
}

// Pop implements heap.Interface.
func (h *timers) Pop() any {
	last := len(*h) - 1
	t := (*h)[last]
	(*h)[last] = timer{}
	*h = (*h)[:last]
	t.terminal.timer = -1
	return t
}

// schedule sets the timer of a terminal to the end of its phase or of what waits, whichever is first.
func (e *Engine) schedule(t *terminal) {
	wake := t.until
	for i := t.first; i != nil; i = i.next {
		wake = min(wake, i.until)
	}
	switch {
	case wake == never || t.state == over:
		if t.timer >= 0 {
			heap.Remove(&e.timers, int(t.timer))
		}
	case t.timer < 0:
		heap.Push(&e.timers, timer{wake, t})
	case e.timers[t.timer].wake != wake:
		e.timers[t.timer].wake = wake
		heap.Fix(&e.timers, int(t.timer))
	}
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

// fire looks at every terminal whose time has come. at is the time of the alarm that calls it.
func (e *Engine) fire(at time.Duration) {
	e.mu.Lock()
	if e.alarmAt == at {
		e.alarm, e.alarmAt = nil, never
	}
	now := e.clock.Elapsed()
	for len(e.timers) > 0 && e.timers[0].wake <= now {
		t := e.timers[0].terminal
		e.expire(t, now)
		switch {
		case t.until > now:
			e.schedule(t)
		case t.state == waiting:
			e.fail(t, contextLate.because("%v took the notification, and no context came in %v", t.sgsn, e.limits.Activation))
		case t.first == nil: // nobody waits for the second notification any more
			e.remove(t)
		default:
			e.ask(t)
		}
	}
	e.flush()
}

// expire ends what waits and has no time left.
func (e *Engine) expire(t *terminal, now time.Duration) {
	for i := t.first; i != nil; {
		next := i.next
		if i.until <= now {
			e.take(i)
			e.end(i, t.expired().result())
		}
		i = next
	}
}

// expired says what a push waited for when its time was over.
func (t *terminal) expired() refusal {
	const late = "the time of the push is over: "
	switch t.state {
	case asking:
		return ofQuestionError(hlr.ErrTimeout).because(late + "the HLR has not answered")
	case notifying:
		return ofPathError(gtp.ErrNoResponse).because(late+"%v has not answered the notification", t.sgsn)
	case waiting:
		return contextLate.because(late+"%v took the notification, and no context has come", t.sgsn)
	case pausing:
		return t.last.because(late+"%s", t.last.text)
	}
	return outOfTime.because(late + "it waited for its turn")
}
