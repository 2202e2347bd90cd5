package digits

import (
	"testing"

	"pgregory.net/rapid"
)

func TestParse(t *testing.T) {
	for _, s := range []string{"240010123456789", "001010000000101", "0", "000", "999999999999999", "46702123456"} {
		n, ok := Parse(s)
		if !ok || n == 0 || n.String() != s {
			t.Errorf("%q became %q, %t", s, n, ok)
		}
	}
	for _, s := range []string{"", "2400101234567890", "+46702123456", "24001012345678a", "24 001", "٣٤٥"} {
		if n, ok := Parse(s); ok || n != 0 {
			t.Errorf("%q became %q", s, n)
		}
	}
	if s := Number(0).String(); s != "" {
		t.Errorf("none is %q", s)
	}
}

// Two numbers are the same if and only if their digits are.
func TestParseTellsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.StringMatching(`[0-9]{1,15}`)
		a, b := numbers.Draw(t, "a"), numbers.Draw(t, "b")
		na, _ := Parse(a)
		nb, _ := Parse(b)
		if (na == nb) != (a == b) {
			t.Fatalf("%q is %d, %q is %d", a, na, b, nb)
		}
	})
}
