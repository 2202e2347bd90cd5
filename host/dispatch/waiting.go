package dispatch

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// Waiting tells what a delivery that is not final is waiting for.
type Waiting struct {
	Delivery  int64     `json:"-"`
	PushID    string    `json:"push_id"`
	Initiator string    `json:"initiator"`
	Address   string    `json:"address"` // as the Push Initiator wrote it
	Received  time.Time `json:"received"`
	// For says it in words: a time, another push to the terminal, a plugin.
	For string `json:"for"`
	// Next is when it goes on by itself, zero if that is up to something else.
	Next time.Time `json:"next,omitzero"`
	// Legs are those that the store does not have all of yet; none before the first attempt.
	Legs []WaitingLeg `json:"-"`
}

// A WaitingLeg is the tries of a leg that the store does not have yet.
type WaitingLeg struct {
	Leg   int
	Lane  string
	Steps []store.Step // of those that are over, and of the one that is under way
}

func (w *Waiting) take(a *store.Attempt) {
	if n := len(w.Legs); n > 0 && w.Legs[n-1].Leg == a.Leg {
		w.Legs[n-1].Steps = append(w.Legs[n-1].Steps, a.Steps...)
		return
	}
	w.Legs = append(w.Legs, WaitingLeg{a.Leg, a.Lane, slices.Clone(a.Steps)})
}

// Waiting tells about one delivery; false if it is final.
func (d *Dispatcher) Waiting(ctx context.Context, delivery int64) (Waiting, bool) {
	w := ask(ctx, d, func() *Waiting {
		j := d.jobs[delivery]
		if j == nil {
			return nil
		}
		w := d.waitingOf(j)
		return &w
	})
	if w == nil {
		return Waiting{}, false
	}
	return *w, true
}

// Oldest tells about the deliveries that have waited longest, at most n of them, in the order in which they were accepted.
func (d *Dispatcher) Oldest(ctx context.Context, n int) []Waiting {
	return ask(ctx, d, func() []Waiting {
		var oldest newestFirst
		for _, j := range d.jobs {
			if len(oldest) < n {
				heap.Push(&oldest, j)
			} else if n > 0 && j.seq < oldest[0].seq {
				oldest[0] = j
				heap.Fix(&oldest, 0)
			}
		}
		slices.SortFunc(oldest, func(a, b *job) int { return cmp.Compare(a.seq, b.seq) })
		list := make([]Waiting, len(oldest))
		for i, j := range oldest {
			list[i] = d.waitingOf(j)
		}
		return list
	})
}

// ask has the dispatcher's goroutine answer a question. It gives the zero value if the context ends before, or the dispatcher
// has stopped.
func ask[T any](ctx context.Context, d *Dispatcher, question func() T) (answer T) {
	got := make(chan T, 1)
	d.box.post(func() { got <- question() })
	select {
	case answer = <-got:
	case <-ctx.Done():
	case <-d.stopped:
	}
	return answer
}

func (d *Dispatcher) waitingOf(j *job) Waiting {
	if !j.several {
		return d.waitingFor(j)
	}
	var w Waiting
	for i, leg := range d.legsOf(j) {
		of := d.waitingFor(leg)
		of.For = "for " + leg.lane.name + ", " + of.For
		if i == 0 {
			w = of
			continue
		}
		w.For += "; " + of.For
		w.Legs = append(w.Legs, of.Legs...)
		if w.Next.IsZero() || !of.Next.IsZero() && of.Next.Before(w.Next) {
			w.Next = of.Next
		}
	}
	return w
}

// waitingFor tells about one leg.
func (d *Dispatcher) waitingFor(j *job) Waiting {
	papers := d.papersOf(j)
	p := papers.content.push
	w := Waiting{Delivery: j.id, PushID: p.PushID, Initiator: p.Initiator, Address: papers.delivery.AddressText, Received: p.Received}
	for i := range papers.unwritten {
		w.take(&papers.unwritten[i])
	}
	if open := papers.attempt; open != nil && open.Ended.IsZero() {
		w.take(open)
	}
	now := d.opts.Clock.Elapsed()
	switch j.state {
	case sleeping:
		w.For = "the pause before it is tried again over " + j.bearerName()
		if j.after > now {
			w.For = "its deliver-after-timestamp"
		}
		w.Next = d.opts.Clock.Wall().Add(j.wake - now)
	case waiting:
		w.For = "its turn"
		if busy := j.lane.busy; busy != nil {
			w.For = "push " + d.papersOf(busy).content.push.PushID + " to the same terminal"
		}
	case encoding:
		w.For = "encoder " + j.plan.Encoder
	case routing:
		w.For = "routing strategy " + j.attemptPlan().Routing[papers.strategy]
	case ready:
		b := d.bearerOf(j.bearer())
		w.For = fmt.Sprintf("a place at bearer %s, which takes %d at once and has %d", b.instance, b.window, b.inFlight)
		if b.why != "" {
			w.For += ": " + b.why
		}
	case sent:
		w.For = "the outcome from bearer " + j.bearer()
	case overdue:
		w.For = "the outcome from bearer " + j.bearer() + ", which is late and was asked to give it up"
	case finished:
		w.For = "the store to take its result"
	case left:
		w.For = "the next start of the gateway"
	}
	return w
}

// bearerName is the planned bearer, or "its bearer" before there is a plan.
func (j *job) bearerName() string {
	if j.plan == nil {
		return "its bearer"
	}
	return j.bearer()
}

// newestFirst is a heap of jobs with the one that was accepted last on top.
type newestFirst []*job

func (h newestFirst) Len() int           { return len(h) }
func (h newestFirst) Less(a, b int) bool { return h[a].seq > h[b].seq }
func (h newestFirst) Swap(a, b int)      { h[a], h[b] = h[b], h[a] }

// Push implements heap.Interface.
func (h *newestFirst) Push(x any) { *h = append(*h, x.(*job)) }

// Pop implements heap.Interface.
func (h *newestFirst) Pop() any {
	last := len(*h) - 1
	j := (*h)[last]
	*h = (*h)[:last]
	return j
}
