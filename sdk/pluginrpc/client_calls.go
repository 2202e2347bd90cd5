package pluginrpc

import (
	"container/list"
	"errors"
	"fmt"
	"sync"
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// errEnded is the reason when a plugin ends a stream that the gateway did not close.
var errEnded = errors.New("the plugin ended the stream")

// calls is the book of an encoder's or routing stream: questions that wait for the plugin's window, questions that were sent,
// and who wants the answer. A question is answered exactly once, by the plugin, by its time-out or by the end of the stream.
type calls[Q timedItem, A any] struct {
	out    *outbox[Q]
	events StreamEvents
	strays strays

	mu         sync.Mutex
	open       map[uint64]*call[Q, A]
	waiting    list.List // of *call, in order of arrival
	deadlines  deadlines
	last       uint64
	window     int
	unanswered int // sent; a question that ran out of time counts until the plugin answers it
	closing    bool
	closed     error
	late       sync.WaitGroup // answers on goroutines of their own
}

// timedItem is a question in its protobuf form.
type timedItem interface {
	SizeVT() int
	setID(uint64)
	setTimeout(time.Duration)
}

type call[Q timedItem, A any] struct {
	deadline
	id   uint64
	item Q
	size int
	done func(A, error) // nil once answered
	wait *list.Element  // nil once sent
	in   time.Duration
}

func newCalls[Q timedItem, A any](out *outbox[Q], events StreamEvents, s strays) *calls[Q, A] {
	c := &calls[Q, A]{out: out, events: events, strays: s, open: map[uint64]*call[Q, A]{}}
	c.deadlines.fire = c.expire
	return c
}

// ask hands a question over. It does not block and never calls done itself.
func (c *calls[Q, A]) ask(item Q, timeout time.Duration, done func(A, error)) {
	size := item.SizeVT()
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed != nil:
		c.refuse(done, c.closed)
		return
	case c.closing:
		c.refuse(done, &push.Error{Temporary: true, Cause: "the stream to the plugin is closing"})
		return
	case size > MaxItemSize:
		c.refuse(done, tooLarge(size))
		return
	case timeout <= 0:
		c.refuse(done, &push.Error{Temporary: true, Cause: "no time was left to ask the plugin"})
		return
	}
	c.last++
	k := &call[Q, A]{id: c.last, item: item, size: size, done: done, in: timeout}
	k.deadline = deadline{at: now.Add(timeout), owner: k}
	item.setID(k.id)
	c.open[k.id] = k
	c.deadlines.add(&k.deadline)
	if c.unanswered < c.window && c.waiting.Len() == 0 {
		c.send(k, timeout)
		return
	}
	k.wait = c.waiting.PushBack(k)
}

// refuse answers what never came into the book, on a goroutine of its own so that a caller may hold locks.
func (c *calls[Q, A]) refuse(done func(A, error), err error) {
	var none A
	if c.closed != nil {
		go done(none, err)
		return
	}
	c.late.Go(func() { done(none, err) })
}

func (c *calls[Q, A]) send(k *call[Q, A], left time.Duration) {
	var none Q
	c.unanswered++
	k.item.setTimeout(left)
	c.out.put(k.item, k.size)
	k.item = none
}

// pump sends what waits, as far as the window goes.
func (c *calls[Q, A]) pump() {
	now := time.Time{}
	for c.unanswered < c.window && c.waiting.Len() > 0 {
		if now.IsZero() {
			now = time.Now()
		}
		k := c.waiting.Remove(c.waiting.Front()).(*call[Q, A])
		k.wait = nil
		c.send(k, k.at.Sub(now))
	}
}

func (c *calls[Q, A]) credit(k *pb.Credit) {
	n := int(k.GetWindow())
	c.mu.Lock()
	c.window = n
	c.pump()
	c.mu.Unlock()
	c.events.Window(n, clip(k.GetReason()))
}

// take returns who wants the answer to a question, nil if nobody does, and makes room for the next.
func (c *calls[Q, A]) take(id uint64) func(A, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.open[id]
	if k == nil || k.wait != nil {
		c.strays.add("answer", id)
		return nil
	}
	delete(c.open, id)
	c.deadlines.remove(&k.deadline)
	c.unanswered--
	c.pump()
	done := k.done
	k.done = nil
	c.endIfIdle()
	return done
}

// expire answers what ran out of time. What was sent keeps its place in the window, since the plugin still works on it.
func (c *calls[Q, A]) expire() {
	c.mu.Lock()
	if c.closed != nil {
		c.mu.Unlock()
		return
	}
	type answer struct {
		done func(A, error)
		err  error
	}
	var over []answer
	for _, d := range c.deadlines.due(time.Now()) {
		k := d.owner.(*call[Q, A])
		e := &push.Error{Temporary: true, Cause: fmt.Sprintf("no answer of the plugin within %s", k.in)}
		if k.wait != nil {
			e.Cause = fmt.Sprintf("the plugin took no more items for %s", k.in)
			c.waiting.Remove(k.wait)
			delete(c.open, k.id)
		}
		over = append(over, answer{k.done, e})
		k.done = nil
	}
	c.late.Add(1)
	c.endIfIdle()
	c.mu.Unlock()
	defer c.late.Done()
	for _, a := range over {
		var none A
		a.done(none, a.err)
	}
}

// close lets the stream end when the last question is answered.
func (c *calls[Q, A]) close() {
	c.mu.Lock()
	c.closing = true
	c.endIfIdle()
	c.mu.Unlock()
}

func (c *calls[Q, A]) endIfIdle() {
	if !c.closing || c.closed != nil {
		return
	}
	for _, k := range c.open {
		if k.done != nil {
			return
		}
	}
	c.out.close()
}

// end answers everything that is open: the stream is over, for the given reason, nil if the plugin ended it in order.
func (c *calls[Q, A]) end(reason error) {
	c.mu.Lock()
	asked := c.closing
	if reason == nil && !asked {
		reason = errEnded
	}
	cause := "the stream to the plugin is closed"
	if reason != nil {
		cause = fmt.Sprintf("the stream to the plugin broke: %s", reason)
	}
	err := &push.Error{Temporary: true, Cause: cause}
	c.closed = err
	var left []func(A, error)
	for _, k := range c.open {
		if k.done != nil {
			left = append(left, k.done)
		}
	}
	c.open = nil
	c.waiting.Init()
	c.deadlines.stop()
	c.mu.Unlock()
	for _, done := range left {
		var none A
		done(none, err)
	}
	c.late.Wait()
	c.strays.flush()
	if asked && len(left) == 0 {
		reason = nil
	}
	c.events.Closed(reason)
}

func tooLarge(size int) *push.Error {
	return &push.Error{
		Text:  "the content is too large",
		Cause: fmt.Sprintf("an item of %d octets does not go to a plugin (limit %d)", size, MaxItemSize),
	}
}
