package radius

import (
	"os"
	"strings"
	"testing"
)

// Whoever sees a reason in a metric or the log finds its row.
func TestReadmeHasEveryReason(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, reason := range append(droppedNames[unknownSource:], ignoredNames[:]...) {
		if !strings.Contains(string(text), "\n| `"+reason+"` | ") {
			t.Errorf("README.md has no row for %q", reason)
		}
	}
	for _, result := range append(forwardedNames[:], "not_stored", "not_sent") {
		if !strings.Contains(string(text), result) {
			t.Errorf("README.md does not name %q", result)
		}
	}
}
