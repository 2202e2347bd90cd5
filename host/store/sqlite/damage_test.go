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

// Every column of every row is under a checksum, or has to agree with one that is: whichever is changed behind the store's
// back, Load says in which table; Find fails.
func TestChecksum(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	lease := claim(t, s)
	first := s.NextIDs(4)
	p := &store.Push{ID: first, Initiator: "pi", PushID: "1", Message: push.Message{Headers: []push.Header{{Name: "a"}}}}
	var d []*store.Delivery
	for i, lane := range []string{"owed", "pending", "notified"} {
		d = append(d, &store.Delivery{ID: first + 1 + int64(i), Push: first, Lane: lane, Result: store.Result{State: store.Pending}})
	}
	owed := &store.Notification{ID: s.NextIDs(1), Delivery: d[0].ID}
	notified := &store.Notification{ID: s.NextIDs(1), Delivery: d[2].ID}
	mustCommit(t, s, store.PushAccepted{Push: p, Deliveries: d})
	mustCommit(t, s, store.AttemptEnded{Delivery: d[0].ID, Attempt: store.Attempt{Number: 2}})
	mustCommit(t, s, store.DeliveryFinished{
		Delivery: d[0].ID, Result: store.Result{State: store.Delivered},
		Attempts: []store.Attempt{{Number: 1, Steps: []store.Step{{}}}}, Notification: owed,
	})
	mustCommit(t, s, store.DeliveryFinished{Delivery: d[2].ID, Result: store.Result{State: store.Aborted}, Notification: notified})
	mustCommit(t, s, store.NotificationEnded{Notification: notified.ID, At: time.Now(), Acked: true})
	c := second(t, s.path)

	const deliveries, attempts, notifications = 3, 2, 2
	for _, table := range []struct {
		name  string
		whole bool // the row's content is said elsewhere too, and nothing is left out
	}{{"pushes", false}, {"pending", true}, {"results", false}, {"attempts", false}, {"owed", false}, {"notified", false}} {
		columns, err := c.value("SELECT group_concat(name) FROM pragma_table_info('" + table.name + "')")
		if err != nil {
			t.Fatal(err)
		}
		key := "rowid"
		if table.name == "attempts" {
			key = "delivery"
		}
		for _, column := range strings.Split(columns.(string), ",") {
			whole := table.whole
			switch table.name + "." + column {
			// What the row is found by: changed, the row is another or none. That it is part of the checksum shows below.
			case "pushes.id", "pushes.push_id", "pushes.initiator", "pending.delivery", "results.delivery", "attempts.delivery",
				"owed.id", "notified.id":
				continue
			case "owed.delivery", "owed.push", "owed.accepted", "owed.partition":
				whole = true
			}
			t.Run(table.name+"."+column, func(t *testing.T) {
				mustExec(t, c, fmt.Sprintf("CREATE TABLE saved AS SELECT * FROM %s", table.name))
				defer mustExec(t, c, fmt.Sprintf("DELETE FROM %s; INSERT INTO %[1]s SELECT * FROM saved; DROP TABLE saved", table.name))
				changed := "coalesce(" + column + ", 0) + 1"
				if v, err := c.value("SELECT type FROM pragma_table_info('" + table.name + "') WHERE name = '" + column + "'"); err != nil {
					t.Fatal(err)
				} else if v == "TEXT" {
					changed = "coalesce(" + column + ", '') || '!'"
				} else if v == "BLOB" {
					changed = "x'00'"
				}
				mustExec(t, c, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = (SELECT min(%[4]s) FROM %[1]s)", table.name, column, changed, key))

				says := "table " + table.name + ", row "
				if rec, err := s.Find(t.Context(), "pi", "1"); err == nil {
					t.Errorf("Find: got %+v, want an error", rec)
				} else if !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), s.path) {
					t.Errorf("Find: %v", err)
				}
				bad := ""
				var recs []*store.Record
				err := s.Load(t.Context(), lease, func(r *store.Record) error {
					recs = append(recs, r)
					return nil
				}, func(err error) { bad += err.Error() + "\n" })
				if err != nil {
					t.Fatal(err)
				}
				if !strings.Contains(bad, says) {
					t.Errorf("Load: bad rows %q", bad)
				}
				if table.name == "pushes" {
					if len(recs) != 0 {
						t.Errorf("Load: %d pushes", len(recs))
					}
					return
				}
				if len(recs) != 1 {
					t.Fatalf("Load: %d pushes, want 1", len(recs))
				}
				r, left := recs[0], 0
				for _, d := range r.Deliveries {
					left += 1 + len(d.Attempts)
				}
				if left += len(r.Notifications); (left == deliveries+attempts+notifications) != whole {
					t.Errorf("Load: %d rows are left of %d", left, deliveries+attempts+notifications)
				}
			})
		}
	}
	if _, err := s.Find(t.Context(), "pi", "1"); err != nil {
		t.Errorf("as it was again: %v", err)
	}
	for _, c2 := range []struct{ name, sql, says string }{
		{"row of pending gone", fmt.Sprintf("DELETE FROM pending WHERE delivery = %d", d[1].ID), fmt.Sprintf("row %d: it is missing", d[1].ID)},
		{"row of owed gone", "DELETE FROM owed", fmt.Sprintf("row %d: it is missing", owed.ID)},
		{
			"keys exchanged",
			fmt.Sprintf("UPDATE results SET delivery = -1 WHERE delivery = %d; UPDATE results SET delivery = %[1]d WHERE delivery = %d; "+
				"UPDATE results SET delivery = %[2]d WHERE delivery = -1", d[0].ID, d[2].ID), "table results",
		},
		{"key changed", "UPDATE pushes SET id = id + 1000", "table pushes"},
	} {
		t.Run(c2.name, func(t *testing.T) {
			mustExec(t, c, c2.sql)
			if _, err := s.Find(t.Context(), "pi", "1"); err == nil || !strings.Contains(err.Error(), c2.says) {
				t.Errorf("Find: %v, want %q", err, c2.says)
			}
		})
	}
}

// A row of pending whose push is another one's: what it leads to is not loaded twice, and the row is reported.
func TestStrayRow(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	lease := claim(t, s)
	one, two := plainPush(s), plainPush(s)
	mustCommit(t, s, one, two)
	mustExec(t, second(t, s.path), fmt.Sprintf("UPDATE pending SET push = %d WHERE push = %d", two.Push.ID, one.Push.ID))
	var ids []int64
	var bad []error
	err := s.Load(t.Context(), lease, func(r *store.Record) error {
		ids = append(ids, r.Push.ID)
		return nil
	}, func(err error) { bad = append(bad, err) })
	if err != nil || len(ids) != 1 || ids[0] != two.Push.ID || len(bad) != 1 {
		t.Errorf("loaded %d, want %d once; %v; bad %v", ids, two.Push.ID, err, bad)
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
