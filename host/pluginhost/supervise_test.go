package pluginhost

import (
	"fmt"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestKilledDuring100Deliveries(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	for i := range 100 {
		b.send("sms", fmt.Sprint("d", i), "hold")
	}
	eventually(t, "100 deliveries at the plugin", func() bool { return b.sink.inProgress() == 100 })
	first := b.status("sms")
	if first.InFlight != 100 {
		t.Errorf("in flight: %+v", first)
	}
	if err := syscall.Kill(first.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "100 unknown outcomes", func() bool { return b.sink.count(t)[push.OutcomeUnknown] == 100 })
	eventually(t, "a restart", func() bool { return b.status("sms").State == StateRunning && b.status("sms").PID != first.PID })
	if w := b.sink.saidWindows("sms"); w != "[1000 0 1000]" {
		t.Errorf("windows: %s", w)
	}
	if o := b.ask("sms", "after", "x"); o.Kind != push.OutcomeDelivered {
		t.Errorf("after the restart: %+v", o)
	}
	s := b.status("sms")
	if s.Restarts != 1 || s.InFlight != 0 || !strings.Contains(s.LastError, "signal: killed") {
		t.Errorf("status: %+v", s)
	}
	if !b.book.has("plugin is down", "instance=sms", "signal: killed") {
		t.Error("the death is not in the log")
	}
	b.sink.count(t) // none twice
}

func TestStoppedProcessIsFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.HealthTimeout = 500 * time.Millisecond })
	b.start(Instance{Name: "sms", Use: "bearer/echo"}, Instance{Name: "enc", Use: "encoder/echo"})
	b.send("sms", "1", "hold")
	eventually(t, "a delivery at the plugin", func() bool { return b.sink.inProgress() == 1 })
	for _, in := range []string{"sms", "enc"} {
		pid := b.status(in).PID
		if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		eventually(t, "another process of "+in, func() bool { s := b.status(in); return s.State == StateRunning && s.PID != pid })
		// A tick, two misses, and the start.
		if d := time.Since(began); d > 5*time.Second {
			t.Errorf("%s hung for %s", in, d)
		}
		if alive(pid) {
			t.Errorf("the stopped process of %s is still there", in)
		}
		if s := b.status(in); !strings.Contains(s.LastError, "hangs") {
			t.Errorf("status: %+v", s)
		}
	}
	if rs := b.sink.of("sms", "1"); len(rs) != 1 || rs[0].Kind != push.OutcomeUnknown {
		t.Errorf("its delivery: %+v", rs)
	}
}

// A plugin that hangs while it is drained is not waited for.
func TestStoppedProcessIsFoundWhileItDrains(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) {
		o.DrainTimeout = time.Minute
		o.HealthTimeout = 500 * time.Millisecond
	})
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	b.send("sms", "1", "silent")
	b.ask("sms", "2", "x")
	if err := syscall.Kill(b.status("sms").PID, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	b.Host.Stop(t.Context())
	if d := time.Since(began); d > 10*time.Second {
		t.Errorf("stop took %s", d)
	}
	if rs := b.sink.of("sms", "1"); len(rs) != 1 || rs[0].Kind != push.OutcomeUnknown {
		t.Errorf("its delivery: %+v", rs)
	}
}

func TestCrashLoop(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) {
		o.PluginDir = outside(t, "bearer/loop")
		o.RestartLimit = 4
		o.RestartMax = time.Hour
	})
	loop := Instance{Name: "loop", Use: "bearer/loop", TOML: []byte(`crash_after = "20ms"`)}
	b.start(loop)
	eventually(t, "the state failed", func() bool { return b.status("loop").State == StateFailed })
	s := b.status("loop")
	// Three restarts after the first three failures, and none after the fourth.
	if s.Restarts != 3 || !strings.Contains(s.LastError, "panic: it was to be") {
		t.Errorf("status: %+v", s)
	}
	if !b.book.has("[ERROR]", "PLUGIN FAILED", "instance=loop", "failures=4") {
		t.Error("the failure is not said loudly")
	}
	if left := processes(b.opt.RunDir); len(left) > 0 {
		t.Errorf("processes are left: %v", left)
	}
	if left, _ := filepath.Glob(filepath.Join(b.dir.path, "*")); len(left) > 0 {
		t.Errorf("files are left: %v", left)
	}
	// A reload tries again at once, with the pauses from the beginning.
	if _, err := b.Reload(t.Context(), []Instance{loop}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the state failed again", func() bool { s := b.status("loop"); return s.State == StateFailed && s.Restarts == 7 })
	// And so does one with a configuration that works.
	loop.TOML = nil
	if _, err := b.Reload(t.Context(), []Instance{loop}); err != nil {
		t.Fatal(err)
	}
	if s := b.status("loop"); s.State != StateRunning {
		t.Errorf("status: %+v", s)
	}
}

func TestPanicIsNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	b.send("sms", "1", "panic")
	eventually(t, "the death", func() bool { return strings.Contains(b.status("sms").LastError, "panic: at the disco") })
	eventually(t, "the panic in the log", func() bool { return b.book.has("[ERROR]", "panic: at the disco", "instance=sms") })
}

// A plugin that stays when it is asked to go gets SIGTERM, and then SIGKILL.
func TestStopEscalates(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) {
		o.PluginDir = outside(t, "bearer/clings")
		o.StopTimeout = 2200 * time.Millisecond // go-plugin would kill it after two seconds
	})
	b.start(Instance{Name: "x", Use: "bearer/clings"})
	pid := b.status("x").PID
	b.Host.Stop(t.Context())
	if alive(pid) || !b.book.has("asked to go", "instance=x") || !b.book.has("terminated, and I stay", "instance=x") {
		t.Errorf("alive: %v", alive(pid))
	}
}
