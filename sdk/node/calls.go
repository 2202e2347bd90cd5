package node

import (
	"container/heap"
	"sync"
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// state is how far a call is.
type state uint8

const (
	waiting state = iota // not written
	written              // the node has it, or not
	overdue              // written, and its result was told when its time ended: its place at the node is still taken
	over                 // its result was told
)

// A call is a push from Push to its result.
type call struct {
	push  Push
	done  func(Result)
	state state
	since time.Time // when it was given
	out   time.Time // when it was written
	at    time.Time // when its time ends
	place int       // in the heap
}

// calls is the book of a client: what waits for the node and what was written. Its lock is the client's.
type calls struct {
	mu      *sync.Mutex
	change  *sync.Cond // the writer waits for something to write
	most    int        // that may wait
	open    map[string]*call
	queue   []*call // of those that wait, and some that are over
	head    int
	waits   int // in queue
	taken   int // places at the node
	window  int
	cancels []string
	refuse  bool // there is no connection, and none was made when the first try ended
	link    uint64
	broken  bool // the connection that link counts
	due     dueCalls
	timer   *time.Timer
	alarm   time.Time // when it goes off, zero if it does not
	pace    pace      // of the writer
}

func (b *calls) init(mu *sync.Mutex, most int) {
	b.mu, b.most, b.broken = mu, most, true
	b.change = sync.NewCond(mu)
	b.open = make(map[string]*call)
}

// ending are results that are told when the lock is released.
type ending []struct {
	call   *call
	result Result
}

func (e *ending) add(c *call, r Result) {
	r.ID = c.push.ID
	*e = append(*e, struct {
		call   *call
		result Result
	}{c, r})
}

func (e ending) tell() {
	for _, one := range e {
		one.call.done(one.result)
	}
}

// add takes a push, or says at once what becomes of it.
func (b *calls) add(p Push, done func(Result)) *Result {
	_, twice := b.open[p.ID]
	switch {
	case twice:
		return &Result{ID: p.ID, Cause: InvalidPush, Text: "a push with this id is open"}
	case b.refuse:
		return &Result{ID: p.ID, Cause: NodeDown}
	case p.Within <= 0:
		return &Result{ID: p.ID, Cause: Expired, Text: "no time was left to give it to the push node"}
	case b.waits >= b.most:
		return &Result{ID: p.ID, Cause: QueueFull, Text: "too many pushes wait for the push node", RetryAfter: time.Second}
	}
	now := time.Now()
	c := &call{push: p, done: done, since: now, at: now.Add(p.Within), place: -1}
	b.open[p.ID] = c
	b.queue = append(b.queue, c)
	b.waits++
	heap.Push(&b.due, c)
	b.setAlarm()
	b.change.Signal()
	return nil
}

func (b *calls) cancel(id string) (e ending) {
	switch c := b.open[id]; {
	case c == nil:
	case c.state == waiting:
		b.forget(c)
		e.add(c, Result{Cause: Cancelled, Text: "cancelled before it was given to the push node"})
	case c.state == written:
		b.cancels = append(b.cancels, id)
		b.change.Signal()
	}
	return e
}

// answered ends the call that a result of the node is about; false if there is none.
func (b *calls) answered(r Result, e *ending) bool {
	c := b.open[r.ID]
	if c == nil || c.state == waiting {
		return false
	}
	if c.state == written {
		for i := range r.Exchanges { // the node counts from when it got the push
			r.Exchanges[i].After += c.out.Sub(c.since)
		}
		e.add(c, r)
	}
	b.forget(c)
	return true
}

// forget takes a call out of the book.
func (b *calls) forget(c *call) {
	switch c.state {
	case waiting:
		b.waits--
	case written, overdue:
		b.taken--
		b.change.Signal()
	}
	c.state = over
	delete(b.open, c.push.ID)
	if c.place >= 0 {
		heap.Remove(&b.due, c.place)
	}
}

// setWindow is what the node says.
func (b *calls) setWindow(n int) {
	b.window = n
	b.change.Signal()
}

// connected begins a connection, and returns its number.
func (b *calls) connected() uint64 {
	b.link++
	b.broken, b.refuse, b.window = false, false, 0
	return b.link
}

// lost ends a connection, or the first try to have one: everything that is open ends.
func (b *calls) lost(why string, retry time.Duration) (e ending) {
	b.broken, b.refuse, b.window = true, true, 0
	b.cancels = nil
	for _, c := range b.queue[b.head:] { // in order
		if c.state == waiting {
			b.forget(c)
			e.add(c, Result{Cause: NodeDown, Text: why, RetryAfter: retry})
		}
	}
	b.queue, b.head = nil, 0
	for _, c := range b.open {
		told := c.state == overdue
		b.forget(c)
		if !told {
			e.add(c, Result{Cause: NodeLost, Text: why})
		}
	}
	b.change.Signal()
	return e
}

// fill makes the next frame of a connection, and waits for something to be there; false means that the connection is no more.
func (b *calls) fill(link uint64, out *pb.GatewayFrame) bool {
	out.Hello = nil
	clear(out.Pushes)
	clear(out.Cancels)
	out.Pushes, out.Cancels = out.Pushes[:0], out.Cancels[:0]
	for paced := false; !b.broken && b.link == link; {
		if n := b.writable(); n == 0 {
			b.change.Wait()
			continue
		} else if !paced {
			paced = true
			b.mu.Unlock()
			b.pace.await(n)
			b.mu.Lock()
			continue
		}
		size := 0
		for len(out.Pushes) < maxItems && size < maxBatch {
			c := b.next()
			if c == nil {
				break
			}
			// The node is told of a shorter time, so that its result is here when it ends.
			c.out = time.Now()
			left := c.at.Sub(c.out)
			w := pushToWire(&c.push, max(1, left-min(left/8, time.Second/2)))
			c.push.Payload = nil // it is the frame's now
			c.state = written
			b.waits--
			b.taken++
			size += w.SizeVT()
			out.Pushes = append(out.Pushes, w)
		}
		n := min(len(b.cancels), maxItems)
		for _, id := range b.cancels[:n] {
			out.Cancels = append(out.Cancels, &pb.Cancel{Id: id})
		}
		if b.cancels = b.cancels[n:]; len(b.cancels) == 0 {
			b.cancels = nil
		}
		if len(out.Pushes)+len(out.Cancels) > 0 {
			return true
		}
	}
	return false
}

// writable is how many pushes and cancels could be written now, at least.
func (b *calls) writable() int { return min(b.waits, max(0, b.window-b.taken)) + len(b.cancels) }

// next takes the first call that waits out of the queue, if the window allows one.
func (b *calls) next() *call {
	for b.taken < b.window && b.head < len(b.queue) {
		c := b.queue[b.head]
		b.queue[b.head] = nil
		if b.head++; b.head == len(b.queue) {
			b.queue, b.head = b.queue[:0], 0
		}
		if c.state == waiting {
			return c
		}
	}
	return nil
}

// setAlarm has expire called when the first call's time is over. It is only set anew for one that comes before it.
func (b *calls) setAlarm() {
	if len(b.due) == 0 || !b.alarm.IsZero() && !b.due[0].at.Before(b.alarm) {
		return
	}
	b.alarm = b.due[0].at
	if b.timer == nil {
		b.timer = time.AfterFunc(time.Until(b.alarm), b.expire)
	} else {
		b.timer.Reset(time.Until(b.alarm))
	}
}

// expire ends the calls whose time is over.
func (b *calls) expire() {
	var e ending
	b.mu.Lock()
	b.alarm = time.Time{}
	now := time.Now()
	for len(b.due) > 0 && !b.due[0].at.After(now) {
		c := b.due[0]
		if c.state == waiting {
			b.forget(c)
			e.add(c, Result{Cause: Expired, Text: "its time was over while it waited for the push node's window"})
			continue
		}
		heap.Pop(&b.due)
		c.state = overdue
		b.cancels = append(b.cancels, c.push.ID)
		b.change.Signal()
		e.add(c, Result{Cause: NoAnswer, Text: "the push node did not answer in its time"})
	}
	b.setAlarm()
	b.mu.Unlock()
	e.tell()
}

// dueCalls is a heap of calls by the end of their time.
type dueCalls []*call

func (h dueCalls) Len() int           { return len(h) }
func (h dueCalls) Less(i, j int) bool { return h[i].at.Before(h[j].at) }

func (h dueCalls) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i, j
}

// Push implements heap.Interface.
func (h *dueCalls) Push(x any) {
	c := x.(*call)
	c.place = len(*h)
	*h = append(*h, c)
}

// Pop implements heap.Interface.
func (h *dueCalls) Pop() any {
	last := len(*h) - 1
	c := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	c.place = -1
	return c
}
