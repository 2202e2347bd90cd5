package sqlite

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestFiles(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a", "b c?%#", "ppgbox.db")
	s, err := Open(Options{Path: path, Host: "test", Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	claim(t, s)
	for name, want := range map[string]os.FileMode{
		"a": os.ModeDir | 0o700, "a/b c?%#": os.ModeDir | 0o700, "a/b c?%#/ppgbox.db": 0o600, "a/b c?%#/ppgbox.db-wal": 0o600,
		"a/b c?%#/ppgbox.db-shm": 0o600, "a/b c?%#/ppgbox.db.lock": 0o600,
	} {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Error(err)
		} else if info.Mode() != want {
			t.Errorf("%s has mode %v, want %v", name, info.Mode(), want)
		}
	}
	mustClose(t, s)
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the log is still there after Close: %v", err) // all of it is in the database then
	}
}

func TestSecondHost(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	link := filepath.Join(dir, "link.db")
	if err := os.Symlink(s.path, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{s.path, link} {
		_, err := Open(Options{Path: path, Host: "second", Clock: clock.System()})
		if err == nil || !strings.Contains(err.Error(), "another host has it open (test, process ") || !strings.Contains(err.Error(), s.path) {
			t.Errorf("%s: %v", path, err)
		}
	}
	mustCommit(t, s, plainPush(s)) // the first is none the worse for it
	mustClose(t, s)
	mustClose(t, openIn(t, dir))
}

// TestPragmas asks each connection, since one that is misspelt is silently ignored.
func TestPragmas(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	r, err := openReader(s.path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.c.close() }()
	for _, c := range []struct {
		who    string
		c      *conn
		pragma string
		want   any
	}{
		{"writer", s.writer.c, "journal_mode", "wal"},
		{"writer", s.writer.c, "synchronous", int64(2)},
		{"writer", s.writer.c, "wal_autocheckpoint", int64(4000)},
		{"writer", s.writer.c, "journal_size_limit", int64(128 << 20)},
		{"writer", s.writer.c, "cache_size", int64(-8192)},
		{"writer", s.writer.c, "cell_size_check", int64(1)},
		{"writer", s.writer.c, "trusted_schema", int64(0)},
		{"writer", s.writer.c, "busy_timeout", int64(5000)},
		{"writer", s.writer.c, "application_id", int64(applicationID)},
		{"writer", s.writer.c, "user_version", newest()},
		{"reader", r.c, "query_only", int64(1)},
		{"reader", r.c, "busy_timeout", int64(5000)},
		{"reader", r.c, "cell_size_check", int64(1)},
		{"reader", r.c, "trusted_schema", int64(0)},
	} {
		if got, err := c.c.value("PRAGMA " + c.pragma); err != nil || got != c.want {
			t.Errorf("%s: %s is %v, want %v (%v)", c.who, c.pragma, got, c.want, err)
		}
	}
}

// Another host takes a partition over, seen as a row that another connection has written.
func TestFenced(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	lease := claim(t, s)
	lost, kept := plainPush(s), plainPush(s)
	lost.Deliveries[0].Lane, kept.Deliveries[0].Lane = "lost", "kept"
	mustCommit(t, s, lost, kept)
	notification := &store.Notification{ID: s.NextIDs(1), Delivery: lost.Deliveries[0].ID}
	finish := func(e store.PushAccepted) store.DeliveryFinished {
		return store.DeliveryFinished{Delivery: e.Deliveries[0].ID, Result: store.Result{State: store.Delivered}}
	}
	c := second(t, s.path)
	partition := store.PartitionOf("lost")
	c2, err := c.prepare("UPDATE partitions SET owner = ?, fence = ?, expires = ? WHERE number = ?")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c2.st.Close() }()
	take := func(until time.Time) {
		if _, err := c2.exec("another", lease.Fence+5, until.UnixNano(), int64(partition)); err != nil {
			t.Fatal(err)
		}
	}
	take(time.Now().Add(time.Hour))

	for name, e := range map[string]store.Event{
		"token":   store.TokenReported{Delivery: lost.Deliveries[0].ID, Attempt: store.Attempt{Number: 1}},
		"attempt": store.AttemptEnded{Delivery: lost.Deliveries[0].ID, Attempt: store.Attempt{Number: 1}},
		"result":  finish(lost),
	} {
		if err := commit(s, e); !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s: got %v, want ErrFenced", name, err)
		}
		if err := commit(s, store.AttemptEnded{Delivery: kept.Deliveries[0].ID, Attempt: store.Attempt{Number: 1}}, e); !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s after another: got %v, want ErrFenced", name, err)
		}
	}
	rec, err := s.Find(t.Context(), "pi", kept.Push.PushID)
	if err != nil || len(rec.Deliveries[0].Attempts) != 0 {
		t.Errorf("half of a fenced call was written: %+v, %v", rec, err)
	}
	mustCommit(t, s, store.AttemptEnded{Delivery: kept.Deliveries[0].ID, Attempt: store.Attempt{Number: 1}})
	fresh := plainPush(s)
	fresh.Deliveries[0].Lane = "lost"
	mustCommit(t, s, fresh) // whoever has the lane will take it up

	renewed := claim(t, s)
	if slices.Contains(renewed.Partitions, partition) || len(renewed.Partitions) != store.Partitions-1 || renewed.Fence != lease.Fence {
		t.Errorf("renewed: %d partitions, fence %d", len(renewed.Partitions), renewed.Fence)
	}
	if err := commit(s, finish(lost)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("after renewal: got %v, want ErrFenced", err)
	}

	take(time.Now().Add(-time.Second)) // and its lease runs out
	if err := commit(s, finish(lost)); !errors.Is(err, store.ErrFenced) {
		t.Errorf("run out, not claimed: got %v, want ErrFenced", err)
	}
	again := claim(t, s)
	if len(again.Partitions) != store.Partitions || again.Fence <= lease.Fence+5 {
		t.Errorf("claimed again: %d partitions, fence %d", len(again.Partitions), again.Fence)
	}
	e := finish(lost)
	e.Notification = notification
	mustCommit(t, s, e)
	mustCommit(t, s, finish(kept))
	take(time.Now().Add(time.Hour))
	for name, e := range map[string]store.Event{
		"failed": store.NotificationFailed{Notification: notification.ID},
		"ended":  store.NotificationEnded{Notification: notification.ID, At: time.Now()},
	} {
		if err := commit(s, e); !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s: got %v, want ErrFenced", name, err)
		}
	}
}

// Our own lease that has run out is ours while nobody else has taken it.
func TestLeaseRunsOut(t *testing.T) {
	c := clock.NewFake(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	s, err := Open(Options{Path: filepath.Join(t.TempDir(), "ppgbox.db"), Host: "test", Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	first, err := s.Claim(t.Context(), 10*time.Second)
	if err != nil || !first.Until.Equal(c.Wall().Add(10*time.Second)) {
		t.Fatalf("%v, %v", first.Until, err)
	}
	c.Advance(time.Minute)
	e := plainPush(s)
	mustCommit(t, s, e)
	mustCommit(t, s, store.AttemptEnded{Delivery: e.Deliveries[0].ID, Attempt: store.Attempt{Number: 1}})
	if next := claim(t, s); next.Fence != first.Fence {
		t.Errorf("fence %d, was %d", next.Fence, first.Fence)
	}
}

// Texts may hold any octets: a USER address is whatever its escapes say.
func TestOddOctets(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	claim(t, s)
	for _, text := range []string{"", "\x00", "a\x00b", "\xff\xfe", "Jörg \xe4", "\"\\\n\u2028", `{"hex":"00"}`, "'; DROP TABLE pushes; --"} {
		p := &store.Push{ID: s.NextIDs(2), Initiator: text, PushID: text, Message: push.Message{
			ContentType: text, Headers: []push.Header{{Name: text, Value: text}}, Body: []byte(text),
		}, Capabilities: []byte(text)}
		address := push.Address{Type: push.AddressType(text), Value: text}
		d := &store.Delivery{ID: p.ID + 1, Push: p.ID, Address: address, AddressText: text, Lane: text, Result: store.Result{State: store.Pending}}
		d.Attempts = []store.Attempt{{
			Number: 1, Lane: text, Bearer: text, Node: text, Token: []byte(text), Steps: []store.Step{{Name: text, Plugin: text, Node: text, Text: text}},
			Outcome:  push.Outcome{Text: text, Cause: text},
			Terminal: push.Subscriber{Address: address, MSISDN: push.MSISDN(text), Sessions: []push.Session{{GGSN: text, APN: text}}},
		}, {Number: 2, Steps: []store.Step{}, Token: []byte{}, Terminal: push.Subscriber{Sessions: []push.Session{}}}}
		want := &store.Record{Push: p, Deliveries: []*store.Delivery{d}}
		mustCommit(t, s, store.PushAccepted{Push: p, Deliveries: []*store.Delivery{d}})
		mustClose(t, s)
		s = openIn(t, dir)
		claim(t, s)
		got, err := s.Find(t.Context(), text, text)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if !reflect.DeepEqual(got, want) { // nil and empty are kept apart here
			t.Errorf("%q: got %+v %+v, want %+v %+v", text, got.Push, got.Deliveries[0], p, d)
		}
	}
	mustClose(t, s)
}

// Every transaction fails while a table has no room to grow, all calls in it get the error, and then all is well again.
func TestStatementFails(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	claim(t, s)
	limit := func(pages string) {
		err := s.do(t.Context(), func() error { return nil }, func() {
			if _, err := s.writer.c.value("PRAGMA max_page_count = " + pages); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // which SQLite takes as the present size
	var wait sync.WaitGroup
	var mu sync.Mutex
	var failed []store.PushAccepted
	for range 100 {
		e := plainPush(s)
		e.Push.Message.Body = make([]byte, 100000)
		wait.Add(1)
		s.Commit([]store.Event{e}, func(err error) {
			defer wait.Done()
			if err == nil || !strings.Contains(err.Error(), s.path) || !strings.Contains(err.Error(), "full") {
				t.Errorf("got %v", err)
			}
			mu.Lock()
			failed = append(failed, e)
			mu.Unlock()
		})
	}
	wait.Wait()
	limit("1000000")
	for _, e := range failed {
		mustCommit(t, s, e)
	}
}

// A program that holds a lock is waited for; a transaction that could not begin is no harm to the next.
func TestBusy(t *testing.T) {
	s := openIn(t, t.TempDir())
	defer mustClose(t, s)
	claim(t, s)
	if err := s.do(t.Context(), func() error { return nil }, func() {
		if _, err := s.writer.c.value("PRAGMA busy_timeout = 20"); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	c := second(t, s.path)
	mustExec(t, c, "BEGIN IMMEDIATE")
	e := plainPush(s)
	if err := commit(s, e); err == nil || !strings.Contains(err.Error(), "another program holds a lock") {
		t.Errorf("got %v", err)
	}
	mustExec(t, c, "ROLLBACK")
	mustCommit(t, s, e)
}

func TestQueueIsBounded(t *testing.T) {
	q := newQueue(linger)
	for range queueCalls {
		q.put(&call{size: 1})
	}
	blocked := make(chan bool, 1)
	go func() { blocked <- q.put(&call{size: 1}) }()
	batch, ok := q.take()
	if len(batch) != batchCalls || !ok {
		t.Fatalf("a batch of %d", len(batch))
	}
	if !<-blocked {
		t.Fatal("refused")
	}

	q = newQueue(linger)
	q.put(&call{size: 2 * queueBytes}) // passes, as nothing waits
	go func() { blocked <- q.put(&call{size: 1}) }()
	select {
	case <-blocked:
		t.Fatal("taken beyond the bound")
	default:
	}
	if batch, _ := q.take(); len(batch) != 1 {
		t.Fatalf("a batch of %d", len(batch))
	}
	if !<-blocked {
		t.Fatal("refused")
	}
	q.put(&call{size: batchBytes})
	q.put(&call{size: 2})
	for _, want := range []int{1, 1, 1} {
		if batch, _ := q.take(); len(batch) != want {
			t.Fatalf("a batch of %d", len(batch))
		}
	}
	q.close()
	if q.put(&call{}) {
		t.Fatal("taken after close")
	}
	if _, ok := q.take(); ok {
		t.Fatal("not at its end")
	}
}
