package policy

import (
	"slices"
	"testing"
)

func TestBearers(t *testing.T) {
	set := newSet(t, Policy{Name: "a", Attempts: over("pdp", "sms")}, Policy{Name: "b", Attempts: over("sms")})
	if got := set.Bearers(); !slices.Equal(got, []string{"pdp", "sms"}) {
		t.Errorf("the policies use %q", got)
	}
}
