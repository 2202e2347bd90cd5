package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"modernc.org/sqlite"

	"github.com/ppgbox/ppgbox/host/store"
)

// writer owns the one connection that writes. All of it runs in one goroutine.
type writer struct {
	c     *conn
	path  string
	queue *queue

	schema   int64 // version
	pageSize int64 // octets
	ids      *ids
	ctx      context.Context // never done: what waits has to be written

	fence   int64 // of our lease, 0 before the first
	fences  [store.Partitions]int64
	version driver.Value // PRAGMA data_version when fences was read

	all bool // every partition is ours, as on a single host

	grown   int64        // pushes accepted, less those removed, by the transaction that is on its way
	grownBy atomic.Int64 // the same, by all that were committed

	told func(store.Transaction) // nil before Tell

	spoilt  bool   // the connection is not used again
	renewed func() // a new connection is in its place; by tests only

	// stop is called at each point of a transaction, by tests only.
	stop func(point)

	statements
}

// A point is where a transaction of the writer is.
type point int

const (
	pointBegun     point = iota // nothing is written
	pointWritten                // everything is written, COMMIT comes
	pointCommitted              // it is on disk, nobody has been told
	pointAnswered               // everybody has been told
)

func (w *writer) at(p point) {
	if w.stop != nil {
		w.stop(p)
	}
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
			w.at(pointAnswered)
			// Who was answered has the processor first: what it commits next comes into the next transaction, and not the one after.
			// (BenchmarkLife: 8 % less CPU time.)
			runtime.Gosched()
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
	w.spoilt = w.spoilt || spoils(err)
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
	began := time.Now()
	if err := w.renew(); err != nil {
		return err
	}
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
	w.at(pointBegun)
	w.grown = 0
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
	w.at(pointWritten)
	if _, err := w.commit.exec(); err != nil {
		return err
	}
	w.grownBy.Add(w.grown)
	w.at(pointCommitted)
	w.tell(batch, time.Since(began))
	return nil
}

// tell says what the transaction that was committed last was like.
func (w *writer) tell(batch []*call, took time.Duration) {
	if w.told == nil {
		return
	}
	t := store.Transaction{Calls: len(batch), Took: took}
	if len(batch) == 1 && batch[0].task != nil {
		t.Calls = 0
	}
	t.Octets = w.pagesWritten() * (w.pageSize + frameHeader)
	w.told(t)
}

// pagesWritten is how many pages went to the log since it was asked last; 0 if that can not be told, as what is on disk is not
// failed for a figure.
func (w *writer) pagesWritten() int64 {
	pages, _, err := w.c.raw.(sqlite.DBStatus).Status(sqlite.DBStatusCacheWrite, true)
	if err != nil {
		return 0
	}
	return int64(pages)
}

// frameHeader is what stands before a page in the write-ahead log, octets (SQLite, Database File Format, 4.1).
const frameHeader = 24

func (w *writer) apply(c *call, careful bool) error {
	c.err = nil
	if c.task != nil {
		return c.task()
	}
	grown := w.grown
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
		w.grown = grown
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
