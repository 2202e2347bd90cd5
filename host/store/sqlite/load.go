package sqlite

import (
	"context"
	"database/sql/driver"

	"github.com/ppgbox/ppgbox/host/store"
)

// What Load reads in one transaction and holds in memory: so many pushes, or the first that go beyond so many octets.
const (
	pageRecords = 256
	pageBytes   = 4 << 20
)

// Load implements store.Store. It reads in pages and calls f and bad between them, with no connection held, so that a slow f
// keeps nobody waiting and f may use the store. A push that is accepted while Load runs is left out; one that is finished
// meanwhile may be.
func (s *Store) Load(ctx context.Context, l store.Lease, f func(*store.Record) error, bad func(error)) error {
	var leased [store.Partitions]bool
	for _, p := range l.Partitions {
		if p >= 0 && p < store.Partitions {
			leased[p] = true
		}
	}
	after, last := int64(0), s.ids.last.Load()
	stray := map[int64]bool{}
	for {
		var records []*store.Record
		var damage []error
		more := false
		err := s.read(ctx, func(r *reader) error {
			page, err := r.page(ctx, after, last, &leased)
			if err != nil {
				return err
			}
			more = len(page) > 0
			size := 0
			for _, at := range page {
				rec, accepted, err := r.record(ctx, at.push, func(err error) error {
					damage = append(damage, err)
					return nil
				})
				if err != nil {
					return err
				}
				after = at.accepted
				if rec == nil {
					continue
				}
				if accepted != at.accepted {
					// A damaged row led here. No push is loaded twice: it comes in its own place if another row leads there.
					own, err := r.page(ctx, accepted-1, accepted, &leased)
					if err != nil {
						return err
					}
					if len(own) > 0 || stray[at.push] {
						continue
					}
					stray[at.push] = true
				}
				records = append(records, rec)
				if size += len(rec.Push.Message.Body) + len(rec.Push.Capabilities); size > pageBytes {
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, d := range damage {
			bad(d)
		}
		for _, rec := range records {
			if err := f(rec); err != nil {
				return err
			}
		}
		if !more {
			return nil
		}
	}
}

// place is where an unfinished push stands in the order of acceptance.
type place struct{ accepted, push int64 }

// page returns the next unfinished pushes. Both indices that it walks are in the order of acceptance, so that SQLite merges
// them and sorts nothing.
func (r *reader) page(ctx context.Context, after, last int64, leased *[store.Partitions]bool) (page []place, err error) {
	err = r.unfinished.query(ctx, func(row []driver.Value) error {
		c := cursor{values: row}
		at, partition := place{c.int(), c.int()}, c.int()
		switch n := len(page); {
		case c.err != nil:
			return c.err
		case partition < 0 || partition >= store.Partitions || !leased[partition]:
		case n > 0 && page[n-1].accepted == at.accepted: // another delivery of the same push
		case n == pageRecords:
			return errStop
		default:
			page = append(page, at)
		}
		return nil
	}, after, last)
	return page, err
}
