package subscriber

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

const (
	alice, bob = "358400000001", "358400000002"
	imsiA      = "244050000000001"
	imsiB      = "244050000000002"
)

func TestResolve(t *testing.T) {
	unknown, foreign := ErrUnknown.Error(), ErrForeign.Error()
	for _, c := range []struct {
		name  string
		given func(w *town)
		want  map[string]string // by "user X", "plmn X" or "ip X"
	}{
		{"nobody", func(*town) {}, map[string]string{
			"user alice@push.example": unknown, "user alice@elsewhere.example": foreign, "user alice": foreign, "user push.example": foreign,
			"user @push.example": unknown, "plmn +" + alice: "PLMN:+" + alice + " " + alice + " -", "ip 10.0.0.1": "IPv4:10.0.0.1 - -",
			"ip 2001:db8::1": "IPv6:2001:db8::1 - -",
		}},
		{"bound, offline", func(w *town) { w.enter(somebody("alice@push.example a@m2m.example", alice+"/"+imsiA)) }, map[string]string{
			"user alice@push.example": "PLMN:+" + alice + " " + alice + " " + imsiA,
			"user alice@PUSH.Example": "PLMN:+" + alice + " " + alice + " " + imsiA,
			"user a@m2m.example":      "PLMN:+" + alice + " " + alice + " " + imsiA,
			"user Alice@push.example": unknown,
			"plmn +" + alice:          "PLMN:+" + alice + " " + alice + " " + imsiA,
		}},
		{"neither bound nor registered", func(w *town) { w.enter(somebody("alice@push.example")) }, map[string]string{
			"user alice@push.example": "USER:alice@push.example - -",
		}},
		{"bound by number, session tells the IMSI too", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/"))
			w.begin(key("g", "10.0.0.1"), "x "+alice+" "+imsiA)
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + alice + " " + alice + " " + imsiA + " g/10.0.0.1",
			"plmn +" + alice:          "PLMN:+" + alice + " " + alice + " " + imsiA + " g/10.0.0.1",
			"ip 10.0.0.1":             "PLMN:+" + alice + " " + alice + " " + imsiA + " g/10.0.0.1",
		}},
		{"bound by IMSI keeps its lane when the number is told", func(w *town) {
			w.enter(somebody("alice@push.example", "/"+imsiA))
			w.begin(key("g", "10.0.0.1"), "x "+alice+" "+imsiA)
		}, map[string]string{
			"user alice@push.example": "IMSI:" + imsiA + " " + alice + " " + imsiA + " g/10.0.0.1",
			"ip 10.0.0.1":             "IMSI:" + imsiA + " " + alice + " " + imsiA + " g/10.0.0.1",
		}},
		{"the IMSI counts more than the number", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/"+imsiA), somebody("bob@push.example", bob+"/"+imsiB))
			w.begin(key("g", "10.0.0.1"), "x "+alice+" "+imsiB)
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + alice + " " + alice + " " + imsiA,
			"user bob@push.example":   "PLMN:+" + bob + " " + bob + " " + imsiB + " g/10.0.0.1",
			"plmn +" + alice:          "PLMN:+" + alice + " " + alice + " " + imsiA,
		}},
		{"several terminals, those online first", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/", bob+"/"))
			w.begin(key("g", "10.0.0.1"), "x "+bob)
			w.begin(key("h", "10.0.0.2"), "y "+bob)
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + bob + " " + bob + " - h/10.0.0.2 g/10.0.0.1 | PLMN:+" + alice + " " + alice + " -",
		}},
		{"registered, not bound", func(w *town) {
			w.enter(somebody("alice@push.example a@push.example"))
			w.register("a@push.example", "tablet", key("g", "10.0.0.1"))
			w.register("alice@push.example", "", key("g", "10.0.0.2"))
		}, map[string]string{
			"user alice@push.example": "USER:alice@push.example - - g/10.0.0.2 | USER:alice@push.example/tablet - - g/10.0.0.1",
			"ip 10.0.0.1":             "IPv4:10.0.0.1 - - g/10.0.0.1",
		}},
		{"registered at the session of a bound terminal is that", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/"))
			w.begin(key("g", "10.0.0.1"), "x "+alice)
			w.register("alice@push.example", "phone", key("g", "10.0.0.1"))
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + alice + " " + alice + " - g/10.0.0.1",
		}},
		{"registered at a terminal that nobody has entered, beside her own", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/"))
			w.begin(key("g", "10.0.0.2"), "x "+bob)
			w.register("alice@push.example", "", key("g", "10.0.0.2"))
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + bob + " " + bob + " - g/10.0.0.2 | PLMN:+" + alice + " " + alice + " -",
		}},
		{"registered at a session with a number that nobody entered", func(w *town) {
			w.enter(somebody("alice@push.example"))
			w.begin(key("g", "10.0.0.2"), "x "+bob)
			w.begin(key("h", "10.0.0.3"), "y "+bob+" "+imsiB)
			w.register("alice@push.example", "", key("g", "10.0.0.2"))
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + bob + " " + bob + " " + imsiB + " h/10.0.0.3 g/10.0.0.2",
		}},
		{"overlapping addresses", func(w *town) {
			w.begin(key("g", "10.0.0.1"), "x "+alice)
			w.begin(key("h", "10.0.0.1"), "x "+bob)
		}, map[string]string{
			"ip 10.0.0.1":    "IPv4:10.0.0.1 - - h/10.0.0.1 g/10.0.0.1",
			"plmn +" + alice: "PLMN:+" + alice + " " + alice + " - g/10.0.0.1",
			"plmn +" + bob:   "PLMN:+" + bob + " " + bob + " - h/10.0.0.1",
		}},
		{"no number known", func(w *town) { w.begin(key("g", "2001:db8::1"), "x") }, map[string]string{
			"ip 2001:db8::1": "IPv6:2001:db8::1 - - g/2001:db8::1",
		}},
		{"number that is none", func(w *town) {}, map[string]string{
			"plmn +12345678901234567": "PLMN:+12345678901234567 12345678901234567 -", "plmn +12a": "PLMN:+12a 12a -",
		}},
		{"expired", func(w *town) {
			w.enter(somebody("alice@push.example", alice+"/"))
			w.begin(key("g", "10.0.0.1"), "x "+alice)
			w.clock.Step(time.Hour) // without a sweep
		}, map[string]string{
			"user alice@push.example": "PLMN:+" + alice + " " + alice + " -", "ip 10.0.0.1": "IPv4:10.0.0.1 - -",
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newTown(t)
			c.given(w)
			for _, when := range []string{"now", "restarted"} {
				for of, want := range c.want {
					kind, value := of[:4], of[5:]
					switch kind {
					case "user":
						w.is(user(value), want)
					case "plmn":
						w.is(plmn(value), want)
					default:
						w.is(ip(of[3:]), want)
					}
				}
				if when == "now" {
					w.restart()
				}
			}
		})
	}
}

func TestNoDomains(t *testing.T) {
	w := newTown(t, func(o *Options) { o.Domains = nil })
	w.is(user("alice@push.example"), ErrForeign.Error())
	err := w.Put(t.Context(), []store.Subscriber{somebody("alice@push.example")})
	if !errors.Is(err, ErrForeign) || !strings.Contains(err.Error(), "(none: push_domains of [subscribers] is empty)") {
		t.Errorf("entered: %v", err)
	}
}

func TestDynamic(t *testing.T) {
	w := newTown(t)
	w.enter(somebody("alice@push.example", alice+"/"))
	r := w.register("alice@push.example", "tablet", key("g", "10.0.0.1"))
	if len(r.Dynamic) != 26+1+len("push.example") || !r.Expires.Equal(at(2*3600)) {
		t.Errorf("the identifier is %q until %v", r.Dynamic, r.Expires)
	}
	w.is(user(r.Dynamic), "USER:alice@push.example/tablet - - g/10.0.0.1")
	w.is(user("alice@push.example"), "USER:alice@push.example/tablet - - g/10.0.0.1 | PLMN:+"+alice+" "+alice+" -")
	other := w.register("alice@push.example", "phone", key("g", "10.0.0.2"))
	if other.Dynamic == r.Dynamic {
		t.Error("two devices have one identifier")
	}
	w.is(user(other.Dynamic), "USER:alice@push.example/phone - - g/10.0.0.2")
	if err := w.Release(t.Context(), key("g", "10.0.0.2"), "alice@push.example", "phone"); err != nil {
		t.Error(err)
	}
	w.is(user(other.Dynamic), ErrUnknown.Error())
	w.is(user(r.Dynamic), "USER:alice@push.example/tablet - - g/10.0.0.1")
}

func TestSince(t *testing.T) {
	w := newTown(t)
	since := func(want time.Time) {
		t.Helper()
		if got := w.Since(key("", "10.0.0.1").Address); !got.Equal(want) {
			t.Errorf("since %v, want %v", got, want)
		}
	}
	since(time.Time{})
	w.begin(key("g", "10.0.0.1"), "x")
	since(at(0))
	w.clock.Step(10 * time.Second)
	w.begin(key("g", "10.0.0.1"), "x") // the same owner
	since(at(0))
	w.begin(key("g", "10.0.0.1"), "y")
	since(at(10))
	w.clock.Step(10 * time.Second)
	w.begin(key("h", "10.0.0.1"), "z")
	since(at(20))
	w.end(key("h", "10.0.0.1"), "z")
	since(at(10))
}
