package subscriber

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

func TestRegister(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example a@push.example"), somebody("bob@push.example"))
	k := key("g", "10.0.0.1")
	first := w.register("alice@push.example", "", k)
	g := w.generation(k)
	w.clock.Step(time.Minute)

	again := w.register("alice@PUSH.example", "", k)
	if again.Dynamic != first.Dynamic || !again.Expires.Equal(at(60+7200)) || w.generation(k) != g {
		t.Errorf("renewed: %+v after %+v, generation %d after %d", again, first, w.generation(k), g)
	}
	if got, ok := w.Registered(k); !ok || got != again {
		t.Errorf("at the place: %+v", got)
	}

	// By another of her identifiers, and from another address: the same device.
	moved := w.register("a@push.example", "", key("g", "10.0.0.2"))
	if moved.Dynamic != first.Dynamic || w.Live(g) {
		t.Errorf("moved: %+v; the old place is live: %v", moved, w.Live(g))
	}
	w.is(user(first.Dynamic), "USER:alice@push.example - - g/10.0.0.2")
	if len(w.store.sessions) != 1 {
		t.Errorf("%d sessions are stored", len(w.store.sessions))
	}

	// Somebody else at that address.
	g = w.generation(key("g", "10.0.0.2"))
	other := w.register("bob@push.example", "", key("g", "10.0.0.2"))
	if other.Dynamic == first.Dynamic || w.Live(g) {
		t.Errorf("bob has %+v, and the generation of before is live: %v", other, w.Live(g))
	}
	w.is(user(first.Dynamic), ErrUnknown.Error())
	w.is(user(other.Dynamic), "USER:bob@push.example - - g/10.0.0.2")
}

func TestRegisterAtAccounting(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"), somebody("bob@push.example"))
	k := key("g", "10.0.0.1")
	w.begin(k, "x - "+imsiA)
	g := w.generation(k)
	r := w.register("alice@push.example", "", k)
	if w.generation(k) != g {
		t.Error("registering made another generation")
	}
	w.is(user(r.Dynamic), "IMSI:"+imsiA+" - "+imsiA+" g/10.0.0.1")

	// Another user at the same terminal: another generation, and accounting goes on.
	w.clock.Step(time.Minute)
	w.register("bob@push.example", "", k)
	if w.Live(g) || !w.Since(k.Address).Equal(at(60)) {
		t.Errorf("alice's generation is live: %v; the owner is that since %v", w.Live(g), w.Since(k.Address))
	}
	w.is(user("bob@push.example"), "IMSI:"+imsiA+" - "+imsiA+" g/10.0.0.1")
	w.is(user("alice@push.example"), "USER:alice@push.example - -")

	// Another terminal, as the relay says.
	g = w.generation(k)
	if _, err := w.Register(t.Context(), Registering{User: "alice@push.example", Key: k, IMSI: imsiB}); err != nil {
		t.Fatal(err)
	}
	if w.Live(g) || w.store.sessions[k].Accounting != "" {
		t.Errorf("the terminal of before is live: %v; stored is %+v", w.Live(g), w.store.sessions[k])
	}
	w.is(user("alice@push.example"), "IMSI:"+imsiB+" - "+imsiB+" g/10.0.0.1")
	w.end(k, "x") // of the terminal of before
	w.is(user("alice@push.example"), "IMSI:"+imsiB+" - "+imsiB+" g/10.0.0.1")
}

func TestRelease(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"), somebody("bob@push.example"))
	k, told := key("g", "10.0.0.1"), key("g", "10.0.0.2")
	w.register("alice@push.example", "phone", k)
	w.begin(told, "x "+alice)
	w.register("bob@push.example", "", told)
	for _, c := range []struct {
		name   string
		k      store.SessionKey
		user   string
		device string
	}{
		{"another device", k, "alice@push.example", ""},
		{"another user", k, "bob@push.example", "phone"},
		{"nobody", k, "eve@push.example", "phone"},
		{"another place", key("g", "10.0.0.3"), "alice@push.example", "phone"},
		{"another GGSN", key("h", "10.0.0.1"), "alice@push.example", "phone"},
	} {
		if err := w.Release(t.Context(), c.k, c.user, c.device); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	g, h := w.generation(k), w.generation(told)
	if err := errors.Join(w.Release(t.Context(), k, "alice@push.example", "phone"), w.Release(t.Context(), told, "bob@push.example", "")); err != nil {
		t.Fatal(err)
	}
	if w.Live(g) || w.Live(h) {
		t.Error("a generation is live after the release")
	}
	if w.generation(k) != 0 || w.generation(told) == 0 || len(w.store.sessions) != 1 {
		t.Error("not that of RADIUS, or not only that, is left")
	}
	w.is(user("bob@push.example"), "USER:bob@push.example - -")
	w.is(plmn("+"+alice), "PLMN:+"+alice+" "+alice+" - g/10.0.0.2")
	if err := w.Release(t.Context(), k, "alice@push.example", "phone"); !errors.Is(err, ErrUnknown) {
		t.Errorf("again: %v", err)
	}
}

func TestRegisterRefused(t *testing.T) {
	w := newTown(t, func(o *Options) { o.Sessions = mostDevices + 1 })
	w.enter(somebody("alice@push.example"), somebody("bob@push.example"))
	for _, c := range []struct {
		name string
		r    Registering
		want error
	}{
		{"nobody", Registering{User: "eve@push.example", Key: key("g", "10.0.0.1")}, ErrUnknown},
		{"foreign", Registering{User: "alice@elsewhere.example", Key: key("g", "10.0.0.1")}, ErrForeign},
		{"no domain", Registering{User: "alice", Key: key("g", "10.0.0.1")}, nil},
		{"no address", Registering{User: "alice@push.example"}, nil},
		{"device with a slash", Registering{User: "alice@push.example", Device: "a/b", Key: key("g", "10.0.0.1")}, nil},
		{"IMSI of letters", Registering{User: "alice@push.example", IMSI: "abcdefgh", Key: key("g", "10.0.0.1")}, nil},
	} {
		if _, err := w.Register(t.Context(), c.r); err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if len(w.store.sessions) != 0 {
		t.Errorf("%d sessions are stored", len(w.store.sessions))
	}
	for i := range mostDevices {
		w.register("alice@push.example", fmt.Sprint(i), key("g", fmt.Sprint("10.0.0.", i)))
	}
	if _, err := w.Register(t.Context(), Registering{User: "alice@push.example", Device: "more", Key: key("g", "10.0.1.1")}); !errors.Is(err, ErrFull) {
		t.Errorf("one device too many: %v", err)
	}
	w.register("bob@push.example", "", key("g", "10.0.1.1"))
	if _, err := w.Register(t.Context(), Registering{User: "bob@push.example", Device: "more", Key: key("g", "10.0.1.2")}); !errors.Is(err, ErrFull) {
		t.Errorf("one session too many: %v", err)
	}
}

// A session that is known by registration alone lives as long as that, or as sessions do, if that is shorter.
func TestRegistrationExpires(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example"))
	k := key("g", "10.0.0.1")
	w.register("alice@push.example", "", k)
	w.clock.Step(time.Hour - 1)
	if w.generation(k) == 0 {
		t.Error("it is gone before an hour")
	}
	w.clock.Step(1)
	if w.generation(k) != 0 {
		t.Error("it is there after an hour")
	}

	w = newTown(t, func(o *Options) { o.DynamicValidity = 10 * time.Minute })
	w.enter(somebody("alice@push.example"))
	r := w.register("alice@push.example", "", k)
	w.begin(key("g", "10.0.0.2"), "x "+alice)
	s := w.register("alice@push.example", "two", key("g", "10.0.0.2"))
	w.clock.Step(10 * time.Minute)
	if w.generation(k) != 0 || w.generation(key("g", "10.0.0.2")) == 0 {
		t.Error("not that of RADIUS, or not only that, is there after ten minutes")
	}
	w.is(user(r.Dynamic), ErrUnknown.Error())
	w.is(user(s.Dynamic), ErrUnknown.Error())
	w.is(user("alice@push.example"), "USER:alice@push.example - -")
	if next := w.register("alice@push.example", "", k); next.Dynamic == r.Dynamic {
		t.Error("an identifier that was not renewed in time is there again")
	}
}

// What has expired is swept out of memory and store, all of it within about a minute and never much at once.
func TestSweep(t *testing.T) {
	w := newTown(t, func(o *Options) { o.DynamicValidity = 30 * time.Minute })
	w.enter(somebody("alice@push.example"))
	const many = 1000
	for i := range many {
		w.begin(key("g", fmt.Sprintf("10.0.%d.%d", i>>8, i&255)), "x")
	}
	w.register("alice@push.example", "", key("g", "10.0.0.1"))
	w.clock.Advance(50 * time.Minute)
	if r := w.store.sessions[key("g", "10.0.0.1")].Registration; r != nil {
		t.Errorf("%+v is stored after it expired", r)
	}
	w.begin(key("g", "10.0.0.7"), "x")
	w.clock.Advance(10 * time.Minute)
	_, before := w.Counts()
	for range 2*sweepRounds + 1 {
		w.clock.Advance(time.Second)
		_, n := w.Counts()
		if before-n > many/sweepRounds+1 {
			t.Errorf("%d were swept at once", before-n)
		}
		before = n
	}
	if _, n := w.Counts(); n != 1 || len(w.store.sessions) != 1 {
		t.Errorf("%d sessions are left, %d in the store", n, len(w.store.sessions))
	}
}

func TestNormal(t *testing.T) {
	long := strings.Repeat("a", longestUser)
	for _, c := range []struct{ user, want string }{
		{"Alice@Push.Example", "Alice@push.example"},
		{"a/b@c@Push", "a/b@c@push"},
		{"jörg@push.example", "jörg@push.example"},
		{"alice", ""},
		{"@push.example", ""},
		{"alice@", ""},
		{"alice@push..example", ""},
		{"alice@-a.example", ""},
		{"alice@a_b", ""},
		{"al ice@push.example", ""},
		{"al\x00ice@push.example", ""},
		{"al\xffice@push.example", ""},
		{"alice@jörg.example", ""},
		{long + "@a", ""},
		{"alice@" + strings.Repeat("b", 64), ""},
	} {
		got, err := Normal(c.user)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: got %q, %v; want %q", c.user, got, err, c.want)
		}
	}
}

// Where sessions do not expire by themselves, one that was registered first and told of by RADIUS later does not end with that
// registration, and neither does one from the time of another configuration.
func TestNoExpiry(t *testing.T) {
	w := newTown(t, func(o *Options) { o.SessionExpiry = 0 })
	w.enter(somebody("alice@push.example"))
	k := key("g", "10.0.0.1")
	w.register("alice@push.example", "", k)
	w.begin(k, "x "+alice)
	w.clock.Step(time.Hour)
	r := w.register("alice@push.example", "", k)
	g := w.generation(k)
	w.clock.Step(time.Hour) // when the first registration would be over
	if !w.Live(g) {
		t.Error("the session is over although it was registered again")
	}
	w.is(user(r.Dynamic), "PLMN:+"+alice+" "+alice+" - g/10.0.0.1")
	w.clock.Step(time.Hour)
	if !w.Live(g) {
		t.Error("the session is over with its registration, and RADIUS did not tell that")
	}

	w = newTown(t)
	w.begin(k, "x "+alice)
	g = w.generation(k)
	w.o.SessionExpiry = 0
	w.restart()
	w.begin(k, "x "+alice)
	w.restart() // it is on disk
	w.clock.Step(24 * time.Hour)
	if !w.Live(g) {
		t.Error("the session expires as in another configuration")
	}
}
