package sqlite

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// What a test of TestKilledAt has the child do in the transaction in which it dies, in each a call beside others: one is a new
// push and one is refused.
var killedEvents = []string{
	"accepted", "token", "attempt", "finished", "failed", "ended", "pruned",
	"subscriberput", "subscriberremoved", "sessionput", "sessionremoved",
}

// killedIDs are the numbers in a database of stopAt: fixed, as the parent has to know them.
const (
	killedPush         = 1000
	killedDelivery     = killedPush + 1
	killedNotification = killedPush + 2
	killedNew          = 2000
	killedBeside       = 3000
)

func killedRecord(id int64) store.PushAccepted {
	p := &store.Push{ID: id, Initiator: "pi", PushID: fmt.Sprint(id), Received: time.Unix(1, 0)}
	return store.PushAccepted{Push: p, Deliveries: []*store.Delivery{{
		ID: id + 1, Push: id, Lane: "lane", Result: store.Result{State: store.Pending},
	}}}
}

func killedSubscriber() *store.Subscriber {
	return &store.Subscriber{
		ID: killedNew, Users: []string{"a@b", "c@b"}, Terminals: []store.Terminal{{MSISDN: "358401234567", IMSI: "244010123456789"}}, Password: []byte("hash"),
	}
}

func killedSession() *store.Session {
	return &store.Session{
		SessionKey: store.SessionKey{GGSN: "ggsn", APN: "apn", Address: netip.MustParseAddr("10.0.0.1")}, Generation: killedNew,
		Accounting: "c0000201", Told: time.Unix(1, 0).UTC(), Registration: &store.Registration{User: "a@b", Dynamic: "d@b"},
	}
}

// directory loads all subscribers and sessions.
func directory(t *testing.T, s *Store) (subscribers []*store.Subscriber, sessions []*store.Session) {
	t.Helper()
	bad := func(err error) { t.Errorf("bad row: %v", err) }
	err := s.LoadSubscribers(t.Context(), func(x *store.Subscriber) error {
		subscribers = append(subscribers, x)
		return nil
	}, bad)
	err = errors.Join(err, s.LoadSessions(t.Context(), func(x *store.Session) error {
		sessions = append(sessions, x)
		return nil
	}, bad))
	if err != nil {
		t.Fatal(err)
	}
	return subscribers, sessions
}

// stopAt is the child of TestKilledAt: "stopPOINT.EVENT". It says on standard output what was answered.
func stopAt(what, path string) error {
	var at point
	var event string
	if _, err := fmt.Sscanf(what, "stop%d.%s", &at, &event); err != nil {
		return err
	}
	armed, begun := false, false // both belong to the writer's goroutine; it dies in the first transaction that begins armed
	s, err := openWith(path, Options{Path: path, Host: "child", Clock: clock.System()}, hooks{migrations: migrations(), stop: func(p point) {
		begun = begun || armed && p == pointBegun
		if begun && p == at {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}})
	if err != nil {
		return err
	}
	ctx := s.writer.ctx
	if _, err := s.Claim(ctx, time.Hour); err != nil {
		return err
	}
	attempt := store.Attempt{Number: 1, Token: []byte("first")}
	finish := store.DeliveryFinished{
		Delivery: killedDelivery, Result: store.Result{State: store.Delivered, At: time.Unix(1, 0)}, Attempts: []store.Attempt{attempt},
		Notification: &store.Notification{ID: killedNotification, Delivery: killedDelivery},
	}
	end := store.NotificationEnded{Notification: killedNotification, At: time.Unix(2, 0), Acked: true}
	before, e := []store.Event{killedRecord(killedPush)}, store.Event(nil)
	switch event {
	case "accepted":
		e = killedRecord(killedNew)
	case "token":
		e = store.TokenReported{Delivery: killedDelivery, Attempt: attempt}
	case "attempt":
		e = store.AttemptEnded{Delivery: killedDelivery, Attempt: attempt}
	case "finished":
		e = finish
	case "failed":
		before, e = append(before, finish), store.NotificationFailed{Notification: killedNotification, Tries: 3}
	case "ended":
		before, e = append(before, finish), end
	case "pruned":
		before = append(before, finish, end)
	case "subscriberput":
		e = store.SubscriberPut{Subscriber: killedSubscriber()}
	case "subscriberremoved":
		before, e = append(before, store.SubscriberPut{Subscriber: killedSubscriber()}), store.SubscriberRemoved{ID: killedNew}
	case "sessionput":
		e = store.SessionPut{Session: killedSession()}
	case "sessionremoved":
		before, e = append(before, store.SessionPut{Session: killedSession()}), store.SessionRemoved{Key: killedSession().SessionKey}
	}
	for _, e := range before {
		if err := commit(s, e); err != nil {
			return err
		}
	}
	if event == "pruned" {
		if err := s.do(ctx, func() error { return nil }, func() { armed = true }); err != nil {
			return err
		}
		n, err := s.Prune(ctx, time.Unix(100, 0), 0, 100)
		fmt.Println("event", n, err)
		select {} // until the kill
	}
	// All calls wait while a task is on its way, and so come into one transaction.
	begins, queued := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.do(ctx, func() error {
			close(begins)
			<-queued
			return nil
		}, func() { armed = true })
	}()
	<-begins
	var calls sync.WaitGroup
	for _, c := range []struct {
		name  string
		event store.Event
	}{{"event", e}, {"duplicate", killedRecord(killedPush)}, {"beside", killedRecord(killedBeside)}} {
		calls.Add(1)
		s.Commit([]store.Event{c.event}, func(err error) {
			_, _ = os.Stdout.WriteString(fmt.Sprintln(c.name, err))
			calls.Done()
		})
	}
	close(queued)
	calls.Wait()
	select {}
}

// TestKilledAt is the matrix of doc.go ("What a crash leaves"): killed at each point of a transaction, what reappears is all of
// it or nothing, it is all that was answered, and the number of what was not answered may be used again.
func TestKilledAt(t *testing.T) {
	for _, at := range []struct {
		name      string
		point     point
		reappears bool
		answered  bool
	}{
		{"begun", pointBegun, false, false},
		{"written", pointWritten, false, false},
		{"committed", pointCommitted, true, false},
		{"answered", pointAnswered, true, true},
	} {
		for _, event := range killedEvents {
			t.Run(at.name+"/"+event, func(t *testing.T) {
				t.Parallel()
				path := t.TempDir() + "/ppgbox.db"
				cmd, out := startChild(t, fmt.Sprintf("stop%d.%s", at.point, event), path)
				answers := map[string]string{}
				for out.Scan() {
					name, answer, _ := strings.Cut(out.Text(), " ")
					answers[name] = answer
				}
				err := cmd.Wait()
				if exit, ok := err.(*exec.ExitError); !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
					t.Fatalf("the child ended with %v; it said %q", err, answers)
				}
				s, err := Open(Options{Path: path, Host: "test", Clock: clock.System()})
				if err != nil {
					t.Fatal(err)
				}
				defer mustClose(t, s)
				claim(t, s)
				if event == "pruned" { // its answer comes from another goroutine, and may be late
					_, err := s.Find(t.Context(), "pi", fmt.Sprint(killedPush))
					if errors.Is(err, store.ErrNotFound) != at.reappears {
						t.Errorf("Find: %v", err)
					}
					return
				}
				if answered := answers["event"] == "<nil>" && answers["beside"] == "<nil>" && strings.Contains(answers["duplicate"], "already used"); answered != at.answered || !answered && len(answers) > 0 {
					t.Errorf("answers %q", answers)
				}
				_, err = s.Find(t.Context(), "pi", fmt.Sprint(killedBeside))
				if (err == nil) != at.reappears {
					t.Errorf("the push beside it: %v", err)
				}
				if got := reappeared(t, s, event); got != at.reappears {
					t.Errorf("reappears %v, want %v", got, at.reappears)
				}
				// Its Push Initiator tries again.
				e := plainPush(s)
				e.Push.PushID = fmt.Sprint(killedBeside)
				if err := commit(s, e); errors.Is(err, store.ErrDuplicatePushID) != at.reappears || !at.reappears && err != nil {
					t.Errorf("again: %v", err)
				}
			})
		}
	}
}

// reappeared tells whether what an event says is there.
func reappeared(t *testing.T, s *Store, event string) bool {
	t.Helper()
	if event == "accepted" {
		_, err := s.Find(t.Context(), "pi", fmt.Sprint(killedNew))
		return err == nil
	}
	if strings.HasPrefix(event, "s") {
		subscribers, sessions := directory(t, s)
		switch event {
		case "subscriberput":
			return reflect.DeepEqual(subscribers, []*store.Subscriber{killedSubscriber()})
		case "subscriberremoved":
			return len(subscribers) == 0
		case "sessionput":
			return reflect.DeepEqual(sessions, []*store.Session{killedSession()})
		}
		return len(sessions) == 0
	}
	rec, err := s.Find(t.Context(), "pi", fmt.Sprint(killedPush))
	if err != nil {
		t.Fatal(err)
	}
	d, n := rec.Deliveries[0], rec.Notifications
	switch event {
	case "token", "attempt":
		return len(d.Attempts) == 1
	case "finished":
		all := []bool{d.Result.State == store.Delivered, len(d.Attempts) == 1, len(n) == 1}
		if all[0] != all[1] || all[0] != all[2] {
			t.Errorf("a result by halves: %v", all)
		}
		return all[0]
	case "failed":
		return n[0].Tries == 3
	}
	return n[0].Acked
}

// TestLogCut ends the log at every kind of place at which a power cut may end it, and damages its end: what opens is what was
// committed up to there, and nothing after it.
func TestLogCut(t *testing.T) {
	dir := t.TempDir()
	s := openIn(t, dir)
	defer mustClose(t, s)
	claim(t, s)
	mustCommit(t, s, plainPush(s))
	if v, err := second(t, s.path).number("PRAGMA wal_checkpoint(TRUNCATE)"); err != nil || v != 0 {
		t.Fatal(v, err)
	}
	var pushes []store.PushAccepted
	var ends []int64 // of the log, after each
	for range 6 {
		e := plainPush(s)
		mustCommit(t, s, e)
		info, err := os.Stat(s.path + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		pushes, ends = append(pushes, e), append(ends, info.Size())
	}
	db, log := read(t, s.path), read(t, s.path+"-wal")
	n := 0
	opens := func(t *testing.T, log []byte, whole int) {
		n++
		path := filepath.Join(dir, fmt.Sprint(n, ".db"))
		write(t, path, db)
		write(t, path+"-wal", log)
		c, err := Open(Options{Path: path, Host: "test", Clock: clock.System()})
		if err != nil {
			t.Fatal(err)
		}
		defer mustClose(t, c)
		for i, e := range pushes {
			_, err := c.Find(t.Context(), "pi", e.Push.PushID)
			if i < whole && err != nil || i >= whole && !errors.Is(err, store.ErrNotFound) {
				t.Errorf("push %d of %d: %v", i+1, whole, err)
			}
		}
	}
	for i, end := range ends {
		for _, by := range []int64{-4000, -1, 0, 1, 24, 4000} { // a frame has 24 octets before its page
			if i == len(ends)-1 && by > 0 || i == 0 && by < -1 {
				continue
			}
			whole := i + 1
			if by < 0 {
				whole--
			}
			t.Run(fmt.Sprintf("commit %d, cut %+d", i+1, by), func(t *testing.T) { opens(t, log[:end+by], whole) })
		}
		t.Run(fmt.Sprintf("commit %d, damaged", i+1), func(t *testing.T) {
			damaged := append([]byte(nil), log...)
			damaged[end-2000] ^= 0x10
			opens(t, damaged, i)
		})
	}
}
