package cause

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClass(t *testing.T) {
	for _, tt := range []struct{ name, cause, want string }{
		{"status of an SMSC", "refused with segments 1 of 3 through: ESME_RINVDSTADR, GSM error 27", "ESME_RINVDSTADR"},
		{"numbers of one case", "the time window ended with segments 1 2 of 3 through: lost", "the time window ended with segments of through: lost"},
		{"socket and address", "write udp 127.0.0.1:9200->10.0.0.1:2948: connection refused", "write udp: connection refused"},
		{"one thing after the other", "dial tcp 10.0.0.1:3868: connect: connection refused", "dial tcp: connection refused"},
		{"of a plugin", "plugin hlr: no answer within 100ms", "no answer within"},
		{"of a plugin that is down", "plugin hlr (routing/hlr): is not running: exit status 1", "is not running: exit status"},
		{"of a plugin, in several parts", "plugin hlr: asking 10.0.0.1: timeout", "asking: timeout"},
		{"about a plugin", "plugin pdp gave up: lost", "plugin pdp gave up: lost"},
		{"colons within words", "lost fe80::1:2 a:b", "lost a:b"},
		{"a number alone before the colon", "46702: unknown", "unknown"},
		{"a number alone behind the colon", "unknown: 46702", "unknown"},
		{"a number in quotation marks", `MSISDN "46702123456" of PLMN`, "MSISDN of PLMN"},
		{"nothing", "", ""},
		{"nothing but a number", "46702123456", ""},
		{"not UTF-8", "lost \xff link", "lost link"},
		{"status within a word", "xESME_RSYSERR ESME_RSYSERR_ ESME_R", "xESME_RSYSERR ESME_RSYSERR_ ESME_R"},
		{"status after one within a word", "ESME_RSYSERRx, ESME_ROK.", "ESME_ROK"},
		{"many blanks", "  lost \t link\n", "lost link"},
		{"blanks outside ASCII", "lost\u00A0link\u00A01 again\v!", "again !"},
		{"long", strings.Repeat("a", 79) + "ä", strings.Repeat("a", 79)},
		{"long twice", strings.Repeat("a", 90) + ": " + strings.Repeat("b", 90), strings.Repeat("a", 80) + ": " + strings.Repeat("b", 80)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Class(tt.cause); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// What a cause becomes is said shorter by these expressions, which take many times as long.
var (
	statusExpression     = regexp.MustCompile(`\bESME_R[A-Z]+\b`)
	pluginExpression     = regexp.MustCompile(`(?s)^plugin [^ :]+( \([^:]*\))?: `)
	particularExpression = regexp.MustCompile(`\S*[0-9@"/]\S*`)
)

func FuzzClass(f *testing.F) {
	for _, s := range []string{
		"no routing strategy knows the subscriber", "write udp 127.0.0.1:9200: refused", "ESME_RINVDSTADR, GSM error 27", " ESME_R ESME_RX_ ESME_RY",
		"a\u00A0b\u00A01 c\v2\td", "\xff\u2028 x", "plugin a: b: c 1: d", "plugin a (b): c",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Class(text)
		if len(got) > MaxClass || !utf8.ValidString(got) {
			t.Errorf("%q becomes %d octets: %q", text, len(got), got)
		}
		plain := strings.ToValidUTF8(text, "")
		if strings.HasPrefix(plain, "plugin ") && !pluginExpression.MatchString(plain) {
			return // names that no plugin can have
		}
		want := shortened(statusExpression.FindString(text))
		if want == "" {
			parts := strings.Split(pluginExpression.ReplaceAllString(plain, ""), ": ")
			if len(parts) > 1 {
				parts = []string{parts[0], parts[len(parts)-1]}
			}
			var kept []string
			for _, p := range parts {
				p = strings.Join(strings.Fields(particularExpression.ReplaceAllString(p, " ")), " ")
				if p = shortened(p); p != "" {
					kept = append(kept, p)
				}
			}
			want = strings.Join(kept, ": ")
		}
		if got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	})
}

func BenchmarkClass(b *testing.B) {
	for _, cause := range []string{"no routing strategy knows the subscriber", "write udp 127.0.0.1:9200->10.0.0.1:2948: connection refused"} {
		b.Run(cause[:5], func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Class(cause)
			}
		})
	}
}
