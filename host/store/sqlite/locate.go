package sqlite

import (
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
)

// locate finds a delivery and makes sure that its partition is ours. late tells that it is final.
func (w *writer) locate(delivery int64) (late bool, err error) {
	found, partition, err := w.one(w.findPending, delivery)
	if err != nil {
		return false, err
	}
	if !found {
		if found, _, err = w.one(w.findResult, delivery); err != nil {
			return false, err
		}
		if !found {
			return false, refuse("delivery %d: %w", delivery, store.ErrNotFound)
		}
		late = true
		if !w.all {
			if partition, err = w.partitionOf(delivery); err != nil {
				return false, err
			}
		}
	}
	if !w.all && !w.ours(partition) {
		return false, refuse("delivery %d: %w", delivery, store.ErrFenced)
	}
	return late, nil
}

// partitionOf is that of a final delivery's lane, -1 if its push can not be read.
func (w *writer) partitionOf(delivery int64) (partition int64, err error) {
	partition = -1
	err = w.findPush.query(w.ctx, func(row []driver.Value) error {
		_, deliveries, _, ok, err := parsePush(row)
		if !ok || err != nil {
			return nil
		}
		for _, d := range deliveries {
			if d.ID == delivery {
				partition = int64(store.PartitionOf(d.Lane))
			}
		}
		return nil
	}, delivery)
	return partition, err
}

// mayTry makes sure that a notification that is owed is ours.
func (w *writer) mayTry(notification int64) error {
	if w.all {
		return nil
	}
	found, partition, err := w.one(w.findOwed, notification)
	switch {
	case err != nil:
		return err
	case !found:
		return w.notOwed(notification)
	case !w.ours(partition):
		return refuse("notification %d: %w", notification, store.ErrFenced)
	}
	return nil
}

// notOwed is the refusal for a notification that is not owed.
func (w *writer) notOwed(notification int64) error {
	found, _, err := w.one(w.findNotified, notification)
	switch {
	case err != nil:
		return err
	case found:
		return refuse("notification %d: %w", notification, store.ErrFinal)
	}
	return refuse("notification %d: %w", notification, store.ErrNotFound)
}

// one returns the first column of the row with a number, if there is one.
func (w *writer) one(s *stmt, id int64) (found bool, n int64, err error) {
	err = s.query(w.ctx, func(row []driver.Value) error {
		found = true
		n, _ = row[0].(int64)
		return nil
	}, id)
	return found, n, err
}
