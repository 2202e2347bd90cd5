package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

func testNextIDs(h *harness) {
	seen := map[int64]bool{}
	for range 3 {
		var mu sync.Mutex
		var wait sync.WaitGroup
		for range 8 {
			wait.Go(func() {
				list := make([]int64, 0, 40000)
				for i := 0; len(list) < 20000; i++ {
					n := i%7 + 1
					if i == 50 {
						n = 15000 // more than an implementation would reserve at a time
					}
					first := h.store.NextIDs(n)
					for j := range n {
						list = append(list, first+int64(j))
					}
				}
				mu.Lock()
				defer mu.Unlock()
				for _, id := range list {
					if seen[id] || id <= 0 {
						h.Errorf("%d was handed out before", id)
						return
					}
					seen[id] = true
				}
			})
		}
		wait.Wait()
		h.reopen()
	}
}

func testClaim(h *harness) {
	if h.lease.Fence <= 0 || h.lease.Host == "" || !h.lease.Until.After(time.Now()) {
		h.Fatalf("lease %+v", h.lease)
	}
	h.same("partitions", h.lease.Partitions, allPartitions())
	first := h.lease
	h.claim()
	if h.lease.Fence != first.Fence || !h.lease.Until.After(first.Until) {
		h.Fatalf("renewed as %d until %v, was %d until %v", h.lease.Fence, h.lease.Until, first.Fence, first.Until)
	}
	h.same("partitions", h.lease.Partitions, first.Partitions)
	h.reopen()
	if h.lease.Fence <= first.Fence {
		h.Fatalf("fence %d after reopening, was %d", h.lease.Fence, first.Fence)
	}
	h.same("partitions", h.lease.Partitions, allPartitions())
}

func testOutsideLease(h *harness) {
	old := h.accept(1)
	notified := h.accept(1)
	d := notified.Deliveries[0]
	d.Result = h.newResult(store.Delivered)
	n := h.newNotification(d.ID)
	c := *n
	h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Notification: &c})
	notified.Notifications = []*store.Notification{n}

	h.close()
	h.store = h.open(h.T, h.dir) // and claims nothing
	fresh := h.accept(1)
	for _, id := range []int64{old.Deliveries[0].ID, fresh.Deliveries[0].ID} {
		h.refused(store.ErrFenced, store.TokenReported{Delivery: id, Attempt: h.newAttempt(0, 1)})
		h.refused(store.ErrFenced, store.AttemptEnded{Delivery: id, Attempt: h.newAttempt(0, 1)})
		h.refused(store.ErrFenced, store.DeliveryFinished{Delivery: id, Result: h.newResult(store.Delivered)})
	}
	h.refused(store.ErrFenced, store.NotificationFailed{Notification: n.ID})
	h.refused(store.ErrFenced, store.NotificationEnded{Notification: n.ID, At: time.Now()})
	h.claim()
	h.is(old, true)
	h.is(fresh, true)
	h.is(notified, true)
	h.must(store.NotificationEnded{Notification: n.ID, At: time.Now()})
}

func testLoadLeased(h *harness) {
	one, two := h.newRecord(1), h.newRecord(2)
	one.Deliveries[0].Lane, two.Deliveries[0].Lane, two.Deliveries[1].Lane = "a", "b", "c"
	h.must(accepted(one))
	h.must(accepted(two))
	part := func(lanes ...string) store.Lease {
		l := h.lease
		l.Partitions = nil
		for _, lane := range lanes {
			l.Partitions = append(l.Partitions, store.PartitionOf(lane))
		}
		return l
	}
	h.same("nothing leased", h.loaded(part()), []int64(nil))
	h.same("another lane", h.loaded(part("z")), []int64(nil))
	h.same("lane a", h.loaded(part("a")), []int64{one.Push.ID})
	h.same("lane c", h.load(part("c")), []*store.Record{two}) // with its delivery in lane b
	h.same("lanes b and c", h.loaded(part("b", "c")), []int64{two.Push.ID})
	h.same("all", h.loaded(h.lease), []int64{one.Push.ID, two.Push.ID})

	d := two.Deliveries[1]
	d.Result = h.newResult(store.Delivered)
	n := h.newNotification(d.ID)
	c := *n
	h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Notification: &c})
	two.Notifications = []*store.Notification{n}
	h.same("owed in lane c", h.load(part("c")), []*store.Record{two})
	h.must(store.NotificationEnded{Notification: n.ID, At: time.Now()})
	h.same("nothing in lane c", h.loaded(part("c")), []int64(nil))
	h.same("still in lane b", h.loaded(part("b")), []int64{two.Push.ID})
}

func testLoadOrder(h *harness) {
	const pushes = 700 // more than an implementation would read at a time
	var records []*store.Record
	for range pushes {
		p := &store.Push{ID: h.store.NextIDs(4), Initiator: "pi"}
		p.PushID = fmt.Sprint(p.ID)
		r := &store.Record{Push: p}
		for i := range 3 {
			r.Deliveries = append(r.Deliveries, h.newDelivery(p, i, p.PushID))
		}
		records = append(records, r)
	}
	slices.Reverse(records) // so that the IDs do not tell
	answers := make(chan error, pushes)
	for _, r := range records {
		h.store.Commit([]store.Event{accepted(r)}, func(err error) { answers <- err })
	}
	for range pushes {
		if err := h.answer(answers); err != nil {
			h.Fatal(err)
		}
	}
	var want []int64
	for i, r := range records {
		finish := store.DeliveryFinished{Delivery: r.Deliveries[0].ID, Result: h.newResult(store.Delivered)}
		switch i % 10 {
		case 0: // nothing left
			h.must(finish, store.DeliveryFinished{Delivery: r.Deliveries[1].ID, Result: finish.Result},
				store.DeliveryFinished{Delivery: r.Deliveries[2].ID, Result: finish.Result})
			continue
		case 1: // a notification is left
			finish.Notification = h.newNotification(finish.Delivery)
			h.must(finish, store.DeliveryFinished{Delivery: r.Deliveries[1].ID, Result: finish.Result},
				store.DeliveryFinished{Delivery: r.Deliveries[2].ID, Result: finish.Result})
		case 2: // a delivery and a notification are left
			finish.Notification = h.newNotification(finish.Delivery)
			h.must(finish)
		}
		want = append(want, r.Push.ID)
	}
	h.same("order", h.loaded(h.lease), want)
	h.reopen()
	h.same("order after reopening", h.loaded(h.lease), want)
}

func testLoadError(h *harness) {
	for range 3 {
		h.accept(1)
	}
	stop, calls := errors.New("enough"), 0
	err := h.store.Load(context.Background(), h.lease, func(*store.Record) error {
		if calls++; calls == 2 {
			return stop
		}
		return nil
	}, func(err error) { h.Error(err) })
	if !errors.Is(err, stop) || calls != 2 {
		h.Fatalf("got %v after %d calls", err, calls)
	}
}

func testLoadReentrant(h *harness) {
	for range 3 {
		h.accept(1)
	}
	calls := 0
	err := h.store.Load(context.Background(), h.lease, func(r *store.Record) error {
		calls++
		h.must(accepted(h.newRecord(1))) // which this Load does not have to find
		for range 20 {                   // more than there could be connections
			h.same("Find", h.find(r.Push), r)
		}
		return nil
	}, func(err error) { h.Error(err) })
	if err != nil || calls < 3 {
		h.Fatalf("got %v after %d calls", err, calls)
	}
}

func testFindAny(h *harness) {
	ctx := context.Background()
	first, second, other := h.newRecord(1), h.newRecord(1), h.newRecord(1)
	second.Push.PushID = first.Push.PushID
	for _, r := range []*store.Record{first, second, other} {
		h.must(accepted(r))
	}
	got, err := h.store.FindAny(ctx, first.Push.PushID)
	if err != nil {
		h.Fatal(err)
	}
	slices.SortFunc(got, func(a, b *store.Record) int { return int(a.Push.ID - b.Push.ID) })
	h.same("FindAny", got, []*store.Record{first, second})
	if got, err := h.store.FindAny(ctx, "nobody's"); err != nil || len(got) != 0 {
		h.Fatalf("got %v, %v", got, err)
	}
}

func testContext(h *harness) {
	r := h.accept(1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := h.store.Find(ctx, r.Push.Initiator, r.Push.PushID); !errors.Is(err, context.Canceled) {
		h.Errorf("Find: %v", err)
	}
	if _, err := h.store.FindAny(ctx, r.Push.PushID); !errors.Is(err, context.Canceled) {
		h.Errorf("FindAny: %v", err)
	}
	if err := h.store.Load(ctx, h.lease, func(*store.Record) error { return nil }, nil); !errors.Is(err, context.Canceled) {
		h.Errorf("Load: %v", err)
	}
	if _, err := h.store.Claim(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		h.Errorf("Claim: %v", err)
	}
	if _, err := h.store.Prune(ctx, time.Now(), 1, 1); !errors.Is(err, context.Canceled) {
		h.Errorf("Prune: %v", err)
	}
	h.stays(r, true) // and nothing is the worse for it
}

func testClose(h *harness) {
	const calls = 400
	var records []*store.Record // that are not finished
	answers := make(chan error, 2*calls)
	committed := 0
	commit := func(e store.Event) {
		committed++
		h.store.Commit([]store.Event{e}, func(err error) { answers <- err })
	}
	var ended []*store.Record
	for i := range calls {
		r := h.newRecord(1)
		commit(accepted(r))
		if i%2 == 0 {
			records = append(records, r)
			continue
		}
		d := r.Deliveries[0]
		d.Result = h.newResult(store.Delivered)
		commit(store.DeliveryFinished{Delivery: d.ID, Result: d.Result}) // the last call is one that may wait for company
		ended = append(ended, r)
	}
	h.close()
	if len(answers) != committed {
		h.Fatalf("%d answers when Close returned, want %d", len(answers), committed)
	}
	for range committed {
		if err := <-answers; err != nil {
			h.Fatal(err)
		}
	}
	h.reopen()
	h.same("after Close", h.load(h.lease), records)
	for _, r := range ended {
		h.same("finished before Close", h.find(r.Push), r)
	}
}

func testClosed(h *harness) {
	r := h.accept(1)
	s, lease := h.store, h.lease
	h.close()
	if err := s.Close(); err != nil {
		h.Errorf("second Close: %v", err)
	}
	h.store = s
	h.refused(store.ErrClosed, store.NotificationFailed{Notification: 1})
	h.store = nil
	ctx := context.Background()
	if _, err := s.Find(ctx, r.Push.Initiator, r.Push.PushID); !errors.Is(err, store.ErrClosed) {
		h.Errorf("Find: %v", err)
	}
	if _, err := s.FindAny(ctx, r.Push.PushID); !errors.Is(err, store.ErrClosed) {
		h.Errorf("FindAny: %v", err)
	}
	if err := s.Load(ctx, lease, func(*store.Record) error { return nil }, nil); !errors.Is(err, store.ErrClosed) {
		h.Errorf("Load: %v", err)
	}
	if _, err := s.Prune(ctx, time.Now(), 1, 1); !errors.Is(err, store.ErrClosed) {
		h.Errorf("Prune: %v", err)
	}
	if _, err := s.Claim(ctx, time.Hour); !errors.Is(err, store.ErrClosed) {
		h.Errorf("Claim: %v", err)
	}
	a, b := s.NextIDs(1), s.NextIDs(1)
	if a == b {
		h.Error("NextIDs repeats itself")
	}
}
