package main

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/smsc"
)

// smscFile writes a configuration of an SMSC whose other side is not there.
func smscFile(t *testing.T, more string) string {
	t.Helper()
	_, hash, _ := ppgbox(t, "secret\n", "password")
	dir := t.TempDir()
	write(t, dir, "hash", hash)
	return write(t, dir, "smsc.toml", "[smsc]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n"+
		"[[esme]]\nsystem_id = \"ppg\"\npassword_file = \"hash\"\n[[delivery]]\naddress = \"127.0.0.1:1\"\nsystem_id = \"x\"\n"+more)
}

func TestSMSCCheck(t *testing.T) {
	tests := []struct {
		name, more string
		code       int
		says       string
	}{
		{"right", "", exitOK, "is right: listening at 127.0.0.1:0, ESMEs: 1, delivery links: 1"},
		{"a mistake", "prefx = [\"358\"]\n", exitUsage, "smsc.toml:10: delivery.0.prefx: unknown key (did you mean \"prefix\"?)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errOut := ppgbox(t, "", "smsc", "-c", smscFile(t, tt.more), "--check")
			if code != tt.code || !strings.Contains(out+errOut, tt.says) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s%s", code, tt.code, tt.says, out, errOut)
			}
		})
	}
	if code, _, errOut := ppgbox(t, "", "smsc", "-c", "/nonexistent/smsc.toml"); code != exitUsage || !strings.Contains(errOut, "/nonexistent/smsc.toml") {
		t.Errorf("without a configuration: exit code %d, said %q", code, errOut)
	}
}

// TestSMSCRuns starts the command, asks how it is, and stops it by a signal.
func TestSMSCRuns(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	file := smscFile(t, "")
	cfg, err := smsc.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	lines, writer := io.Pipe()
	log := hclog.New(&hclog.LoggerOptions{Output: writer})
	signals := make(chan os.Signal, 1)
	ended := make(chan error, 1)
	go func() {
		ended <- smscCommand{Config: file, StopTime: time.Second}.serve(cfg, signals, log)
		_ = writer.Close()
	}()
	scanner, stopping := bufio.NewScanner(lines), 0
	for scanner.Scan() {
		if _, address, ok := strings.Cut(scanner.Text(), "admin="); ok {
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 10 * time.Second}
			for path, want := range map[string]int{"/healthz": http.StatusOK, "/readyz": http.StatusServiceUnavailable, "/metrics": http.StatusOK} {
				resp, err := client.Get("http://" + address + path)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(resp.Body)
				_ = resp.Body.Close()
				if resp.StatusCode != want || err != nil || len(body) == 0 {
					t.Errorf("%s: %s, %v: %s", path, resp.Status, err, body)
				}
			}
			signals <- syscall.SIGHUP
		}
		if strings.Contains(scanner.Text(), "stopping") {
			stopping++
			if !strings.Contains(scanner.Text(), "signal=terminated") {
				t.Errorf("stops by another signal than SIGTERM: %s", scanner.Text())
			}
		}
		if strings.Contains(scanner.Text(), "are those of the file now") {
			signals <- syscall.SIGTERM
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if stopping != 1 {
		t.Errorf("stopped %d times", stopping)
	}
}

// TestSMSCHangup sends SIGHUP, which ends a process that does not ask for it, to a process of its own.
func TestSMSCHangup(t *testing.T) {
	if file := os.Getenv("PPGBOX_TEST_SMSC"); file != "" {
		err := smscCommand{Config: file, daemon: daemon{LogLevel: "info"}, StopTime: time.Second}.Run(streams{err: os.Stderr, out: os.Stdout})
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestSMSCHangup$")
	cmd.Env = append(os.Environ(), "PPGBOX_TEST_SMSC="+smscFile(t, ""))
	said, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	scanner := bufio.NewScanner(said)
	for scanner.Scan() {
		log.WriteString(scanner.Text() + "\n")
		var sig os.Signal
		switch {
		case strings.Contains(scanner.Text(), ": ready:"):
			sig = syscall.SIGHUP
		case strings.Contains(scanner.Text(), "are those of the file now"):
			sig = syscall.SIGTERM
		default:
			continue
		}
		if err := cmd.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(log.String(), "signal=terminated") {
		t.Errorf("%v, said:\n%s", err, &log)
	}
}
