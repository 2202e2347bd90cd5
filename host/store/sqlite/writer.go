package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/ppgbox/ppgbox/host/store"
)

// writer owns the one connection that writes. All of it runs in one goroutine.
type writer struct {
	c     *conn
	path  string
	queue *queue
	ids   *ids
	ctx   context.Context // never done: what waits has to be written

	fence   int64 // of our lease, 0 before the first
	fences  [store.Partitions]int64
	version driver.Value // PRAGMA data_version when fences was read

	begin, commit, rollback, savepoint, undo, release, dataVersion *stmt
	insertPush, insertDelivery, findDelivery, updateResult         *stmt
	insertLeg, upsertLeg, upsertAttempt                            *stmt
	insertNotification, findNotification, updateNotification       *stmt
	readPartitions, takePartitions, freePartitions, reserve        *stmt
}

func insertSQL(table, columns string) string {
	return "INSERT INTO " + table + " (" + columns + ") VALUES (?" + strings.Repeat(", ?", strings.Count(columns, ",")) + ")"
}

// upsertSQL replaces everything but the key.
func upsertSQL(table, columns, key string) string {
	var set []string
	for _, c := range strings.Split(columns, ", ") {
		if !strings.Contains(", "+key+", ", ", "+c+", ") {
			set = append(set, c+" = excluded."+c)
		}
	}
	return insertSQL(table, columns) + " ON CONFLICT (" + key + ") DO UPDATE SET " + strings.Join(set, ", ")
}

// updateSQL takes the id first and the columns after it.
func updateSQL(table, columns string) string {
	list := strings.Split(columns, ", ")
	for i, c := range list {
		list[i] = fmt.Sprintf("%s = ?%d", c, i+2)
	}
	return "UPDATE " + table + " SET " + strings.Join(list, ", ") + " WHERE id = ?1"
}

func (w *writer) prepare() error {
	return w.c.prepareAll(map[**stmt]string{
		&w.begin:       "BEGIN IMMEDIATE",
		&w.commit:      "COMMIT",
		&w.rollback:    "ROLLBACK",
		&w.savepoint:   "SAVEPOINT call",
		&w.undo:        "ROLLBACK TO call",
		&w.release:     "RELEASE call",
		&w.dataVersion: "PRAGMA data_version",

		&w.insertPush:     insertSQL("pushes", pushColumns) + " ON CONFLICT (push_id, initiator) DO NOTHING",
		&w.insertDelivery: insertSQL("deliveries", deliveryColumns),
		&w.findDelivery:   "SELECT push, partition, accepted, state FROM deliveries WHERE id = ?",
		&w.updateResult:   updateSQL("deliveries", deliveryResult),

		&w.insertLeg: insertSQL("legs", legColumns) + " ON CONFLICT DO NOTHING",
		// Nearly always it is there already as it is: then nothing is written.
		&w.upsertLeg:     upsertSQL("legs", legColumns, "delivery, leg") + " WHERE sum <> excluded.sum",
		&w.upsertAttempt: upsertSQL("attempts", attemptColumns, "delivery, leg, number"),

		&w.insertNotification: insertSQL("notifications", notificationColumns),
		&w.findNotification:   "SELECT partition, ended, next FROM notifications WHERE id = ?",
		&w.updateNotification: updateSQL("notifications", notificationState),

		&w.readPartitions: "SELECT number, owner, fence, expires FROM partitions ORDER BY number",
		&w.takePartitions: "UPDATE partitions SET owner = ?1, fence = ?2, expires = ?3 WHERE fence = ?4 OR owner = '' OR expires <= ?5",
		&w.freePartitions: "UPDATE partitions SET owner = '', expires = NULL WHERE fence = ?",
		&w.reserve:        "UPDATE sequence SET value = max(value, ?) WHERE name = 'id'",
	})
}

// run writes what is queued until the queue is closed and empty.
func (w *writer) run() {
	for {
		batch, ok := w.queue.take()
		if !ok {
			return
		}
		for first := true; first || len(batch) > 0; first = false {
			n := 0
			for n < len(batch) && batch[n].task == nil {
				n++
			}
			if n == 0 && len(batch) > 0 {
				n = 1 // a task
			}
			w.write(batch[:n])
			for _, c := range batch[:n] {
				c.done(c.err)
			}
			batch = batch[n:]
		}
	}
}

// errUnsure: a call failed in a way that may have left a part of it in the transaction.
var errUnsure = errors.New("a call failed half way")

// write commits a batch, or sets the error of all its calls.
func (w *writer) write(batch []*call) {
	err := w.try(batch, false)
	if errors.Is(err, errUnsure) {
		err = w.try(batch, true)
	}
	if err == nil {
		return
	}
	err = fmt.Errorf("store %s: %w", w.path, explain(err))
	for _, c := range batch {
		c.err = err
	}
}

// try writes the calls of a batch in one transaction. A call that is refused gets its error and leaves nothing behind. Calls
// of one event need no savepoint for that, as their refusals come before they write. If one fails otherwise, errUnsure tells
// to try again with a savepoint for each (careful).
func (w *writer) try(batch []*call, careful bool) (err error) {
	var reserve int64
	defer func() {
		if err != nil {
			_, _ = w.rollback.exec() // fails if SQLite has done it already
		}
		if (reserve != 0 || err != nil) && !errors.Is(err, errUnsure) {
			w.ids.settle(reserve, err)
		}
	}()
	if _, err := w.begin.exec(); err != nil {
		return err
	}
	if err := w.readFences(); err != nil {
		return err
	}
	for _, c := range batch {
		if err := w.apply(c, careful); err != nil {
			return err
		}
	}
	if reserve = w.ids.due(); reserve != 0 {
		if _, err := w.reserve.exec(reserve); err != nil {
			return err
		}
	}
	_, err = w.commit.exec()
	return err
}

func (w *writer) apply(c *call, careful bool) error {
	c.err = nil
	if c.task != nil {
		return c.task()
	}
	save := careful || len(c.changes) > 1
	if save {
		if _, err := w.savepoint.exec(); err != nil {
			return err
		}
	}
	for _, change := range c.changes {
		err := change.apply(w)
		if err == nil {
			continue
		}
		var r *refusal
		switch refused := errors.As(err, &r); {
		case refused && !save:
			c.err = r.err
			return nil
		case refused:
			c.err = r.err
		case !perCall(err):
			return err
		case !save:
			return errUnsure
		default:
			c.err = fmt.Errorf("store %s: %w", w.path, err)
		}
		if _, err := w.undo.exec(); err != nil {
			return err
		}
		break
	}
	if save {
		_, err := w.release.exec()
		return err
	}
	return nil
}

// located is what an event needs to know of its delivery.
type located struct {
	push, partition, accepted driver.Value
	state                     string
}

// locate finds a delivery and makes sure that its partition is ours.
func (w *writer) locate(delivery int64) (at located, err error) {
	found, number := false, int64(0)
	err = w.findDelivery.query(w.ctx, func(row []driver.Value) error {
		at.push, at.partition, at.accepted = row[0], row[1], row[2]
		number, _ = row[1].(int64)
		at.state, _ = row[3].(string)
		found = true
		return nil
	}, delivery)
	switch {
	case err != nil:
		return at, err
	case !found:
		return at, refuse("delivery %d: %w", delivery, store.ErrNotFound)
	case !w.ours(number):
		return at, refuse("delivery %d: %w", delivery, store.ErrFenced)
	}
	return at, nil
}
