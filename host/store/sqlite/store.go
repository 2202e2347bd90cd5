package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// Options say which database to open, and for whom.
type Options struct {
	// Path of the database. It is created, with the folders above it, if it is not there; beside it there are PATH-wal,
	// PATH-shm and PATH.lock.
	Path string
	// Host is the name that leases are taken in.
	Host string
	// Clock tells when a lease has run out.
	Clock clock.Clock
}

// Store implements store.Store.
type Store struct {
	path    string
	host    string
	clock   clock.Clock
	lock    *os.File
	queue   *queue
	ids     ids
	writer  *writer
	stopped chan struct{} // closed when the writer has written everything
	readers chan *reader
	pruner  pruner
	closed  chan struct{}

	closing  sync.Once
	closeErr error
}

var (
	_ store.Store  = (*Store)(nil)
	_ store.Teller = (*Store)(nil)
)

// Open opens the database, or creates it. It fails if another host has it open, if it was made by another program or a newer
// version of this one, or if it is damaged where that shows at once; the error says what can be done. Nothing is written to a
// file that is refused.
func Open(o Options) (*Store, error) {
	path, err := filepath.Abs(o.Path)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // so that the lock is the same by whatever name
	}
	return openWith(path, o, hooks{migrations: migrations()})
}

// hooks are what tests put in the place of their own.
type hooks struct {
	migrations []string
	migrated   func(to int) // see migrate
	stop       func(point)  // see writer
	linger     time.Duration
	renewed    func() // see writer
}

func openWith(path string, o Options, h hooks) (*Store, error) {
	if h.linger == 0 {
		h.linger = linger
	}
	s := &Store{
		path: path, host: o.Host, clock: o.Clock, queue: newQueue(h.linger),
		stopped: make(chan struct{}), closed: make(chan struct{}),
	}
	if err := s.open(h); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", path, explain(err)), s.release())
	}
	go func() {
		defer close(s.stopped)
		s.writer.run()
	}()
	return s, nil
}

func (s *Store) open(h hooks) (err error) {
	if err := createFolder(filepath.Dir(s.path)); err != nil {
		return err
	}
	if s.lock, err = lockFile(s.path+".lock", s.host); err != nil {
		return err
	}
	if err := createFile(s.path); err != nil {
		return err
	}
	c, err := dial(context.Background(), s.path, writerTimeout)
	if err != nil {
		return err
	}
	s.writer = &writer{c: c, path: s.path, queue: s.queue, ids: &s.ids, ctx: context.Background(), stop: h.stop, renewed: h.renewed}
	version, err := checkOurs(c, int64(len(h.migrations)))
	if err != nil {
		return err
	}
	if mode, err := c.value("PRAGMA journal_mode = WAL"); err != nil || mode != "wal" {
		return errors.Join(fmt.Errorf("write-ahead log refused (journal mode %v): is it on a network file system?", mode), err)
	}
	for _, p := range writerPragmas() {
		if err := c.exec("PRAGMA " + p); err != nil {
			return fmt.Errorf("PRAGMA %s: %w", p, err)
		}
	}
	if err := migrate(c, version, h.migrations, h.migrated); err != nil {
		return err
	}
	s.writer.schema = int64(len(h.migrations))
	if err := s.writer.prepare(c); err != nil {
		return err
	}
	if s.writer.pageSize, err = c.number("PRAGMA page_size"); err != nil {
		return err
	}
	// Whoever holds a lease in this file is dead: we have the lock.
	if err := c.exec("UPDATE partitions SET owner = '', expires = NULL WHERE owner <> ''"); err != nil {
		return err
	}
	if err := s.startIDs(); err != nil {
		return err
	}
	return s.openReaders()
}

// startIDs begins after the last number that was reserved, and after every number in use should that row be damaged.
func (s *Store) startIDs() error {
	last, err := s.writer.c.number(`SELECT max(
		coalesce((SELECT value FROM sequence WHERE name = 'id'), 0), coalesce((SELECT max(id) FROM pushes), 0),
		coalesce((SELECT max(delivery) FROM pending), 0), coalesce((SELECT max(delivery) FROM results), 0),
		coalesce((SELECT max(id) FROM owed), 0), coalesce((SELECT max(id) FROM notified), 0),
		coalesce((SELECT max(id) FROM subscribers), 0), coalesce((SELECT max(generation) FROM sessions), 0))`)
	if err != nil {
		return err
	}
	if err := s.writer.c.exec(fmt.Sprintf("INSERT OR REPLACE INTO sequence VALUES ('id', %d)", last+idBlock)); err != nil {
		return err
	}
	s.ids.init(last+idBlock, s.queue.wake)
	s.ids.last.Store(last)
	return nil
}

// NextIDs implements store.Store. It needs the disk once in 10,000 numbers, and that is done ahead. On a store that is closed
// or broken the numbers are unique among what gets committed.
func (s *Store) NextIDs(n int) int64 { return s.ids.next(int64(n)) }

// Commit implements store.Store. The events are encoded here and written by the writer. Values that no transaction could
// take, such as a delivery without an ID, are refused with an error that names them.
func (s *Store) Commit(events []store.Event, done func(error)) {
	c := &call{changes: make([]change, len(events)), done: done, size: 100, patient: len(events) > 0}
	for i, e := range events {
		c.patient = c.patient && patient(e)
		change, size, err := newChange(e)
		if err != nil {
			done(fmt.Errorf("store: %w", err))
			return
		}
		c.changes[i] = change
		c.size += size
	}
	if !s.queue.put(c) {
		done(store.ErrClosed)
	}
}

// Tell implements store.Teller.
func (s *Store) Tell(f func(store.Transaction)) {
	_ = s.do(context.Background(), func() error { return nil }, func() {
		s.writer.told = f
		s.writer.pagesWritten() // those of before
	})
}

// Close implements store.Store. Closing again returns the same.
func (s *Store) Close() error {
	s.closing.Do(func() {
		err := s.do(context.Background(), func() error {
			if s.writer.fence == 0 {
				return nil
			}
			_, err := s.writer.freePartitions.exec(s.writer.fence)
			return err
		}, nil)
		s.queue.close()
		<-s.stopped
		s.ids.close()
		s.closeErr = errors.Join(err, s.release())
	})
	return s.closeErr
}

// release closes what is open. The connections of readers are waited for.
func (s *Store) release() error {
	var errs []error
	close(s.closed)
	for range cap(s.readers) {
		if r := <-s.readers; r != nil {
			errs = append(errs, r.c.close())
		}
	}
	if s.writer != nil {
		errs = append(errs, s.writer.c.close())
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close store %s: %w", s.path, err)
	}
	return nil
}
