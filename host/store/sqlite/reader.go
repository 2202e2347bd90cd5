package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
)

// readerCount is how many may read at once; the others wait.
const readerCount = 4

// reader is one connection that reads.
type reader struct {
	c *conn

	begin, end                                      *stmt
	push, deliveries, legs, attempts, notifications *stmt
	findOne, findAny, unfinished                    *stmt
}

// openReaders opens the first; the others are opened when they are needed.
func (s *Store) openReaders() error {
	first, err := openReader(s.path)
	if err != nil {
		return err
	}
	s.readers = make(chan *reader, readerCount)
	for range readerCount - 1 {
		s.readers <- nil
	}
	s.readers <- first
	return nil
}

// borrow waits for a reader.
func (s *Store) borrow(ctx context.Context) (*reader, error) {
	select {
	case <-s.closed:
		return nil, store.ErrClosed
	default:
	}
	var r *reader
	select {
	case <-s.closed:
		return nil, store.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	case r = <-s.readers:
	}
	if r != nil {
		return r, nil
	}
	r, err := openReader(s.path)
	if err != nil {
		s.readers <- nil
		return nil, fmt.Errorf("store %s: %w", s.path, explain(err))
	}
	return r, nil
}

func openReader(path string) (*reader, error) {
	c, err := dial(context.Background(), path, readerPragmas()...)
	if err != nil {
		return nil, err
	}
	r := &reader{c: c}
	// The columns of a join are unambiguous because only the first table's are named.
	err = c.prepareAll(map[**stmt]string{
		&r.begin:      "BEGIN",
		&r.end:        "ROLLBACK",
		&r.push:       "SELECT " + pushColumns + " FROM pushes WHERE id = ?",
		&r.deliveries: "SELECT " + deliveryColumns + " FROM deliveries WHERE push = ? ORDER BY id",
		&r.legs: "SELECT " + legColumns + " FROM legs WHERE delivery IN (SELECT id FROM deliveries WHERE push = ?) " +
			"ORDER BY delivery, leg",
		&r.attempts: "SELECT " + attemptColumns + " FROM attempts WHERE delivery IN (SELECT id FROM deliveries WHERE push = ?) " +
			"ORDER BY delivery, leg, number",
		&r.notifications: "SELECT " + notificationColumns + " FROM notifications WHERE id IN " +
			"(SELECT notification FROM deliveries WHERE push = ?) ORDER BY id",
		&r.findOne: "SELECT id FROM pushes WHERE push_id = ? AND initiator = ?",
		&r.findAny: "SELECT id FROM pushes WHERE push_id = ? ORDER BY accepted",
		&r.unfinished: "SELECT accepted, push, partition FROM deliveries WHERE state = 'pending' AND accepted > ?1 AND accepted <= ?2 " +
			"UNION ALL SELECT accepted, push, partition FROM notifications WHERE ended IS NULL AND accepted > ?1 AND accepted <= ?2 " +
			"ORDER BY accepted",
	})
	if err != nil {
		return nil, errors.Join(err, c.close())
	}
	return r, nil
}

// read calls f with a reader in a transaction, so that all it reads is of one moment. Errors get the file's name.
func (s *Store) read(ctx context.Context, f func(r *reader) error) (err error) {
	r, err := s.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- r }()
	if _, err := r.begin.exec(); err != nil {
		return fmt.Errorf("store %s: %w", s.path, explain(err))
	}
	defer func() {
		if _, e := r.end.exec(); e != nil && err == nil {
			err = fmt.Errorf("store %s: %w", s.path, explain(e))
		}
	}()
	if err := f(r); err != nil {
		if errors.Is(err, store.ErrNotFound) || ctx.Err() != nil {
			return err
		}
		return fmt.Errorf("store %s: %w", s.path, explain(err))
	}
	return nil
}

// numbers returns the first column of a query, which is an integer.
func numbers(ctx context.Context, s *stmt, values ...driver.Value) (list []int64, err error) {
	err = s.query(ctx, func(row []driver.Value) error {
		c := cursor{values: row}
		list = append(list, c.int())
		return c.err
	}, values...)
	return list, err
}

// rowError names a row that can not be used.
func rowError(table string, key any, err error) error {
	if err == nil {
		err = errors.New("its checksum does not hold")
	}
	return fmt.Errorf("table %s, row %v: %w", table, key, err)
}

// record reads a push with everything that became of it. A row that can not be used is given to bad, which returns an error
// to end it there; the others are kept. It returns nil if the row of the push itself is one of them. accepted is where the
// push stands in the order of acceptance.
func (r *reader) record(ctx context.Context, id int64, bad func(error) error) (rec *store.Record, accepted int64, err error) {
	rec = &store.Record{}
	there := false
	err = r.push.query(ctx, func(row []driver.Value) error {
		there = true
		p, ok, err := parsePush(row)
		if !ok || err != nil {
			return bad(rowError("pushes", id, err))
		}
		rec.Push = p
		accepted, _ = row[pushOwn].(int64)
		return nil
	}, id)
	if err == nil && !there {
		err = bad(rowError("pushes", id, errors.New("it is missing")))
	}
	if err != nil || rec.Push == nil {
		return nil, 0, err
	}

	deliveries := map[int64]*store.Delivery{}
	err = r.deliveries.query(ctx, func(row []driver.Value) error {
		d, ok, err := parseDelivery(row)
		if !ok || err != nil {
			return bad(rowError("deliveries", row[0], err))
		}
		rec.Deliveries = append(rec.Deliveries, d)
		deliveries[d.ID] = d
		return nil
	}, id)
	if err != nil {
		return nil, 0, err
	}
	if err := r.readAttempts(ctx, id, deliveries, bad); err != nil {
		return nil, 0, err
	}
	err = r.notifications.query(ctx, func(row []driver.Value) error {
		n, ok, err := parseNotification(row)
		if !ok || err != nil {
			return bad(rowError("notifications", row[0], err))
		}
		rec.Notifications = append(rec.Notifications, n)
		return nil
	}, id)
	if err != nil {
		return nil, 0, err
	}
	return rec, accepted, nil
}

func (r *reader) readAttempts(ctx context.Context, push int64, deliveries map[int64]*store.Delivery, bad func(error) error) error {
	legs := map[legKey]leg{}
	err := r.legs.query(ctx, func(row []driver.Value) error {
		key, l, ok, err := parseLeg(row)
		if !ok || err != nil {
			return bad(rowError("legs", row[:2], err))
		}
		legs[key] = l
		return nil
	}, push)
	if err != nil {
		return err
	}
	return r.attempts.query(ctx, func(row []driver.Value) error {
		id, a, ok, err := parseAttempt(row, legs)
		if !ok || err != nil {
			return bad(rowError("attempts", row[:3], err))
		}
		if d := deliveries[id]; d != nil { // nil: its row was bad
			d.Attempts = append(d.Attempts, a)
		}
		return nil
	}, push)
}
