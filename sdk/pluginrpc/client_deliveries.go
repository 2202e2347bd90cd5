package pluginrpc

import (
	"container/list"
	"fmt"
	"sync"
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// deliveries is the book of a bearer stream: what waits for the plugin's window and what was sent. A delivery that was sent is
// one entry of a map, and nothing else, however long it takes.
type deliveries struct {
	out    *outbox[*pb.BearerCommand]
	events BearerEvents

	mu        sync.Mutex
	strays    strays
	open      map[string]*queued // nil once sent
	waiting   list.List          // of *queued, in order of arrival
	deadlines deadlines          // of what waits
	window    int
	sent      int // without a result
	closing   bool
	closed    bool
	late      sync.WaitGroup // results on goroutines of their own
}

// queued is a delivery that waits for the window.
type queued struct {
	deadline
	command *pb.BearerCommand
	deliver *pb.Deliver
	wait    *list.Element
}

func newDeliveries(out *outbox[*pb.BearerCommand], events BearerEvents, s strays) *deliveries {
	b := &deliveries{out: out, events: events, strays: s, open: map[string]*queued{}}
	b.deadlines.fire = b.expire
	return b
}

func (b *deliveries) deliver(d push.Delivery) {
	p := deliveryToProto(d)
	c := &pb.BearerCommand{Command: &pb.BearerCommand_Deliver{Deliver: p}}
	size := c.SizeVT()
	b.mu.Lock()
	defer b.mu.Unlock()
	_, twice := b.open[p.Id]
	switch {
	case b.closed || b.closing:
		b.refuse(d.ID, push.Returned())
	case twice:
		// The entry of the first one must live, so that its result is not lost; this one is the caller's mistake.
		b.strays.add("delivery with an id that is open", d.ID)
	case size > MaxItemSize:
		e := tooLarge(size)
		b.refuse(d.ID, push.Outcome{Kind: push.OutcomeRefused, Text: e.Text, Cause: e.Cause})
	case d.Timeout <= 0:
		b.refuse(d.ID, notSent("no time was left to give it to the plugin"))
	case b.sent < b.window && b.waiting.Len() == 0:
		if !b.out.put(c, size) { // the stream is ending
			b.refuse(d.ID, push.Returned())
			return
		}
		b.open[p.Id] = nil
		b.sent++
	default:
		q := &queued{command: c, deliver: p}
		q.deadline = deadline{at: time.Now().Add(d.Timeout), owner: q}
		b.open[p.Id] = q
		b.deadlines.add(&q.deadline)
		q.wait = b.waiting.PushBack(q)
	}
}

// notSent is the outcome of a delivery that never left the gateway.
func notSent(cause string) push.Outcome {
	return push.Outcome{Kind: push.OutcomeFailedForNow, Cause: cause}
}

// refuse answers on a goroutine of its own, so that a caller may hold locks.
func (b *deliveries) refuse(id string, o push.Outcome) {
	if b.closed {
		go b.events.Result(id, o)
		return
	}
	b.late.Go(func() { b.events.Result(id, o) })
}

func (b *deliveries) setWindow(n int) {
	b.mu.Lock()
	b.window = n
	b.pump()
	b.mu.Unlock()
}

// pump sends what waits, as far as the window goes.
func (b *deliveries) pump() {
	for b.sent < b.window && b.waiting.Len() > 0 {
		q := b.waiting.Front().Value.(*queued)
		q.deliver.TimeoutNano = max(int64(time.Until(q.at)), 1)
		if !b.out.put(q.command, q.command.SizeVT()) { // the stream is ending
			return
		}
		b.waiting.Remove(q.wait)
		b.deadlines.remove(&q.deadline)
		b.open[q.deliver.Id] = nil
		b.sent++
	}
}

// finish ends a sent delivery; false if there is none of this id.
func (b *deliveries) finish(id string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q, ok := b.open[id]; !ok || q != nil {
		b.strays.add("result", id)
		return false
	}
	delete(b.open, id)
	b.sent--
	b.pump()
	return true
}

// progresses tells whether a token of the given length may go on to the gateway.
func (b *deliveries) progresses(id string, length int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if q, ok := b.open[id]; !ok || q != nil {
		b.strays.add("progress", id)
		return false
	}
	if length > MaxTokenSize {
		b.strays.add("token over 4 KiB", id)
		return false
	}
	return true
}

func (b *deliveries) stray(what string, id any) {
	b.mu.Lock()
	b.strays.add(what, id)
	b.mu.Unlock()
}

func (b *deliveries) abandon(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	q, ok := b.open[id]
	switch {
	case !ok:
	case q != nil:
		b.drop(q, "cancelled before it was given to the plugin")
	default:
		c := &pb.BearerCommand{Command: &pb.BearerCommand_Cancel{Cancel: &pb.Cancel{Id: id}}}
		b.out.put(c, c.SizeVT())
	}
}

// expire answers what waited until its time was over.
func (b *deliveries) expire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, d := range b.deadlines.due(time.Now()) {
		b.drop(d.owner.(*queued), "the plugin took no more deliveries until the time was over")
	}
}

// drop answers a delivery that waits.
func (b *deliveries) drop(q *queued, cause string) {
	b.deadlines.remove(&q.deadline)
	b.waiting.Remove(q.wait)
	delete(b.open, q.deliver.Id)
	b.refuse(q.deliver.Id, notSent(cause))
}

func (b *deliveries) close() {
	b.mu.Lock()
	b.closing = true
	b.mu.Unlock()
	b.out.close()
}

// end answers everything that is open: the stream is over, for the given reason, nil if the plugin ended it in order.
func (b *deliveries) end(reason error) {
	b.mu.Lock()
	asked := b.closing
	b.closed = true
	open := b.open
	b.open = nil
	b.waiting.Init()
	b.deadlines.stop()
	b.mu.Unlock()
	if reason == nil && !asked {
		reason = errEnded
	}
	cause := "the stream to the plugin was closed"
	if reason != nil {
		cause = fmt.Sprintf("the stream to the plugin broke: %s", reason)
	}
	for _, c := range b.out.unwritten() {
		d := c.GetDeliver()
		if d == nil {
			continue
		}
		// A plugin may have guessed the id and given a result already.
		if _, ok := open[d.Id]; ok {
			delete(open, d.Id)
			b.events.Result(d.Id, push.Returned())
		}
	}
	for id, q := range open {
		if q != nil {
			b.events.Result(id, push.Returned())
		} else {
			b.events.Result(id, push.Outcome{Kind: push.OutcomeUnknown, Cause: cause})
		}
	}
	b.late.Wait()
	b.strays.flush()
	if asked {
		reason = nil
	}
	b.events.Closed(reason)
}
