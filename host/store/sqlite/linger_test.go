package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// lingering is a store in which patient calls wait for an hour, with pushes that are accepted.
type lingering struct {
	*testing.T
	*Store
	pushes       []store.PushAccepted
	transactions atomic.Int64 // with calls
	answers      chan int     // numbers of the ends, as they are answered
}

func openLingering(t *testing.T, pushes int) *lingering {
	path := t.TempDir() + "/ppgbox.db"
	s, err := openWith(path, Options{Path: path, Host: "test", Clock: clock.System()}, hooks{migrations: migrations(), linger: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	l := &lingering{T: t, Store: s, answers: make(chan int, pushes)}
	claim(t, s)
	for range pushes {
		e := plainPush(s)
		mustCommit(t, s, e)
		l.pushes = append(l.pushes, e)
	}
	s.Tell(func(x store.Transaction) {
		if x.Calls > 0 {
			l.transactions.Add(1)
		}
	})
	return l
}

func (l *lingering) finish(i int) store.Event {
	return store.DeliveryFinished{Delivery: l.pushes[i].Deliveries[0].ID, Result: store.Result{State: store.Delivered}}
}

// end commits the end of a delivery, for which nobody waits.
func (l *lingering) end(i int) {
	l.Commit([]store.Event{l.finish(i)}, func(err error) {
		if err != nil {
			l.Errorf("end %d: %v", i, err)
		}
		l.answers <- i
	})
}

// answered waits for n ends, in their order.
func (l *lingering) answered(n int) {
	l.Helper()
	for want := range n {
		select {
		case got := <-l.answers:
			if got != want {
				l.Fatalf("end %d is answered, want %d", got, want)
			}
		case <-time.After(30 * time.Second):
			l.Fatalf("end %d is not answered", want)
		}
	}
}

// waiting is how many calls nothing has been done about.
func (l *lingering) waiting() int {
	l.queue.mu.Lock()
	defer l.queue.mu.Unlock()
	if l.queue.due {
		return 0
	}
	return len(l.queue.calls)
}

func TestEndsWaitForEachOther(t *testing.T) {
	const ends = 10
	l := openLingering(t, ends)
	defer mustClose(t, l.Store)
	for i := range ends {
		l.end(i)
	}
	l.queue.ripen() // before its time, as a timer that was started for calls that have gone
	if n := l.waiting(); n != ends || len(l.answers) > 0 {
		t.Fatalf("%d of %d ends wait", n, ends)
	}
	l.queue.mu.Lock()
	l.queue.since = l.queue.since.Add(-time.Hour)
	l.queue.mu.Unlock()
	l.queue.ripen()
	l.answered(ends)
	if n := l.transactions.Load(); n != 1 {
		t.Errorf("%d transactions, want one", n)
	}
	l.queue.ripen() // with nothing to do
}

// What somebody waits for takes along what waits for it, in order.
func TestUrgentTakesEndsAlong(t *testing.T) {
	for _, c := range []struct {
		name   string
		urgent func(l *lingering) error
	}{
		{"push", func(l *lingering) error { return commit(l.Store, plainPush(l.Store)) }},
		{"token", func(l *lingering) error {
			return commit(l.Store, store.TokenReported{Delivery: l.pushes[3].Deliveries[0].ID, Attempt: store.Attempt{Number: 1}})
		}},
		{"end of an attempt", func(l *lingering) error {
			return commit(l.Store, store.AttemptEnded{Delivery: l.pushes[3].Deliveries[0].ID, Attempt: store.Attempt{Number: 1}})
		}},
		{"end with a push", func(l *lingering) error { return commit(l.Store, l.finish(3), plainPush(l.Store)) }},
		{"nothing", func(l *lingering) error { return commit(l.Store) }},
		{"lease", func(l *lingering) error {
			_, err := l.Claim(context.Background(), time.Hour)
			return err
		}},
		{"prune", func(l *lingering) error {
			_, err := l.Prune(context.Background(), time.Time{}, 100, 1)
			return err
		}},
		{"numbers", func(l *lingering) error {
			l.NextIDs(2 * idBlock)
			return nil
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := openLingering(t, 4)
			defer mustClose(t, l.Store)
			for i := range 3 {
				l.end(i)
			}
			if err := c.urgent(l); err != nil {
				t.Fatal(err)
			}
			l.answered(3)
			if n := l.transactions.Load(); n != 1 {
				t.Errorf("%d transactions, want one", n)
			}
		})
	}
}

func TestMuchDoesNotWait(t *testing.T) {
	t.Run("calls", func(t *testing.T) {
		l := openLingering(t, lingerCalls)
		defer mustClose(t, l.Store)
		for i := range lingerCalls {
			l.end(i)
		}
		l.answered(lingerCalls)
	})
	t.Run("octets", func(t *testing.T) {
		l := openLingering(t, 1)
		defer mustClose(t, l.Store)
		steps := make([]store.Step, 300)
		for i := range steps {
			steps[i].Text = fmt.Sprintf("%01024d", i)
		}
		mustCommit(t, l.Store, store.DeliveryFinished{
			Delivery: l.pushes[0].Deliveries[0].ID, Result: store.Result{State: store.Delivered}, Attempts: []store.Attempt{{Number: 1, Steps: steps}},
		})
	})
}

func TestCloseWritesEnds(t *testing.T) {
	l := openLingering(t, 5)
	for i := range l.pushes {
		l.end(i)
	}
	mustClose(t, l.Store)
	if len(l.answers) != len(l.pushes) {
		t.Fatalf("%d answers when Close returned", len(l.answers))
	}
	s, err := Open(Options{Path: l.path, Host: "test", Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	defer mustClose(t, s)
	for _, e := range l.pushes {
		rec, err := s.Find(t.Context(), "pi", e.Push.PushID)
		if err != nil || rec.Deliveries[0].Result.State != store.Delivered {
			t.Errorf("the end of push %s is lost: %v", e.Push.PushID, err)
		}
	}
}

// A partition that is taken over while an end waits is another host's: it decides what becomes of the delivery.
func TestTakenOverWhileItWaits(t *testing.T) {
	l := openLingering(t, 1)
	defer mustClose(t, l.Store)
	answer := make(chan error, 1)
	l.Commit([]store.Event{l.finish(0)}, func(err error) { answer <- err })
	mustExec(t, second(t, l.path), fmt.Sprintf("UPDATE partitions SET owner = 'another', fence = fence + 5, expires = %d",
		time.Now().Add(time.Hour).UnixNano()))
	mustCommit(t, l.Store, plainPush(l.Store))
	if err := <-answer; !errors.Is(err, store.ErrFenced) {
		t.Errorf("got %v, want ErrFenced", err)
	}
}
