package sms

import (
	"container/heap"
	"slices"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A book brings receipts and deliveries together: it has the deliveries of mode receipts from their first answer to their outcome,
// and for a moment the receipts that nobody awaits yet.
//
// A receipt is acknowledged when what it says is on the gateway's disk, so that the SMSC sends it again if a crash comes before.
type book struct {
	p *Plugin

	mu       sync.Mutex
	byID     map[string][]entry // by the plain form of the id that a receipt may have
	waits    waits
	early    []*early // the oldest first
	alarm    *time.Timer
	alarmAt  time.Duration // in Plugin.elapsed, 0 without one
	draining bool
	closed   bool
	strays   strays
	gone     gone
	calls    []func()
	working  bool
}

// An entry is one segment of which a receipt may come.
type entry struct {
	delivery *delivery
	index    int
	same     bool // the receipt would have the very id of the answer
}

// awaited is what a delivery of mode receipts has beside its token. The book's mutex guards both.
type awaited struct {
	delivery *delivery
	ids      []string // under which it is in the book
	acks     []ack
	until    time.Duration // in Plugin.elapsed: the end of its patience
	place    int           // in book.waits, -1 outside
	cancel   bool          // it ends as soon as every segment is with the SMSC
	over     bool          // every segment is with the SMSC
	decided  bool          // the outcome is known, and tells when the token is stored
	outcome  push.Outcome
	settled  uint64 // the number of the token that says the same
	safe     uint64 // the number of the last token that is on disk
	ended    bool
}

// An ack is a receipt that is acknowledged when a token is on disk.
type ack struct {
	number  uint64
	request *smpp.Request
}

// An early receipt is one that came before the answer with its id, or before the gateway gave the delivery back after a restart.
type early struct {
	receipt receipt
	request *smpp.Request
	until   time.Duration
}

const (
	// earlyTime is how long a receipt waits for the delivery that it is of. SMSCs wait longer for the acknowledgement.
	earlyTime = 10 * time.Second
	maxEarly  = 1000
	// startTime is how long after its start the bearer expects receipts of deliveries that the gateway is to give back.
	startTime = 30 * time.Second
)

func newBook(p *Plugin) *book { return &book{p: p, byID: make(map[string][]entry)} }

// unlock makes the calls that are due, in their order and by one goroutine at a time, and unlocks.
func (b *book) unlock() {
	if b.working {
		b.mu.Unlock()
		return
	}
	b.working = true
	for len(b.calls) > 0 {
		calls := b.calls
		b.calls = nil
		b.mu.Unlock()
		for _, call := range calls {
			call()
		}
		b.mu.Lock()
	}
	b.working = false
	b.setAlarm()
	b.mu.Unlock()
}

func (b *book) later(f func()) { b.calls = append(b.calls, f) }

// answer acknowledges a receipt. One that finds the session gone is lost like one on the wire: the SMSC sends it again.
func (b *book) answer(r *smpp.Request) {
	b.later(func() { _ = r.Answer(smpp.StatusOK, nil) })
}

// enter takes a delivery with what its token says the SMSC has.
func (b *book) enter(t *delivery) {
	b.mu.Lock()
	for i, s := range t.token.stored.segments {
		if s.state == smpp.StateEnroute {
			b.await(t, i)
		}
	}
	b.unlock()
}

// accepted takes the id that the SMSC gave a segment.
func (b *book) accepted(t *delivery, index int, id string) {
	b.mu.Lock()
	now := b.p.now()
	if s := &t.token.stored.segments[index]; !t.awaited.ended && len(id) <= maxMessageID {
		*s = storedSegment{state: smpp.StateEnroute, id: id}
		t.token.stored.until = now.Add(b.p.validity(t)).Unix()
		t.news = true
		b.await(t, index)
		if t.news && b.p.elapsed()-t.reported >= reportEvery {
			b.report(t)
		}
	}
	b.unlock()
}

// await puts a segment into the book, and takes a receipt of it that came already.
func (b *book) await(t *delivery, index int) {
	if !b.p.config.registered {
		return
	}
	ids, same := b.p.config.notation.receiptIDs(t.token.stored.segments[index].id)
	for i, id := range ids {
		e := entry{delivery: t, index: index, same: same && i == 0}
		b.byID[id] = append(b.byID[id], e)
		t.awaited.ids = append(t.awaited.ids, id)
	}
	for _, id := range ids {
		for i := 0; i < len(b.early); i++ {
			early := b.early[i]
			if plainID(early.receipt.id) != id {
				continue
			}
			if e, ok := b.find(early.receipt); ok && e.delivery == t {
				b.early = slices.Delete(b.early, i, i+1)
				i--
				b.take(e, early.receipt, early.request)
			}
		}
	}
}

// find is the segment that a receipt is of. The number decides where several have the id, since in one of the notations it may be
// another message's; and an id that only another notation makes the same needs the number to agree.
func (b *book) find(r receipt) (best entry, ok bool) {
	most := 0
	for _, e := range b.byID[plainID(r.id)] {
		rank := 0
		number := e.delivery.message.Terminal
		if agree(r.parties[0], number) || agree(r.parties[1], number) {
			rank += 2
		}
		if e.same || b.p.config.notation != notationAuto {
			rank++
		}
		if rank > most {
			best, most, ok = e, rank, true
		}
	}
	return best, ok
}

// receipt takes a receipt from an SMSC; it is acknowledged in time.
func (b *book) receipt(r receipt, request *smpp.Request) {
	request.PDU = nil
	b.mu.Lock()
	e, awaited := b.find(r)
	switch {
	case awaited:
		b.take(e, r, request)
	case b.gone.has(r):
		b.answer(request)
	case !ended(r.state) || !b.expects():
		b.stray(r, request)
	default:
		if len(b.early) >= maxEarly {
			b.stray(b.early[0].receipt, b.early[0].request)
			b.early = slices.Delete(b.early, 0, 1)
		}
		b.early = append(b.early, &early{r, request, b.p.elapsed() + earlyTime})
	}
	b.unlock()
}

// expects says whether a receipt that nobody awaits may be awaited soon.
func (b *book) expects() bool {
	return b.p.config.mode == receipts && b.p.config.registered || len(b.byID) > 0 || b.p.elapsed() < startTime
}

// take puts what a receipt says into the token.
func (b *book) take(e entry, r receipt, request *smpp.Request) {
	t := e.delivery
	s := &t.token.stored.segments[e.index]
	if !ended(r.state) || s.state != smpp.StateEnroute || t.awaited.decided {
		b.answer(request) // nothing new, or the same once more
		return
	}
	s.state = r.state
	if r.state == smpp.StateDelivered {
		t.token.through.Add(e.index)
		t.token.at = b.p.now().Unix()
	}
	if o, ok := receiptsOutcome(t, e.index, r); ok {
		t.awaited.decided, t.awaited.outcome = true, o
		if !t.awaited.over {
			b.later(func() { b.p.engine.Cancel(&t.message) }) // what is left of it is for nothing
		}
	}
	b.report(t)
	t.awaited.settled = uint64(t.reports)
	t.awaited.acks = append(t.awaited.acks, ack{uint64(t.reports), request})
}

// report hands the token to the gateway.
func (b *book) report(t *delivery) {
	t.reported, t.news = b.p.elapsed(), false
	t.reports++
	number, octets := uint64(t.reports), t.token.octets()
	b.later(func() { b.p.host.Progress(t.id, number, octets) })
}

// stored is told that a token is on disk.
func (b *book) stored(t *delivery, number uint64) {
	b.mu.Lock()
	a := t.awaited
	a.safe = max(a.safe, number)
	a.acks = slices.DeleteFunc(a.acks, func(k ack) bool {
		if k.number > a.safe {
			return false
		}
		b.answer(k.request)
		return true
	})
	b.settle(t)
	b.unlock()
}

// settle ends a delivery whose outcome is known and on disk.
func (b *book) settle(t *delivery) {
	if a := t.awaited; a.decided && a.over && a.safe >= a.settled {
		b.end(t, a.outcome)
	}
}

// end gives a delivery its outcome and forgets it.
func (b *book) end(t *delivery, o push.Outcome) {
	a := t.awaited
	if a.ended {
		return
	}
	a.ended = true
	for _, id := range a.ids {
		if !resumes(o) {
			b.gone.add(id, t.message.Terminal)
		}
		left := slices.DeleteFunc(b.byID[id], func(e entry) bool { return e.delivery == t })
		if b.byID[id] = left; len(left) == 0 {
			delete(b.byID, id)
		}
	}
	if a.place >= 0 {
		heap.Remove(&b.waits, a.place)
	}
	if t.news && resumes(o) {
		b.report(t)
	}
	t.news = false
	b.later(func() { b.p.finish(t, o) })
	for _, k := range a.acks {
		b.answer(k.request)
	}
	a.acks = nil
}

// wait lets a delivery wait for its receipts.
func (b *book) wait(t *delivery) {
	a := t.awaited
	a.over = true
	switch {
	case a.decided:
		b.settle(t)
	case a.cancel:
		b.end(t, unreceipted(t, "cancelled"))
	case b.draining:
		b.end(t, push.Returned())
	}
	if a.ended {
		return
	}
	if t.news {
		b.report(t)
	}
	left := time.Duration(t.token.stored.until-b.p.now().Unix()) * time.Second
	a.until = min(b.p.elapsed()+max(left, 0), t.ends)
	heap.Push(&b.waits, a)
}

// cancel ends a delivery that waits for receipts; false for one that does not.
func (b *book) cancel(t *delivery) bool {
	b.mu.Lock()
	over := t.awaited.over
	t.awaited.cancel = true
	if over {
		b.end(t, unreceipted(t, "cancelled"))
	}
	b.unlock()
	return over
}

// drain gives back what waits for receipts: after the restart it goes on waiting.
func (b *book) drain() {
	b.mu.Lock()
	b.draining = true
	for len(b.waits) > 0 {
		t := b.waits[0].delivery
		if t.awaited.decided {
			b.end(t, t.awaited.outcome)
		} else {
			b.end(t, push.Returned())
		}
	}
	b.unlock()
}

// close stops the alarm.
func (b *book) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.closed = true
	if b.alarm != nil {
		b.alarm.Stop()
	}
}
