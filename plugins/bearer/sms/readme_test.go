package sms

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/esme"
)

// failures is the table of README.md: what an SMSC can say, sayings of one meaning in one row.
func failures() string {
	type meaning struct {
		then string
		esme.Failure
	}
	var order []meaning
	says := map[meaning][]string{}
	for _, s := range esme.Sayings() {
		m := meaning{s.Then, s.Failure}
		if says[m] == nil {
			order = append(order, m)
		}
		says[m] = append(says[m], s.Says)
	}
	var b strings.Builder
	b.WriteString("| the SMSC says | then | outcome | PAP code | message-state | text for the Push Initiator | for the operator |\n|---|---|---|---|---|---|---|\n")
	for _, m := range order {
		fmt.Fprintf(&b, "| %s | %s | *%v* | %d | %s | %s | %s |\n", strings.Join(says[m], ", "), m.then, m.Kind, m.Code, m.State(), m.Text, m.Hint)
	}
	return b.String()
}

func TestReadmeHasTheFailures(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for row := range strings.Lines(failures()) {
		if !strings.Contains(string(readme), row) {
			t.Errorf("README.md does not have this row:\n%s", row)
		}
	}
}
