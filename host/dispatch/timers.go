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
// job's state.
type timers []*job

// wakeAt sets the job's timer to an Elapsed time, or takes it away.
func (d *Dispatcher) wakeAt(j *job, at time.Duration) {
	switch {
	case at == never && j.timer >= 0:
		heap.Remove(&d.timers, j.timer)
	case at == never:
	case j.timer >= 0:
		j.wake = at
		heap.Fix(&d.timers, j.timer)
	default:
		j.wake = at
		heap.Push(&d.timers, j)
	}
}

// fire looks at every job whose time has come.
func (d *Dispatcher) fire() {
	now := d.opts.Clock.Elapsed()
	for len(d.timers) > 0 && d.timers[0].wake <= now {
		j := heap.Pop(&d.timers).(*job)
		d.timeUp(j, now)
	}
}

// setAlarm has the clock call when the earliest timer is due.
func (d *Dispatcher) setAlarm() {
	if len(d.timers) == 0 || d.alarm != nil && d.alarmAt <= d.timers[0].wake {
		return
	}
	if d.alarm != nil {
		d.alarm()
	}
	d.alarmAt = d.timers[0].wake
	at := d.alarmAt
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
	t[a].timer, t[b].timer = a, b
}

// Push implements heap.Interface.
func (t *timers) Push(x any) {
	j := x.(*job)
	j.timer = len(*t)
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
