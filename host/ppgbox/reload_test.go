package main

import (
	"os"
	"strings"
	"testing"
)

const reloadable = `
[listen]
pap = "127.0.0.1:0"
admin = "127.0.0.1:0"
[[initiator]]
name = "local"
source = "127.0.0.1"
[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "0s" # nobody listens at the terminal
source_port = 0
[[policy]]
name = "before"
[[policy.attempt]]
bearer = "pdp"
`

// TestReload changes the configuration of a running gateway: a wrong one replaces nothing, a right one is used for the next push.
func TestReload(t *testing.T) {
	g := start(t, reloadable)
	change := func(old, replacement string) {
		t.Helper()
		text, err := os.ReadFile(g.config.File)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(g.config.File, []byte(strings.Replace(string(text), old, replacement, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	policyOf := func(pushID string) string {
		t.Helper()
		code, out, errOut := ppgbox(t, "", "push", "--url", g.papURL+"/wappush", "--to", "127.0.0.1", "--sl", "http://example.com/", "--push-id", pushID, "--wait", "10s")
		if code != exitOK {
			t.Fatalf("pushing: exit code %d: %s%s", code, out, errOut)
		}
		_, out, _ = ppgbox(t, "", "trace", pushID, "--admin", g.adminURL)
		_, after, _ := strings.Cut(out, "  policy")
		name, _, _ := strings.Cut(strings.TrimSpace(after), ",")
		return name
	}

	change(`name = "before"`, `name = "wrong"`)
	change(`bearer = "pdp"`, `bearer = "pdq"`)
	code, _, errOut := ppgbox(t, "", "reload", "--admin", g.adminURL)
	if code != exitUsage || !strings.Contains(errOut, "pdq") {
		t.Errorf("a wrong configuration: exit code %d, said %q", code, errOut)
	}
	if got := policyOf("1"); got != "before" {
		t.Errorf("after a wrong configuration a push follows policy %q", got)
	}

	change(`name = "wrong"`, `name = "after"`)
	change(`bearer = "pdq"`, `bearer = "pdp"`)
	change(`pap = "127.0.0.1:0"`, `pap = "127.0.0.2:0"`)
	code, out, errOut := ppgbox(t, "", "reload", "--admin", g.adminURL)
	if code != exitOK || !strings.Contains(out, "[listen]") {
		t.Errorf("a right one: exit code %d, said %q %q; want what needs a restart", code, out, errOut)
	}
	if got := policyOf("2"); got != "after" {
		t.Errorf("after a right configuration a push follows policy %q", got)
	}
}
