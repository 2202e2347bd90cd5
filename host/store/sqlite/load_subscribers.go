package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
)

// pageRows is how many subscribers or sessions are read in one transaction and held in memory.
const pageRows = 1024

// LoadSubscribers implements store.Store. It reads in pages by ID and holds no connection while it calls f and bad.
func (s *Store) LoadSubscribers(ctx context.Context, f func(*store.Subscriber) error, bad func(error)) error {
	last := []driver.Value{int64(0)}
	return loadPages(ctx, s, func(r *reader) *stmt { return r.subscribers }, "subscribers", last, parseSubscriber, f, bad)
}

// LoadSessions implements store.Store. It reads in pages by key and holds no connection while it calls f and bad.
func (s *Store) LoadSessions(ctx context.Context, f func(*store.Session) error, bad func(error)) error {
	last := []driver.Value{"", "", ""}
	return loadPages(ctx, s, func(r *reader) *stmt { return r.sessions }, "sessions", last, parseSession, f, bad)
}

// loadPages reads a table whose key is its first columns, those that last has values for: it begins after them.
func loadPages[T any](
	ctx context.Context, s *Store, rows func(*reader) *stmt, table string, last []driver.Value,
	parse func(row []driver.Value) (*T, bool, error), f func(*T) error, bad func(error),
) error {
	for {
		var page []*T
		var damage []error
		n := 0
		err := s.read(ctx, func(r *reader) error {
			return rows(r).query(ctx, func(row []driver.Value) error {
				n++
				last = append(last[:0], row[:len(last)]...)
				if x, ok, err := parse(row); !ok || err != nil {
					damage = append(damage, rowError(table, append([]driver.Value(nil), last...), err))
				} else {
					page = append(page, x)
				}
				return nil
			}, append(append([]driver.Value(nil), last...), int64(pageRows))...)
		})
		if err != nil {
			return err
		}
		for _, d := range damage {
			bad(d)
		}
		for _, x := range page {
			if err := f(x); err != nil {
				return err
			}
		}
		if n < pageRows {
			return nil
		}
	}
}
