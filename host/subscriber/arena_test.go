package subscriber

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Texts stay what they are, whatever is given back and put beside them, and what was given back is used again.
func TestArena(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var a arena
		there := map[ref]string{}
		var refs []ref
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				n := rapid.SampledFrom([]int{0, 1, 5, 6, 7, 30, 1000, arenaMost}).Draw(t, "octets")
				text := strings.Repeat(string(rune('a'+len(refs)%26)), n)
				r := a.put(text)
				if there[r] != "" || (r == 0) != (n == 0) {
					t.Fatalf("%d octets at %d, which are taken", n, r)
				}
				there[r] = text
				refs = append(refs, r)
			},
			"give": func(t *rapid.T) {
				if len(refs) == 0 {
					return
				}
				i := rapid.IntRange(0, len(refs)-1).Draw(t, "which")
				a.give(refs[i])
				delete(there, refs[i])
				refs = append(refs[:i], refs[i+1:]...)
			},
			"": func(t *rapid.T) {
				for r, text := range there {
					if a.text(r) != text || !a.is(r, text) {
						t.Fatalf("at %d are %d octets, want %d", r, len(a.text(r)), len(text))
					}
				}
			},
		})
	})
	var a arena
	for range 10 * arenaChunk / 32 {
		a.give(a.put("user1234567@push.example"))
	}
	if len(a.chunks) != 1 {
		t.Errorf("%d pieces for one text at a time", len(a.chunks))
	}
}

func TestNumber(t *testing.T) {
	seen := map[number]string{}
	for _, digits := range []string{"", "0", "00", "1", "01", "10", "358401234567", "001010123456789", "999999999999999", "000000000000000"} {
		n, ok := pack(digits)
		if !ok || n.String() != digits {
			t.Errorf("%q comes back as %q, %v", digits, n, ok)
		}
		if other, there := seen[n]; there {
			t.Errorf("%q is the same as %q", digits, other)
		}
		seen[n] = digits
	}
	for _, text := range []string{"1234567890123456", "+358", "12 34", "a", "１"} {
		if _, ok := pack(text); ok {
			t.Errorf("%q is a number", text)
		}
	}
	if _, err := packIMSI(push.IMSI("12345")); err == nil {
		t.Error("an IMSI of 5 digits is taken")
	}
}

// Names come and go with their uses, and their numbers are used again.
func TestNames(t *testing.T) {
	n := newNames()
	a, b := n.use("a"), n.use("b")
	if n.use("a") != a || n.find("b") != b || n.find("c") != 0 || n.text(a) != "a" {
		t.Error("mixed up")
	}
	n.drop(a)
	if n.find("a") != a {
		t.Error("gone before its last use")
	}
	n.drop(a)
	if n.find("a") != 0 || n.use("") != a || n.find("") != a {
		t.Error("not gone with its last use, or its number is lost")
	}
}
