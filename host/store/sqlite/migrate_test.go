package sqlite

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// schema2 is a second version as one might come: a new column that the statements of this program do not name, a table that is
// made anew from the old one, and more rows changed than a transaction keeps in memory.
const schema2 = `
ALTER TABLE pushes ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
UPDATE pushes SET tenant = 'of ' || initiator;
DROP VIEW notifications; -- it names the table that is replaced
CREATE TABLE notified2 (id INTEGER PRIMARY KEY, tries INTEGER NOT NULL, ended INTEGER NOT NULL, acked INTEGER NOT NULL,
  sum INTEGER NOT NULL, last_error TEXT NOT NULL, note TEXT) STRICT;
INSERT INTO notified2 SELECT *, NULL FROM notified;
DROP TABLE notified;
ALTER TABLE notified2 RENAME TO notified;
`

func twoVersions() []string { return append(migrations(), schema2) }

func openVersions(path string, list []string, migrated func(int)) (*Store, error) {
	return openWith(path, Options{Path: path, Host: "test", Clock: clock.System()}, hooks{migrations: list, migrated: migrated})
}

// madeOfVersion1 returns a database with a push in each state, closed.
func madeOfVersion1(t *testing.T) (path string, pushIDs []string) {
	t.Helper()
	path = t.TempDir() + "/ppgbox.db"
	s, err := openVersions(path, migrations()[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	claim(t, s)
	for i := range 40 {
		e := plainPush(s)
		e.Push.Message.Body = make([]byte, 20000)
		mustCommit(t, s, e)
		pushIDs = append(pushIDs, e.Push.PushID)
		if i%4 == 0 {
			continue
		}
		n := &store.Notification{ID: s.NextIDs(1), Delivery: e.Deliveries[0].ID}
		mustCommit(t, s, store.DeliveryFinished{Delivery: n.Delivery, Result: store.Result{State: store.Delivered}, Notification: n})
		if i%4 > 1 {
			mustCommit(t, s, store.NotificationEnded{Notification: n.ID, At: clock.System().Wall(), Acked: true})
		}
	}
	mustClose(t, s)
	return path, pushIDs
}

// versionIs looks at a database from outside.
func versionIs(t *testing.T, path string, want int64) {
	t.Helper()
	c, err := dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.close() }()
	got, err := c.number("PRAGMA user_version")
	if err != nil || got != want {
		t.Fatalf("version %d, %v; want %d", got, err, want)
	}
	columns, err := c.number("SELECT (SELECT count(*) FROM pragma_table_info('pushes') WHERE name = 'tenant') + " +
		"(SELECT count(*) FROM pragma_table_info('notified') WHERE name = 'note')")
	if err != nil || columns != 2*(want-1) {
		t.Fatalf("%d columns of version 2 in version %d, %v", columns, want, err)
	}
	if v, err := c.value("PRAGMA integrity_check"); err != nil || v != "ok" {
		t.Fatalf("integrity check: %v, %v", v, err)
	}
}

func allFound(t *testing.T, s *Store, pushIDs []string) {
	t.Helper()
	for _, id := range pushIDs {
		if _, err := s.Find(t.Context(), "pi", id); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMigrate(t *testing.T) {
	path, pushIDs := madeOfVersion1(t)
	versionIs(t, path, 1)
	steps := 0
	s, err := openVersions(path, twoVersions(), func(to int) {
		if steps++; to != 2 {
			t.Errorf("migrated to version %d", to)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	claim(t, s)
	allFound(t, s, pushIDs)
	mustCommit(t, s, plainPush(s))
	mustClose(t, s)
	versionIs(t, path, 2)
	c := second(t, path)
	if n, err := c.number("SELECT count(*) FROM pushes WHERE tenant = 'of pi'"); err != nil || n != int64(len(pushIDs)) {
		t.Errorf("%d rows were changed, %v", n, err)
	}
	s, err = openVersions(path, twoVersions(), func(int) { t.Error("migrated again") })
	if err != nil {
		t.Fatal(err)
	}
	allFound(t, s, pushIDs)
	mustClose(t, s)
	if steps != 1 {
		t.Errorf("%d steps", steps)
	}

	// A new database passes every step.
	s, err = openVersions(t.TempDir()+"/new.db", twoVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	versionIs(t, s.path, 2)
}

// A program of version 1 leaves a database of version 2 as it is, to the octet.
func TestDowngradeRefused(t *testing.T) {
	path, _ := madeOfVersion1(t)
	s, err := openVersions(path, twoVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	before := read(t, path)
	s, err = openVersions(path, migrations()[:1], nil)
	if err == nil {
		mustClose(t, s)
		t.Fatal("opened")
	}
	if !strings.Contains(err.Error(), "version 2 and this program knows up to 1") || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if string(read(t, path)) != string(before) {
		t.Error("the file was changed")
	}
}

// A migration that can not be done leaves version 1 whole.
func TestMigrationFails(t *testing.T) {
	path, pushIDs := madeOfVersion1(t)
	_, err := openVersions(path, append(migrations(), schema2+"INSERT INTO pushes SELECT * FROM pushes;"), nil)
	if err == nil || !strings.Contains(err.Error(), "schema version 2") {
		t.Fatal(err)
	}
	versionIs(t, path, 1)
	s, err := openVersions(path, migrations()[:1], nil)
	if err != nil {
		t.Fatal(err)
	}
	allFound(t, s, pushIDs)
	mustClose(t, s)
}

// The process is killed when all of the migration is written but its COMMIT, and parts of it are in the log already.
func TestMigrationKilled(t *testing.T) {
	path, pushIDs := madeOfVersion1(t)
	cmd, out := startChild(t, "migrate", path)
	for out.Scan() {
		t.Log(out.Text())
	}
	err := cmd.Wait()
	if exit, ok := err.(*exec.ExitError); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the child ended with %v", err)
	}
	if info, err := os.Stat(path + "-wal"); err != nil || info.Size() == 0 {
		t.Fatalf("nothing of it was in the log: %v, %v", info, err)
	}
	versionIs(t, path, 1)
	s, err := openVersions(path, twoVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	allFound(t, s, pushIDs)
	mustClose(t, s)
	versionIs(t, path, 2)
}

// migrateAndDie is the child of TestMigrationKilled.
func migrateAndDie(path string) error {
	_, err := openVersions(path, []string{schema1, "PRAGMA cache_size = 10; PRAGMA cache_spill = 1;" + schema2}, func(int) {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	})
	return fmt.Errorf("lives on: %w", err)
}
