package smstx

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Options are what an Engine is made of.
type Options struct {
	Link Link
	// Pause is the time from the submission of a segment that failed for now to its next one. It doubles with each further
	// failure, up to MaxPause; a failure that took longer to be known is followed by the next submission at once. Default 200 ms
	// and 5 s.
	Pause, MaxPause time.Duration
	// Margin is the end of its Deadline in which no segment of a Message with KeepMargin is submitted.
	Margin time.Duration
	// Clock is the clock of the machine if nil.
	Clock Clock
}

// Engine runs transactions. Its methods may be called from any goroutine; they do not block, Drain excepted.
type Engine struct {
	link            Link
	pause, maxPause time.Duration
	margin          time.Duration
	clock           Clock

	mu        sync.Mutex
	read      time.Duration // of clock, if it was read since lock
	unread    bool          // it was not
	terminals terminals     // those with a message: the one that goes, and behind it those that wait
	open      int           // transactions without a result
	ways      []*way
	timers    timers
	alarm     func() // stops it
	alarmAt   time.Duration
	order     uint64
	offers    uint64   // how often it said that it has
	working   bool     // a goroutine is in work
	endings   []ending // results that are not told yet
	spare     []ending // for the next ones
	draining  bool
	idle      chan struct{} // closed when no transaction is left, while draining
}

// An ending is a message with its result.
type ending struct {
	message *Message
	result  Result
}

// New returns an engine without messages.
func New(o Options) *Engine {
	e := &Engine{
		link: o.Link, pause: o.Pause, maxPause: o.MaxPause, margin: o.Margin, clock: o.Clock,
		terminals: newTerminals(), alarmAt: never,
	}
	if e.pause <= 0 {
		e.pause = 200 * time.Millisecond
	}
	if e.maxPause <= 0 {
		e.maxPause = 5 * time.Second
	}
	if e.clock == nil {
		e.clock = systemClock{time.Now()}
	}
	return e
}

func (e *Engine) lock() {
	e.mu.Lock()
	e.unread = true
}

// now is the time. It is read once for all that is done after lock, and not at all for most answers. e.mu is held.
func (e *Engine) now() time.Duration {
	if e.unread {
		e.read, e.unread = e.clock.Elapsed(), false
	}
	return e.read
}

// Add begins a transaction. Its result comes by Message.Done, also from within Add. An error says that the message is none, with no
// segment or too many; Done is not called then.
func (e *Engine) Add(m *Message) error {
	n := 0
	if m.Segments != nil {
		n = m.Segments.Len()
	}
	if n == 0 || n > MaxSegments {
		return fmt.Errorf("smstx: a message has %d segments, must have 1 to %d", n, MaxSegments)
	}
	e.lock()
	e.order++
	t := &m.tx
	*t = transaction{
		message: m, hash: e.terminals.hash(m.Terminal), order: e.order, total: uint8(n), through: m.Through, released: !m.Held,
		deadline: never, timer: -1, place: -1,
	}
	if m.Deadline > 0 {
		t.deadline = e.now() + m.Deadline
	}
	e.open++
	first := e.terminals.get(m.Terminal, t.hash)
	if first == nil {
		t.state = held
		e.terminals.put(t)
	} else {
		first.enqueue(t)
	}
	if first == nil && t.released && !e.draining && t.missing() > 0 && e.atOnce(t) {
		e.work()
		return nil
	}
	e.wakeAt(t, never)
	switch {
	case e.draining:
		e.finish(t, Drained)
	case first == nil:
		e.begin(t)
	}
	e.work()
	return nil
}

// begin is called with a transaction that is held when its turn at the terminal comes.
func (e *Engine) begin(t *transaction) {
	switch {
	case t.missing() == 0:
		e.finish(t, Complete)
	case t.released:
		e.makeReady(t)
	}
}

// Release lets a message go that was Held. It does nothing for any other one.
func (e *Engine) Release(m *Message) {
	e.lock()
	if t := &m.tx; t.open() && !t.released {
		t.released = true
		if t.state == held {
			e.makeReady(t)
		}
	}
	e.work()
}

// Wake sends at once what pauses before it is sent again to the terminal, which is known to be back.
func (e *Engine) Wake(terminal string) {
	e.lock()
	if t := e.terminals.get(terminal, e.terminals.hash(terminal)); t != nil && t.state == pausing {
		t.pauses = 0
		e.makeReady(t)
	}
	e.work()
}

// Ready tells that the link has a place again.
func (e *Engine) Ready() {
	e.lock()
	e.offered()
	e.work()
}

// cancelGrace is how long a cancelled transaction waits for the answer to a segment on the air.
const cancelGrace = time.Second

// Cancel ends a transaction: at once, or, with a segment on the air, with its answer, for which it waits a second. One that has
// ended is left alone.
func (e *Engine) Cancel(m *Message) {
	e.lock()
	if t := &m.tx; t.open() {
		if t.state == onAir {
			t.cancel = true
			t.deadline = min(t.deadline, e.now()+cancelGrace)
			e.wakeAt(t, never)
		} else {
			e.finish(t, Cancelled)
		}
	}
	e.work()
}

// Drain ends every transaction of which nothing has reached the terminal and nothing is on the air, and those that are added
// from now on. It returns when the others have ended by themselves; when ctx ends it ends them, answered or not. The result of
// each was told before it returns.
func (e *Engine) Drain(ctx context.Context) {
	e.lock()
	e.draining = true
	e.finishAll(func(t *transaction) bool { return !t.reached() })
	idle := make(chan struct{})
	e.idle = idle
	e.work()
	select {
	case <-idle:
		return
	case <-ctx.Done():
	}
	e.lock()
	e.finishAll(func(*transaction) bool { return true })
	e.work()
	<-idle
}

func (e *Engine) finishAll(which func(*transaction) bool) {
	var all []*transaction
	e.terminals.all(func(t *transaction) {
		for ; t != nil; t = t.behind {
			if t.open() && which(t) {
				all = append(all, t)
			}
		}
	})
	// Those behind others first, so that none of them begins.
	for i := len(all) - 1; i >= 0; i-- {
		e.finish(all[i], Drained)
	}
}

// answered takes the answer to a submission.
func (e *Engine) answered(s Submission, a Answer) {
	e.lock()
	if t := s.transaction; t.submits == s.number {
		t.submits++ // only the first answer counts
		e.offered() // it gives a place back
		e.take(t, a)
	}
	e.work()
}

func (e *Engine) take(t *transaction, a Answer) {
	if a.Verdict != Through {
		t.last = a
	}
	if t.state == lingering {
		e.free(t)
		return
	}
	t.state = ended // not on the air any more
	switch a.Verdict {
	case Through:
		t.through.Add(int(t.index))
		t.arrived, t.pauses = true, 0
		if t.missing() == 0 {
			e.finish(t, Complete)
			return
		}
	case Permanent:
		e.finish(t, Refused)
		return
	case NoAnswer:
		t.doubtful.Add(int(t.index))
		if !t.message.Resubmit {
			e.finish(t, Unanswered)
			return
		}
	}
	switch {
	case t.cancel:
		e.finish(t, Cancelled)
	case e.draining && !t.reached():
		e.finish(t, Drained)
	case e.endOf(t) <= e.now():
		e.finish(t, WindowOver)
	case (a.Verdict == Temporary || a.Verdict == NoAnswer) && !t.mayResend():
		e.finish(t, Spent)
	case a.Verdict == Temporary || a.Verdict == NoAnswer:
		again := t.submitted + e.pauseAfter(t.pauses)
		t.pauses = min(t.pauses+1, maxPauses)
		if again <= e.now() {
			e.makeReady(t)
			break
		}
		t.state = pausing
		e.wakeAt(t, again)
	case !e.atOnce(t):
		e.makeReady(t)
	}
}

// maxPauses is far more doublings than lie between any two pauses.
const maxPauses = 100

func (e *Engine) pauseAfter(pauses uint8) time.Duration {
	pause := e.pause
	for ; pauses > 0 && pause < e.maxPause; pauses-- {
		pause *= 2
	}
	return min(pause, e.maxPause)
}

// finish gives a transaction its result. If a segment of it is on the air, its terminal stays taken until the answer.
func (e *Engine) finish(t *transaction, end End) {
	if end == WindowOver && t.cancel {
		end = Cancelled
	}
	r := t.result(end)
	e.stopTimer(t)
	if t.place >= 0 {
		e.wayOf(t).places.remove(int(t.place))
	}
	e.open--
	e.endings = append(e.endings, ending{t.message, r})
	if t.state == onAir {
		t.state = lingering
		return
	}
	e.free(t)
}

// free lets the next message to the terminal go.
func (e *Engine) free(t *transaction) {
	waited := t.state == queued
	t.state = ended
	if waited {
		e.terminals.get(t.message.Terminal, t.hash).dequeue(t)
		return
	}
	next := t.behind
	t.behind = nil
	if next == nil {
		e.terminals.remove(t)
		return
	}
	next.state = held
	e.terminals.replace(t, next)
	e.begin(next)
}
