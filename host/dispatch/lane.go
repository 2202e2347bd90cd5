package dispatch

import (
	"cmp"
	"container/heap"
)

// A lane is the queue of one terminal. At most one of its jobs is under way; the others wait here, highest priority first and
// equal ones in the order they came. What sleeps (deliver-after, a retry) is not in the queue, so it lets others pass.
type lane struct {
	name     string
	queue    queue
	busy     *job
	sleepers sleepers
	begun    int32 // jobs with a token
	inLoop   bool  // advance is at work
	held     bool  // goes on when the hold is over
}

func (d *Dispatcher) laneOf(name string) *lane {
	l := d.lanes[name]
	if l == nil {
		l = &lane{name: name}
		d.lanes[name] = l
	}
	return l
}

// move takes a job, which is in no queue, to another lane.
func (d *Dispatcher) move(j *job, name string) {
	old := j.lane
	if old.name == name {
		return
	}
	begun := j.begun
	j.setBegun(false)
	j.lane = d.laneOf(name)
	j.setBegun(begun)
	d.advance(old)
}

// enter puts a job in the queue of its lane.
func (d *Dispatcher) enter(j *job) {
	if j.state == sleeping {
		j.lane.sleepers.remove(j)
	}
	d.leave(j)
	j.enterState(waiting)
	l := j.lane
	if l.busy == nil && len(l.queue) == 0 && !l.inLoop && !d.stopping && !d.hold.on { // as most
		l.inLoop, l.busy = true, j
		d.begin(j)
		l.inLoop = false
	} else {
		heap.Push(&l.queue, j)
	}
	d.advance(l)
	if j.state == waiting {
		d.wakeAt(j, j.expires)
	}
}

// drop takes a job out that waits or sleeps.
func (l *lane) drop(j *job) {
	if j.state == sleeping {
		l.sleepers.remove(j)
	} else {
		l.queue.remove(j)
	}
}

// leave frees the lane that j was under way in.
func (d *Dispatcher) leave(j *job) {
	if j.lane.busy == j {
		j.lane.busy = nil
	}
}

// advance starts the lane's next job if the terminal is free, and forgets a lane that holds nothing.
func (d *Dispatcher) advance(l *lane) {
	if l.inLoop { // a job ended at once; the loop below goes on with the next
		return
	}
	l.inLoop = true
	for l.busy == nil && l.queue.Len() > 0 && !d.stopping {
		if d.hold.on {
			d.hold.keep(l)
			break
		}
		j := heap.Pop(&l.queue).(*job)
		l.busy = j
		d.begin(j)
	}
	l.inLoop = false
	if l.busy == nil && l.queue.Len() == 0 && len(l.sleepers) == 0 {
		delete(d.lanes, l.name)
	}
}

// A queue is a heap of jobs by priority, then by age. A job is in one queue at most.
type queue []*job

func (q queue) Len() int { return len(q) }

func (q queue) Less(a, b int) bool { return before(q[a], q[b]) < 0 }

// before orders jobs by priority, then by age.
func before(a, b *job) int {
	if a.priority != b.priority {
		return cmp.Compare(b.priority, a.priority)
	}
	return cmp.Compare(a.seq, b.seq)
}

func (q queue) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].queued, q[b].queued = int32(a), int32(b)
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	j := x.(*job)
	j.queued = int32(len(*q))
	*q = append(*q, j)
}

// Pop implements heap.Interface.
func (q *queue) Pop() any {
	last := len(*q) - 1
	j := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	j.queued = -1
	return j
}

func (q *queue) remove(j *job) {
	if j.queued >= 0 {
		heap.Remove(q, int(j.queued))
	}
}

// sleepers are the jobs of a lane that sleep, in no order.
type sleepers []*job

func (s *sleepers) add(j *job) {
	j.queued = int32(len(*s))
	*s = append(*s, j)
}

func (s *sleepers) remove(j *job) {
	last := (*s)[len(*s)-1]
	(*s)[j.queued], last.queued = last, j.queued
	(*s)[len(*s)-1] = nil
	*s = (*s)[:len(*s)-1]
	j.queued = -1
}
