package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestItemsOfEveryKind(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"}, Instance{Name: "enc", Use: "encoder/echo"}, Instance{Name: "here", Use: "routing/echo"})

	if o := b.ask("sms", "1", "value"); o.Kind != push.OutcomeDelivered || o.Text != "0" {
		t.Errorf("delivery: %+v", o)
	}
	b.send("sms", "2", "hold")
	eventually(t, "a token", func() bool { return b.sink.inProgress() == 1 })
	b.Stored("sms", "2", 1)
	eventually(t, "stored at the plugin", func() bool { return b.book.has("stored", "id=2", "instance=sms") })
	if s := b.status("sms"); s.InFlight != 1 || s.Window != 1000 || s.State != StateRunning || s.Version != "1.2.3" || s.PID == 0 {
		t.Errorf("status: %+v", s)
	}
	if s := b.status("sms"); s.Oldest.IsZero() || time.Since(s.Oldest) > patience {
		t.Errorf("the oldest is of %s", s.Oldest)
	}
	b.Cancel("sms", "2")
	eventually(t, "the end of a cancelled delivery", func() bool { return len(b.sink.of("sms", "2")) == 1 })

	if got, err := b.encode("enc", "words"); got != "words" || err != nil {
		t.Errorf("encode: %q, %v", got, err)
	}
	_, err := b.encode("enc", "error")
	var pe *push.Error
	if !errors.As(err, &pe) || pe.Code != 3006 || pe.Temporary || !strings.Contains(err.Error(), "plugin enc") {
		t.Errorf("encoder's error: %v", err)
	}

	for word, want := range map[string]error{"node-1": nil, "not here": push.ErrNotHere, "not attached": push.ErrNotAttached} {
		done := make(chan error, 1)
		var route push.Route
		b.Route("here", push.RouteRequest{ApplicationID: word}, patience, func(r push.Route, err error) { route = r; done <- err })
		if err := <-done; !errors.Is(err, want) || want == nil && route.Node != word {
			t.Errorf("route %q: %+v, %v", word, route, err)
		}
	}
	if i, ok := b.Info("enc"); !ok || i.Name != "echo" {
		t.Errorf("info: %+v", i)
	}
}

// What a bearer says of its window comes to the sink and into the status, on one line.
func TestWindowsHaveReasons(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.RestartMin, o.RestartMax = time.Hour, time.Hour })
	b.start(Instance{Name: "sms", Use: "bearer/echo", TOML: []byte("window = 5\nwhy = \"one link of two is down\"")})
	eventually(t, "a window before any delivery", func() bool { return b.sink.saidWindows("sms") == "[5]" })
	if s, why := b.status("sms"), b.sink.why("sms"); s.Window != 5 || s.Reason != "one link of two is down" || why != s.Reason {
		t.Errorf("%+v; the sink heard %q", s, why)
	}
	b.ask("sms", "1", "closed")
	eventually(t, "a reason", func() bool { return b.sink.why("sms") == "the peer is away" })
	if s := b.status("sms"); s.Window != 0 || s.Reason != "the peer is away" || s.State != StateRunning {
		t.Errorf("%+v", s)
	}
	b.Cancel("sms", "1") // after the window of 0 nothing goes out any more
	if err := syscall.Kill(b.status("sms").PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the death", func() bool { return b.status("sms").State == StateWaiting })
	if s, why := b.status("sms"), b.sink.why("sms"); s.Reason != s.LastError || !strings.Contains(why, "signal: killed") {
		t.Errorf("%+v; the sink heard %q", s, why)
	}
	b.Host.Stop(t.Context())
	if s := b.status("sms"); s.Reason != whyStopped {
		t.Errorf("%+v", s)
	}
}

func TestItemsForNobody(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	if o := b.ask("nosuch", "1", "x"); !o.IsReturned() {
		t.Errorf("delivery to an unknown instance: %+v", o)
	}
	for _, name := range []string{"nosuch", "sms"} { // sms is no encoder
		_, err := b.encode(name, "x")
		var pe *push.Error
		if !errors.As(err, &pe) || !pe.Temporary || !strings.Contains(err.Error(), name) {
			t.Errorf("encode by %s: %v", name, err)
		}
	}
	b.Cancel("nosuch", "1")
	b.Stored("nosuch", "1", 1)
}

func TestEnvironmentIsNotInherited(t *testing.T) {
	t.Setenv("PPGBOX_TEST_SECRET", "hunter2")
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	env := b.ask("sms", "1", "env").Text
	known := map[string]bool{
		"PATH": true, "LANG": true, "PPGBOX_HOST_PIPE": true, "PPGBOX_PLUGIN": true, "PPGBOX_LOG_LEVEL": true,
		"PLUGIN_MIN_PORT": true, "PLUGIN_MAX_PORT": true, "PLUGIN_PROTOCOL_VERSIONS": true, "PLUGIN_UNIX_SOCKET_DIR": true,
		"GOMAXPROCS": true,
	}
	if want := fmt.Sprintf("GOMAXPROCS=%d", max(1, runtime.GOMAXPROCS(0)/4)); !slices.Contains(strings.Split(env, "\n"), want) {
		t.Errorf("no %s in the environment:\n%s", want, env)
	}
	for line := range strings.SplitSeq(env, "\n") {
		name, value, _ := strings.Cut(line, "=")
		if !known[name] {
			t.Errorf("unexpected variable %s", line)
		}
		if name != "PLUGIN_UNIX_SOCKET_DIR" {
			continue
		}
		for dir := value; dir != b.opt.RunDir; dir = filepath.Dir(dir) {
			if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
				t.Errorf("%s: %v, %v", dir, st.Mode(), err)
			}
		}
	}
}

func TestProcessorsOfAPlugin(t *testing.T) {
	for host, want := range map[int]int{1: 1, 2: 1, 4: 1, 7: 1, 8: 2, 64: 16} {
		if got := processorsOf(host); got != want {
			t.Errorf("%d processors: %d for a plugin, want %d", host, got, want)
		}
	}
}

func TestBundledAndOutside(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.PluginDir = outside(t, "bearer/other") })
	b.start(Instance{Name: "in", Use: "bearer/echo"}, Instance{Name: "out", Use: "bearer/other"})
	if got := b.ask("in", "1", "args").Text; got != b.opt.Self+" plugin serve bearer/echo" {
		t.Errorf("bundled: %q", got)
	}
	if got := b.ask("out", "1", "args").Text; got != filepath.Join(b.opt.PluginDir, "ppgbox-bearer-other") {
		t.Errorf("outside: %q", got)
	}
}

func TestTwoInstancesOfOnePlugin(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "a", Use: "bearer/echo", TOML: []byte("value = 1")}, Instance{Name: "b", Use: "bearer/echo", TOML: []byte("value = 2")})
	if x, y := b.ask("a", "1", "value").Text, b.ask("b", "1", "value").Text; x != "1" || y != "2" {
		t.Errorf("a has %s, b has %s", x, y)
	}
	if x, y := b.ask("a", "2", "pid").Text, b.ask("b", "2", "pid").Text; x == y {
		t.Errorf("both are process %s", x)
	}
}

func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.DrainTimeout = 2 * time.Second })
	b.start(Instance{Name: "sms", Use: "bearer/echo", TOML: []byte("window = 50")}, Instance{Name: "enc", Use: "encoder/echo"})
	encoded := make(chan error, 100)
	for i := range 100 {
		b.send("sms", fmt.Sprint("half", i), "half")
		b.send("sms", fmt.Sprint("plain", i), "x")
		b.Encode("enc", push.EncodeRequest{Message: push.Message{Body: []byte("slow")}}, patience, func(_ push.Message, err error) { encoded <- err })
	}
	b.Host.Stop(context.Background())
	for range 100 {
		if err := <-encoded; err != nil {
			t.Errorf("encode: %v", err)
		}
	}
	b.send("sms", "late", "x")
	eventually(t, "201 results", func() bool {
		n := 0
		for _, c := range b.sink.count(t) {
			n += c
		}
		return n == 201
	})
	if n := b.sink.count(t); n[push.OutcomeUnknown] != 0 {
		t.Errorf("a drained bearer left unknown outcomes: %v", n)
	}
	if w := b.sink.saidWindows("sms"); w != "[50 0]" {
		t.Errorf("windows: %s", w)
	}
	if err := b.Start(context.Background(), nil); !errors.Is(err, errStopped) {
		t.Errorf("start after stop: %v", err)
	}
}

func TestStopDoesNotWaitForeverForTheAir(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(o *Options) { o.DrainTimeout = 200 * time.Millisecond })
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	b.send("sms", "1", "silent")
	b.send("sms", "2", "x")
	eventually(t, "the other answer", func() bool { return len(b.sink.of("sms", "2")) == 1 })
	b.Host.Stop(context.Background())
	if rs := b.sink.of("sms", "1"); len(rs) != 1 || rs[0].Kind != push.OutcomeUnknown {
		t.Errorf("on the air at the end: %+v", rs)
	}
}

func TestChildrenOfAPluginGoWithIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, nil)
	b.start(Instance{Name: "sms", Use: "bearer/echo"})
	child, err := strconv.Atoi(b.ask("sms", "1", "child").Text)
	if err != nil || !alive(child) {
		t.Fatalf("child %d: %v", child, err)
	}
	b.Host.Stop(context.Background())
	eventually(t, "the end of the plugin's child", func() bool { return !alive(child) })
}
