package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// spoils tells that a connection is not used again after an error. One that has read from a disk that failed keeps the error, or
// worse, the pages that it took for read, although the disk is well again. A write that failed is taken back and does no harm.
func spoils(err error) bool {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code() {
	case sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_FSYNC, sqlite3.SQLITE_IOERR_TRUNCATE:
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_INTERRUPT:
		return false
	}
	return true
}

// renew puts a new connection in the place of a spoilt one.
func (w *writer) renew() error {
	if !w.spoilt {
		return nil
	}
	c, err := dial(context.Background(), w.path, append([]string{writerTimeout}, writerPragmas()...)...)
	if err != nil {
		return fmt.Errorf("open it again: %w", err)
	}
	var list statements
	version, err := checkOurs(c, w.schema)
	if err == nil && version != w.schema {
		err = fmt.Errorf("its schema has version %d and had %d", version, w.schema)
	}
	if err == nil {
		err = list.prepare(c)
	}
	if err != nil {
		_ = c.close()
		return fmt.Errorf("open it again: %w", err)
	}
	_ = w.c.close() // after the new one was opened, so that the log is not that of a database that nobody uses
	w.c, w.statements, w.version, w.spoilt = c, list, nil, false
	if w.renewed != nil {
		w.renewed()
	}
	return nil
}
