package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Backup writes a copy of the database to path, which must not exist: everything that was committed before the call, nothing
// by halves, and as small as it can be. The copy is a database like any other: to restore it, stop the gateway and put it in
// the place of the file, without the -wal and -shm that were beside that. It is synced when Backup returns; until then it
// is in PATH.part, with mode 0600, and goes if Backup fails (one that a crash left behind has to be removed first). Commits go on meanwhile. The log can not be cut until the copy is
// complete, so that on a busy gateway it grows by what is written in that time.
func (s *Store) Backup(ctx context.Context, path string) error {
	if err := s.backup(ctx, path); err != nil {
		return fmt.Errorf("back up store %s to %s: %w", s.path, path, explain(err))
	}
	return nil
}

func (s *Store) backup(ctx context.Context, path string) (err error) {
	// A reader's turn is taken, so that Close waits for the copy.
	r, err := s.borrow(ctx)
	if err != nil {
		return err
	}
	defer func() { s.readers <- r }()
	if _, err := os.Lstat(path); err == nil {
		return os.ErrExist
	}
	part := path + ".part"
	f, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err != nil {
			_ = os.Remove(part)
		}
	}()
	if err := s.vacuumInto(ctx, part); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := os.Rename(part, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// vacuumInto copies into an empty file, over a connection of its own.
func (s *Store) vacuumInto(ctx context.Context, path string) (err error) {
	c, err := dial(ctx, s.path, "busy_timeout = 5000", "trusted_schema = OFF", "cell_size_check = ON")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.close()) }()
	st, err := c.prepare("VACUUM INTO ?")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, st.st.Close()) }()
	_, err = st.st.(driver.StmtExecContext).ExecContext(ctx, c.bind([]driver.Value{path}))
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
