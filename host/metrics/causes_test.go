package metrics

import (
	"regexp"
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
		{"status within a word", "xESME_RSYSERR ESME_RSYSERR_ ESME_R", "xESME_RSYSERR ESME_RSYSERR_ ESME_R"},
		{"status after one within a word", "ESME_RSYSERRx, ESME_ROK.", "ESME_ROK"},
		{"many blanks", "  lost \t link\n", "lost link"},
		{"blanks outside ASCII", "lost\u00A0link\u00A01 again\v!", "again !"},
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

// What a cause becomes is said shorter by these expressions, which take many times as long.
var (
	statusExpression     = regexp.MustCompile(`\bESME_R[A-Z]+\b`)
	particularExpression = regexp.MustCompile(`\S*[0-9@"/]\S*`)
)

func FuzzCauses(f *testing.F) {
	for _, s := range []string{
		"no routing strategy knows the subscriber", "write udp 127.0.0.1:9200: refused", "ESME_RINVDSTADR, GSM error 27", " ESME_R ESME_RX_ ESME_RY",
		"a\u00A0b\u00A01 c\v2\td", "\xff\u2028 x",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, cause string) {
		want := statusExpression.FindString(cause)
		if want == "" {
			head, _, _ := strings.Cut(cause, ":")
			want = strings.Join(strings.Fields(particularExpression.ReplaceAllString(strings.ToValidUTF8(head, ""), " ")), " ")
		}
		if want == "" {
			want = absentCause
		}
		if len(want) > maxCause {
			want = strings.ToValidUTF8(want[:maxCause], "")
		}
		if got := (&causes{}).label(cause); got != want {
			t.Errorf("%q becomes %q, want %q", cause, got, want)
		}
	})
}

func BenchmarkCauseLabel(b *testing.B) {
	c := &causes{}
	for _, cause := range []string{"no routing strategy knows the subscriber", "write udp 127.0.0.1:9200->10.0.0.1:2948: connection refused"} {
		b.Run(cause[:5], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.label(cause)
			}
		})
	}
}
