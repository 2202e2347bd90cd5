package integration

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A configuration with mistakes never starts, and all its mistakes are named at once, each with file, line and key.
func TestInvalidConfigurationDoesNotStart(t *testing.T) {
	gateway := newBox(t, "")
	path := filepath.Join(gateway.Folder, "ppgbox.toml")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := gateway.Command("", "check", "-c", "ppgbox.toml"); err != nil {
		t.Fatalf("before it is spoiled: %v", err)
	}
	spoiled := string(text)
	for _, change := range [][2]string{
		{`retry_min = "200ms"`, `retry_minimum = "200ms"`},
		{`use = "bearer/pdp"`, `use = "bearer/carrier-pigeon"`},
		{`cidr = "127.0.0.0/8"`, `cidr = "127.0.0.0/88"`},
		{`bearer  = "pdp"`, `bearer  = "pdq"`},
	} {
		if !strings.Contains(spoiled, change[0]) {
			t.Fatalf("%q is not in the configuration", change[0])
		}
		spoiled = strings.Replace(spoiled, change[0], change[1], 1)
	}
	gateway.Write(t, "ppgbox.toml", spoiled)
	for _, command := range []string{"check", "serve"} {
		t.Run(command, func(t *testing.T) {
			out, err := gateway.Command("", command, "-c", "ppgbox.toml")
			if err == nil {
				t.Fatalf("it took the configuration:\n%s", out)
			}
			said := out + err.Error()
			for _, key := range []string{"retry_minimum", "bearer/carrier-pigeon", "127.0.0.0/88", "pdq"} {
				line := ""
				for l := range strings.SplitSeq(said, "\n") {
					if strings.Contains(l, key) && strings.Contains(l, "ppgbox.toml:") {
						line = l
					}
				}
				if line == "" {
					t.Errorf("no line with a place in ppgbox.toml names %q:\n%s", key, said)
				}
			}
			if left := gateway.Processes(t); len(left) > 0 {
				t.Errorf("processes left: %v", left)
			}
		})
	}
	if _, err := os.Stat(filepath.Join(gateway.Folder, "data", "ppgbox.db")); err == nil {
		t.Error("a store was made for a configuration that is not valid")
	}
}
