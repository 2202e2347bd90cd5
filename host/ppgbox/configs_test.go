package main

import (
	"context"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/configs"
	"github.com/ppgbox/ppgbox/host/admin"
)

// TestConfigsStart starts the gateway with each file of configs/, on free ports, and with the secrets that they name.
func TestConfigsStart(t *testing.T) {
	names, err := fs.Glob(configs.Files, "*.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			text, err := configs.Files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			g := start(t, string(text))
			resp, err := http.Get(g.adminURL + "/healthz")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			var h admin.Health
			if err := json.NewDecoder(resp.Body).Decode(&h); err != nil || !h.OK {
				t.Errorf("health is %+v, %v", h, err)
			}
		})
	}
}

// start runs a gateway with a configuration whose usual ports are replaced by free ones.
func start(t *testing.T, text string) *gatewayProcess {
	t.Helper()
	dir := t.TempDir()
	hash, err := bcrypt.GenerateFromPassword([]byte("s3cret"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text, "[listen]") {
		text = "[listen]\npap = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n" + text
	}
	file := write(t, dir, "ppgbox.toml", strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:0", "127.0.0.1:8081", "127.0.0.1:0",
		"127.0.0.1:8090", "127.0.0.1:0", "127.0.0.1:1813", "127.0.0.1:0").Replace(text))
	write(t, dir, "secrets/mmsc", string(hash)+"\n")
	write(t, dir, "secrets/portal", string(hash)+"\n")
	write(t, dir, "secrets/radius", "testing123\n")
	write(t, dir, "secrets/smsc", "s3cret\n")
	g, err := open(t.Context(), file, hclog.NewNullLogger())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		g.stop(ctx)
	})
	return g
}

func write(t *testing.T, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestStartTwice starts a second gateway on the store, and then on the port, of one that runs.
func TestStartTwice(t *testing.T) {
	text, err := configs.Files.ReadFile("sms-only.toml")
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, string(text))
	second := func(listen string) string {
		same := "[gateway]\nstore = \"" + g.config.Gateway.Store + "\"\n[listen]\npap = \"" + listen + "\"\nadmin = \"\"\n" + string(text)
		file := write(t, t.TempDir(), "ppgbox.toml", same)
		_, err := open(t.Context(), file, hclog.NewNullLogger())
		if err == nil {
			t.Fatal("it started")
		}
		return err.Error()
	}
	if said := second("127.0.0.1:0"); !strings.Contains(said, "ppgbox.db") {
		t.Errorf("for the same store it says %q", said)
	}
	if said := second(strings.TrimPrefix(g.papURL, "http://")); !strings.Contains(said, "listen.pap") {
		t.Errorf("for the same port it says %q", said)
	}
}

// TestBackup copies the store of a running gateway, and starts another one with the copy.
func TestBackup(t *testing.T) {
	text, err := configs.Files.ReadFile("sms-only.toml")
	if err != nil {
		t.Fatal(err)
	}
	g := start(t, string(text))
	code, _, errOut := ppgbox(t, "", "push", "--url", g.papURL+"/wappush", "--to", "+358401234567", "--sl", "http://example.com/", "--push-id", "kept")
	if code != exitOK {
		t.Fatalf("pushing: exit code %d: %s", code, errOut)
	}
	copied := filepath.Join(t.TempDir(), "copy.db")
	if code, _, errOut := ppgbox(t, "", "backup", copied, "--admin", g.adminURL); code != exitOK {
		t.Fatalf("exit code %d: %s", code, errOut)
	}
	if code, _, errOut := ppgbox(t, "", "backup", copied, "--admin", g.adminURL); code != exitFailed || !strings.Contains(errOut, copied) {
		t.Errorf("over a file that exists: exit code %d, said %q", code, errOut)
	}
	second := start(t, "[gateway]\nstore = \"sqlite:"+copied+"\"\n"+string(text))
	if code, out, errOut := ppgbox(t, "", "status", "kept", "--admin", second.adminURL); code != exitOK || !strings.Contains(out, "+358401234567") {
		t.Errorf("the copy does not know the push: exit code %d: %s%s", code, out, errOut)
	}
}
