package pdp

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// line is a row as README.md prints it.
func (f fate) line() string {
	cause := "`" + string(f.cause) + "`"
	for i, g := range f.gtp {
		cause += []string{", ", " "}[btoi(i == 0)] + fmt.Sprint(uint8(g))
	}
	pause := "-"
	if f.pause > 0 {
		pause = f.pause.String()
		pause = strings.TrimSuffix(pause, "0s")
		if f.pause < time.Minute {
			pause = f.pause.String()
		}
	}
	return fmt.Sprintf("| %s | %s | *%s* | %d | %s | %s |", cause, f.what, f.kind, f.code, f.text, pause)
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// README.md has the table of the code, row by row.
func TestReadmeHasTheFates(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "| `") {
			said = append(said, strings.TrimSpace(line))
		}
	}
	for i, f := range fates() {
		if i >= len(said) || said[i] != f.line() {
			t.Fatalf("row %d of README.md has to be\n%s", i+1, f.line())
		}
	}
	if n := len(fates()); len(said) != n {
		t.Errorf("README.md has more rows: %s", said[n])
	}
}

// Every cause of a push node has its fate, and every value of GTP has one of those of its cause.
func TestFates(t *testing.T) {
	rows := map[node.Cause]int{}
	for _, f := range fates() {
		if len(f.gtp) == 0 {
			rows[f.cause]++
		} else if rows[f.cause] > 0 {
			t.Errorf("%s with %v comes after the row that has all", f.cause, f.gtp)
		}
		if f.what == "" || f.text == "" || f.code == 0 || f.kind == push.OutcomeDelivered || f.kind == push.OutcomeAccepted {
			t.Errorf("the row is %+v", f)
		}
		if f.cause.MayHaveBeenSent() != (f.kind == push.OutcomeUnknown) {
			t.Errorf("%s is %s", f.cause, f.kind)
		}
		for g := range 256 {
			o := outcomeOfResult(node.Result{Cause: f.cause, GTPCause: uint8(g), Text: "words"})
			if o.Kind == push.OutcomeAccepted || o.Code == 0 || !strings.HasPrefix(o.Cause, string(f.cause)) || !strings.HasSuffix(o.Cause, ": words") {
				t.Errorf("%s with %d: got %+v", f.cause, g, o)
			}
		}
	}
	for _, c := range node.Causes() {
		if rows[c] != 1 {
			t.Errorf("%s has %d rows", c, rows[c])
		}
	}
	for _, tt := range []struct {
		gtp  gtp.Cause
		kind push.OutcomeKind
	}{
		{0, push.OutcomeFailedForNow},
		{gtp.CauseNoResources, push.OutcomeFailedForNow},
		{gtp.CauseServiceNotSupported, push.OutcomeRefused},
		{gtp.CauseMissingOrUnknownAPN, push.OutcomeRefused},
		{205, push.OutcomeUnreachable},
		{gtp.CauseAPNCongestion, push.OutcomeFailedForNow},
		{gtp.CauseTemporarilyNotReachable, push.OutcomeUnreachable},
		{gtp.CauseSystemFailure, push.OutcomeFailedForNow},
		{255, push.OutcomeFailedForNow},
	} {
		if o := outcomeOfResult(node.Result{Cause: node.RefusedBySGSN, GTPCause: uint8(tt.gtp)}); o.Kind != tt.kind {
			t.Errorf("the SGSN's %s: got %+v", tt.gtp, o)
		}
	}
	exchanges := []push.Exchange{{After: time.Second, From: "GGSN", To: "HLR", Text: "query"}}
	for _, r := range []node.Result{{Sent: true, Exchanges: exchanges}, {Cause: node.NotAttached, Exchanges: exchanges, RetryAfter: time.Hour}} {
		o := outcomeOfResult(r)
		if len(o.Exchanges) != 1 || o.Exchanges[0] != exchanges[0] || o.Cause == "" || o.RetryAfter != r.RetryAfter {
			t.Errorf("got %+v", o)
		}
	}
}
