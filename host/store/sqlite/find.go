package sqlite

import (
	"context"
	"fmt"

	"github.com/ppgbox/ppgbox/host/store"
)

// strict ends a search at the first row that can not be used: an answer with a hole would be taken for the whole truth.
func strict(err error) error { return err }

// Find implements store.Store.
func (s *Store) Find(ctx context.Context, initiator, pushID string) (rec *store.Record, err error) {
	err = s.read(ctx, func(r *reader) error {
		list, err := numbers(ctx, r.findOne, pushID, initiator)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return fmt.Errorf("push %q of %q: %w", pushID, initiator, store.ErrNotFound)
		}
		rec, err = r.record(ctx, list[0], strict)
		return err
	})
	return rec, err
}

// FindAny implements store.Store, in the order of acceptance.
func (s *Store) FindAny(ctx context.Context, pushID string) (list []*store.Record, err error) {
	err = s.read(ctx, func(r *reader) error {
		found, err := numbers(ctx, r.findAny, pushID)
		if err != nil {
			return err
		}
		for _, id := range found {
			rec, err := r.record(ctx, id, strict)
			if err != nil {
				return err
			}
			list = append(list, rec)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return list, nil
}
