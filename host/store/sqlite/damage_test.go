package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// second opens another connection to a database, as another program would.
func second(t *testing.T, path string) *conn {
	t.Helper()
	c, err := dial(t.Context(), path, "busy_timeout = 5000")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func mustExec(t *testing.T, c *conn, sql string) {
	t.Helper()
	if err := c.exec(sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func mustCommit(t *testing.T, s *Store, events ...store.Event) {
	t.Helper()
	if err := commit(s, events...); err != nil {
		t.Fatal(err)
	}
}

func mustClose(t *testing.T, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func claim(t *testing.T, s *Store) store.Lease {
	t.Helper()
	l, err := s.Claim(t.Context(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Every column of every row is under a checksum: whichever is changed behind the store's back, Load says in which table, and
// leaves the row out; Find fails.
func TestChecksum(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	lease := claim(t, s)
	p := &store.Push{ID: s.NextIDs(1), Initiator: "pi", PushID: "1", Message: push.Message{Headers: []push.Header{{Name: "a"}}}}
	one := &store.Delivery{ID: s.NextIDs(1), Push: p.ID, Lane: "one", Result: store.Result{State: store.Pending}}
	two := &store.Delivery{ID: s.NextIDs(1), Push: p.ID, Lane: "two", Result: store.Result{State: store.Pending}}
	mustCommit(t, s, store.PushAccepted{Push: p, Deliveries: []*store.Delivery{one, two}})
	mustCommit(t, s, store.DeliveryFinished{
		Delivery: one.ID, Result: store.Result{State: store.Delivered},
		Attempts:     []store.Attempt{{Number: 1, Steps: []store.Step{{}}}, {Number: 2}},
		Notification: &store.Notification{ID: s.NextIDs(1), Delivery: one.ID},
	})
	c := second(t, s.path)

	for _, table := range []string{"pushes", "deliveries", "legs", "attempts", "notifications"} {
		columns, err := c.value("SELECT group_concat(name) FROM pragma_table_info('" + table + "')")
		if err != nil {
			t.Fatal(err)
		}
		key := "rowid"
		if table == "legs" || table == "attempts" {
			key = "delivery"
		}
		for _, column := range strings.Split(columns.(string), ",") {
			switch table + "." + column {
			// What the row is found by: changed, the row is another or none. That it is part of the checksum shows below.
			case "pushes.id", "pushes.push_id", "pushes.initiator", "deliveries.id", "deliveries.push", "legs.delivery",
				"attempts.delivery", "notifications.id":
				continue
			}
			t.Run(table+"."+column, func(t *testing.T) {
				mustExec(t, c, fmt.Sprintf("CREATE TABLE saved AS SELECT * FROM %s", table))
				defer mustExec(t, c, fmt.Sprintf("DELETE FROM %s; INSERT INTO %[1]s SELECT * FROM saved; DROP TABLE saved", table))
				changed := "coalesce(" + column + ", 0) + 1"
				if column == "number" {
					changed = "number + 10" // and not that of attempt 2
				}
				if v, err := c.value("SELECT type FROM pragma_table_info('" + table + "') WHERE name = '" + column + "'"); err != nil {
					t.Fatal(err)
				} else if v == "TEXT" {
					changed = "coalesce(" + column + ", '') || '!'"
				} else if v == "BLOB" {
					changed = "x'00'"
				}
				mustExec(t, c, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = (SELECT min(%[4]s) FROM %[1]s)", table, column, changed, key))

				if rec, err := s.Find(t.Context(), "pi", "1"); err == nil {
					t.Errorf("Find: got %+v, want an error", rec)
				} else if !strings.Contains(err.Error(), "table "+table+", row ") || !strings.Contains(err.Error(), s.path) {
					t.Errorf("Find: %v", err)
				}
				var bad []string
				var recs []*store.Record
				err := s.Load(t.Context(), lease, func(r *store.Record) error {
					recs = append(recs, r)
					return nil
				}, func(err error) { bad = append(bad, err.Error()) })
				if err != nil {
					t.Fatal(err)
				}
				if len(bad) == 0 || !strings.Contains(bad[0], "table "+table+", row ") {
					t.Errorf("Load: bad rows %q", bad)
				}
				if want := map[bool]int{true: 0, false: 1}[table == "pushes"]; len(recs) != want {
					t.Errorf("Load: %d pushes, want %d", len(recs), want)
				}
				if len(recs) == 1 {
					r, left := recs[0], 0
					for _, d := range r.Deliveries {
						left += 1 + len(d.Attempts)
					}
					if left += len(r.Notifications); left >= 2+2+1 {
						t.Errorf("Load: no row was left out")
					}
				}
			})
		}
	}
	if _, err := s.Find(t.Context(), "pi", "1"); err != nil {
		t.Errorf("as it was again: %v", err)
	}
	// Rows whose keys were exchanged.
	mustExec(t, c, fmt.Sprintf("UPDATE deliveries SET id = -1 WHERE id = %d; UPDATE deliveries SET id = %[1]d WHERE id = %d; "+
		"UPDATE deliveries SET id = %[2]d WHERE id = -1", one.ID, two.ID))
	if _, err := s.Find(t.Context(), "pi", "1"); err == nil || !strings.Contains(err.Error(), "table deliveries") {
		t.Errorf("keys exchanged: %v", err)
	}
	mustExec(t, c, "UPDATE pushes SET id = id + 1000; UPDATE deliveries SET push = push + 1000")
	if _, err := s.Find(t.Context(), "pi", "1"); err == nil || !strings.Contains(err.Error(), "table pushes") {
		t.Errorf("key changed: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	// made returns a good database, closed.
	made := func(t *testing.T) string {
		s := openIn(t, t.TempDir())
		claim(t, s)
		for range 200 {
			mustCommit(t, s, plainPush(s))
		}
		mustClose(t, s)
		return s.path
	}
	for _, c := range []struct {
		name string
		make func(t *testing.T) string
		says string
	}{
		{"text file", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "notes.txt")
			write(t, path, []byte(strings.Repeat("Buy milk.\n", 500)))
			return path
		}, "name another file"},
		{"database of another program", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "other.db")
			write(t, path, nil)
			other := second(t, path)
			mustExec(t, other, "PRAGMA application_id = 77; CREATE TABLE mine (a)")
			return path
		}, "another program"},
		{"database without application id", func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "other.db")
			write(t, path, nil)
			mustExec(t, second(t, path), "CREATE TABLE mine (a)")
			return path
		}, "another program"},
		{"newer schema", func(t *testing.T) string {
			path := made(t)
			mustExec(t, second(t, path), "PRAGMA user_version = 99")
			return path
		}, "version 99"},
		{"cut off", func(t *testing.T) string {
			path := made(t)
			if err := os.Truncate(path, 8192); err != nil {
				t.Fatal(err)
			}
			return path
		}, "restore a backup"},
		{"damaged beginning", func(t *testing.T) string {
			path := made(t)
			data := read(t, path)
			copy(data, make([]byte, 64))
			write(t, path, data)
			return path
		}, "damaged"},
		{"damaged schema", func(t *testing.T) string {
			path := made(t)
			data := read(t, path)
			copy(data[100:4096], strings.Repeat("\xff", 3996))
			write(t, path, data)
			return path
		}, "restore a backup"},
		{"folder", func(t *testing.T) string { return t.TempDir() }, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := c.make(t)
			before, _ := os.ReadFile(path)
			s, err := Open(Options{Path: path, Host: "test", Clock: clock.System()})
			if err == nil {
				mustClose(t, s)
				t.Fatal("opened")
			}
			t.Log(err)
			if !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %q, want the path and %q", err, c.says)
			}
			if after, _ := os.ReadFile(path); string(after) != string(before) {
				t.Error("the file was changed")
			}
			// Its lock is free again.
			lock, err := lockFile(path+".lock", "test")
			if err != nil {
				t.Fatal(err)
			}
			_ = lock.Close()
		})
	}
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
