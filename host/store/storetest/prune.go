package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// long ago, so that whatever is finished now is not.
var longAgo = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// prune calls Prune until it finds nothing more, in steps of limit.
func (h *harness) prune(before time.Time, keep, limit int) (removed int) {
	h.Helper()
	for {
		n, err := h.store.Prune(context.Background(), before, keep, limit)
		if err != nil {
			h.Fatalf("prune: %v", err)
		}
		if n > limit {
			h.Fatalf("prune: removed %d, want at most %d", n, limit)
		}
		if removed += n; n == 0 {
			return removed
		}
	}
}

// received makes a push of n deliveries that was received at a time.
func (h *harness) received(at time.Time, n int) *store.Record {
	h.Helper()
	r := h.newRecord(n)
	r.Push.Received = at
	h.must(accepted(r))
	return r
}

// finish gives all deliveries a result at a time.
func (h *harness) finish(r *store.Record, at time.Time) {
	h.Helper()
	for _, d := range r.Deliveries {
		d.Result = h.newResult(store.Delivered)
		d.Result.At = at
		d.Attempts = []store.Attempt{h.newAttempt(0, 1)}
		h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Attempts: d.Attempts})
	}
}

func testPruneAge(h *harness) {
	day := func(n int) time.Time { return longAgo.AddDate(0, 0, n) }
	old := h.received(day(0), 3)
	h.finish(old, day(1))
	none := h.received(day(0), 0)
	late := h.received(day(0), 1)
	h.finish(late, day(5))
	attempted := h.received(day(0), 1)
	h.must(store.TokenReported{Delivery: attempted.Deliveries[0].ID, Attempt: h.newAttempt(0, 1)})
	h.finish(attempted, day(1))
	pending := h.received(day(0), 2)
	result := h.newResult(store.Aborted)
	result.At = day(1)
	h.must(store.DeliveryFinished{Delivery: pending.Deliveries[0].ID, Result: result})
	pending.Deliveries[0].Result = result
	notify := func() (*store.Record, *store.Notification) {
		r := h.received(day(0), 1)
		d, n := r.Deliveries[0], h.newNotification(r.Deliveries[0].ID)
		d.Result = result
		c := *n
		h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Notification: &c})
		r.Notifications = []*store.Notification{n}
		return r, n
	}
	end := func(n *store.Notification, at time.Time) {
		h.must(store.NotificationEnded{Notification: n.ID, At: at, Acked: true})
		n.Tries, n.Next, n.Ended, n.Acked, n.LastError = 0, time.Time{}, at, true, ""
	}
	owed, _ := notify()
	told, n := notify()
	end(n, day(2))
	gone := n.ID
	toldLate, n := notify()
	end(n, day(4))
	young := h.received(day(4), 1)
	h.finish(young, day(4))

	if n := h.prune(time.Time{}, 0, 100); n != 0 {
		h.Fatalf("removed %d with no limit at all", n)
	}
	if n := h.prune(day(3), 0, 100); n != 4 {
		h.Fatalf("removed %d, want 4", n)
	}
	for range 2 {
		for _, r := range []*store.Record{old, none, attempted, told} {
			h.missing(r.Push)
		}
		h.is(late, false)
		h.is(pending, true)
		h.is(owed, true)
		h.is(toldLate, false)
		h.is(young, false)
		h.reopen()
	}
	h.refused(store.ErrNotFound, store.AttemptEnded{Delivery: old.Deliveries[0].ID, Attempt: h.newAttempt(0, 1)})
	h.refused(store.ErrNotFound, store.DeliveryFinished{Delivery: old.Deliveries[0].ID, Result: result})
	h.refused(store.ErrNotFound, store.NotificationFailed{Notification: gone})

	// What was in the way ends, and what it left behind goes too.
	h.must(store.DeliveryFinished{Delivery: pending.Deliveries[1].ID, Result: result})
	if n := h.prune(day(10), 0, 2); n != 4 {
		h.Fatalf("removed %d, want 4", n)
	}
	h.is(owed, true)
}

func testPruneNumber(h *harness) {
	var list []*store.Record
	now := time.Now().UTC()
	for i := range 10 {
		r := h.received(now, 1)
		if i != 2 {
			h.finish(r, now)
		}
		list = append(list, r)
	}
	if n := h.prune(time.Time{}, 10, 100); n != 0 {
		h.Fatalf("removed %d of 10, of which 10 are kept", n)
	}
	if n := h.prune(time.Time{}, 6, 1); n != 3 { // 0, 1, 3; 2 is pending
		h.Fatalf("removed %d, want 3", n)
	}
	for i, r := range list {
		switch i {
		case 0, 1, 3:
			h.missing(r.Push)
		default:
			h.is(r, i == 2)
		}
	}
	h.reopen()
	more := h.received(now, 1)
	h.finish(list[2], now)
	if n := h.prune(time.Time{}, 6, 100); n != 2 { // 2 and 4
		h.Fatalf("removed %d, want 2", n)
	}
	h.missing(list[2].Push)
	h.missing(list[4].Push)
	h.is(list[5], false)
	h.is(more, true)
}

func testPruneReuse(h *harness) {
	old := h.received(longAgo, 1)
	h.finish(old, longAgo)
	again := h.newRecord(1)
	again.Push.Initiator, again.Push.PushID = old.Push.Initiator, old.Push.PushID
	h.refused(store.ErrDuplicatePushID, accepted(again))
	if n := h.prune(longAgo.Add(time.Hour), 0, 100); n != 1 {
		h.Fatalf("removed %d, want 1", n)
	}
	h.must(accepted(again))
	h.stays(again, true)
}

// Pushes that are old when they are finished are accepted, finished and removed at once, beside others that stay.
func testPruneConcurrent(h *harness) {
	const callers, each = 16, 60
	ctx := context.Background()
	var wait sync.WaitGroup
	var stop atomic.Bool
	pruned := make(chan int)
	go func() {
		total := 0
		for {
			last := stop.Load()
			n, err := h.store.Prune(ctx, longAgo.Add(time.Hour), 0, 50)
			if err != nil {
				h.Errorf("prune: %v", err)
				break
			}
			if total += n; last && n == 0 {
				break
			}
		}
		pruned <- total
	}()
	push := func(i, j int) *store.Push {
		return &store.Push{ID: h.store.NextIDs(3), Initiator: "pi", PushID: fmt.Sprint(i, ".", j), Received: longAgo}
	}
	for i := range callers {
		wait.Go(func() {
			commit := func(e store.Event) {
				answer := make(chan error, 1)
				h.store.Commit([]store.Event{e}, func(err error) { answer <- err })
				if err := <-answer; err != nil {
					h.Errorf("%T: %v", e, err)
				}
			}
			for j := range each {
				p := push(i, j)
				d := []*store.Delivery{
					{ID: p.ID + 1, Push: p.ID, Lane: "a", Result: store.Result{State: store.Pending}},
					{ID: p.ID + 2, Push: p.ID, Lane: "b", Result: store.Result{State: store.Pending}},
				}
				commit(store.PushAccepted{Push: p, Deliveries: d})
				commit(store.DeliveryFinished{Delivery: d[0].ID, Result: store.Result{State: store.Delivered, At: longAgo}})
				if j%3 == 0 {
					continue // the other one stays pending
				}
				at := longAgo
				if j%3 == 1 {
					at = longAgo.Add(2 * time.Hour) // and this push stays
				}
				commit(store.DeliveryFinished{Delivery: d[1].ID, Result: store.Result{State: store.Delivered, At: at}})
			}
		})
	}
	wait.Wait()
	stop.Store(true)
	if n := <-pruned; n != callers*each/3 {
		h.Errorf("removed %d, want %d", n, callers*each/3)
	}
	h.reopen()
	if n := len(h.loaded(h.lease)); n != callers*each/3 {
		h.Errorf("%d are unfinished, want %d", n, callers*each/3)
	}
	for i := range callers {
		for j := range each {
			_, err := h.store.Find(ctx, "pi", fmt.Sprint(i, ".", j))
			if gone := j%3 == 2; gone != errors.Is(err, store.ErrNotFound) || !gone && err != nil {
				h.Errorf("push %d.%d: %v", i, j, err)
			}
		}
	}
}
