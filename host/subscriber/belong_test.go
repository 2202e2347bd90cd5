package subscriber

import (
	"errors"
	"testing"
	"time"
)

// At an address of a terminal that is bound to alice nobody else registers, however the terminal is known, and nothing changes by
// the try.
func TestRegisterAtAnothersTerminal(t *testing.T) {
	k, own := key("g", "10.0.0.1"), key("g", "10.0.0.2")
	begin := func(text string) func(*town) { return func(w *town) { w.begin(k, text) } }
	for _, c := range []struct {
		name  string
		given func(*town)
		r     Registering // of bob; without a user and a key: there
		want  error
	}{
		{"by the IMSI that RADIUS tells", begin("x - " + imsiA), Registering{}, ErrBound},
		{"by the number that RADIUS tells", begin("x " + alice), Registering{}, ErrBound},
		{"by the IMSI that comes with it", func(*town) {}, Registering{IMSI: imsiA}, ErrBound},
		{"by the number that comes with it", func(*town) {}, Registering{MSISDN: alice}, ErrBound},
		{"by the IMSI that comes with it, at a session of which none was told", begin("x"), Registering{IMSI: imsiA}, ErrBound},
		{"where alice is registered, too", func(w *town) {
			w.begin(k, "x - "+imsiA)
			w.register("alice@push.example", "", k)
		}, Registering{}, ErrBound},
		{"the IMSI that comes with it is his, and the one that was told hers", begin("x - " + imsiA), Registering{IMSI: imsiB}, nil},
		{"his IMSI with her number", begin("x " + alice + " " + imsiB), Registering{}, nil},
		{"a terminal that nobody has entered", begin("x 358400000009"), Registering{}, nil},
		{"a session that RADIUS tells no number of", begin("x"), Registering{}, nil},
		{"her session is over", func(w *town) {
			w.begin(k, "x - "+imsiA)
			w.clock.Step(time.Hour)
		}, Registering{}, nil},
		{"where alice is registered, and RADIUS tells nothing", func(w *town) {
			_, err := w.Register(w.Context(), Registering{User: "alice@push.example", Key: k, IMSI: imsiA})
			if err != nil {
				w.Fatal(err)
			}
		}, Registering{}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			w.enter(somebody("alice@push.example", alice+"/"+imsiA), somebody("bob@push.example", bob+"/"+imsiB))
			w.register("bob@push.example", "", own)
			c.given(w)
			before, hers := w.generation(own), w.generation(k)
			c.r.User, c.r.Key = "bob@push.example", k
			_, err := w.Register(t.Context(), c.r)
			if !errors.Is(err, c.want) {
				t.Fatalf("got %v, want %v", err, c.want)
			}
			if refused := c.want != nil; w.Live(before) != refused || refused && w.generation(k) != hers {
				t.Errorf("his other registration is live: %v; the generation there is %d, was %d", w.Live(before), w.generation(k), hers)
			}
			if r, ok := w.Registered(k); (ok && r.User == "bob@push.example") != (c.want == nil) {
				t.Errorf("registered is %+v", r)
			}
		})
	}
}

// A registration ends when it turns out that the address is of a terminal of somebody else: from then on what is for her goes there, and
// what is for him does not.
func TestRegistrationYields(t *testing.T) {
	k := key("g", "10.0.0.1")
	relayed := func(w *town) {
		if _, err := w.Register(w.Context(), Registering{User: "bob@push.example", Key: k, IMSI: imsiA}); err != nil {
			w.Fatal(err)
		}
	}
	entered := func(w *town) { w.enter(somebody("alice@push.example", "/"+imsiA)) }
	told := func(text string) func(*town) {
		return func(w *town) {
			w.begin(k, text)
			w.register("bob@push.example", "", k)
		}
	}
	for _, c := range []struct {
		name   string
		before func(*town) // bob is registered after it
		then   func(*town)
		alone  bool // nothing else tells of the session
	}{
		{"RADIUS tells of it later, as it was before", func(w *town) {
			entered(w)
			w.register("bob@push.example", "", k)
			w.clock.Step(time.Minute)
		}, func(w *town) { w.beginAt(k, "x - "+imsiA, at(0)) }, false},
		{"RADIUS tells of it later, as another", func(w *town) {
			entered(w)
			w.register("bob@push.example", "", k)
			w.clock.Step(time.Minute)
		}, func(w *town) { w.begin(k, "x - "+imsiA) }, false},
		{"RADIUS tells the IMSI later", func(w *town) {
			entered(w)
			told("x")(w)
		}, func(w *town) { w.begin(k, "x - "+imsiA) }, false},
		{"it is entered", told("x - " + imsiA), entered, false},
		{"it is imported", told("x - " + imsiA), func(w *town) { w.imported("user,imsi\nalice@push.example," + imsiA + "\n") }, false},
		{"it is added", func(w *town) {
			w.enter(somebody("alice@push.example"))
			told("x - " + imsiA)(w)
		}, func(w *town) { w.imported("user,imsi\nalice@push.example," + imsiA + "\n") }, false},
		{"it is entered, and a relay told", relayed, entered, true},
		{"his own IMSI is hers from now on", func(w *town) {
			w.enter(somebody("bob@push.example", "/"+imsiA))
			told("x - " + imsiA)(w)
		}, func(w *town) { w.enter(somebody("bob@push.example"), somebody("alice@push.example", "/"+imsiA)) }, false},
		{"his IMSI with her number is his no more", func(w *town) {
			w.enter(somebody("bob@push.example", "/"+imsiB), somebody("alice@push.example", alice+"/"+imsiA))
			told("x " + alice + " " + imsiB)(w)
		}, func(w *town) { w.enter(somebody("bob@push.example")) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			w.enter(somebody("bob@push.example"))
			c.before(w)
			g := w.generation(k)
			c.then(w)
			if _, ok := w.Registered(k); ok || w.Live(g) {
				t.Errorf("he is registered: %v; his generation is live: %v", ok, w.Live(g))
			}
			want := "IMSI:" + imsiA + " - " + imsiA
			if s, _ := w.Show("alice@push.example"); len(s.Terminals) > 0 && s.Terminals[0].Subscriber.MSISDN != "" {
				want = "PLMN:+" + alice + " " + alice + " " + imsiA
			}
			if !c.alone {
				want += " g/10.0.0.1"
			}
			for range 2 {
				w.is(user("alice@push.example"), want)
				w.is(user("bob@push.example"), "USER:bob@push.example - -")
				w.restart()
			}
		})
	}
}

// A crash between the rows of subscribers and those of sessions leaves no registration at somebody else's terminal.
func TestLoadYields(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("bob@push.example"))
	k := key("g", "10.0.0.1")
	w.begin(k, "x - "+imsiA)
	w.register("bob@push.example", "", k)
	s := somebody("alice@push.example", "/"+imsiA)
	s.ID = 100
	w.store.subscribers[100] = s
	w.restart()
	if _, ok := w.Registered(k); ok {
		t.Error("he is registered")
	}
	w.is(user("alice@push.example"), "IMSI:"+imsiA+" - "+imsiA+" g/10.0.0.1")
	w.clock.Advance(time.Second)
	if r := w.store.sessions[k].Registration; r != nil {
		t.Errorf("stored is %+v", r)
	}
}
