package sqlite

import (
	"fmt"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/store"
)

// Every column of subscribers and sessions is under a checksum: whichever is changed behind the store's back, the row is reported
// and left out, and the others are not.
func TestDirectoryChecksum(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	good, alike := killedSession(), killedSubscriber()
	good.GGSN, good.Generation, alike.ID = "zz", 9999, killedNew+9999
	mustCommit(t, s, store.SubscriberPut{Subscriber: killedSubscriber()}, store.SubscriberPut{Subscriber: alike},
		store.SessionPut{Session: killedSession()}, store.SessionPut{Session: good})
	c := second(t, s.path)
	for _, table := range []string{"subscribers", "sessions"} {
		columns, err := c.value("SELECT group_concat(name || ' ' || type) FROM pragma_table_info('" + table + "')")
		if err != nil {
			t.Fatal(err)
		}
		for _, column := range strings.Split(columns.(string), ",") {
			name, kind, _ := strings.Cut(column, " ")
			t.Run(table+"."+name, func(t *testing.T) {
				mustExec(t, c, fmt.Sprintf("CREATE TABLE saved AS SELECT * FROM %s", table))
				defer mustExec(t, c, fmt.Sprintf("DELETE FROM %s; INSERT INTO %[1]s SELECT * FROM saved; DROP TABLE saved", table))
				changed := name + " + 1"
				if kind == "TEXT" {
					changed = name + " || '1'"
				}
				key := map[string]string{"subscribers": "id", "sessions": "ggsn"}[table]
				mustExec(t, c, fmt.Sprintf("UPDATE %s SET %s = %s WHERE %s = (SELECT min(%[4]s) FROM %[1]s)", table, name, changed, key))
				var bad []string
				n := 0
				report := func(err error) { bad = append(bad, err.Error()) }
				if table == "subscribers" {
					err = s.LoadSubscribers(t.Context(), func(*store.Subscriber) error { n++; return nil }, report)
				} else {
					err = s.LoadSessions(t.Context(), func(*store.Session) error { n++; return nil }, report)
				}
				if err != nil || n != 1 || len(bad) != 1 || !strings.Contains(bad[0], "table "+table+", row ") {
					t.Errorf("%d rows are left, bad %q, %v", n, bad, err)
				}
			})
		}
	}
	if subscribers, sessions := directory(t, s); len(subscribers) != 2 || len(sessions) != 2 {
		t.Errorf("as it was again: %d subscribers and %d sessions", len(subscribers), len(sessions))
	}
}

// Accounting waits for company, as the ends of deliveries do; what the operator enters does not.
func TestDirectoryPatience(t *testing.T) {
	l := openLingering(t, 0)
	defer mustClose(t, l.Store)
	answer := make(chan error, 2)
	done := func(err error) { answer <- err }
	l.Commit([]store.Event{store.SessionPut{Session: killedSession()}}, done)
	l.Commit([]store.Event{store.SessionRemoved{Key: killedSession().SessionKey}}, done)
	if n := l.waiting(); n != 2 {
		t.Fatalf("%d calls wait, want both", n)
	}
	mustCommit(t, l.Store, store.SubscriberPut{Subscriber: killedSubscriber()})
	for range 2 {
		if err := <-answer; err != nil {
			t.Error(err)
		}
	}
	if n := l.transactions.Load(); n != 1 {
		t.Errorf("%d transactions, want one", n)
	}
	mustCommit(t, l.Store, store.SubscriberRemoved{ID: killedNew})
}

func TestDirectoryViews(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	mustCommit(t, s, store.SubscriberPut{Subscriber: killedSubscriber()}, store.SessionPut{Session: killedSession()})
	c := second(t, s.path)
	for sql, want := range map[string]any{
		"SELECT group_concat(user || ' ' || subscriber) FROM users":                        "a@b 2000,c@b 2000",
		"SELECT user || ' ' || msisdn || ' ' || imsi FROM terminals":                       "a@b 358401234567 244010123456789",
		"SELECT address || ' ' || accounting || ' ' || user || ' ' || told FROM addresses": "10.0.0.1 c0000201 a@b 1000000000",
	} {
		if got, err := c.value(sql); err != nil || got != want {
			t.Errorf("%s is %v, want %v (%v)", sql, got, want, err)
		}
	}
}
