package metrics

import (
	"strings"
	"testing"
)

func TestCauses(t *testing.T) {
	for _, tt := range []struct{ name, cause, want string }{
		{"of a plugin", "plugin hlr: asking 10.0.0.1: timeout", "asking: timeout"},
		{"nothing", "", absentCause},
		{"nothing but a number", "46702123456", absentCause},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (&causes{}).label(tt.cause); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestCausesAreFew(t *testing.T) {
	c := &causes{}
	seen := map[string]bool{}
	for i := range 10 * maxCauses {
		seen[c.label(strings.Repeat("a", i%30)+strings.Repeat("b", i/30))] = true
	}
	if len(seen) > maxCauses+2 || !seen[otherCause] {
		t.Errorf("%d labels", len(seen))
	}
}
