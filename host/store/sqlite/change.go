package sqlite

import (
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
)

// A change is an event with everything done that needs no transaction: it is made by the goroutine that calls Commit, since
// the writer is the narrow place.
//
// apply returns a *refusal only before it has written anything.
type change interface {
	apply(w *writer) error
}

// A refusal is the answer to an event that can not be written, while the store is well.
type refusal struct{ err error }

func (r *refusal) Error() string { return r.err.Error() }
func (r *refusal) Unwrap() error { return r.err }

func refuse(format string, args ...any) error { return &refusal{fmt.Errorf(format, args...)} }

// newChange returns the change that an event makes, and about how many octets it holds.
func newChange(e store.Event) (change, int, error) {
	switch e := e.(type) {
	case store.PushAccepted:
		return newAccepted(e)
	case store.TokenReported:
		return newAttempted(e.Delivery, &e.Attempt)
	case store.AttemptEnded:
		return newAttempted(e.Delivery, &e.Attempt)
	case store.DeliveryFinished:
		return newFinished(e)
	case store.NotificationFailed:
		return &failed{store.Notification{ID: e.Notification, Tries: e.Tries, Next: e.Next, LastError: e.LastError}}, len(e.LastError), nil
	case store.NotificationEnded:
		if e.At.IsZero() {
			return nil, 0, fmt.Errorf("notification %d ended at no time", e.Notification)
		}
		return &ended{store.Notification{
			ID: e.Notification, Tries: e.Tries, Ended: e.At, Acked: e.Acked, LastError: e.LastError,
		}}, len(e.LastError), nil
	case store.SubscriberPut:
		return newSubscriberPut(e.Subscriber)
	case store.SubscriberRemoved:
		return subscriberRemoved(e.ID), 0, nil
	case store.SessionPut:
		return newSessionPut(e.Session)
	case store.SessionRemoved:
		return sessionRemoved(e.Key), 0, nil
	}
	return nil, 0, fmt.Errorf("an event of type %T", e)
}

// patient tells that an event may wait for company: what is lost of it in a crash is found out again by asking the network or
// the Push Initiator. A token is not, as a bearer goes on the air when it is written, nor is the end of an attempt, as
// another one begins. A GGSN repeats what it was not answered.
func patient(e store.Event) bool {
	switch e.(type) {
	case store.DeliveryFinished, store.NotificationFailed, store.NotificationEnded, store.SessionPut, store.SessionRemoved:
		return true
	}
	return false
}

// accepted is a push with its deliveries.
type accepted struct {
	row        pushRow
	partitions []int64 // of the deliveries
	results    []resultRow
	attempts   []attemptRow
}

func newAccepted(e store.PushAccepted) (change, int, error) {
	p := e.Push
	if p == nil || p.ID <= 0 {
		return nil, 0, fmt.Errorf("a push without an ID")
	}
	c := &accepted{partitions: make([]int64, len(e.Deliveries))}
	for i, d := range e.Deliveries {
		if d.ID != p.ID+1+int64(i) || d.Push != p.ID || d.Result.State == "" {
			return nil, 0, fmt.Errorf("push %q of %q, %d: delivery %d, number %d of it, of push %d in state %q",
				p.PushID, p.Initiator, p.ID, d.ID, i+1, d.Push, d.Result.State)
		}
		c.partitions[i] = int64(store.PartitionOf(d.Lane))
		if d.Result.State != store.Pending { // it never was
			c.partitions[i] = -1
			c.results = append(c.results, newResultRow(d.ID, &d.Result, d.Attempts, nil))
			continue
		}
		for j := range d.Attempts {
			c.attempts = append(c.attempts, newAttemptRow(d.ID, &d.Attempts[j]))
		}
	}
	c.row = newPushRow(p, e.Deliveries)
	return c, len(p.Message.Body) + len(p.Capabilities) + len(c.row.detail) + 100*len(e.Deliveries) + 200, nil
}

func (c *accepted) apply(w *writer) error {
	number := w.ids.last.Add(1) // in the order of the transactions; reserved with them
	p := c.row.push
	n, err := c.row.insert(w, number)
	if err != nil {
		return err
	}
	if n == 0 {
		return refuse("push %q of %q: %w", p.PushID, p.Initiator, store.ErrDuplicatePushID)
	}
	w.grown++
	for i, partition := range c.partitions {
		if partition < 0 {
			continue
		}
		if _, err := w.insertPending.exec(p.ID+1+int64(i), p.ID, number, partition); err != nil {
			return err
		}
	}
	for i := range c.results {
		if err := c.results[i].insert(w); err != nil {
			return err
		}
	}
	for i := range c.attempts {
		r := &c.attempts[i]
		if _, err := w.upsertAttempt.exec(r.delivery, r.leg, r.number, int64(0), r.digest.int(0).value(), r.detail); err != nil {
			return err
		}
	}
	return nil
}

// attempted writes an attempt of a delivery, which may be final: a leg can end after another has decided the result.
type attempted struct{ row attemptRow }

func newAttempted(delivery int64, a *store.Attempt) (change, int, error) {
	c := &attempted{newAttemptRow(delivery, a)}
	return c, len(c.row.detail) + 200, nil
}

func (c *attempted) apply(w *writer) error {
	r := &c.row
	late, err := w.locate(r.delivery)
	if err != nil {
		return err
	}
	_, err = w.upsertAttempt.exec(r.delivery, r.leg, r.number, number(late), r.digest.int(number(late)).value(), r.detail)
	return err
}

// finished is the result of a delivery.
type finished struct {
	row          resultRow
	notification *store.Notification
}

func newFinished(e store.DeliveryFinished) (change, int, error) {
	if e.Result.State == store.Pending || e.Result.State == "" {
		return nil, 0, fmt.Errorf("delivery %d finished in state %q", e.Delivery, e.Result.State)
	}
	if n := e.Notification; n != nil && (n.ID == 0 || n.Delivery != e.Delivery || !n.Ended.IsZero()) {
		return nil, 0, fmt.Errorf("delivery %d finished with notification %d of delivery %d, ended %v", e.Delivery, n.ID, n.Delivery, n.Ended)
	}
	c := &finished{row: newResultRow(e.Delivery, &e.Result, e.Attempts, e.Notification), notification: e.Notification}
	return c, len(c.row.detail) + 300, nil
}

// apply does not look first at what it changes, as nearly always it may: a row of pending that is not there to be removed is
// asked for afterwards.
func (c *finished) apply(w *writer) error {
	id := c.row.delivery
	if !w.all {
		if late, err := w.locate(id); late {
			return refuse("delivery %d: %w", id, store.ErrFinal)
		} else if err != nil {
			return err
		}
	}
	if n := c.notification; n != nil {
		_, err := w.insertOwed.exec(id, n.ID, int64(n.Tries), nanos(n.Next), owedDigest(n).value(), n.LastError)
		if err != nil {
			return err
		}
	}
	n, err := w.deletePending.exec(id)
	if err != nil {
		return err
	}
	if n == 0 { // and so insertOwed has found nothing to copy
		if _, err := w.locate(id); err != nil {
			return err
		}
		return refuse("delivery %d: %w", id, store.ErrFinal)
	}
	return c.row.insert(w)
}

// failed is a try to notify that will be repeated.
type failed struct{ n store.Notification }

func (c *failed) apply(w *writer) error {
	if err := w.mayTry(c.n.ID); err != nil {
		return err
	}
	n, err := w.updateOwed.exec(c.n.ID, int64(c.n.Tries), nanos(c.n.Next), owedDigest(&c.n).value(), c.n.LastError)
	if err != nil || n > 0 {
		return err
	}
	return w.notOwed(c.n.ID)
}

// ended is the last try to notify.
type ended struct{ n store.Notification }

func (c *ended) apply(w *writer) error {
	if err := w.mayTry(c.n.ID); err != nil {
		return err
	}
	n, err := w.deleteOwed.exec(c.n.ID)
	if err != nil {
		return err
	}
	if n == 0 {
		return w.notOwed(c.n.ID)
	}
	_, err = w.insertNotified.exec(c.n.ID, int64(c.n.Tries), nanos(c.n.Ended), number(c.n.Acked), notifiedDigest(&c.n).value(), c.n.LastError)
	return err
}
