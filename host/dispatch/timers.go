package dispatch

import (
	"container/heap"
	"time"
)

// never is the time of a timer that is not set, in Elapsed time.
const never = time.Duration(1<<63 - 1)

// later is an Elapsed time, or never for what is too far away to be counted.
func later(now, d time.Duration) time.Duration {
	if d >= never-now {
		return never
	}
	return now + d
}

// timers is a heap of jobs by the time they have to be looked at again. A job has one timer; what it means follows from the
// job's state. Those that are young (fold.go) are not in the heap, unless their time comes before they are folded.
type timers []*job

// wakeAt sets the job's timer to an Elapsed time, or to never.
func (d *Dispatcher) wakeAt(j *job, at time.Duration) {
	j.wake = at
	switch {
	case j.papers == nil:
		d.setTimer(j)
	case j.young.isIn() && at >= j.young.until:
	case j.young.isIn():
		j.young.remove()
		d.setTimer(j)
	default:
		if until := d.opts.Clock.Elapsed() + foldAfter; at >= until {
			d.clearTimer(j)
			d.young.add(j, until)
		} else {
			d.setTimer(j)
		}
	}
}

// stopTimer has the job woken no more.
func (d *Dispatcher) stopTimer(j *job) {
	if j.papers != nil && j.young.isIn() {
		j.young.remove()
	}
	d.clearTimer(j)
}

// setTimer puts the job where it belongs in the heap.
func (d *Dispatcher) setTimer(j *job) {
	switch {
	case j.wake == never:
		d.clearTimer(j)
	case j.timer >= 0:
		heap.Fix(&d.timers, int(j.timer))
	default:
		heap.Push(&d.timers, j)
	}
}

func (d *Dispatcher) clearTimer(j *job) {
	if j.timer >= 0 {
		heap.Remove(&d.timers, int(j.timer))
	}
}

// fire looks at every job whose time has come.
func (d *Dispatcher) fire() {
	now := d.opts.Clock.Elapsed()
	if d.foldDue(now) {
		d.box.post(d.fire)
	}
	for len(d.timers) > 0 && d.timers[0].wake <= now {
		j := heap.Pop(&d.timers).(*job)
		d.timeUp(j, now)
	}
}

// setAlarm has the clock call when the earliest timer is due, or the first job can be folded.
func (d *Dispatcher) setAlarm() {
	at := d.young.first()
	if len(d.timers) > 0 {
		at = min(at, d.timers[0].wake)
	}
	if at == never || d.alarm != nil && d.alarmAt <= at {
		return
	}
	if d.alarm != nil {
		d.alarm()
	}
	d.alarmAt = at
	d.alarm = d.opts.Clock.After(at-d.opts.Clock.Elapsed(), func() {
		d.box.post(func() {
			if d.alarmAt == at {
				d.alarm = nil
			}
			d.fire()
		})
	})
}

func (t timers) Len() int           { return len(t) }
func (t timers) Less(a, b int) bool { return t[a].wake < t[b].wake }

func (t timers) Swap(a, b int) {
	t[a], t[b] = t[b], t[a]
	t[a].timer, t[b].timer = int32(a), int32(b)
}

// Push implements heap.Interface.
func (t *timers) Push(x any) {
	j := x.(*job)
	j.timer = int32(len(*t))
	*t = append(*t, j)
}

// Pop implements heap.Interface.
func (t *timers) Pop() any {
	last := len(*t) - 1
	j := (*t)[last]
	(*t)[last] = nil
	*t = (*t)[:last]
	j.timer = -1
	return j
}
