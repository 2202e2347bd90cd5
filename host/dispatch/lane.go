package dispatch

import "container/heap"

// A lane is the queue of one terminal. At most one of its jobs is under way; the others wait here, highest priority first and
// equal ones in the order they came. What sleeps (deliver-after, a retry) is not in the queue, so it lets others pass.
type lane struct {
	name     string
	queue    queue
	busy     *job
	sleeping map[*job]struct{}
	inLoop   bool // advance is at work
}

func (d *Dispatcher) laneOf(name string) *lane {
	l := d.lanes[name]
	if l == nil {
		l = &lane{name: name}
		d.lanes[name] = l
	}
	return l
}

// enter puts a job in the queue of its lane.
func (d *Dispatcher) enter(j *job) {
	delete(j.lane.sleeping, j)
	d.leave(j)
	j.enterState(waiting)
	heap.Push(&j.lane.queue, j)
	d.wakeAt(j, j.expires)
	d.advance(j.lane)
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
		j := heap.Pop(&l.queue).(*job)
		l.busy = j
		d.begin(j)
	}
	l.inLoop = false
	if l.busy == nil && l.queue.Len() == 0 && len(l.sleeping) == 0 {
		delete(d.lanes, l.name)
	}
}

// A queue is a heap of jobs by priority, then by age. A job is in one queue at most.
type queue []*job

func (q queue) Len() int { return len(q) }

func (q queue) Less(a, b int) bool {
	if pa, pb := q[a].content.push.Priority, q[b].content.push.Priority; pa != pb {
		return pa > pb
	}
	return q[a].seq < q[b].seq
}

func (q queue) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].queued, q[b].queued = a, b
}

// Push implements heap.Interface.
func (q *queue) Push(x any) {
	j := x.(*job)
	j.queued = len(*q)
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
		heap.Remove(q, j.queued)
	}
}
