package sms

import (
	"container/heap"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// waits is a heap of the deliveries that wait for receipts, by the end of their patience.
type waits []*awaited

func (h waits) Len() int           { return len(h) }
func (h waits) Less(a, b int) bool { return h[a].until < h[b].until }

func (h waits) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].place, h[b].place = a, b
}

// Push implements heap.Interface.
func (h *waits) Push(x any) {
	a := x.(*awaited)
	a.place = len(*h)
	*h = append(*h, a)
}

// Pop implements heap.Interface.
func (h *waits) Pop() any {
	last := len(*h) - 1
	a := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	a.place = -1
	return a
}

// setAlarm has fire called when the first delivery or early receipt has waited long enough.
func (b *book) setAlarm() {
	var at time.Duration
	if len(b.waits) > 0 {
		at = b.waits[0].until
	}
	if len(b.early) > 0 && (at == 0 || b.early[0].until < at) {
		at = b.early[0].until
	}
	if at == 0 || b.closed || b.alarmAt != 0 && b.alarmAt <= at {
		return
	}
	b.alarmAt = at
	after := max(at-b.p.elapsed(), 0)
	if b.alarm == nil {
		b.alarm = time.AfterFunc(after, b.fire)
	} else {
		b.alarm.Reset(after)
	}
}

func (b *book) fire() {
	b.mu.Lock()
	b.alarmAt = 0
	now := b.p.elapsed()
	for len(b.waits) > 0 && b.waits[0].until <= now {
		a := heap.Pop(&b.waits).(*awaited)
		if a.decided {
			b.end(a.delivery, a.outcome)
		} else {
			b.end(a.delivery, unreceipted(a.delivery, "no receipt came in time"))
		}
	}
	n := 0
	for n < len(b.early) && b.early[n].until <= now {
		b.stray(b.early[n].receipt, b.early[n].request)
		n++
	}
	b.early = slices.Delete(b.early, 0, n)
	b.unlock()
}

// strays counts receipts that belong to no push.
type strays struct {
	total  uint64
	told   uint64 // of them
	logged time.Time
}

// strayLogs is the shortest time between two lines about strays.
const strayLogs = time.Minute

// stray acknowledges a receipt that nobody awaits: one of a push that has ended, or of somebody else's.
func (b *book) stray(r receipt, request *smpp.Request) {
	b.answer(request)
	if !ended(r.state) {
		return
	}
	b.strays.total++
	if now := b.p.now(); now.Sub(b.strays.logged) >= strayLogs {
		count := b.strays.total - b.strays.told
		b.strays.logged, b.strays.told = now, b.strays.total
		b.later(func() {
			b.p.log.Warn("receipts of no push that is awaited", "count", count, "message_id", r.id, "state", r.state, "source", r.parties[0])
		})
	}
}
