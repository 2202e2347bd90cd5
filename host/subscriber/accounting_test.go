package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// What a step of TestAccounting does, at a time in seconds, at the address 10.0.0.1 of the GGSN g: begins, stops, clears the GGSN, or
// registers. wall is when it is told, if that is another time than it happened.
type step struct {
	at   int
	do   string // "start ID [MSISDN [IMSI]]", "stop ID", "end", "register"
	wall int
}

// TestAccounting tells of what happened in all kinds of orders. want is the accounting session that the address has in the end, "-"
// for none; same tells whether it is under the generation that the first step made.
func TestAccounting(t *testing.T) {
	k := key("g", "10.0.0.1")
	for _, c := range []struct {
		name  string
		steps []step
		want  string
		same  bool
	}{
		{"start", []step{{0, "start x", 0}}, "x", true},
		{"start and stop", []step{{0, "start x", 0}, {5, "stop x", 0}}, "-", false},
		{"start twice", []step{{0, "start x", 0}, {0, "start x", 3}}, "x", true},
		{"interim goes on", []step{{0, "start x", 0}, {1800, "start x", 0}, {5000, "start x", 0}}, "x", true},
		{"interim after expiry is another", []step{{0, "start x", 0}, {3600, "start x", 0}}, "x", false},
		{"stop of another session", []step{{0, "start x", 0}, {5, "stop y", 0}}, "x", true},
		{"new owner", []step{{0, "start x", 0}, {5, "start y", 0}}, "y", false},
		{"stop of the old owner after the new one's start", []step{{0, "start x", 0}, {5, "start y", 0}, {4, "stop x", 6}}, "y", false},
		{"interim of the old owner comes late", []step{{0, "start x", 0}, {5, "start y", 0}, {4, "start x", 6}}, "y", false},
		{"interim of the old owner from within the same second", []step{{0, "start x", 0}, {5, "start y", 0}, {5, "start x", 6}}, "y", false},
		{"start of the old owner comes after the new one's", []step{{5, "start y", 5}, {0, "start x", 6}}, "y", true},
		{"stop comes before its start", []step{{5, "stop x", 5}, {0, "start x", 6}}, "-", false},
		{"interim comes before its start", []step{{5, "start x", 5}, {0, "start x", 6}}, "x", true},
		{"number becomes known", []step{{0, "start x", 0}, {5, "start x " + alice, 0}, {6, "start x - " + imsiA, 0}}, "x", true},
		{"same identifier, another number", []step{{0, "start x " + alice, 0}, {5, "start x " + bob, 0}}, "x", false},
		{"same identifier, another IMSI", []step{{0, "start x - " + imsiA, 0}, {5, "start x - " + imsiB, 0}}, "x", false},
		{"same identifier, another number, but older", []step{{5, "start x " + alice, 5}, {0, "start x " + bob, 6}}, "x", true},
		{"GGSN begins anew", []step{{0, "start x", 0}, {5, "end", 0}}, "-", false},
		{"GGSN begins anew, and a session after it", []step{{0, "start x", 0}, {5, "end", 0}, {6, "start x", 0}}, "x", false},
		{"start of before the GGSN began anew comes late", []step{{0, "start x", 0}, {5, "end", 0}, {4, "start y", 6}}, "-", false},
		{"the GGSN began anew before the session was told of", []step{{5, "start x", 0}, {4, "end", 6}}, "x", true},
		{"GGSN begins anew within the same second", []step{{5, "start x", 0}, {5, "end", 6}}, "-", false},
		{"start within the second in which the GGSN began anew", []step{{5, "end", 0}, {5, "start x", 6}}, "x", false},
		{"identifiers are used again after the GGSN began anew", []step{{0, "start x", 0}, {1, "stop x", 0}, {5, "end", 0}, {6, "start x", 0}}, "x", false},
		{"registered before RADIUS tells of it", []step{{5, "register", 5}, {4, "start x", 6}}, "x", true},
		{"registered, and then the address is another's", []step{{5, "register", 5}, {8, "start x", 0}}, "x", false},
		{"registered while RADIUS tells of it", []step{{0, "start x", 0}, {5, "register", 5}, {8, "start x", 0}}, "x", true},
		{"clock of the GGSN is ahead", []step{{1000, "start x", 1}, {5, "start y", 5}}, "y", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			w.enter(somebody("alice@push.example"))
			first := uint64(0)
			for i, s := range c.steps {
				wall := at(s.wall)
				if s.wall == 0 {
					wall = at(s.at)
				}
				w.clock.Step(wall.Sub(w.clock.Wall()))
				what, rest, _ := strings.Cut(s.do, " ")
				switch what {
				case "start":
					w.beginAt(k, rest, at(s.at))
				case "stop":
					if err := w.try(func(done func(error)) { w.SessionStop(k, rest, at(s.at), done) }); err != nil {
						t.Fatal(err)
					}
				case "end":
					w.endAll("g", at(s.at))
				case "register":
					w.register("alice@push.example", "", k)
				}
				if i == 0 {
					first = w.generation(k)
				} else if now := w.generation(k); now != first && first != 0 && w.Live(first) {
					t.Errorf("step %d: the first generation is live beside another", i)
				}
			}
			for _, when := range []string{"now", "restarted"} {
				g, accounting := w.generation(k), "-"
				if g != 0 {
					accounting = w.store.sessions[k].Accounting
				}
				if accounting != c.want || (g != 0 && g == first) != c.same {
					t.Errorf("%s: %q under generation %d, first was %d; want %q, the same: %v", when, accounting, g, first, c.want, c.same)
				}
				if _, stored := w.store.sessions[k]; stored != (c.want != "-") {
					t.Errorf("%s: stored %v", when, stored)
				}
				if when == "now" {
					w.restart()
				}
			}
		})
	}
}

func TestRegistrationGoesWithItsOwner(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"))
	k := key("g", "10.0.0.1")
	w.begin(k, "x")
	r := w.register("alice@push.example", "", k)
	w.clock.Step(time.Minute)
	w.begin(k, "y")
	w.is(user(r.Dynamic), ErrUnknown.Error())
	w.is(user("alice@push.example"), "USER:alice@push.example - -")
	if _, ok := w.Registered(k); ok {
		t.Error("the new owner is registered")
	}
}

// One context of a user ends, the other stays.
func TestTwoContexts(t *testing.T) {
	w := newTown(t)
	other := key("g", "10.0.0.1")
	other.APN = "INTERNET" // which is the same as internet
	w.begin(key("g", "10.0.0.1"), "x "+alice)
	w.begin(other, "x "+alice)
	if n := len(w.store.sessions); n != 2 {
		t.Fatalf("%d sessions", n)
	}
	other.APN = "internet"
	w.end(other, "x")
	if w.generation(other) != 0 || w.generation(key("g", "10.0.0.1")) == 0 {
		t.Error("not that one, or not only that, is over")
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newTown(t)
	const many = 3*endPortion + 7
	for i := range many {
		w.begin(key("g", fmt.Sprintf("10.0.%d.%d", i>>8, i&255)), "x")
	}
	w.begin(key("h", "10.0.0.1"), "x")
	w.clock.Step(time.Minute)
	w.begin(key("g", "10.9.0.1"), "late") // later than what comes
	live := w.generation(key("g", "10.0.0.1"))
	if n := w.endAll("g", at(30)); n != many {
		t.Errorf("%d ended, want %d", n, many)
	}
	if w.Live(live) || w.generation(key("h", "10.0.0.1")) == 0 || w.generation(key("g", "10.9.0.1")) == 0 {
		t.Error("not those that are older, or not only those, are over")
	}
	if n := w.endAll("g", at(30)); n != 0 {
		t.Errorf("%d ended again", n)
	}
	if n := w.endAll("unheard of", at(30)); n != 0 {
		t.Errorf("%d of nobody", n)
	}
	if _, n := w.Counts(); n != 2 || len(w.store.sessions) != 2 {
		t.Errorf("%d sessions are left, %d in the store", n, len(w.store.sessions))
	}
}

// A GGSN that is switched off in the second in which it was switched on ends what began in between.
func TestSessionsEndTwiceInASecond(t *testing.T) {
	w := newTown(t)
	w.endAll("g", at(0))
	w.begin(key("g", "10.0.0.1"), "x")
	if w.generation(key("g", "10.0.0.1")) == 0 {
		t.Fatal("it did not begin")
	}
	if n := w.endAll("g", at(0)); n != 1 || w.generation(key("g", "10.0.0.1")) != 0 {
		t.Errorf("%d ended, want 1", n)
	}
}

// They count as gone before anything of it is on disk.
func TestSessionsEndAtOnce(t *testing.T) {
	w := newTown(t)
	w.begin(key("g", "10.0.0.1"), "x "+alice)
	live := w.generation(key("g", "10.0.0.1"))
	w.store.mu.Lock()
	w.store.hold = true
	w.store.mu.Unlock()
	done := make(chan error, 1)
	w.SessionsEnd("g", at(1), func(_ int, err error) { done <- err })
	if w.Live(live) {
		t.Error("it is live")
	}
	w.is(plmn("+"+alice), "PLMN:+"+alice+" "+alice+" -")
	for held := 0; held == 0; { // the goroutine has come to the store
		w.store.mu.Lock()
		held = len(w.store.held)
		w.store.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	if len(done) > 0 {
		t.Error("answered before it was on disk")
	}
	w.store.answer()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// A refreshment is written only when it matters.
func TestRefreshment(t *testing.T) {
	w := newTown(t)
	k := key("g", "10.0.0.1")
	w.begin(k, "x")
	for _, c := range []struct {
		after  time.Duration
		text   string
		writes int
	}{
		{0, "x", 0},
		{5 * time.Minute, "x", 0},
		{time.Minute, "x", 0},
		{time.Minute, "x", 1}, // more than a tenth of an hour since it was written
		{time.Minute, "x", 0},
		{0, "x " + alice, 1},
		{0, "x - " + imsiA, 1},
		{0, "x " + alice + " " + imsiA, 0},
	} {
		before := w.store.commits
		w.clock.Step(c.after)
		w.begin(k, c.text)
		if n := w.store.commits - before; n != c.writes {
			t.Errorf("after %v, %q: %d commits, want %d", c.after, c.text, n, c.writes)
		}
	}
	w.clock.Step(59 * time.Minute)
	if w.generation(k) == 0 {
		t.Error("it has expired although it was refreshed")
	}
}

// Who repeats while the first is on its way is not answered before that is on disk.
func TestRepeatedOnTheWay(t *testing.T) {
	w := newTown(t)
	k := key("g", "10.0.0.1")
	w.store.hold = true
	answers := make(chan error, 4)
	done := func(err error) { answers <- err }
	w.SessionStart(told(k, "x"), at(0), done)
	w.SessionStart(told(k, "x"), at(0), done)
	w.SessionStop(k, "x", at(0), done)
	w.SessionStop(k, "x", at(0), done)
	if n := len(answers); n != 0 {
		t.Errorf("%d are answered before anything is on disk", n)
	}
	w.store.answer()
	if n := len(answers); n != 4 {
		t.Errorf("%d are answered", n)
	}
}

func TestTellingsRefused(t *testing.T) {
	w := newTown(t, func(o *Options) { o.Sessions = 2 })
	w.begin(key("g", "10.0.0.1"), "x")
	w.begin(key("g", "10.0.0.2"), "x")
	for _, c := range []struct {
		name string
		s    store.Session
		want error
	}{
		{"no address", told(store.SessionKey{GGSN: "g"}, "x"), nil},
		{"address of a link", told(key("g", "fe80::1%eth0"), "x"), nil},
		{"no identifier", told(key("g", "10.0.0.3"), "x"), nil},
		{"letters in the number", told(key("g", "10.0.0.3"), "x 35840abc"), nil},
		{"16 digits", told(key("g", "10.0.0.3"), "x 1234567890123456"), nil},
		{"IMSI of 5 digits", told(key("g", "10.0.0.3"), "x - 12345"), nil},
		{"one too many", told(key("g", "10.0.0.3"), "x"), ErrFull},
	} {
		if c.name == "no identifier" {
			c.s.Accounting = ""
		}
		err := w.try(func(done func(error)) { w.SessionStart(c.s, at(0), done) })
		if err == nil || !errors.Is(err, c.want) && c.want != nil {
			t.Errorf("%s: got %v", c.name, err)
		}
	}
	w.begin(key("g", "10.0.0.2"), "y") // another owner is none too many
	if _, n := w.Counts(); n != 2 {
		t.Errorf("%d sessions", n)
	}
}

func TestTombsAreBounded(t *testing.T) {
	x := newTombs()
	for i := range mostTombs + 100 {
		x.add(key("g", "10.0.0.1"), fmt.Sprint(i))
	}
	if len(x.ring) != mostTombs || len(x.index) != mostTombs {
		t.Errorf("%d and %d are remembered", len(x.ring), len(x.index))
	}
	if x.has(key("g", "10.0.0.1"), "99", 0) || !x.has(key("g", "10.0.0.1"), "100", 0) || x.has(key("h", "10.0.0.1"), "100", 0) {
		t.Error("not the last are remembered")
	}
}
