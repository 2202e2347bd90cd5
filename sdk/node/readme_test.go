package node

import (
	"os"
	"regexp"
	"testing"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// README.md has every cause and every event, in order, and no others.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("cause.go")
	if err != nil {
		t.Fatal(err)
	}
	var causes, constants, events []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z-]+)` \\|").FindAllSubmatch(text, -1) {
		causes = append(causes, string(m[1]))
	}
	for _, m := range regexp.MustCompile(`(?m) Cause = "(.+)"`).FindAllSubmatch(source, -1) {
		constants = append(constants, string(m[1]))
	}
	var list []string
	for _, c := range Causes() {
		list = append(list, string(c))
	}
	same(t, "README.md", causes, list)
	same(t, "cause.go", constants, list)
	for _, m := range regexp.MustCompile("(?m)^\\| `(EVENT_[A-Z_]+)` \\|").FindAllSubmatch(text, -1) {
		events = append(events, string(m[1]))
	}
	var kinds []string
	for k := ContextUp; k <= Unregistered; k++ {
		kinds = append(kinds, pb.EventKind(k).String())
	}
	same(t, "README.md", events, kinds)
	if len(pb.EventKind_name) != len(kinds)+1 || len(eventNames) != len(kinds)+1 {
		t.Errorf("node.proto has %d kinds of events, event.go %d names", len(pb.EventKind_name), len(eventNames))
	}
}

func same(t *testing.T, where string, got, want []string) {
	t.Helper()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Fatalf("%s has\n%q, want\n%q", where, got, want)
		}
	}
}
