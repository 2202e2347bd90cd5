package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// An event is one line of "go test -json" (go doc test2json); build-output and build-fail come from the compiler.
type event struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	Elapsed    float64
	Output     string
}

// A tally counts the tests that have no subtests of their own, so that a table counts by its rows. A package that fails
// without a failed test (it did not compile, it panicked, it ran out of time) counts as one failure.
type tally struct {
	out                     io.Writer
	passed, failed, skipped int
	packages                map[string]*packageRun
	build                   map[string]*strings.Builder // compiler output by import path
	skips                   []string
}

type packageRun struct {
	output map[string]*strings.Builder // by test; "" is the package's own
	parent map[string]bool             // tests with subtests
	failed map[string]bool             // tests that failed, and those with a subtest that did
	count  int                         // tests that ended
}

func newTally(out io.Writer) *tally {
	return &tally{out: out, packages: map[string]*packageRun{}, build: map[string]*strings.Builder{}}
}

// read takes events until r ends. Lines that are no JSON are passed on: tools print such lines into the stream.
func (t *tally) read(r io.Reader) error {
	in := bufio.NewReader(r)
	for {
		line, err := in.ReadString('\n')
		if strings.TrimSpace(line) != "" {
			var e event
			if json.Unmarshal([]byte(line), &e) != nil || e.Action == "" {
				fmt.Fprintln(t.out, strings.TrimRight(line, "\n"))
			} else {
				t.take(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the events: %w", err)
		}
	}
}

func (t *tally) take(e event) {
	if e.Action == "build-output" {
		b := t.build[e.ImportPath]
		if b == nil {
			b = &strings.Builder{}
			t.build[e.ImportPath] = b
		}
		b.WriteString(e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	p := t.packages[e.Package]
	if p == nil {
		p = &packageRun{output: map[string]*strings.Builder{}, parent: map[string]bool{}, failed: map[string]bool{}}
		t.packages[e.Package] = p
	}
	switch e.Action {
	case "run":
		for _, above := range ancestors(e.Test) {
			p.parent[above] = true
		}
	case "output":
		b := p.output[e.Test]
		if b == nil {
			b = &strings.Builder{}
			p.output[e.Test] = b
		}
		b.WriteString(e.Output)
	case "pass", "fail", "skip":
		if e.Test == "" {
			t.endPackage(p, e)
		} else {
			t.endTest(p, e)
		}
	}
}

func (t *tally) endTest(p *packageRun, e event) {
	p.count++
	switch {
	case e.Action == "fail":
		// Above a failed subtest nothing else needs to have failed, so that only the subtest counts.
		if !p.failed[e.Test] {
			t.failed++
			fmt.Fprintf(t.out, "FAIL  %s %s\n", e.Package, e.Test)
		}
		t.print(p.output[e.Test])
		p.failed[e.Test] = true
		for _, above := range ancestors(e.Test) {
			p.failed[above] = true
		}
	case p.parent[e.Test]:
	case e.Action == "pass":
		t.passed++
	case e.Action == "skip":
		t.skipped++
		t.skips = append(t.skips, fmt.Sprintf("%s %s%s", e.Package, e.Test, reason(p.output[e.Test])))
	}
	delete(p.output, e.Test)
}

func (t *tally) endPackage(p *packageRun, e event) {
	switch {
	case e.Action == "skip":
		fmt.Fprintf(t.out, "-     %s (no tests)\n", e.Package)
		return
	case e.Action == "pass":
		fmt.Fprintf(t.out, "ok    %s %.1fs\n", e.Package, e.Elapsed)
		return
	}
	fmt.Fprintf(t.out, "FAIL  %s %.1fs\n", e.Package, e.Elapsed)
	if len(p.failed) > 0 && len(p.output) <= 1 {
		return // everything that failed has been printed
	}
	if len(p.failed) == 0 {
		t.failed++
	}
	for path, b := range t.build {
		if path == e.Package || strings.HasPrefix(path, e.Package+" ") {
			t.print(b)
			delete(t.build, path)
		}
	}
	for _, b := range p.output { // what ran when it died
		t.print(b)
	}
}

// finish prints the skipped tests and the totals, and returns whether all is well.
func (t *tally) finish() bool {
	for _, b := range t.build { // of packages that only others import
		t.print(b)
	}
	if len(t.skips) > 0 {
		fmt.Fprintf(t.out, "%d skipped:\n", t.skipped)
		for _, s := range t.skips {
			fmt.Fprintf(t.out, "SKIP  %s\n", s)
		}
	}
	fmt.Fprintf(t.out, "%d passed, %d failed\n", t.passed, t.failed)
	return t.failed == 0 && t.passed > 0
}

func (t *tally) print(b *strings.Builder) {
	if b == nil {
		return
	}
	for _, line := range strings.Split(strings.TrimRight(b.String(), "\n"), "\n") {
		fmt.Fprintln(t.out, "      "+line)
	}
}

// reason returns what a skipped test said, as ": text".
func reason(b *strings.Builder) string {
	if b == nil {
		return ""
	}
	for _, line := range strings.Split(b.String(), "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "=== ") || strings.HasPrefix(line, "--- ") {
			continue
		}
		// "file_test.go:12: text"
		if _, text, ok := strings.Cut(line, ": "); ok {
			return ": " + text
		}
		return ": " + line
	}
	return ""
}

// ancestors returns the names of the tests above a subtest.
func ancestors(test string) []string {
	var above []string
	for i, c := range test {
		if c == '/' {
			above = append(above, test[:i])
		}
	}
	return above
}
