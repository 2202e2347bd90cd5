package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/ggsn"
)

// ggsnFile writes a configuration of a GGSN that nobody speaks with.
func ggsnFile(t *testing.T, more string) string {
	t.Helper()
	return write(t, t.TempDir(), "ggsn.toml", "[ggsn]\nadmin = \"127.0.0.1:0\"\napns = [\"push.example\"]\n"+
		"[gtp]\ncontrol = \"127.0.0.1:0\"\nuser = \"127.0.0.1:0\"\nsgsns = [\"192.0.2.0/24\"]\n"+
		"[addresses]\npool = [\"10.46.0.0/16\"]\n[push]\nsource = \"10.46.0.1\"\n"+more)
}

func TestGGSNCheck(t *testing.T) {
	tests := []struct {
		name, more string
		code       int
		says       string
	}{
		{"right", "", exitOK, "is right: GTP-C at 127.0.0.1:0"},
		{"a mistake", "mtuu = 1400\n", exitUsage, "ggsn.toml:12: push.mtuu: unknown key (did you mean \"mtu\"?)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errOut := ppgbox(t, "", "ggsn", "-c", ggsnFile(t, tt.more), "--check")
			if code != tt.code || !strings.Contains(out+errOut, tt.says) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s%s", code, tt.code, tt.says, out, errOut)
			}
		})
	}
	if code, _, errOut := ppgbox(t, "", "ggsn", "-c", "/nonexistent/ggsn.toml"); code != exitUsage || !strings.Contains(errOut, "/nonexistent/ggsn.toml") {
		t.Errorf("without a configuration: exit code %d, said %q", code, errOut)
	}
}

// TestGGSNRuns starts the command, asks how it is, and stops it by a signal.
func TestGGSNRuns(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cfg, err := ggsn.Load(ggsnFile(t, ""))
	if err != nil {
		t.Fatal(err)
	}
	lines, writer := io.Pipe()
	signals := make(chan os.Signal, 2)
	ended := make(chan error, 1)
	go func() {
		ended <- ggsnCommand{StopTime: time.Second}.serve(cfg, signals, hclog.New(&hclog.LoggerOptions{Output: writer}))
		_ = writer.Close()
	}()
	scanner := bufio.NewScanner(lines)
	said := map[string]bool{}
	for scanner.Scan() {
		for _, word := range []string{"ready", "SIGHUP changes nothing", "stopping", "stopped"} {
			said[word] = said[word] || strings.Contains(scanner.Text(), word)
		}
		_, rest, ok := strings.Cut(scanner.Text(), "admin=")
		if !ok {
			continue
		}
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
		for _, path := range []string{"/healthz", "/readyz", "/metrics", "/v1/contexts"} {
			resp, err := client.Get("http://" + strings.Fields(rest)[0] + path)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusOK || err != nil || len(body) == 0 {
				t.Errorf("%s: %s, %v: %s", path, resp.Status, err, body)
			}
		}
		signals <- syscall.SIGHUP
		signals <- syscall.SIGTERM
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if len(said) != 4 || !said["ready"] || !said["SIGHUP changes nothing"] || !said["stopping"] || !said["stopped"] {
		t.Errorf("it said %v", said)
	}
}
