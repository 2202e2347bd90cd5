package main

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestCheck(t *testing.T) {
	const right = "[[initiator]]\nname = \"local\"\nsource = \"127.0.0.1\"\n[plugin.pdp]\nuse = \"bearer/pdp\"\n[[policy]]\nname = \"all\"\n[[policy.attempt]]\nbearer = \"pdp\"\n"
	tests := []struct {
		name, text string
		code       int
		says       string // somewhere in what is printed
		problems   int
		warnings   int
	}{
		{"right", right, exitOK, "is right: 1 initiator, 1 plugin, 1 policy", 0, 0},
		{"nobody may push", strings.Replace(right, "[[initiator]]\nname = \"local\"\nsource = \"127.0.0.1\"\n", "", 1), exitOK, "warning: ", 0, 1},
		{"two mistakes", strings.NewReplacer("bearer = \"pdp\"", "bearer = \"pdq\"\nwithn = \"1s\"").Replace(right), exitUsage, `did you mean "pdp"?`, 2, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			file := write(t, t.TempDir(), "ppgbox.toml", tt.text)
			code, out, errOut := ppgbox(t, "", "check", "-c", file)
			if code != tt.code || !strings.Contains(out+errOut, tt.says) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s%s", code, tt.code, tt.says, out, errOut)
			}
			code, out, errOut = ppgbox(t, "", "check", "-c", file, "--json")
			var got checked
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatalf("%v in %s%s", err, out, errOut)
			}
			if code != tt.code || got.OK != (tt.code == exitOK) || len(got.Problems) != tt.problems || len(got.Warnings) != tt.warnings {
				t.Errorf("as JSON: exit code %d, %+v; want %d with %d problems and %d warnings", code, got, tt.code, tt.problems, tt.warnings)
			}
		})
	}
}
