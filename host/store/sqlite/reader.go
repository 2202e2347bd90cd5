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

	begin, end                                    *stmt
	push, pending, results, attempts              *stmt
	owed, notified                                *stmt
	findOne, findAny, unfinished, stillUnfinished *stmt
	finished, countPushes                         *stmt
	subscribers, sessions                         *stmt
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
	err = c.prepareAll(map[**stmt]string{
		&r.begin:           "BEGIN",
		&r.end:             "ROLLBACK",
		&r.push:            "SELECT " + pushColumns + " FROM pushes WHERE id = ?",
		&r.pending:         "SELECT " + pendingColumns + " FROM pending WHERE delivery > ?1 AND delivery <= ?2",
		&r.results:         "SELECT " + resultColumns + " FROM results WHERE delivery > ?1 AND delivery <= ?2",
		&r.attempts:        "SELECT " + attemptColumns + " FROM attempts WHERE delivery > ?1 AND delivery <= ?2",
		&r.owed:            "SELECT " + owedColumns + " FROM owed WHERE id = ?",
		&r.notified:        "SELECT " + notifiedColumns + " FROM notified WHERE id = ?",
		&r.findOne:         "SELECT id FROM pushes WHERE push_id = ? AND initiator = ?",
		&r.findAny:         "SELECT id FROM pushes WHERE push_id = ? ORDER BY accepted",
		&r.unfinished:      "SELECT " + pendingColumns + " FROM pending UNION ALL SELECT delivery, push, accepted, partition FROM owed",
		&r.finished:        finishedSQL,
		&r.countPushes:     "SELECT count(*) FROM pushes",
		&r.subscribers:     subscribersSQL,
		&r.sessions:        sessionsSQL,
		&r.stillUnfinished: "SELECT 1 FROM pending WHERE delivery = ?1 UNION ALL SELECT 1 FROM owed WHERE delivery = ?1 LIMIT 1",
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
	defer func() {
		if spoils(err) {
			_ = r.c.close()
			r = nil // the next one who borrows it opens it again
		}
		s.readers <- r
	}()
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
