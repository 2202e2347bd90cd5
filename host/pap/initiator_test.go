package pap

import (
	"context"
	"errors"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

var testSource = netip.MustParseAddr("192.0.2.1")

// attempt authenticates with a password from an address.
func attempt(i *Initiators, source netip.Addr, username, password string) (*Initiator, error) {
	req := httptest.NewRequest("POST", "/wappush", nil)
	req.RemoteAddr = netip.AddrPortFrom(source, 1234).String()
	req.SetBasicAuth(username, password)
	return i.authenticate(req)
}

func TestNewInitiatorsRefuses(t *testing.T) {
	hash := cheapHash(t, "p")
	anywhere := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")}
	for _, c := range []struct {
		name string
		list []Initiator
		says string
	}{
		{"no name", []Initiator{{Username: "u", Hash: hash}}, "no name"},
		{"no proof", []Initiator{{Name: "a"}}, "neither username nor source nor domain"},
		{"domain without authorities", []Initiator{{Name: "a", Domains: []string{"a.example"}, Sources: anywhere}}, "without authorities"},
		{"password without username", []Initiator{{Name: "a", Hash: hash, Sources: anywhere}}, "without a username"},
		{"no hash", []Initiator{{Name: "a", Username: "u"}}, "password hash"},
		{"a password for a hash", []Initiator{{Name: "a", Username: "u", Hash: []byte("secret")}}, "password hash"},
		{"colon", []Initiator{{Name: "a", Username: "u:v", Hash: hash}}, "no colon"},
		{"name twice", []Initiator{{Name: "a", Username: "u", Hash: hash}, {Name: "a", Username: "v", Hash: hash}}, "name is taken"},
		{"username twice", []Initiator{{Name: "a", Username: "u", Hash: hash}, {Name: "b", Username: "u", Hash: hash}}, "username is taken"},
		{"two faults", []Initiator{{Name: "a"}, {Name: "b", Username: "u"}}, "nor domain: anybody would be it\ninitiator \"b\""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := NewInitiators(c.list)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "secret") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAuthenticateRemembersWhatWasRight(t *testing.T) {
	i := initiators(t)
	r := i.roster.Load()
	if r.remembered("u", "p") != nil {
		t.Fatal("remembered before it was verified")
	}
	if pi, err := attempt(i, testSource, "u", "p"); err != nil || pi.Name != "mmsc" {
		t.Fatal(pi, err)
	}
	if r.remembered("u", "p") == nil {
		t.Error("right credentials are not remembered")
	}
	for _, c := range [][2]string{{"u", "q"}, {"u", ""}, {"v", "p"}, {"", "p"}} {
		if _, err := attempt(i, testSource, c[0], c[1]); !errors.Is(err, errCredentials) {
			t.Errorf("%q: %v", c, err)
		}
		if r.remembered(c[0], c[1]) != nil {
			t.Errorf("%q is remembered", c)
		}
	}
	if err := i.Replace([]Initiator{{Name: "mmsc", Username: "u", Hash: cheapHash(t, "new")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := attempt(i, netip.MustParseAddr("192.0.2.2"), "u", "p"); !errors.Is(err, errCredentials) {
		t.Errorf("the old password after a reload: %v", err)
	}
	if _, err := attempt(i, netip.MustParseAddr("192.0.2.2"), "u", "new"); err != nil {
		t.Errorf("the new password after a reload: %v", err)
	}
}

func TestReplaceKeepsTheOldSetAfterAnError(t *testing.T) {
	i := initiators(t)
	if err := i.Replace([]Initiator{{Name: "x"}}); err == nil {
		t.Fatal("taken")
	}
	if _, err := attempt(i, testSource, "u", "p"); err != nil {
		t.Error(err)
	}
}

// bcrypt takes these for the password "p": it ends at 72 octets and repeats the key with a NUL between.
func TestVerifyRefusesWhatBcryptConfuses(t *testing.T) {
	long := strings.Repeat("x", 72)
	for password, confused := range map[string]string{"p": "p\x00p", long: long + "y"} {
		r := initiators(t, Initiator{Name: "a", Username: "u", Hash: cheapHash(t, password)}).roster.Load()
		if r.verify("u", confused) != nil {
			t.Errorf("%q taken for %q", confused, password)
		}
		if r.verify("u", password) == nil {
			t.Errorf("%q refused", password)
		}
	}
}

func TestHashPassword(t *testing.T) {
	hash, err := HashPassword("secret")
	if err != nil || bcrypt.CompareHashAndPassword(hash, []byte("secret")) != nil {
		t.Errorf("%s, %v", hash, err)
	}
	for _, p := range []string{"", strings.Repeat("x", 73), "a\x00b"} {
		if _, err := HashPassword(p); err == nil {
			t.Errorf("%q was hashed", p)
		}
	}
}

func TestUnknownUserCostsAsMuchAsAWrongPassword(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("p"), 8)
	if err != nil {
		t.Fatal(err)
	}
	r := initiators(t, Initiator{Name: "a", Username: "u", Hash: hash}).roster.Load()
	fastest := func(username string) time.Duration {
		least := time.Hour
		for range 5 {
			begin := time.Now()
			if r.verify(username, "wrong") != nil {
				t.Fatal("verified")
			}
			least = min(least, time.Since(begin))
		}
		return least
	}
	if known, unknown := fastest("u"), fastest("v"); unknown < known/4 || unknown > known*4 {
		t.Errorf("known user %s, unknown user %s", known, unknown)
	}
}

func TestFailedLoginsSlowOneSourceOnly(t *testing.T) {
	i := initiators(t)
	now := time.Unix(0, 0)
	i.failures.now = func() time.Time { return now }
	other := netip.MustParseAddr("192.0.2.2")
	fail := func() error { _, err := attempt(i, testSource, "u", "wrong"); return err }
	for n := range freeFailures + 1 {
		if err := fail(); !errors.Is(err, errCredentials) {
			t.Fatalf("failure %d: %v", n+1, err)
		}
	}
	var slowed slowedError
	if err := fail(); !errors.As(err, &slowed) || slowed.wait != firstWait {
		t.Fatalf("after %d failures: %v", freeFailures+1, err)
	}
	if _, err := attempt(i, testSource, "u", "p"); !errors.As(err, &slowed) {
		t.Errorf("the right password during the wait: %v", err)
	}
	if _, err := attempt(i, other, "u", "p"); err != nil {
		t.Errorf("another address: %v", err)
	}
	if _, err := attempt(i, testSource, "u", "p"); err != nil {
		t.Errorf("credentials that are remembered: %v", err)
	}
	now = now.Add(firstWait)
	if err := fail(); !errors.Is(err, errCredentials) {
		t.Errorf("after the wait: %v", err)
	}
	if err := fail(); !errors.As(err, &slowed) || slowed.wait != 2*firstWait {
		t.Errorf("the next wait: %v", err)
	}
}

func TestLoginsWaitForTheirTurn(t *testing.T) {
	i := initiators(t)
	for range cap(i.hashing) {
		i.hashing <- struct{}{}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := i.login(ctx, i.roster.Load(), testSource, "u", "p"); !errors.Is(err, errHashingBusy) {
		t.Errorf("got %v", err)
	}
	<-i.hashing
	if _, err := i.login(context.Background(), i.roster.Load(), testSource, "u", "p"); err != nil {
		t.Errorf("with a free place: %v", err)
	}
}

func TestKnownTakesTheLongestPrefix(t *testing.T) {
	prefix := func(s string) []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix(s)} }
	r := initiators(
		t,
		Initiator{Name: "wide", Sources: prefix("10.0.0.0/8")},
		Initiator{Name: "one", Sources: prefix("10.0.0.1/32")},
		Initiator{Name: "narrow", Sources: prefix("10.0.0.0/24")},
	).roster.Load()
	// Kannel matches by substring: 10.0.0.1 is allowed by an entry 10.0.0.11.
	for addr, want := range map[string]string{"10.0.0.1": "one", "10.0.0.11": "narrow", "10.9.0.1": "wide"} {
		if pi, err := r.known(&evidence{source: netip.MustParseAddr(addr)}); pi == nil || pi.Name != want || err != nil {
			t.Errorf("%s: %+v, %v", addr, pi, err)
		}
	}
	if pi, err := r.known(&evidence{source: netip.MustParseAddr("11.0.0.1")}); pi != nil || err != nil {
		t.Errorf("11.0.0.1: %+v, %v", pi, err)
	}
}

func TestOnlySourceInitiatorsAndCredentials(t *testing.T) {
	i := initiators(t, Initiator{Name: "a", Sources: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	if _, err := attempt(i, netip.MustParseAddr("10.0.0.1"), "u", "p"); !errors.Is(err, errCredentials) {
		t.Errorf("credentials that nobody has: %v", err)
	}
	req := httptest.NewRequest("POST", "/wappush", nil)
	req.RemoteAddr = "192.0.2.1:1"
	if _, err := i.authenticate(req); !errors.Is(err, errStranger) {
		t.Errorf("an address of nobody, where a challenge would not help: %v", err)
	}
}

func TestAuthenticateWhileReplacing(t *testing.T) {
	list := []Initiator{{Name: "mmsc", Username: "u", Hash: cheapHash(t, "p")}}
	i := initiators(t, list...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if _, err := attempt(i, testSource, "u", "p"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := i.Replace(list); err != nil {
			t.Error(err)
		}
	}
	wg.Wait()
}
