package esme

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// What an SMSC says in words is in the cause, and can not make another line of it.
func TestCauseHasTheText(t *testing.T) {
	for _, tt := range []struct {
		name, text, want string
	}{
		{"text", "no delivery link\x00", "refused: ESME_RDELIVERYFAILURE: no delivery link"},
		{"no NUL", "no delivery link", "refused: ESME_RDELIVERYFAILURE: no delivery link"},
		{"empty", "\x00", "refused: ESME_RDELIVERYFAILURE"},
		{"control characters", "\x1b[31ma\r\nb\tc\u202e\x07\x00", "refused: ESME_RDELIVERYFAILURE: [31ma  b c"},
		{"no UTF-8", "a\xffb\x00", "refused: ESME_RDELIVERYFAILURE: ab"},
		{"too long", strings.Repeat("é", 2000), "refused: ESME_RDELIVERYFAILURE: " + strings.Repeat("é", 127)},
	} {
		f := failed(smpp.TLV{Tag: smpp.TagAdditionalStatusInfoText, Value: []byte(tt.text)})
		o := Outcome(smstx.Result{End: smstx.Refused, Last: smstx.Answer{Verdict: smstx.Permanent, Err: f}}, 1)
		if o.Cause != tt.want || !utf8.ValidString(o.Cause) {
			t.Errorf("%s: cause %q, want %q", tt.name, o.Cause, tt.want)
		}
		if strings.Contains(o.Text, "link") {
			t.Errorf("%s: the Push Initiator is told %q", tt.name, o.Text)
		}
	}
}
