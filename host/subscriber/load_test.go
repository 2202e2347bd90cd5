package subscriber

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// Rows that can not be used are left out, and those of sessions go from the disk; the others are there.
func TestLoadLeavesOut(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example", alice+"/"))
	w.begin(key("g", "10.0.0.1"), "x "+alice)
	w.begin(key("g", "10.0.0.2"), "y "+bob)
	w.register("alice@push.example", "", key("g", "10.0.0.2"))
	w.register("alice@push.example", "d", key("g", "10.0.0.3"))
	for id, s := range map[int64]store.Subscriber{
		101: {}, 102: somebody("Bob@PUSH.example"), 103: somebody("bob@push.example", "x/"), 104: somebody("bob@push.example", "/"),
	} {
		s.ID = id
		w.store.subscribers[id] = s
	}
	odd := func(k store.SessionKey, change func(*store.Session)) {
		s := store.Session{SessionKey: k, Generation: uint64(w.store.NextIDs(1)), Accounting: "z", Told: at(0)}
		change(&s)
		w.store.sessions[s.SessionKey] = s
	}
	odd(key("g", "10.0.1.1"), func(s *store.Session) { s.APN = "WAP" })
	odd(key("g", "10.0.1.2"), func(s *store.Session) { s.MSISDN = "x" })
	odd(key("g", "10.0.1.3"), func(s *store.Session) { s.IMSI = "x" })
	odd(key("g", "10.0.1.4"), func(s *store.Session) { s.Accounting = "" })
	odd(key("g", "10.0.1.5"), func(s *store.Session) {
		s.Accounting, s.Registration = "", &store.Registration{User: "eve@push.example", Dynamic: "d@push.example"}
	})
	odd(key("g", "10.0.1.6"), func(s *store.Session) { s.Expires = at(-1) })
	odd(key("g", "10.0.2.1"), func(s *store.Session) { s.Registration = &store.Registration{User: "eve@push.example"} })
	w.restart()
	if n, m := w.Counts(); n != 1 || m != 4 {
		t.Errorf("%d subscribers and %d sessions, want 1 and 4", n, m)
	}
	if _, ok := w.Registered(key("g", "10.0.2.1")); ok {
		t.Error("somebody who is not there is registered")
	}
	w.clock.Advance(time.Second)
	if n := len(w.store.sessions); n != 4 {
		t.Errorf("%d sessions are stored, want 4", n)
	}
	w.is(user("alice@push.example"),
		"PLMN:+"+alice+" "+alice+" - g/10.0.0.1 | USER:alice@push.example/d - - g/10.0.0.3 | PLMN:+"+bob+" "+bob+" - g/10.0.0.2")
	// Two have one number: one of them is left out.
	s := somebody("carol@push.example", alice+"/")
	s.ID = 105
	w.store.subscribers[105] = s
	w.restart()
	if n, _ := w.Counts(); n != 1 {
		t.Errorf("%d subscribers have one number", n)
	}
}
