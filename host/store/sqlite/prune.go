package sqlite

import (
	"context"
	"database/sql/driver"
	"fmt"
	"sync"
	"time"
)

// Bounds of one call of Prune and of its transactions.
const (
	pruneLook = 10000 // pushes to look at in one call
	prunePage = 256   // pushes to look at in one transaction of a reader
	pruneRows = 256   // pushes and deliveries to remove in one transaction of the writer; one push is never cut in two
)

// finishedSQL returns pushes after a number, with what decides whether they may go. Number, recipients and received are not
// checked against the sum here; finishedPage says what keeps a damaged row from taking others with it.
const finishedSQL = "SELECT p.id, p.recipients, p.received, count(r.delivery), max(r.finished), count(o.id), max(n.ended) " +
	"FROM (SELECT id, recipients, received FROM pushes WHERE id > ? ORDER BY id LIMIT ?) p " +
	"LEFT JOIN results r ON r.delivery > p.id AND r.delivery <= p.id + p.recipients " +
	"LEFT JOIN owed o ON o.id = r.notification LEFT JOIN notified n ON n.id = r.notification GROUP BY p.id"

// pruner is how far Prune has come. The walk is by number, which is nearly the order of acceptance.
type pruner struct {
	mu     sync.Mutex
	after  int64 // where it goes on
	passed int64 // pushes behind it that stay

	counted bool
	count   int64 // pushes in the store when grownBy was since
	since   int64
}

// finishedPush is what Prune knows of a push.
type finishedPush struct {
	id, recipients  int64
	received, ended time.Time
	unfinished      bool
}

// Prune implements store.Store.
//
// Room that becomes free in the file is used for what comes next; the file keeps the size that it has needed at most, and a
// copy made by Backup is as small as it can be. (Giving pages back would mean pointer maps, that is one more page to write for
// every few that are new.)
func (s *Store) Prune(ctx context.Context, finishedBefore time.Time, keep, limit int) (removed int, err error) {
	p := &s.pruner
	p.mu.Lock()
	defer p.mu.Unlock()
	if keep > 0 && !p.counted {
		if err := s.countPushes(ctx); err != nil {
			return 0, err
		}
	}
	for looked := 0; looked < pruneLook && removed < limit; {
		page, err := s.finishedPage(ctx, p.after, func(f *finishedPush) bool {
			return !s.tooYoung(f, finishedBefore) || keep > 0 && s.stored()-p.passed > int64(keep)
		})
		if err != nil {
			return removed, err
		}
		due, end := s.due(page, finishedBefore, keep, limit-removed)
		for len(due) > 0 {
			n, rows := 0, int64(0)
			for n < len(due) && (n == 0 || rows+1+due[n].recipients <= pruneRows) {
				rows += 1 + due[n].recipients
				n++
			}
			if err := s.remove(ctx, due[:n]); err != nil {
				p.after, p.passed = 0, 0
				return removed, err
			}
			removed += n
			due = due[n:]
		}
		looked += len(page)
		if end {
			p.after, p.passed = 0, 0
			break
		}
	}
	return removed, nil
}

// due goes on through a page: it returns what is to be removed, at most limit, and whether the walk has come to its end.
func (s *Store) due(page []finishedPush, before time.Time, keep, limit int) (due []finishedPush, end bool) {
	p := &s.pruner
	stored := s.stored()
	for i := range page {
		f := &page[i]
		old := f.ended.Before(before)
		beyond := keep > 0 && stored-int64(len(due))-p.passed > int64(keep)
		if !beyond && s.tooYoung(f, before) {
			return due, true
		}
		if len(due) == limit {
			return due, false
		}
		p.after = f.id
		if f.unfinished || !old && !beyond {
			p.passed++
			continue
		}
		due = append(due, *f)
	}
	return due, len(page) < prunePage
}

// tooYoung tells that a push and all that come after it can not have ended before a time, as they were received after it. That
// is so while the clock is not put back; what was received in the future is no sign of anything.
func (s *Store) tooYoung(f *finishedPush, before time.Time) bool {
	return !f.received.Before(before) && !f.received.After(s.clock.Wall())
}

// stored is how many pushes there are, once they were counted.
func (s *Store) stored() int64 { return s.pruner.count + s.writer.grownBy.Load() - s.pruner.since }

// countPushes counts what is stored, in a reader's transaction that begins between two of the writer's.
func (s *Store) countPushes(ctx context.Context) error {
	p := &s.pruner
	r, err := s.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- r }()
	// It waits whatever becomes of ctx: the reader is in use until then.
	err = s.do(context.WithoutCancel(ctx), func() error {
		p.since = s.writer.grownBy.Load()
		if _, err := r.begin.exec(); err != nil {
			return err
		}
		_, err := numbers(context.Background(), r.findOne, "", "") // which makes it begin
		return err
	}, nil)
	if err == nil {
		var list []int64
		if list, err = numbers(ctx, r.countPushes); err == nil {
			p.count, p.counted = list[0], true
		}
	}
	if _, e := r.end.exec(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("store %s: %w", s.path, explain(err))
	}
	return nil
}

// finishedPage reads what comes after a number. A push is finished if there are as many results as recipients: if a
// damaged row says that they are more, then it never is, as between its results and the next ones there is always the number
// of a push, which has none. So nothing of another push can go with it.
//
// The page ends after the first for which more says false.
func (s *Store) finishedPage(ctx context.Context, after int64, more func(*finishedPush) bool) (page []finishedPush, err error) {
	err = s.read(ctx, func(r *reader) error {
		return r.finished.query(ctx, func(row []driver.Value) error {
			c := cursor{values: row}
			f := finishedPush{id: c.int(), recipients: c.int(), received: c.time()}
			results, finished, owed, ended := c.int(), c.time(), c.int(), c.time()
			f.ended = f.received
			for _, t := range []time.Time{finished, ended} {
				if t.After(f.ended) {
					f.ended = t
				}
			}
			f.unfinished = c.err != nil || results != f.recipients || owed > 0
			if page = append(page, f); !more(&f) {
				return errStop
			}
			return nil
		}, after, int64(prunePage))
	})
	return page, err
}

// remove removes finished pushes in one transaction. What is finished stays so, and nothing is looked at again.
func (s *Store) remove(ctx context.Context, list []finishedPush) error {
	w := s.writer
	err := s.do(ctx, func() error {
		for i := range list {
			first, last := list[i].id, list[i].id+list[i].recipients
			for _, st := range []*stmt{w.removeNotified, w.removeAttempts, w.removeResults} {
				if _, err := st.exec(first, last); err != nil {
					return err
				}
			}
			n, err := w.removePush.exec(first)
			if err != nil {
				return err
			}
			w.grown -= n
		}
		return nil
	}, nil)
	return err
}
