package main

import (
	"strings"
	"testing"
)

func TestTally(t *testing.T) {
	tests := []struct {
		name   string
		events string
		last   string // the last line
		says   string // somewhere in the output
		well   bool
	}{
		{
			name: "rows count, not the test above them",
			events: `{"Action":"run","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A/one"}
{"Action":"run","Package":"p","Test":"A/two"}
{"Action":"pass","Package":"p","Test":"A/one"}
{"Action":"pass","Package":"p","Test":"A/two"}
{"Action":"pass","Package":"p","Test":"A"}
{"Action":"pass","Package":"p","Elapsed":0.1}`,
			last: "2 passed, 0 failed",
			well: true,
		},
		{
			name: "a failed row fails once, with its output",
			events: `{"Action":"run","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"A/one"}
{"Action":"output","Package":"p","Test":"A/one","Output":"got 1, want 2\n"}
{"Action":"fail","Package":"p","Test":"A/one"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}`,
			last: "0 passed, 1 failed",
			says: "got 1, want 2",
		},
		{
			name: "a package that does not compile is one failure",
			events: `{"ImportPath":"p [p.test]","Action":"build-output","Output":"undefined: x\n"}
{"ImportPath":"p [p.test]","Action":"build-fail"}
{"Action":"output","Package":"p","Output":"FAIL p [build failed]\n"}
{"Action":"fail","Package":"p","FailedBuild":"p [p.test]"}`,
			last: "0 passed, 1 failed",
			says: "undefined: x",
		},
		{
			name: "a test that panics is named with its output",
			events: `{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"panic: boom\n"}
{"Action":"fail","Package":"p","Test":"A"}
{"Action":"fail","Package":"p"}`,
			last: "0 passed, 1 failed",
			says: "panic: boom",
		},
		{
			name: "a skipped test is named with its reason and is not passed",
			events: `{"Action":"run","Package":"p","Test":"A"}
{"Action":"output","Package":"p","Test":"A","Output":"=== RUN   A\n"}
{"Action":"output","Package":"p","Test":"A","Output":"    a_test.go:3: missing: tshark\n"}
{"Action":"skip","Package":"p","Test":"A"}
{"Action":"run","Package":"p","Test":"B"}
{"Action":"pass","Package":"p","Test":"B"}
{"Action":"pass","Package":"p"}`,
			last: "1 passed, 0 failed",
			says: "SKIP  p A: missing: tshark",
			well: true,
		},
		{
			name:   "nothing ran",
			events: "go: cannot find main module\n",
			last:   "0 passed, 0 failed",
			says:   "cannot find main module",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out strings.Builder
			tally := newTally(&out)
			if err := tally.read(strings.NewReader(test.events)); err != nil {
				t.Fatal(err)
			}
			well := tally.finish()
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			if last := lines[len(lines)-1]; last != test.last {
				t.Errorf("last line %q, want %q", last, test.last)
			}
			if !strings.Contains(out.String(), test.says) {
				t.Errorf("%q is not in:\n%s", test.says, out.String())
			}
			if well != test.well {
				t.Errorf("all is well: %v, want %v", well, test.well)
			}
		})
	}
}
