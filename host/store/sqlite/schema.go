package sqlite

import (
	_ "embed"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks a database as ours: "PPGb", in the header's application id, which file(1) shows.
const applicationID = 0x50504762

//go:embed schema1.sql
var schema1 string

//go:embed schema2.sql
var schema2 string

// migrations returns the list of what makes a database of version n from one of version n-1. A released one never changes.
func migrations() []string { return []string{schema1, schema2} }

// checkOurs looks at a database before anything is written to it. It returns the schema's version, 0 for an empty file. newest
// is the version that this program writes.
func checkOurs(c *conn, newest int64) (version int64, err error) {
	app, err := c.number("PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	version, err = c.number("PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	tables, err := c.number("SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return 0, err
	}
	switch {
	case app == 0 && version == 0 && tables == 0:
		return 0, nil
	case app != applicationID:
		return 0, fmt.Errorf("this is a database of another program (application id %#x): name another file in [gateway] store", app)
	case version > newest:
		return 0, fmt.Errorf("its schema has version %d and this program knows up to %d: start the program that wrote it, or a newer one",
			version, newest)
	}
	return version, nil
}

// migrate brings the schema from version to the newest, one transaction for each step, so that a crash leaves the version
// before the step or the one after it, whole, and the next start goes on from there. It calls written before each COMMIT,
// unless that is nil.
func migrate(c *conn, version int64, list []string, written func(to int)) error {
	for n, sql := range list {
		to := n + 1
		if int64(to) <= version {
			continue
		}
		err := c.exec(fmt.Sprintf("BEGIN IMMEDIATE;\n%s\nPRAGMA application_id = %d; PRAGMA user_version = %d", sql, applicationID, to))
		if err == nil {
			if written != nil {
				written(to)
			}
			err = c.exec("COMMIT")
		}
		if err != nil {
			return errors.Join(fmt.Errorf("schema version %d: %w", to, err), c.exec("ROLLBACK"))
		}
	}
	return nil
}

// primary returns the primary result code of SQLite that err holds, 0 if none.
func primary(err error) int {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return 0
	}
	return e.Code() & 0xff
}

// explain adds to an error of SQLite what a reader of it can do.
func explain(err error) error {
	switch primary(err) {
	case sqlite3.SQLITE_NOTADB:
		return fmt.Errorf("%w: this is no database, or its beginning is damaged: name another file in [gateway] store, or restore it from a copy", err)
	case sqlite3.SQLITE_CORRUPT:
		return fmt.Errorf("%w: the file is damaged: copy it and its -wal away, then restore a backup or what "+
			"`sqlite3 FILE .recover | sqlite3 NEW` saves; a gateway with a new file forgets what it had accepted", err)
	case sqlite3.SQLITE_FULL:
		return fmt.Errorf("%w: the disk is full", err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY:
		return fmt.Errorf("%w: the disk failed or can only be read: the kernel's log may say why; it is tried again", err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return fmt.Errorf("%w: another program holds a lock on it", err)
	}
	return err
}

// perCall tells an error that one call is to blame for from one that any transaction would meet.
func perCall(err error) bool {
	switch primary(err) {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return false
}
