package pluginrpc

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// envChild makes the test binary a plugin.
const envChild = "PPGBOX_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(envChild) == "" {
		os.Exit(m.Run())
	}
	b := childBearer()
	if path := os.Getenv(envOutput); path != "" {
		endInConfigure(b, path)
	}
	ServeBearer(b)
}

// envOutput names a file that a child takes for its standard error; it writes to it and exits when it is configured.
const envOutput = "PPGBOX_TEST_OUTPUT"

func endInConfigure(b *fakeBearer, path string) {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		panic(err)
	}
	os.Stderr = f // before it is served, as the descriptor of the process
	b.configure = func(context.Context, plugin.Config) error {
		fmt.Fprint(os.Stderr, "no licence found")
		os.Exit(3)
		return nil
	}
}

// childBearer answers deliveries by their PushID, or not at all.
func childBearer() *fakeBearer {
	b := &fakeBearer{window: 20_000}
	b.configure = func(context.Context, plugin.Config) error {
		return fmt.Errorf("hlr: %w", &push.Error{Code: 5001, Text: "t", Cause: "c"})
	}
	b.start = func(d push.Delivery, h BearerHost) {
		switch d.PushID {
		case "accept":
			fmt.Println("a stray line on stdout")
			plugin.Logger().Warn("from the plugin", plugin.LogPushID, d.PushID)
			h.Result(d.ID, push.Outcome{Kind: push.OutcomeAccepted})
		case "token":
			h.Progress(d.ID, 1, []byte("t1"))
		}
	}
	b.stored = func(string) {}
	b.cancel = func(string) {}
	b.drain = func(context.Context) {}
	return b
}

type child struct {
	*Client
	plugin *goplugin.Client
	log    *lockedBuilder
	cmd    *exec.Cmd
}

func startChild(t *testing.T, prepare func(*exec.Cmd)) *child {
	t.Helper()
	c := &child{log: &lockedBuilder{}, cmd: exec.Command(os.Args[0])}
	c.cmd.Env = []string{envChild + "=1", "PLUGIN_UNIX_SOCKET_DIR=" + t.TempDir()}
	if prepare != nil {
		prepare(c.cmd)
	}
	c.plugin = goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig: Handshake(), VersionedPlugins: ClientPlugins(), Cmd: c.cmd, SkipHostEnv: true,
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		Logger:           hclog.New(&hclog.LoggerOptions{Output: c.log, Level: hclog.Debug}),
	})
	t.Cleanup(c.plugin.Kill)
	conn, err := c.plugin.Client()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := conn.Dispense(Name)
	if err != nil {
		t.Fatal(err)
	}
	c.Client = raw.(*Client)
	if v := c.plugin.NegotiatedVersion(); v != protocolVersion {
		t.Errorf("negotiated version %d", v)
	}
	return c
}

func TestChildKilled(t *testing.T) {
	c := startChild(t, nil)
	info, err := c.Describe(t.Context())
	if err != nil || info.Name != "fake" {
		t.Fatalf("describe: %+v, %v", info, err)
	}
	var e *push.Error
	if err := c.Configure(t.Context(), plugin.Config{}); !errors.As(err, &e) || e.Code != 5001 || e.Temporary {
		t.Errorf("configure: %v", err)
	}
	events := newRecorder()
	s, err := c.OpenBearer(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	d := delivery("accepted")
	d.PushID = "accept"
	s.Deliver(d)
	if r := next(t, "result", events.results); r.o.Kind != push.OutcomeAccepted {
		t.Fatalf("%+v", r)
	}
	d = delivery("with token")
	d.PushID = "token"
	s.Deliver(d)
	next(t, "token", events.tokens)
	open := map[string]bool{"with token": true}
	for i := range 100 {
		id := fmt.Sprint(i)
		open[id] = true
		s.Deliver(delivery(id))
	}
	s.Stored("with token", 1)
	// The last token comes back only after the hundred went out.
	d.ID = "second token"
	open[d.ID] = true
	s.Deliver(d)
	next(t, "token", events.tokens)

	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for n := len(open); n > 0; n-- {
		r := next(t, "result", events.results)
		if !open[r.id] || r.o.Kind != push.OutcomeUnknown || !strings.Contains(r.o.Cause, "broke") {
			t.Errorf("after the kill: %+v", r)
		}
		delete(open, r.id)
	}
	if err := next(t, "Closed", events.closed); err == nil {
		t.Error("closed without a reason")
	}
	silent(t, "second result", events.results)
	if last := events.log[len(events.log)-1]; last != "closed" {
		t.Errorf("after Closed came %s", last)
	}
	if l := c.log.String(); !strings.Contains(l, "[WARN]") || !strings.Contains(l, "from the plugin") || !strings.Contains(l, "push_id=accept") {
		t.Errorf("the plugin's line is not in the host's log:\n%s", l)
	}
}

func TestHostPipeEndsThePlugin(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	c := startChild(t, func(cmd *exec.Cmd) {
		cmd.ExtraFiles = []*os.File{r}
		cmd.Env = append(cmd.Env, EnvHostPipe+"=3")
	})
	_ = r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := c.Health(ctx); err != nil {
		t.Fatal(err)
	}
	_ = w.Close() // as the kernel does when the gateway dies
	for c.Health(ctx) == nil {
		time.Sleep(time.Millisecond)
	}
	for !c.plugin.Exited() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
	if !c.plugin.Exited() {
		t.Error("the plugin outlives the gateway")
	}
}

// What a plugin writes right before it exits comes out on its own standard output and error.
func TestOutputIsNotLostAtTheEnd(t *testing.T) {
	out, err := os.CreateTemp(t.TempDir(), "output")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	c := startChild(t, func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, envOutput+"="+out.Name()) })
	if err := c.Configure(t.Context(), plugin.Config{}); err == nil {
		t.Error("configured by a process that ended")
	}
	for end := time.Now().Add(patience); !c.plugin.Exited() && time.Now().Before(end); {
		time.Sleep(time.Millisecond)
	}
	got, _ := os.ReadFile(out.Name())
	if string(got) != "no licence found" {
		t.Errorf("its own standard error has %q", got)
	}
}

func TestStartedByHand(t *testing.T) {
	cmd := exec.Command(os.Args[0])
	cmd.Env = []string{envChild + "=1"}
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 2 {
		t.Errorf("exit: %v", err)
	}
	if !strings.Contains(string(out), "a plugin of the Push Proxy Gateway ppgbox") {
		t.Errorf("it says: %s", out)
	}
}
