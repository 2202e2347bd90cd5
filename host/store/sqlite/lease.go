package sqlite

import (
	"context"
	"database/sql/driver"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// readFences makes w.fences what the table says in the transaction that has begun. SQLite tells, by the data version, whether
// any other connection has changed the file since they were read; as a rule none has.
func (w *writer) readFences() error {
	var version driver.Value
	err := w.dataVersion.query(w.ctx, func(row []driver.Value) error {
		version = row[0]
		return nil
	})
	if err != nil || version == w.version {
		return err
	}
	w.version = nil
	err = w.readPartitions.query(w.ctx, func(row []driver.Value) error {
		c := cursor{values: row}
		number, _, fence := c.int(), c.text(), c.int()
		if c.err == nil && number >= 0 && number < store.Partitions {
			w.fences[number] = fence
		}
		return c.err
	})
	if err == nil {
		w.version = version
		w.count()
	}
	return err
}

// count sets w.all after fence or fences have changed.
func (w *writer) count() {
	w.all = w.fence != 0
	for _, f := range w.fences {
		w.all = w.all && f == w.fence
	}
}

// ours tells whether a partition is still leased by this host. A lease that ran out is ours until another host has taken it.
func (w *writer) ours(partition int64) bool {
	return w.fence != 0 && partition >= 0 && partition < store.Partitions && w.fences[partition] == w.fence
}

// claim is the task of Claim.
func (w *writer) claim(host string, now, until time.Time) (store.Lease, error) {
	lease := store.Lease{Host: host, Until: until, Fence: w.fence}
	var highest int64
	fresh := false
	err := w.readPartitions.query(w.ctx, func(row []driver.Value) error {
		c := cursor{values: row}
		number, owner, fence, expires := c.int(), c.text(), c.int(), c.time()
		if c.err != nil {
			return c.err
		}
		highest = max(highest, fence)
		mine := w.fence != 0 && fence == w.fence
		if mine || owner == "" || !expires.IsZero() && !expires.After(now) {
			lease.Partitions = append(lease.Partitions, int(number))
			fresh = fresh || !mine
		}
		return nil
	})
	if err != nil {
		return store.Lease{}, err
	}
	mine := any(w.fence)
	if w.fence == 0 {
		mine = nil
	}
	if fresh || w.fence == 0 {
		lease.Fence = highest + 1
	}
	_, err = w.takePartitions.exec(host, lease.Fence, nanos(until), mine, nanos(now))
	return lease, err
}

// Claim implements store.Store. Of a lease that was taken over in part, or ran out and was had by another host, the fence
// changes as a whole.
func (s *Store) Claim(ctx context.Context, ttl time.Duration) (store.Lease, error) {
	var lease store.Lease
	err := s.do(ctx, func() (err error) {
		now := s.clock.Wall()
		lease, err = s.writer.claim(s.host, now, now.Add(ttl))
		return err
	}, func() {
		s.writer.fence = lease.Fence
		for _, p := range lease.Partitions {
			s.writer.fences[p] = lease.Fence
		}
		s.writer.count()
	})
	if err != nil {
		return store.Lease{}, err
	}
	return lease, nil
}

// do runs a task in a transaction of the writer, and after when that is on disk, in the writer's goroutine too. If ctx ends
// first the task may still run.
func (s *Store) do(ctx context.Context, task func() error, after func()) error {
	answer := make(chan error, 1)
	c := &call{task: task, done: func(err error) {
		if err == nil && after != nil {
			after()
		}
		answer <- err
	}}
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.queue.put(c) {
		return store.ErrClosed
	}
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
