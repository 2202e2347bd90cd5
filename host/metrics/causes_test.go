package metrics

import (
	"strings"
	"testing"
)

func TestCauses(t *testing.T) {
	for _, tt := range []struct{ name, cause, want string }{
		{"status of an SMSC", "refused with segments 1 of 3 through: ESME_RINVDSTADR, GSM error 27", "ESME_RINVDSTADR"},
		{"numbers of one case", "the time window ended with segments 1 2 of 3 through: lost", "the time window ended with segments of through"},
		{"socket and address", "write udp 127.0.0.1:9200->10.0.0.1:2948: connection refused", "write udp"},
		{"a number in quotation marks", `MSISDN "46702123456" of PLMN`, "MSISDN of PLMN"},
		{"nothing", "", absentCause},
		{"nothing but a number", "46702123456", absentCause},
		{"not UTF-8", "lost \xff link", "lost link"},
		{"long", strings.Repeat("a", 59) + "ä", strings.Repeat("a", 59)},
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
