package sqlite

import (
	"database/sql/driver"
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
		return newAttempt(e.Delivery, &e.Attempt)
	case store.AttemptEnded:
		return newAttempt(e.Delivery, &e.Attempt)
	case store.DeliveryFinished:
		return newFinished(e)
	case store.NotificationFailed:
		return &tried{state: store.Notification{ID: e.Notification, Tries: e.Tries, Next: e.Next, LastError: e.LastError}}, len(e.LastError), nil
	case store.NotificationEnded:
		if e.At.IsZero() {
			return nil, 0, fmt.Errorf("notification %d ended at no time", e.Notification)
		}
		return &tried{state: store.Notification{
			ID: e.Notification, Tries: e.Tries, Ended: e.At, Acked: e.Acked, LastError: e.LastError,
		}}, len(e.LastError), nil
	}
	return nil, 0, fmt.Errorf("an event of type %T", e)
}

// accepted is a push with its deliveries.
type accepted struct {
	name       string // for errors
	push       []driver.Value
	digest     digest
	deliveries []acceptedDelivery
}

type acceptedDelivery struct {
	values   []driver.Value
	digest   digest
	attempts []tryValues
}

func newAccepted(e store.PushAccepted) (change, int, error) {
	p := e.Push
	if p == nil || p.ID == 0 {
		return nil, 0, fmt.Errorf("a push without an ID")
	}
	c := &accepted{name: fmt.Sprintf("push %q of %q", p.PushID, p.Initiator), push: pushValues(p)}
	c.digest = pushDigest(c.push)
	size := len(p.Message.Body) + len(p.Capabilities)
	for _, d := range e.Deliveries {
		if d.ID == 0 || d.Push != p.ID || d.Result.State == "" {
			return nil, 0, fmt.Errorf("%s: delivery %d of push %d in state %q", c.name, d.ID, d.Push, d.Result.State)
		}
		a := acceptedDelivery{values: deliveryValues(d), attempts: newTries(d.ID, d.Attempts)}
		a.digest = deliveryDigest(a.values[:deliveryOwnCount])
		c.deliveries = append(c.deliveries, a)
		size += 200
	}
	return c, size + 500, nil
}

func (c *accepted) apply(w *writer) error {
	number := w.ids.last.Add(1) // in the order of the transactions; reserved with them
	push := append(c.push[:pushOwn], number, c.digest.add(number).value())
	n, err := w.insertPush.exec(push...)
	if err != nil {
		return err
	}
	if n == 0 {
		return refuse("%s: %w", c.name, store.ErrDuplicatePushID)
	}
	for i := range c.deliveries {
		d := &c.deliveries[i]
		values := append(d.values[:deliveryOwnCount+deliveryResultCount], number, d.digest.add(number).value())
		if _, err := w.insertDelivery.exec(values...); err != nil {
			return err
		}
		if err := w.writeTries(d.attempts); err != nil {
			return err
		}
	}
	return nil
}

// tryValues are the rows of one attempt.
type tryValues struct {
	leg     []driver.Value
	attempt []driver.Value
	first   bool // attempt 1, whose leg is the one to keep
}

func newTries(delivery int64, attempts []store.Attempt) []tryValues {
	if len(attempts) == 0 {
		return nil
	}
	list := make([]tryValues, len(attempts))
	for i := range attempts {
		a := &attempts[i]
		list[i] = tryValues{leg: legValues(delivery, a), attempt: attemptValues(delivery, a), first: a.Number == 1}
	}
	return list
}

func (w *writer) writeTries(list []tryValues) error {
	for _, t := range list {
		leg := w.insertLeg
		if t.first {
			leg = w.upsertLeg
		}
		if _, err := leg.exec(t.leg...); err != nil {
			return err
		}
		if _, err := w.upsertAttempt.exec(t.attempt...); err != nil {
			return err
		}
	}
	return nil
}

// attempted writes an attempt of a delivery, which may be final: a leg can end after another has decided the result.
type attempted struct {
	delivery int64
	tries    []tryValues
}

func newAttempt(delivery int64, a *store.Attempt) (change, int, error) {
	return &attempted{delivery: delivery, tries: newTries(delivery, []store.Attempt{*a})}, len(a.Token) + 500, nil
}

func (c *attempted) apply(w *writer) error {
	if _, err := w.locate(c.delivery); err != nil {
		return err
	}
	return w.writeTries(c.tries)
}

// finished is the result of a delivery.
type finished struct {
	delivery     int64
	result       []driver.Value // as updateResult takes them
	attempts     []tryValues
	notification []driver.Value
	digest       digest // of notification
}

func newFinished(e store.DeliveryFinished) (change, int, error) {
	if e.Result.State == store.Pending || e.Result.State == "" {
		return nil, 0, fmt.Errorf("delivery %d finished in state %q", e.Delivery, e.Result.State)
	}
	c := &finished{delivery: e.Delivery, attempts: newTries(e.Delivery, e.Attempts)}
	var id driver.Value
	if n := e.Notification; n != nil {
		if n.ID == 0 || n.Delivery != e.Delivery {
			return nil, 0, fmt.Errorf("delivery %d finished with notification %d of delivery %d", e.Delivery, n.ID, n.Delivery)
		}
		id = n.ID
		c.notification = notificationValues(n)
		c.digest = notificationDigest(c.notification[:notificationOwnCount])
	}
	c.result = append(make([]driver.Value, 0, deliveryResultCount+1), e.Delivery)
	c.result = appendResult(c.result, e.Delivery, &e.Result, id)
	return c, 500 + 500*len(e.Attempts), nil
}

func (c *finished) apply(w *writer) error {
	at, err := w.locate(c.delivery)
	if err != nil {
		return err
	}
	if at.state != string(store.Pending) {
		return refuse("delivery %d: %w", c.delivery, store.ErrFinal)
	}
	if _, err := w.updateResult.exec(c.result...); err != nil {
		return err
	}
	if err := w.writeTries(c.attempts); err != nil {
		return err
	}
	if c.notification == nil {
		return nil
	}
	values := append(c.notification[:notificationOwnCount+notificationStateCount], at.push, at.partition, at.accepted)
	values = append(values, c.digest.add(at.push, at.partition, at.accepted).value())
	_, err = w.insertNotification.exec(values...)
	return err
}

// tried is a try to notify; state.Ended says whether it was the last.
type tried struct{ state store.Notification }

func (c *tried) apply(w *writer) error {
	id := c.state.ID
	found, ended, partition, next := false, false, int64(0), driver.Value(nil)
	err := w.findNotification.query(w.ctx, func(row []driver.Value) error {
		found, ended, next = true, row[1] != nil, row[2]
		partition, _ = row[0].(int64)
		return nil
	}, id)
	switch {
	case err != nil:
		return err
	case !found:
		return refuse("notification %d: %w", id, store.ErrNotFound)
	case !w.ours(partition):
		return refuse("notification %d: %w", id, store.ErrFenced)
	case ended:
		return refuse("notification %d: %w", id, store.ErrFinal)
	}
	state := c.state
	if !state.Ended.IsZero() {
		state.Next = (&cursor{values: []driver.Value{next}}).time() // as it was
	}
	_, err = w.updateNotification.exec(appendNotificationState([]driver.Value{id}, &state)...)
	return err
}
