package sqlite

import (
	"cmp"
	"context"
	"database/sql/driver"
	"slices"

	"github.com/ppgbox/ppgbox/host/store"
)

// What Load reads in one transaction and holds in memory: so many pushes, or the first that go beyond so many octets.
const (
	pageRecords = 256
	pageBytes   = 4 << 20
)

// Load implements store.Store. It takes a list of what is unfinished first, 32 octets for each, and then reads in pages and
// calls f and bad between them, with no connection held, so that a slow f keeps nobody waiting and f may use the store. A push
// that is accepted while Load runs is left out; one that is finished meanwhile may be.
func (s *Store) Load(ctx context.Context, l store.Lease, f func(*store.Record) error, bad func(error)) error {
	var places []place
	var damage []error
	collect := func(err error) error {
		damage = append(damage, err)
		return nil
	}
	err := s.read(ctx, func(r *reader) (err error) {
		places, err = r.places(ctx, l, collect)
		return err
	})
	if err != nil {
		return err
	}
	for {
		var records []*store.Record
		err := s.read(ctx, func(r *reader) error {
			size, n := 0, 0
			for n < len(places) && n < pageRecords && size < pageBytes {
				at := places[n]
				rec, err := r.load(ctx, at, collect)
				if err != nil {
					return err
				}
				if rec != nil {
					records = append(records, rec)
					size += len(rec.Push.Message.Body) + len(rec.Push.Capabilities)
				}
				n++
			}
			places = places[n:]
			return nil
		})
		if err != nil {
			return err
		}
		for _, d := range damage {
			bad(d)
		}
		damage = nil
		for _, rec := range records {
			if err := f(rec); err != nil {
				return err
			}
		}
		if len(places) == 0 {
			return nil
		}
	}
}

// places returns the unfinished pushes of leased partitions in the order of acceptance, each with one of its deliveries.
func (r *reader) places(ctx context.Context, l store.Lease, bad func(error) error) (list []place, err error) {
	var leased [store.Partitions]bool
	for _, p := range l.Partitions {
		if p >= 0 && p < store.Partitions {
			leased[p] = true
		}
	}
	err = r.unfinished.query(ctx, func(row []driver.Value) error {
		var at place
		if err := at.parse(row); err != nil {
			return bad(rowError("pending", row[0], err))
		}
		if at.partition < 0 || at.partition >= store.Partitions || leased[at.partition] { // or damaged, which shows later
			list = append(list, at)
		}
		return nil
	})
	slices.SortFunc(list, func(a, b place) int { return cmp.Or(cmp.Compare(a.push, b.push), cmp.Compare(a.accepted, b.accepted)) })
	list = slices.CompactFunc(list, func(a, b place) bool { return a.push == b.push })
	slices.SortFunc(list, func(a, b place) int { return cmp.Compare(a.accepted, b.accepted) })
	return list, err
}

// load reads the record of a place. It returns nil without a report if the push was finished and removed meanwhile.
func (r *reader) load(ctx context.Context, at place, bad func(error) error) (*store.Record, error) {
	reported := false
	rec, err := r.record(ctx, at.push, func(err error) error {
		reported = true
		return bad(err)
	})
	if err != nil || reported {
		return rec, err
	}
	if rec != nil && at.delivery > rec.Push.ID && at.delivery <= rec.Push.ID+int64(len(rec.Deliveries)) {
		return rec, nil
	}
	still := false
	err = r.stillUnfinished.query(ctx, func([]driver.Value) error {
		still = true
		return nil
	}, at.delivery)
	if err == nil && still {
		err = bad(rowError("pending", at.delivery, errPlace))
	}
	return rec, err // which may be unfinished itself
}
