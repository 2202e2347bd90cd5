package registration

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

func newTestVerifier(most int) (*verifier, place) {
	return newVerifier(newFailures(time.Now), most), placeOf(netip.MustParseAddr("10.0.0.1"))
}

// A credential that was right needs no hash again, until the hash changes.
func TestVerifiedOnce(t *testing.T) {
	v, from := newTestVerifier(10)
	c := credential{alice, "wonderland"}
	hash := hashOf(t, c.password)
	if err := v.verify(t.Context(), from, c, hash, true); err != nil {
		t.Fatal(err)
	}
	for range cap(v.hashing) { // nobody can hash now
		v.hashing <- struct{}{}
	}
	if err := v.verify(t.Context(), from, c, hash, true); err != nil {
		t.Errorf("hashed again: %v", err)
	}
	<-v.hashing
	for _, tt := range []struct {
		name  string
		c     credential
		hash  []byte
		known bool
	}{
		{"another password", credential{alice, "wonder"}, hash, true},
		{"another name", credential{bob, "wonderland"}, hashOf(t, "builder"), true},
		{"parts moved", credential{alice + "w", "onderland"}, hashOf(t, "x"), true},
		{"a changed password", c, hashOf(t, "looking glass"), true},
		{"a user who is gone", c, hash, false},
		{"the password again behind a NUL, which bcrypt takes for the same", credential{alice, "wonderland\x00wonderland"}, hash, true},
		{"more than bcrypt reads", credential{alice, strings.Repeat("x", 73)}, hashOf(t, strings.Repeat("x", 72)), true},
		{"no hash", c, []byte("none"), true},
	} {
		if err := v.verify(t.Context(), placeOf(netip.MustParseAddr("10.0.0.2")), tt.c, tt.hash, tt.known); err == nil {
			t.Errorf("%s is taken", tt.name)
		}
		v.failures = newFailures(time.Now)
	}
}

func TestRememberedAreBounded(t *testing.T) {
	v, _ := newTestVerifier(3)
	for i := range 10 {
		v.remember(v.seal(credential{fmt.Sprint(i), ""}, nil))
	}
	if last := v.seal(credential{"9", ""}, nil); len(v.verified) != 3 || !v.remembers(last) {
		t.Errorf("%d remembered, the last among them: %v", len(v.verified), v.remembers(last))
	}
}

// The hash of nobody is one that bcrypt works on, at the cost of the dearest that was seen.
func TestUnknownCostsAsMuch(t *testing.T) {
	v, from := newTestVerifier(10)
	for _, want := range []int{bcrypt.DefaultCost, bcrypt.DefaultCost + 1} {
		hash := v.nobodys()
		cost, err := bcrypt.Cost(hash)
		if err != nil || cost != want {
			t.Errorf("%s: cost %d, %v; want %d", hash, cost, err, want)
		}
		if err := bcrypt.CompareHashAndPassword(hash, []byte("x")); !errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
			t.Errorf("%s: %v, so nothing was hashed", hash, err)
		}
		dear, err := bcrypt.GenerateFromPassword([]byte("x"), bcrypt.DefaultCost+1)
		if err != nil {
			t.Fatal(err)
		}
		if err := v.verify(t.Context(), from, credential{alice, "x"}, dear, true); err != nil {
			t.Fatal(err)
		}
	}
}

func TestCredentialOf(t *testing.T) {
	for _, tt := range []struct {
		name, authorization string
		want                credential
		ok                  bool
	}{
		{"basic", basic("a", "b:c"), credential{"a", "b:c"}, true},
		{"in capitals", strings.Replace(basic("a", "b"), "Basic", "BASIC", 1), credential{"a", "b"}, true},
		{"another scheme", "Bearer YTpi", credential{}, false},
		{"not base64", "Basic a:b", credential{}, false},
		{"nothing", "", credential{}, false},
	} {
		if c, ok := credentialOf(tt.authorization); c != tt.want || ok != tt.ok {
			t.Errorf("%s: %q, %v", tt.name, c, ok)
		}
	}
}
