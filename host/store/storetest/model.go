package storetest

import (
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"pgregory.net/rapid"
)

// model is a store in memory, as plain as can be.
type model struct {
	records     []*store.Record // in the order of acceptance
	subscribers map[int64]*store.Subscriber
	sessions    map[store.SessionKey]*store.Session
}

func (m *model) delivery(id int64) (*store.Record, *store.Delivery) {
	for _, r := range m.records {
		for _, d := range r.Deliveries {
			if d.ID == id {
				return r, d
			}
		}
	}
	return nil, nil
}

func (m *model) notification(id int64) *store.Notification {
	for _, r := range m.records {
		for _, n := range r.Notifications {
			if n.ID == id {
				return n
			}
		}
	}
	return nil
}

// clone copies what apply changes.
func (m *model) clone() *model {
	c := &model{subscribers: maps.Clone(m.subscribers), sessions: maps.Clone(m.sessions)}
	for _, r := range m.records {
		n := &store.Record{Push: r.Push}
		for _, d := range r.Deliveries {
			d2 := *d
			d2.Attempts = slices.Clone(d.Attempts)
			n.Deliveries = append(n.Deliveries, &d2)
		}
		for _, x := range r.Notifications {
			x2 := *x
			n.Notifications = append(n.Notifications, &x2)
		}
		c.records = append(c.records, n)
	}
	return c
}

// apply returns the model after the events, or the error of the first that is refused.
func (m *model) apply(events []store.Event) (*model, error) {
	c := m.clone()
	for _, e := range events {
		if err := c.applyOne(e); err != nil {
			return m, err
		}
	}
	return c, nil
}

func (m *model) applyOne(e store.Event) error {
	switch e := e.(type) {
	case store.PushAccepted:
		for _, r := range m.records {
			if r.Push.Initiator == e.Push.Initiator && r.Push.PushID == e.Push.PushID {
				return store.ErrDuplicatePushID
			}
		}
		r := &store.Record{Push: e.Push}
		for _, d := range e.Deliveries {
			c := *d
			r.Deliveries = append(r.Deliveries, &c)
		}
		m.records = append(m.records, r)
	case store.TokenReported:
		return m.attempt(e.Delivery, e.Attempt)
	case store.AttemptEnded:
		return m.attempt(e.Delivery, e.Attempt)
	case store.DeliveryFinished:
		r, d := m.delivery(e.Delivery)
		switch {
		case d == nil:
			return store.ErrNotFound
		case d.Result.State != store.Pending:
			return store.ErrFinal
		}
		d.Result = e.Result
		for _, a := range e.Attempts {
			if err := m.attempt(e.Delivery, a); err != nil {
				return err
			}
		}
		if e.Notification != nil {
			n := *e.Notification
			r.Notifications = append(r.Notifications, &n)
			slices.SortFunc(r.Notifications, func(a, b *store.Notification) int { return int(a.ID - b.ID) })
		}
	case store.NotificationFailed:
		return m.try(e.Notification, func(n *store.Notification) { n.Tries, n.Next, n.LastError = e.Tries, e.Next, e.LastError })
	case store.NotificationEnded:
		return m.try(e.Notification, func(n *store.Notification) {
			n.Tries, n.Next, n.Ended, n.Acked, n.LastError = e.Tries, time.Time{}, e.At, e.Acked, e.LastError
		})
	case store.SubscriberPut:
		m.subscribers[e.Subscriber.ID] = e.Subscriber
	case store.SubscriberRemoved:
		delete(m.subscribers, e.ID)
	case store.SessionPut:
		m.sessions[e.Session.SessionKey] = e.Session
	case store.SessionRemoved:
		delete(m.sessions, e.Key)
	}
	return nil
}

func (m *model) attempt(delivery int64, a store.Attempt) error {
	_, d := m.delivery(delivery)
	if d == nil {
		return store.ErrNotFound
	}
	i, there := slices.BinarySearchFunc(d.Attempts, a, func(x, y store.Attempt) int {
		if x.Leg != y.Leg {
			return x.Leg - y.Leg
		}
		return x.Number - y.Number
	})
	if there {
		d.Attempts[i] = a
	} else {
		d.Attempts = slices.Insert(d.Attempts, i, a)
	}
	return nil
}

func (m *model) try(id int64, change func(*store.Notification)) error {
	switch n := m.notification(id); {
	case n == nil:
		return store.ErrNotFound
	case !n.Ended.IsZero():
		return store.ErrFinal
	default:
		change(n)
		return nil
	}
}

func (m *model) unfinished() []*store.Record {
	var list []*store.Record
	for _, r := range m.records {
		open := slices.ContainsFunc(r.Deliveries, func(d *store.Delivery) bool { return d.Result.State == store.Pending }) ||
			slices.ContainsFunc(r.Notifications, func(n *store.Notification) bool { return n.Ended.IsZero() })
		if open {
			list = append(list, r)
		}
	}
	return list
}

// prune removes what is finished.
func (m *model) prune() int {
	open := m.unfinished()
	n := len(m.records) - len(open)
	m.records = open
	return n
}

// testModel draws histories of calls, some of several events, some sent without waiting for the one before, and compares.
func testModel(h *harness) {
	h.close()
	rapid.Check(h.T, func(t *rapid.T) {
		h := &harness{T: h.T, open: h.open, dir: mustTempDir(h.dir)}
		h.reopen()
		defer h.close()
		m := &model{subscribers: map[int64]*store.Subscriber{}, sessions: map[store.SessionKey]*store.Session{}}
		var waiting []func()
		settle := func() {
			for _, f := range waiting {
				f()
			}
			waiting = nil
		}
		send := func(events []store.Event) {
			var want error
			m, want = m.apply(events)
			answer := make(chan error, 1)
			h.store.Commit(events, func(err error) { answer <- err })
			waiting = append(waiting, func() {
				if err := h.answer(answer); !errors.Is(err, want) {
					t.Fatalf("%+v: got %v, want %v", events, err, want)
				}
			})
		}
		compare := func(t *rapid.T) {
			if d := diff(h.load(h.lease), m.unfinished()); d != "" {
				t.Fatalf("Load: %s", d)
			}
			for _, r := range m.records {
				if d := diff(h.find(r.Push), r); d != "" {
					t.Fatalf("Find: %s", d)
				}
			}
			if d := h.directoryDiffers(m.subscribers, m.sessions); d != "" {
				t.Fatal(d)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"commit": func(t *rapid.T) { send(h.drawCall(t, m)) },
			"more":   func(t *rapid.T) { send(h.drawCall(t, m)) },
			"check":  func(t *rapid.T) { settle(); compare(t) },
			"claim":  func(*rapid.T) { h.claim() },
			"prune": func(t *rapid.T) {
				settle()
				end := time.Date(2261, 1, 1, 0, 0, 0, 0, time.UTC) // after all that ever ended
				if n, want := h.prune(end, 0, 2), m.prune(); n != want {
					t.Fatalf("pruned %d, want %d", n, want)
				}
				compare(t)
			},
			"reopen": func(t *rapid.T) {
				if rapid.IntRange(0, 2).Draw(t, "whether") > 0 {
					return // it takes long
				}
				h.reopen() // without waiting: Close does
				settle()
				compare(t)
			},
		})
		settle()
		compare(t)
	})
}

// drawCall draws the events of one call. IDs are mostly of what is there, or of what the same call makes.
func (h *harness) drawCall(t *rapid.T, m *model) []store.Event {
	n := 1
	if rapid.IntRange(0, 3).Draw(t, "several") == 0 {
		n = rapid.IntRange(2, 4).Draw(t, "events")
	}
	var events []store.Event
	for range n {
		e := h.drawEvent(t, m)
		events = append(events, e)
		if next, err := m.apply([]store.Event{e}); err == nil {
			m = next
		}
	}
	return events
}

func (h *harness) drawEvent(t *rapid.T, m *model) store.Event {
	deliveries, notifications := []int64{-1}, []int64{-1}
	for _, r := range m.records {
		for _, d := range r.Deliveries {
			deliveries = append(deliveries, d.ID)
		}
		for _, n := range r.Notifications {
			notifications = append(notifications, n.ID)
		}
	}
	delivery := rapid.SampledFrom(deliveries).Draw(t, "delivery")
	notification := rapid.SampledFrom(notifications).Draw(t, "notification")
	attempt := func() store.Attempt {
		return h.newAttempt(rapid.IntRange(0, 2).Draw(t, "leg"), rapid.IntRange(1, 3).Draw(t, "number"))
	}
	switch rapid.SampledFrom([]string{"accept", "token", "attempt", "finish", "failed", "ended", "subscriber", "session"}).Draw(t, "event") {
	case "token":
		return store.TokenReported{Delivery: delivery, Attempt: attempt()}
	case "attempt":
		return store.AttemptEnded{Delivery: delivery, Attempt: attempt()}
	case "finish":
		e := store.DeliveryFinished{Delivery: delivery, Result: h.newResult(store.Delivered)}
		for range rapid.IntRange(0, 2).Draw(t, "attempts") {
			e.Attempts = append(e.Attempts, attempt())
		}
		if rapid.Bool().Draw(t, "notify") {
			e.Notification = h.newNotification(delivery)
		}
		return e
	case "subscriber":
		id := int64(rapid.IntRange(1, 3).Draw(t, "subscriber"))
		if rapid.IntRange(0, 2).Draw(t, "whether") == 0 {
			return store.SubscriberRemoved{ID: id}
		}
		x := h.newSubscriber()
		x.ID = id
		return store.SubscriberPut{Subscriber: x}
	case "session":
		k := store.SessionKey{GGSN: "ggsn", APN: "apn", Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(rapid.IntRange(1, 3).Draw(t, "address"))})}
		if rapid.IntRange(0, 2).Draw(t, "whether") == 0 {
			return store.SessionRemoved{Key: k}
		}
		x := h.newSession()
		x.SessionKey = k
		return store.SessionPut{Session: x}
	case "failed":
		h.seed++
		return store.NotificationFailed{
			Notification: notification, Tries: h.seed, Next: time.Unix(int64(h.seed), 5).UTC(), LastError: fmt.Sprint(h.seed),
		}
	case "ended":
		h.seed++
		return store.NotificationEnded{
			Notification: notification, Tries: h.seed, At: time.Unix(int64(h.seed), 6).UTC(), Acked: h.seed%2 == 0, LastError: fmt.Sprint(h.seed),
		}
	}
	r := h.newRecord(rapid.IntRange(1, 3).Draw(t, "deliveries"))
	r.Push.Initiator = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "initiator")
	r.Push.PushID = fmt.Sprint(rapid.IntRange(0, 12).Draw(t, "push-id"))
	return accepted(r)
}
