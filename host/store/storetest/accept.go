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

func testAcceptedContent(h *harness) {
	h.stays(h.accept(3), true)
}

func testZeroFields(h *harness) {
	p := &store.Push{ID: h.store.NextIDs(2)}
	d := &store.Delivery{ID: p.ID + 1, Push: p.ID, Result: store.Result{State: store.Pending}}
	r := &store.Record{Push: p, Deliveries: []*store.Delivery{d}}
	h.must(accepted(r))
	h.stays(r, true)

	a := store.Attempt{Number: 1}
	h.must(store.AttemptEnded{Delivery: d.ID, Attempt: a})
	d.Attempts = []store.Attempt{a}
	h.stays(r, true)

	d.Result = store.Result{State: store.Expired}
	n := &store.Notification{ID: h.store.NextIDs(1), Delivery: d.ID}
	c := *n
	h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Notification: &c})
	r.Notifications = []*store.Notification{n}
	h.stays(r, true)
}

func testTimes(h *harness) {
	first, last := time.Unix(0, -1<<63).UTC(), time.Unix(0, 1<<63-1).UTC()
	r := h.newRecord(1)
	r.Push.DeliverAfter = time.Date(1066, 10, 14, 0, 0, 0, 0, time.UTC)
	r.Push.DeliverBefore = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	r.Push.Received = time.Date(2030, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
	h.must(accepted(r))
	r.Push.DeliverAfter, r.Push.DeliverBefore, r.Push.Received = first, last, r.Push.Received.UTC()
	h.stays(r, true)
}

func testDuplicate(h *harness) {
	first := h.accept(1)
	second := h.newRecord(1)
	second.Push.Initiator, second.Push.PushID = first.Push.Initiator, first.Push.PushID
	h.refused(store.ErrDuplicatePushID, accepted(second))
	h.stays(first, true)
	h.refused(store.ErrDuplicatePushID, accepted(second))

	second.Push.Initiator = "another"
	h.must(accepted(second))
	h.stays(second, true)
	h.stays(first, true)
}

func testAtomic(h *harness) {
	h.accept(3) // so that there are numbers before those of old
	old := h.accept(1)
	duplicate := h.newRecord(1)
	duplicate.Push.Initiator, duplicate.Push.PushID = old.Push.Initiator, old.Push.PushID

	fresh := h.newRecord(2)
	h.refused(store.ErrDuplicatePushID, accepted(fresh), accepted(duplicate))
	h.missing(fresh.Push)
	h.refused(store.ErrDuplicatePushID, accepted(duplicate), accepted(fresh))
	h.missing(fresh.Push)

	finish := store.DeliveryFinished{Delivery: old.Deliveries[0].ID, Result: h.newResult(store.Delivered)}
	h.refused(store.ErrNotFound, finish, store.AttemptEnded{Delivery: h.store.NextIDs(1), Attempt: h.newAttempt(0, 1)})
	h.stays(old, true)

	// A second delivery with an ID that is in use: the push and the delivery before it must not stay.
	twice := h.newRecord(2)
	twice.Push.ID = old.Push.ID - 1
	twice.Deliveries[0].ID, twice.Deliveries[1].ID = old.Push.ID, old.Deliveries[0].ID
	twice.Deliveries[0].Push, twice.Deliveries[1].Push = twice.Push.ID, twice.Push.ID
	h.refused(nil, accepted(twice))
	h.missing(twice.Push)
	h.stays(old, true)

	// The same calls whole are taken.
	h.must(accepted(fresh), finish)
	old.Deliveries[0].Result = finish.Result
	h.stays(old, false)
	h.stays(fresh, true)
}

func testRefusedBetween(h *harness) {
	old := h.accept(1)
	var good []*store.Record
	var answers []chan error
	send := func(events ...store.Event) {
		answer := make(chan error, 1)
		answers = append(answers, answer)
		h.store.Commit(events, func(err error) { answer <- err })
	}
	for range 50 {
		r := h.newRecord(1)
		good = append(good, r)
		send(accepted(r)) // taken
		bad := h.newRecord(1)
		bad.Push.Initiator, bad.Push.PushID = old.Push.Initiator, old.Push.PushID
		send(accepted(bad)) // duplicate
		bad = h.newRecord(1)
		bad.Push.ID, bad.Deliveries[0].ID, bad.Deliveries[0].Push = old.Push.ID, old.Deliveries[0].ID, old.Push.ID
		send(accepted(bad)) // the ID is in use
	}
	for i, answer := range answers {
		switch err := h.answer(answer); {
		case i%3 == 0 && err != nil:
			h.Fatalf("call %d: %v", i, err)
		case i%3 == 1 && !errors.Is(err, store.ErrDuplicatePushID):
			h.Fatalf("call %d: got %v, want a duplicate", i, err)
		case i%3 == 2 && err == nil:
			h.Fatalf("call %d: an ID was used twice", i)
		}
	}
	h.reopen()
	for _, r := range good {
		h.same("Find", h.find(r.Push), r)
	}
	if n := len(h.loaded(h.lease)); n != 51 {
		h.Fatalf("%d pushes are there, want 51", n)
	}
}

func testOrder(h *harness) {
	r := h.newRecord(1)
	d := r.Deliveries[0]
	const calls = 300
	answers := make(chan error, calls+1)
	count := func(err error) { answers <- err }
	h.store.Commit([]store.Event{accepted(r)}, count) // the others are of this one and do not wait for it
	for range calls {
		d.Attempts = []store.Attempt{h.newAttempt(0, 1)}
		h.store.Commit([]store.Event{store.AttemptEnded{Delivery: d.ID, Attempt: d.Attempts[0]}}, count)
	}
	for range calls + 1 {
		if err := h.answer(answers); err != nil {
			h.Fatal(err)
		}
	}
	h.stays(r, true)
}

func testDoneOnce(h *harness) {
	const calls = 500
	var counts [calls]atomic.Int32
	var wait sync.WaitGroup
	r := h.accept(1)
	for i := range calls {
		var events []store.Event
		switch i % 5 {
		case 0:
			events = []store.Event{accepted(h.newRecord(1))}
		case 1:
			events = []store.Event{accepted(r)} // duplicate
		case 2:
			events = []store.Event{store.NotificationEnded{Notification: h.store.NextIDs(1), At: time.Now()}} // not there
		case 3:
			events = []store.Event{store.PushAccepted{}} // no sense
		} // 4: no events
		wait.Add(1)
		h.store.Commit(events, func(err error) {
			if (err == nil) != (i%5 == 0 || i%5 == 4) {
				h.Errorf("call %d: %v", i, err)
			}
			if counts[i].Add(1) == 1 {
				wait.Done()
			}
		})
	}
	wait.Wait()
	h.close() // anything that is still to come, comes before it returns
	for i := range counts {
		if n := counts[i].Load(); n != 1 {
			h.Errorf("call %d: done was called %d times", i, n)
		}
	}
}

func testVisible(h *harness) {
	for range 30 {
		r := h.accept(1)
		h.same("Find", h.find(r.Push), r)
		d := r.Deliveries[0]
		d.Result = h.newResult(store.Undeliverable)
		h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result})
		h.same("Find", h.find(r.Push), r)
	}
	r := h.accept(2)
	h.reopen()
	h.is(r, true)
}

func testNonsense(h *harness) {
	r := h.accept(1)
	d := r.Deliveries[0]
	fresh := func(change func(*store.Record)) store.Event {
		r := h.newRecord(1)
		change(r)
		return accepted(r)
	}
	for _, c := range []struct {
		name  string
		event store.Event
	}{
		{"no event", nil},
		{"no push", store.PushAccepted{}},
		{"push without ID", fresh(func(r *store.Record) { r.Push.ID, r.Deliveries = 0, nil })},
		{"delivery without ID", fresh(func(r *store.Record) { r.Deliveries[0].ID = 0 })},
		{"delivery not numbered after its push", fresh(func(r *store.Record) { r.Deliveries[0].ID++ })},
		{"delivery of another push", fresh(func(r *store.Record) { r.Deliveries[0].Push++ })},
		{"delivery without state", fresh(func(r *store.Record) { r.Deliveries[0].Result.State = "" })},
		{"finished as pending", store.DeliveryFinished{Delivery: d.ID, Result: store.Result{State: store.Pending}}},
		{"finished as nothing", store.DeliveryFinished{Delivery: d.ID}},
		{"notification of another delivery", store.DeliveryFinished{
			Delivery: d.ID, Result: h.newResult(store.Delivered), Notification: h.newNotification(d.ID + 1),
		}},
		{"notification that has ended", store.DeliveryFinished{
			Delivery: d.ID, Result: h.newResult(store.Delivered),
			Notification: &store.Notification{ID: h.store.NextIDs(1), Delivery: d.ID, Ended: time.Unix(1, 0)},
		}},
		{"notification ended at no time", store.NotificationEnded{Notification: d.ID}},
	} {
		h.Log(c.name)
		h.refused(nil, c.event)
	}
	h.stays(r, true)
	if n := len(h.loaded(h.lease)); n != 1 {
		h.Fatalf("%d pushes are there, want 1", n)
	}
}

func testUnknown(h *harness) {
	id := h.store.NextIDs(1)
	h.refused(store.ErrNotFound, store.TokenReported{Delivery: id, Attempt: h.newAttempt(0, 1)})
	h.refused(store.ErrNotFound, store.AttemptEnded{Delivery: id, Attempt: h.newAttempt(0, 1)})
	h.refused(store.ErrNotFound, store.DeliveryFinished{Delivery: id, Result: h.newResult(store.Aborted)})
	h.refused(store.ErrNotFound, store.NotificationFailed{Notification: id})
	h.refused(store.ErrNotFound, store.NotificationEnded{Notification: id, At: time.Now()})
	h.missing(&store.Push{})
}

func testConcurrent(h *harness) {
	const callers, each = 64, 10
	ctx := context.Background()
	var wait sync.WaitGroup
	for i := range callers {
		wait.Go(func() {
			commit := func(e store.Event) error {
				answer := make(chan error, 1)
				h.store.Commit([]store.Event{e}, func(err error) { answer <- err })
				return <-answer
			}
			for j := range each {
				p := &store.Push{ID: h.store.NextIDs(2), Initiator: "pi", PushID: fmt.Sprint(i, ".", j)}
				d := &store.Delivery{ID: p.ID + 1, Push: p.ID, Lane: p.PushID, Result: store.Result{State: store.Pending}}
				n := &store.Notification{ID: h.store.NextIDs(1), Delivery: d.ID, URL: p.PushID}
				attempt := store.Attempt{Number: 1, Token: []byte(p.PushID)}
				end := time.Unix(int64(j+1), 0).UTC()
				for _, e := range []store.Event{
					store.PushAccepted{Push: p, Deliveries: []*store.Delivery{d}},
					store.TokenReported{Delivery: d.ID, Attempt: attempt},
					store.DeliveryFinished{
						Delivery: d.ID, Result: store.Result{State: store.Delivered}, Attempts: []store.Attempt{attempt}, Notification: n,
					},
					store.NotificationEnded{Notification: n.ID, Tries: 1, At: end, Acked: true},
				} {
					if err := commit(e); err != nil {
						h.Errorf("%T: %v", e, err)
						return
					}
				}
				want := &store.Record{
					Push: p,
					Deliveries: []*store.Delivery{{
						ID: d.ID, Push: p.ID, Lane: d.Lane, Result: store.Result{State: store.Delivered}, Attempts: []store.Attempt{attempt},
					}},
					Notifications: []*store.Notification{{ID: n.ID, Delivery: d.ID, URL: n.URL, Tries: 1, Ended: end, Acked: true}},
				}
				got, err := h.store.Find(ctx, p.Initiator, p.PushID)
				if err != nil {
					h.Error(err)
					return
				}
				if d := diff(got, want); d != "" {
					h.Error(d)
				}
			}
		})
	}
	wait.Wait()
	h.reopen()
	if list := h.loaded(h.lease); len(list) != 0 {
		h.Fatalf("%d are unfinished", len(list))
	}
	for i := range callers {
		for j := range each {
			h.find(&store.Push{Initiator: "pi", PushID: fmt.Sprint(i, ".", j)})
		}
	}
}
