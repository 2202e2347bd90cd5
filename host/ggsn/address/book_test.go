package address

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	alice push.IMSI = "240010000000001" // has a static address
	bob   push.IMSI = "240010000000002"
	carol push.IMSI = "240010000000003"
)

// newBook is a book with two addresses for everybody, and one of the pool that is alice's.
func newBook(t *testing.T, now *time.Duration) *Book {
	t.Helper()
	statics, err := NewStatics([]Static{{alice, ip("10.46.0.2")}})
	if err != nil {
		t.Fatal(err)
	}
	pool := []netip.Prefix{netip.MustParsePrefix("10.46.0.0/30"), netip.MustParsePrefix("10.46.9.0/31")}
	return New(statics, pool, time.Minute, func() time.Duration { return *now }, ip("10.46.9.1"), netip.Addr{})
}

func TestAssign(t *testing.T) {
	rows := []struct {
		name  string
		imsi  push.IMSI
		asked string
		want  string // "" is an error
		err   error
	}{
		{"its static one", alice, "", "10.46.0.2", nil},
		{"its static one, asked for", alice, "10.46.0.2", "10.46.0.2", nil},
		{"another one than its static one", alice, "10.46.0.1", "", ErrOther},
		{"one of the pool", bob, "", "10.46.0.1", nil},
		{"one of the pool, asked for", bob, "10.46.0.1", "", ErrOther},
		{"somebody's static one", bob, "10.46.0.2", "", ErrOther},
		{"one that is not here", bob, "192.0.2.1", "", ErrOther},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			now := time.Duration(0)
			b := newBook(t, &now)
			var asked netip.Addr
			if row.asked != "" {
				asked = ip(row.asked)
			}
			got, err := b.Assign(row.imsi, asked)
			if !errors.Is(err, row.err) || row.err == nil && got != ip(row.want) {
				t.Errorf("it has %v, %v", got, err)
			}
			if may := b.May(row.imsi, asked); may != (row.err == nil) {
				t.Errorf("it may: %t", may)
			}
		})
	}
}

// The pool is two addresses: the others are alice's and the node's.
func TestPoolIsEmpty(t *testing.T) {
	now := time.Duration(0)
	b := newBook(t, &now)
	if n := b.Counts(); n != (Counts{Free: 2}) {
		t.Errorf("in the beginning there are %+v", n)
	}
	for _, want := range []string{"10.46.0.1", "10.46.9.0"} {
		if got, err := b.Assign(push.IMSI("24001000000009"+want[len(want)-1:]), netip.Addr{}); err != nil || got != ip(want) {
			t.Errorf("the address is %v, %v, want %s", got, err, want)
		}
	}
	if _, err := b.Assign(carol, netip.Addr{}); !errors.Is(err, ErrNone) {
		t.Errorf("the third one gets %v", err)
	}
	if _, err := b.Reserve(carol); !errors.Is(err, ErrNone) {
		t.Errorf("the third one may reserve: %v", err)
	}
	if got, err := b.Assign(alice, netip.Addr{}); err != nil || got != ip("10.46.0.2") {
		t.Errorf("alice has %v, %v", got, err)
	}
}

func TestQuarantine(t *testing.T) {
	now := time.Duration(0)
	b := newBook(t, &now)
	first, _ := b.Assign(bob, netip.Addr{})
	b.Release(bob, first)
	if second, err := b.Assign(carol, netip.Addr{}); err != nil || second == first {
		t.Errorf("another terminal has %v, %v, which rests", second, err)
	}
	now += 30 * time.Second
	if again, err := b.Assign(bob, netip.Addr{}); err != nil || again != first {
		t.Errorf("bob has %v, %v, want the one that he had", again, err)
	}
	b.Release(bob, first)
	now += time.Minute - 1
	if _, err := b.Assign("240010000000009", netip.Addr{}); !errors.Is(err, ErrNone) {
		t.Errorf("just before the end of the time: %v", err)
	}
	now++
	if a, err := b.Assign("240010000000009", netip.Addr{}); err != nil || a != first {
		t.Errorf("after it: %v, %v", a, err)
	}
}

func TestReserve(t *testing.T) {
	now := time.Duration(0)
	b := newBook(t, &now)
	reserved, err := b.Reserve(bob)
	if again, _ := b.Reserve(bob); err != nil || again != reserved {
		t.Errorf("reserved are %v and %v, %v", reserved, again, err)
	}
	if own, ok := b.Own(bob); !ok || own != reserved || !b.May(bob, reserved) || b.May(carol, reserved) {
		t.Errorf("bob is to have %v, %t", own, ok)
	}
	if _, err := b.Assign(bob, ip("10.46.9.0")); !errors.Is(err, ErrOther) {
		t.Errorf("another one is given: %v", err)
	}
	if got, err := b.Assign(bob, reserved); err != nil || got != reserved {
		t.Errorf("bob has %v, %v", got, err)
	}
	b.Unreserve(bob) // nothing: it is a context's by now
	if n := b.Counts(); n != (Counts{Free: 1, Given: 1}) {
		t.Errorf("there are %+v", n)
	}
	other, _ := b.Reserve(carol)
	b.Unreserve(carol)
	if got, err := b.Assign("240010000000009", netip.Addr{}); err != nil || got != other {
		t.Errorf("what nobody took is not free: %v, %v", got, err)
	}
	if got, err := b.Reserve(alice); err != nil || got != ip("10.46.0.2") {
		t.Errorf("alice reserves %v, %v", got, err)
	}
}

// An address that rests goes on to rest when its terminal was to have it back and did not come.
func TestUnreserveRests(t *testing.T) {
	now := time.Duration(0)
	b := newBook(t, &now)
	first, _ := b.Assign(bob, netip.Addr{})
	b.Release(bob, first)
	if again, err := b.Reserve(bob); err != nil || again != first {
		t.Fatalf("bob reserves %v, %v", again, err)
	}
	b.Unreserve(bob)
	for _, other := range []push.IMSI{carol, "240010000000009"} {
		if a, err := b.Assign(other, netip.Addr{}); err == nil && a == first {
			t.Errorf("%s has the address of bob", other)
		}
	}
	now += time.Minute
	if a, err := b.Assign("240010000000009", netip.Addr{}); err != nil || a != first {
		t.Errorf("after the time: %v, %v", a, err)
	}
}

// Whatever terminals do, an address is one terminal's at a time, and rests before it is another's.
func TestBookModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Duration(0)
		statics, _ := NewStatics([]Static{{"240010000000000", ip("10.46.0.5")}})
		b := New(statics, []netip.Prefix{netip.MustParsePrefix("10.46.0.0/29")}, time.Minute, func() time.Duration { return now })
		type last struct {
			by push.IMSI
			at time.Duration
		}
		has := map[push.IMSI]netip.Addr{}
		reserved := map[push.IMSI]netip.Addr{}
		used := map[netip.Addr]last{} // who gave it up, and when
		terminals := rapid.SampledFrom([]push.IMSI{
			"240010000000000", "240010000000001", "240010000000002", "240010000000003", "240010000000004", "240010000000005", "240010000000006", "240010000000007",
		})
		check := func(imsi push.IMSI, a netip.Addr) {
			for other, theirs := range has {
				if other != imsi && theirs == a {
					t.Fatalf("%s and %s have %v", imsi, other, a)
				}
			}
			for other, theirs := range reserved {
				if other != imsi && theirs == a {
					t.Fatalf("%s has %v, which is reserved for %s", imsi, a, other)
				}
			}
			if before, ok := used[a]; ok && before.by != imsi && now < before.at+time.Minute {
				t.Fatalf("%s has %v, which %s gave up %s ago", imsi, a, before.by, now-before.at)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"assign": func(t *rapid.T) {
				imsi := terminals.Draw(t, "imsi")
				if _, ok := has[imsi]; ok {
					t.Skip("has one")
				}
				if a, err := b.Assign(imsi, netip.Addr{}); err == nil {
					check(imsi, a)
					if own, ok := reserved[imsi]; ok && own != a {
						t.Fatalf("%s has %v, reserved is %v", imsi, a, own)
					}
					delete(reserved, imsi)
					has[imsi] = a
				}
			},
			"release": func(t *rapid.T) {
				imsi := terminals.Draw(t, "imsi")
				if a, ok := has[imsi]; ok {
					b.Release(imsi, a)
					delete(has, imsi)
					if imsi != "240010000000000" {
						used[a] = last{imsi, now}
					}
				}
			},
			"reserve": func(t *rapid.T) {
				imsi := terminals.Draw(t, "imsi")
				if _, ok := has[imsi]; ok {
					t.Skip("has one")
				}
				if a, err := b.Reserve(imsi); err == nil {
					check(imsi, a)
					reserved[imsi] = a
				}
			},
			"unreserve": func(t *rapid.T) {
				imsi := terminals.Draw(t, "imsi")
				b.Unreserve(imsi)
				delete(reserved, imsi)
			},
			"pass": func(t *rapid.T) { now += time.Duration(rapid.IntRange(1, 40).Draw(t, "seconds")) * time.Second },
			"": func(t *rapid.T) {
				n := b.Counts()
				if n.Free+n.Given+n.Reserved+n.Resting != 5 || n.Free < 0 || n.Given < 0 {
					t.Fatalf("of five addresses there are %+v", n)
				}
			},
		})
	})
}
