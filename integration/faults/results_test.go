package faults

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The table stands between these lines of README.md.
const (
	begin = "<!-- written by make faults -->\n"
	end   = "<!-- end -->\n"
)

// write writes results.json, and the table into README.md.
func write(t *testing.T, list []*verdict) {
	t.Helper()
	text, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("results.json", append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(readme), begin)
	_, after, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatal("README.md has no lines to write the table between")
	}
	if err := os.WriteFile("README.md", []byte(before+begin+table(list)+end+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// table returns the table of cases in Markdown.
func table(list []*verdict) string {
	commit, err := exec.Command("git", "describe", "--always", "--dirty").Output()
	if err != nil {
		commit = []byte("unknown")
	}
	var b strings.Builder
	fmt.Fprintf(&b, "\nRun of %s, commit %s, %s/%s, %d CPUs, bursts of %d pushes.\n\n",
		time.Now().UTC().Format(time.DateOnly), strings.TrimSpace(string(commit)), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), fullBurst)
	b.WriteString("| case | pushes | delivered | lost | reported twice | garbled | on the air again | shown twice | told again | not taken at first | overtaken | slowest answer | took | ok |\n")
	b.WriteString("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|\n")
	for _, v := range list {
		ok := "yes"
		if !v.OK {
			ok = "**no**"
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %v | %v | %s |\n",
			v.Case, v.Pushes, v.delivered, v.Lost, v.TwiceReported, v.Garbled, v.Duplicates, v.twice, v.repeats, v.refused, v.overtaken,
			v.slowest.Round(time.Millisecond), v.took.Round(100*time.Millisecond), ok)
	}
	b.WriteString("\nWhat is done in each case, in the middle of the burst, and what is promised beside what holds for all:\n\n| case | what is done | promise |\n|---|---|---|\n")
	for _, v := range list {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", v.Case, v.description, v.promise)
	}
	b.WriteString("\n")
	return b.String()
}
