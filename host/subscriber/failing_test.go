package subscriber

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// While the store fails, who tells gets the error; memory goes on, and the store gets what it refused when it is repeated or by the
// sweep.
func TestStoreFails(t *testing.T) {
	k := key("g", "10.0.0.1")
	for _, c := range []struct {
		name  string
		given func(w *town)
		fails func(w *town) error
		live  bool // the session, while the store fails
		again bool // the same can be repeated
	}{
		{"start", func(*town) {}, func(w *town) error {
			return w.try(func(done func(error)) { w.SessionStart(told(k, "x"), at(0), done) })
		}, true, true},
		{"new owner", func(w *town) { w.begin(k, "old") }, func(w *town) error {
			return w.try(func(done func(error)) { w.SessionStart(told(k, "x"), at(0), done) })
		}, true, true},
		{"stop", func(w *town) { w.begin(k, "x") }, func(w *town) error {
			return w.try(func(done func(error)) { w.SessionStop(k, "x", at(0), done) })
		}, false, true},
		{"end", func(w *town) { w.begin(k, "x") }, func(w *town) error {
			return w.try(func(done func(error)) { w.SessionsEnd("g", at(0), func(_ int, err error) { done(err) }) })
		}, false, true},
		{"register", func(*town) {}, func(w *town) error {
			_, err := w.Register(context.Background(), Registering{User: "alice@push.example", Key: k})
			return err
		}, true, true},
		{"release", func(w *town) { w.register("alice@push.example", "", k) }, func(w *town) error {
			return w.Release(context.Background(), k, "alice@push.example", "")
		}, false, true},
		{"expiry", func(w *town) { w.begin(k, "x") }, func(w *town) error {
			w.clock.Step(time.Hour)
			w.clock.Advance(2 * sweepRounds * time.Second)
			return errDisk // which nobody is told
		}, false, false},
	} {
		for _, repeated := range []bool{true, false} {
			if repeated && !c.again {
				continue
			}
			name := c.name + ", swept"
			if repeated {
				name = c.name + ", repeated"
			}
			t.Run(name, func(t *testing.T) {
				w := newTown(t)
				w.enter(somebody("alice@push.example"))
				c.given(w)
				w.store.breaks(errDisk)
				if err := c.fails(w); !errors.Is(err, errDisk) {
					t.Errorf("got %v", err)
				}
				if live := w.generation(k) != 0; live != c.live {
					t.Errorf("the session is live: %v", live)
				}
				w.store.breaks(nil)
				if !repeated {
					w.clock.Advance(2 * time.Second)
				} else if err := c.fails(w); err != nil {
					t.Errorf("repeated: %v", err)
				}
				stored, there := w.store.sessions[k]
				if there != c.live || there && stored.Generation != w.generation(k) {
					t.Errorf("stored %v %+v, generation %d", there, stored, w.generation(k))
				}
				if n := len(w.owed); n != 0 {
					t.Errorf("%d rows are owed", n)
				}
			})
		}
	}
}

// The Stop of the old owner is not answered while the row on disk may still be that one's.
func TestStopBehindNewOwner(t *testing.T) {
	w := newTown(t)
	k := key("g", "10.0.0.1")
	w.begin(k, "old")
	w.store.breaks(errDisk)
	_ = w.try(func(done func(error)) { w.SessionStart(told(k, "new"), at(0), done) })
	if err := w.try(func(done func(error)) { w.SessionStop(k, "old", at(0), done) }); !errors.Is(err, errDisk) {
		t.Errorf("got %v", err)
	}
	w.store.breaks(nil)
	w.end(k, "old")
	if got := w.store.sessions[k].Accounting; got != "new" {
		t.Errorf("%q is stored", got)
	}
}

// What the operator enters counts when it is on disk, and not before.
func TestEnteringFails(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example", alice+"/"))
	w.register("alice@push.example", "", key("g", "10.0.0.1"))
	want := w.tell(user("alice@push.example"))
	w.store.breaks(errDisk)
	if err := w.Put(t.Context(), []store.Subscriber{somebody("alice@push.example", bob+"/"), somebody("bob@push.example")}); !errors.Is(err, errDisk) {
		t.Errorf("put: %v", err)
	}
	if err := w.Remove(t.Context(), "alice@push.example"); !errors.Is(err, errDisk) {
		t.Errorf("remove: %v", err)
	}
	w.is(user("alice@push.example"), want)
	w.is(user("bob@push.example"), ErrUnknown.Error())
	w.store.breaks(nil)
	w.restart()
	w.is(user("alice@push.example"), want)
}

// Who waits may give up; it counts and is stored all the same.
func TestContextEnds(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"))
	w.store.mu.Lock()
	w.store.hold = true
	w.store.mu.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.Register(ctx, Registering{User: "alice@push.example", Key: key("g", "10.0.0.1")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	w.store.answer()
	if w.generation(key("g", "10.0.0.1")) == 0 || len(w.store.sessions) != 1 {
		t.Error("it does not count, or is not stored")
	}
}
