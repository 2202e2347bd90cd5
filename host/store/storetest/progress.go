package storetest

import (
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

func testToken(h *harness) {
	r := h.accept(2)
	d := r.Deliveries[1]
	a := h.newAttempt(0, 1)
	a.Ended = time.Time{}
	for _, token := range []string{"1 of 3 segments", "2 of 3 segments"} {
		a.Token = []byte(token)
		h.must(store.TokenReported{Delivery: d.ID, Attempt: a})
		d.Attempts = []store.Attempt{a}
		h.stays(r, true)
	}
}

func testAttemptReplaced(h *harness) {
	r := h.accept(1)
	d := r.Deliveries[0]
	first, second := h.newAttempt(0, 1), h.newAttempt(0, 2)
	h.must(store.TokenReported{Delivery: d.ID, Attempt: first})
	h.must(store.TokenReported{Delivery: d.ID, Attempt: second})
	first, second = h.newAttempt(0, 1), h.newAttempt(0, 2) // every field is another now
	h.must(store.AttemptEnded{Delivery: d.ID, Attempt: first})
	d.Attempts = []store.Attempt{first, h.find(r.Push).Deliveries[0].Attempts[1]}
	h.is(r, true)
	h.must(store.AttemptEnded{Delivery: d.ID, Attempt: second})
	d.Attempts = []store.Attempt{first, second}
	h.stays(r, true)

	first = store.Attempt{Number: 1} // what is empty now was not before
	h.must(store.AttemptEnded{Delivery: d.ID, Attempt: first})
	d.Attempts[0] = first
	h.stays(r, true)
}

func testLegs(h *harness) {
	r := h.accept(1)
	d := r.Deliveries[0]
	// The order of writing is not that of reading, and a leg may begin with a later attempt.
	for _, a := range []store.Attempt{h.newAttempt(2, 2), h.newAttempt(0, 1), h.newAttempt(2, 1), h.newAttempt(1, 3), h.newAttempt(0, 2)} {
		h.must(store.AttemptEnded{Delivery: d.ID, Attempt: a})
		d.Attempts = append(d.Attempts, a)
	}
	a := d.Attempts
	d.Attempts = []store.Attempt{a[1], a[4], a[3], a[2], a[0]}
	h.stays(r, true)
}

func testFinished(h *harness) {
	r := h.accept(2)
	for i, d := range r.Deliveries {
		d.Result = h.newResult([]store.State{store.Delivered, store.TimedOut}[i])
		token := h.newAttempt(0, 1)
		h.must(store.TokenReported{Delivery: d.ID, Attempt: token})
		d.Attempts = []store.Attempt{h.newAttempt(0, 1), h.newAttempt(0, 2), h.newAttempt(1, 1)}
		n := h.newNotification(d.ID)
		c := *n
		h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Attempts: append([]store.Attempt(nil), d.Attempts...), Notification: &c})
		r.Notifications = append(r.Notifications, n)
		h.stays(r, true)
	}
	other := h.accept(1)
	other.Deliveries[0].Result = h.newResult(store.Cancelled)
	h.must(store.DeliveryFinished{Delivery: other.Deliveries[0].ID, Result: other.Deliveries[0].Result})
	h.stays(other, false)
}

func testFinal(h *harness) {
	r := h.accept(1)
	d := r.Deliveries[0]
	d.Result = h.newResult(store.Delivered)
	h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result})
	h.refused(store.ErrFinal, store.DeliveryFinished{
		Delivery: d.ID, Result: h.newResult(store.Expired), Attempts: []store.Attempt{h.newAttempt(0, 1)}, Notification: h.newNotification(d.ID),
	})
	h.stays(r, false)

	both := h.accept(1)
	first, second := h.newResult(store.Delivered), h.newResult(store.Aborted)
	id := both.Deliveries[0].ID
	h.refused(store.ErrFinal, store.DeliveryFinished{Delivery: id, Result: first}, store.DeliveryFinished{Delivery: id, Result: second})
	h.stays(both, true)
}

func testLateAttempt(h *harness) {
	r := h.accept(1)
	d := r.Deliveries[0]
	d.Result = h.newResult(store.Delivered)
	h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result})
	d.Attempts = []store.Attempt{h.newAttempt(1, 1)}
	h.must(store.AttemptEnded{Delivery: d.ID, Attempt: d.Attempts[0]})
	h.stays(r, false)
}

func testNotification(h *harness) {
	for _, acked := range []bool{true, false} {
		r := h.accept(1)
		d := r.Deliveries[0]
		d.Result = h.newResult(store.Delivered)
		n := h.newNotification(d.ID)
		c := *n
		h.must(store.DeliveryFinished{Delivery: d.ID, Result: d.Result, Notification: &c})
		r.Notifications = []*store.Notification{n}
		h.stays(r, true)

		failed := store.NotificationFailed{Notification: n.ID, Tries: 7, Next: n.Next.Add(time.Minute), LastError: "status 503"}
		h.must(failed)
		n.Tries, n.Next, n.LastError = failed.Tries, failed.Next, failed.LastError
		h.stays(r, true)

		ended := store.NotificationEnded{Notification: n.ID, Tries: 8, At: n.Next.Add(time.Second), Acked: acked, LastError: "late"}
		h.must(ended)
		n.Tries, n.Next, n.Ended, n.Acked, n.LastError = ended.Tries, time.Time{}, ended.At, ended.Acked, ended.LastError
		h.stays(r, false)

		h.refused(store.ErrFinal, failed)
		h.refused(store.ErrFinal, store.NotificationEnded{Notification: n.ID, At: ended.At, Acked: !acked})
		h.stays(r, false)
	}
}
