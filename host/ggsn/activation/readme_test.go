package activation

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The table of outcomes in README.md is that of the code.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begins := strings.Cut(string(text), "<!-- outcomes -->\n")
	got, _, ends := strings.Cut(rest, "<!-- end -->")
	if want := outcomeTable(); !begins || !ends || got != want {
		t.Errorf("README.md has\n%s\nand should have\n%s", got, want)
	}
}

func outcomeTable() string {
	var b strings.Builder
	b.WriteString("| says | what | GTP | cause | retry | then |\n|---|---|---|---|---|---|\n")
	for _, o := range Causes() {
		var number, retry string
		var then []string
		if o.GTP != 0 {
			number = fmt.Sprint(uint8(o.GTP))
		}
		if o.RetryAfter != 0 {
			retry = fmt.Sprintf("%.0f s", o.RetryAfter.Seconds())
		}
		for _, what := range []struct {
			word string
			is   bool
		}{{"once more", o.Again}, {"HLR again", o.AskAgain}, {"MNRG", o.NotReachable}, {"report", o.Report}} {
			if what.is {
				then = append(then, what.word)
			}
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s | %s |\n", o.Stage, o.Answer, number, o.Cause, retry, strings.Join(then, ", "))
	}
	return b.String()
}
