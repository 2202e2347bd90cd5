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

// nextSchema is the next version as one might come: a new column that the statements of this program do not name, a table that is
// made anew from the old one, and more rows changed than a transaction keeps in memory.
const nextSchema = `
ALTER TABLE pushes ADD COLUMN tenant TEXT NOT NULL DEFAULT '';
UPDATE pushes SET tenant = 'of ' || initiator;
DROP VIEW notifications; -- it names the table that is replaced
CREATE TABLE notified2 (id INTEGER PRIMARY KEY, tries INTEGER NOT NULL, ended INTEGER NOT NULL, acked INTEGER NOT NULL,
  sum INTEGER NOT NULL, last_error TEXT NOT NULL, note TEXT) STRICT;
INSERT INTO notified2 SELECT *, NULL FROM notified;
DROP TABLE notified;
ALTER TABLE notified2 RENAME TO notified;
`

func nextVersions() []string { return append(migrations(), nextSchema) }

// newest is the version of migrations.
func newest() int64 { return int64(len(migrations())) }

func openVersions(path string, list []string, migrated func(int)) (*Store, error) {
	return openWith(path, Options{Path: path, Host: "test", Clock: clock.System()}, hooks{migrations: list, migrated: migrated})
}

// undoSchema2 makes a database of version 1 of one of version 2: the program's statements need the tables of the newest version, so
// that it can not write into an older one.
const undoSchema2 = `DROP VIEW users; DROP VIEW terminals; DROP VIEW addresses; DROP TABLE subscribers; DROP TABLE sessions; PRAGMA user_version = 1`

// madeOfVersion1 returns a database with a push in each state, closed.
func madeOfVersion1(t *testing.T) (path string, pushIDs []string) {
	t.Helper()
	path = t.TempDir() + "/ppgbox.db"
	s, err := openVersions(path, migrations(), nil)
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
	c, err := dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	mustExec(t, c, undoSchema2)
	if err := c.close(); err != nil {
		t.Fatal(err)
	}
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
	if err != nil || columns != 2*max(0, want-newest()) {
		t.Fatalf("%d columns of the next version in version %d, %v", columns, want, err)
	}
	if tables, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name IN ('subscribers', 'sessions')"); err != nil || (tables == 2) != (want >= 2) {
		t.Fatalf("%d tables of version 2 in version %d, %v", tables, want, err)
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
	steps := 1
	s, err := openVersions(path, nextVersions(), func(to int) {
		if steps++; to != steps {
			t.Errorf("migrated to version %d, want %d", to, steps)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	claim(t, s)
	allFound(t, s, pushIDs)
	mustCommit(t, s, plainPush(s), store.SubscriberPut{Subscriber: killedSubscriber()}, store.SessionPut{Session: killedSession()})
	mustClose(t, s)
	versionIs(t, path, newest()+1)
	c := second(t, path)
	if n, err := c.number("SELECT count(*) FROM pushes WHERE tenant = 'of pi'"); err != nil || n != int64(len(pushIDs)) {
		t.Errorf("%d rows were changed, %v", n, err)
	}
	s, err = openVersions(path, nextVersions(), func(int) { t.Error("migrated again") })
	if err != nil {
		t.Fatal(err)
	}
	allFound(t, s, pushIDs)
	if subscribers, sessions := directory(t, s); len(subscribers) != 1 || len(sessions) != 1 {
		t.Errorf("%d subscribers and %d sessions, want one each", len(subscribers), len(sessions))
	}
	mustClose(t, s)
	if steps != int(newest()+1) {
		t.Errorf("at version %d after all steps", steps)
	}

	// A new database passes every step.
	s, err = openVersions(t.TempDir()+"/new.db", nextVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	versionIs(t, s.path, newest()+1)
}

// A program leaves a database of a newer version as it is, to the octet.
func TestDowngradeRefused(t *testing.T) {
	path, _ := madeOfVersion1(t)
	s, err := openVersions(path, nextVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	mustClose(t, s)
	before := read(t, path)
	s, err = openVersions(path, migrations(), nil)
	if err == nil {
		mustClose(t, s)
		t.Fatal("opened")
	}
	if !strings.Contains(err.Error(), fmt.Sprintf("version %d and this program knows up to %d", newest()+1, newest())) || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
	if string(read(t, path)) != string(before) {
		t.Error("the file was changed")
	}
}

// A migration that can not be done leaves the version before it whole.
func TestMigrationFails(t *testing.T) {
	path, pushIDs := madeOfVersion1(t)
	_, err := openVersions(path, append(migrations(), nextSchema+"INSERT INTO pushes SELECT * FROM pushes;"), nil)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprint("schema version ", newest()+1)) {
		t.Fatal(err)
	}
	versionIs(t, path, newest())
	s, err := openVersions(path, migrations(), nil)
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
	versionIs(t, path, newest())
	s, err := openVersions(path, nextVersions(), nil)
	if err != nil {
		t.Fatal(err)
	}
	allFound(t, s, pushIDs)
	mustClose(t, s)
	versionIs(t, path, newest()+1)
}

// migrateAndDie is the child of TestMigrationKilled.
func migrateAndDie(path string) error {
	_, err := openVersions(path, append(migrations(), "PRAGMA cache_size = 10; PRAGMA cache_spill = 1;"+nextSchema), func(to int) {
		if int64(to) <= newest() {
			return
		}
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	})
	return fmt.Errorf("lives on: %w", err)
}
