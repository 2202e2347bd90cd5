package pluginhost

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// orphans are the plugins of a host that is to be killed. The loner leaves everything to the death signal.
var orphans = map[string]Instance{
	"normal":   {Use: "encoder/echo"},
	"spinning": {Use: "encoder/echo", TOML: []byte("spin = true")},
	"stopped":  {Use: "encoder/echo"},

	"normal-loner":   {Use: "encoder/loner"},
	"spinning-loner": {Use: "encoder/loner", TOML: []byte("spin = true")},
	"stopped-loner":  {Use: "encoder/loner"},
}

// orphanHost is the main of that host. It starts them, stops those that are to be stopped, says their numbers and waits.
func orphanHost(runDir string) {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	h, err := New(Options{Self: exe, Bundled: []string{"encoder/echo", "encoder/loner"}, RunDir: runDir, HealthEvery: time.Hour})
	if err != nil {
		panic(err)
	}
	var set []Instance
	for name, in := range orphans {
		in.Name = name
		set = append(set, in)
	}
	if err := h.Start(context.Background(), set); err != nil {
		panic(err)
	}
	list := h.List()
	for _, s := range list {
		if strings.HasPrefix(s.Name, "stopped") {
			if err := syscall.Kill(s.PID, syscall.SIGSTOP); err != nil {
				panic(err)
			}
		}
	}
	_ = json.NewEncoder(os.Stdout).Encode(list)
	select {}
}

func TestNoPluginOutlivesAKilledHost(t *testing.T) {
	t.Parallel()
	runDir := shortDir(t)
	cmd := exec.Command(self(t), "orphan-host", runDir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill(); _ = cmd.Wait() }()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var list []Status
	if err != nil || json.Unmarshal(line, &list) != nil || len(list) != len(orphans) {
		t.Fatalf("the host says %q, %v", line, err)
	}
	for _, s := range list {
		if !alive(s.PID) {
			t.Fatalf("%s (process %d) is not there", s.Name, s.PID)
		}
		defer func() { _ = syscall.Kill(s.PID, syscall.SIGKILL) }() // if the test fails
	}
	eventually(t, "two stopped plugins", func() bool {
		n := 0
		for _, s := range list {
			if stateOf(s.PID) == "T" {
				n++
			}
		}
		return n == 2
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(2 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		left := ""
		for _, s := range list {
			if alive(s.PID) {
				left += fmt.Sprintf(" %s (%s)", s.Name, stateOf(s.PID))
			}
		}
		if left == "" {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("two seconds after the host:%s", left)
		}
	}
	_, _ = io.Copy(io.Discard, out)

	// Its folder stays behind until the next host comes.
	d, err := newRunDir(runDir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.remove() }()
	if list, _ := os.ReadDir(runDir); len(list) != 1 {
		t.Errorf("in the run directory: %v", list)
	}
}
