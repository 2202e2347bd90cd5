package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"slices"

	"github.com/ppgbox/ppgbox/host/store"
)

const pendingColumns = "delivery, push, accepted, partition"

// place is where a delivery that has no result, or whose notification is owed, stands in the order of acceptance.
type place struct{ delivery, push, accepted, partition int64 }

func (at *place) parse(row []driver.Value) error {
	c := cursor{values: row}
	*at = place{delivery: c.int(), push: c.int(), accepted: c.int(), partition: c.int()}
	return c.err
}

// errPlace is reported for a row whose place is not that of its push: one of them is damaged, and it is not the push's.
var errPlace = errors.New("it is not as its push says")

var errMissing = errors.New("it is missing")

// A recordReader puts a record together.
type recordReader struct {
	*reader
	ctx      context.Context
	rec      *store.Record
	accepted int64
	bad      func(error) error
	late     []lateAttempt
}

type lateAttempt struct {
	delivery int64
	attempt  store.Attempt
}

// record reads a push with everything that became of it. A row that can not be used is given to bad, which returns an error
// to end it there; the others are kept. It returns nil if the push is not there, or its row is one of those.
func (r *reader) record(ctx context.Context, id int64, bad func(error) error) (*store.Record, error) {
	x := &recordReader{reader: r, ctx: ctx, bad: bad}
	err := r.push.query(ctx, func(row []driver.Value) error {
		p, deliveries, accepted, ok, err := parsePush(row)
		if !ok || err != nil {
			return bad(rowError("pushes", id, err))
		}
		x.rec, x.accepted = &store.Record{Push: p, Deliveries: deliveries}, accepted
		return nil
	}, id)
	if err != nil || x.rec == nil {
		return nil, err
	}
	for _, read := range []func(first, last int64) error{x.readAttempts, x.readDeliveries} {
		if err := read(id, id+int64(len(x.rec.Deliveries))); err != nil {
			return nil, err
		}
	}
	return x.rec, nil
}

// delivery returns the one with a number in the range of the push, nil if it was left out.
func (x *recordReader) delivery(id int64) *store.Delivery {
	return x.rec.Deliveries[id-x.rec.Push.ID-1]
}

// readAttempts reads the attempts in rows of their own. Late ones are put aside: they come after those in the result.
func (x *recordReader) readAttempts(first, last int64) error {
	return x.attempts.query(x.ctx, func(row []driver.Value) error {
		id, a, late, ok, err := parseAttemptRow(row)
		switch {
		case !ok || err != nil:
			return x.bad(rowError("attempts", row[:3], err))
		case late:
			x.late = append(x.late, lateAttempt{id, a})
		default:
			d := x.delivery(id)
			d.Attempts = putAttempt(d.Attempts, a)
		}
		return nil
	}, first, last)
}

// readDeliveries finds for each delivery the row that says that it is pending, or its result.
func (x *recordReader) readDeliveries(first, last int64) error {
	seen := make([]bool, last-first)
	err := x.pending.query(x.ctx, func(row []driver.Value) error {
		var at place
		if err := at.parse(row); err != nil {
			return x.bad(rowError("pending", row[0], err))
		}
		seen[at.delivery-first-1] = true
		return x.checkPlace("pending", at.delivery, at)
	}, first, last)
	if err != nil {
		return err
	}
	var results []result
	err = x.results.query(x.ctx, func(row []driver.Value) error {
		r, ok, err := parseResult(row)
		if !ok || err != nil {
			id, _ := row[0].(int64)
			seen[id-first-1] = true
			x.rec.Deliveries[id-first-1] = nil
			return x.bad(rowError("results", id, err))
		}
		results = append(results, r)
		return nil
	}, first, last)
	if err != nil {
		return err
	}
	for _, r := range results {
		seen[r.delivery-first-1] = true
		d := x.delivery(r.delivery)
		d.Result = r.result
		for _, a := range r.attempts {
			d.Attempts = putAttempt(d.Attempts, a)
		}
		if r.notification == nil {
			continue
		}
		if err := x.readNotification(r.notification); err != nil {
			return err
		}
	}
	for i := range seen {
		if !seen[i] {
			x.rec.Deliveries[i] = nil
			if err := x.bad(rowError("results", first+1+int64(i), errMissing)); err != nil {
				return err
			}
		}
	}
	for _, l := range x.late {
		if d := x.delivery(l.delivery); d != nil {
			d.Attempts = putAttempt(d.Attempts, l.attempt)
		}
	}
	x.rec.Deliveries = slices.DeleteFunc(x.rec.Deliveries, func(d *store.Delivery) bool { return d == nil })
	slices.SortFunc(x.rec.Notifications, func(a, b *store.Notification) int { return cmp.Compare(a.ID, b.ID) })
	return nil
}

// readNotification adds a notification, owed or ended.
func (x *recordReader) readNotification(n *store.Notification) error {
	found, good := false, false
	err := x.owed.query(x.ctx, func(row []driver.Value) error {
		found = true
		at, ok, err := parseOwed(row, n)
		if !ok || err != nil {
			return x.bad(rowError("owed", n.ID, err))
		}
		good = true
		return x.checkPlace("owed", n.ID, at)
	}, n.ID)
	if err != nil {
		return err
	}
	if !found {
		err = x.notified.query(x.ctx, func(row []driver.Value) error {
			found = true
			ok, err := parseNotified(row, n)
			if !ok || err != nil {
				return x.bad(rowError("notified", n.ID, err))
			}
			good = true
			return nil
		}, n.ID)
	}
	switch {
	case err != nil:
		return err
	case !found:
		return x.bad(rowError("notified", n.ID, errMissing))
	case good:
		x.rec.Notifications = append(x.rec.Notifications, n)
	}
	return nil
}

// checkPlace reports a row whose place is not that of its push. What it stands for is kept: the push says where it belongs.
func (x *recordReader) checkPlace(table string, key int64, at place) error {
	p := x.rec.Push
	i := at.delivery - p.ID - 1
	if at.push == p.ID && at.accepted == x.accepted && i >= 0 && i < int64(len(x.rec.Deliveries)) &&
		at.partition == int64(store.PartitionOf(x.rec.Deliveries[i].Lane)) {
		return nil
	}
	return x.bad(rowError(table, key, errPlace))
}
