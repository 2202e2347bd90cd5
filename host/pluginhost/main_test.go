package pluginhost

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/encoder"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// The test binary is also every plugin of the tests, and the host that is killed in the orphan test: it looks at its name and
// its arguments.
func TestMain(m *testing.M) {
	switch {
	case strings.HasPrefix(filepath.Base(os.Args[0]), outsidePrefix):
		servePlugin(strings.Replace(strings.TrimPrefix(filepath.Base(os.Args[0]), outsidePrefix), "-", "/", 1))
	case len(os.Args) == 4 && os.Args[1] == "plugin" && os.Args[2] == "serve":
		servePlugin(os.Args[3])
	case len(os.Args) == 3 && os.Args[1] == "orphan-host":
		orphanHost(os.Args[2])
	default:
		goleak.VerifyTestMain(m)
	}
}

// servePlugin is the main of the plugins of the tests.
func servePlugin(use string) {
	switch use {
	case "bearer/crash":
		fmt.Fprintln(os.Stderr, "no licence found")
		os.Exit(3)
	case "bearer/talks": // and never serves
		fmt.Print("I am a web server\nlistening on :80")
		time.Sleep(time.Hour)
	case "bearer/mute": // never says a word, and does not mind SIGTERM
		time.Sleep(time.Hour)
	case "bearer/stalled":
		stall()
	case "bearer/ends": // just after the handshake
		fmt.Printf("1|1|unix|%s/s|grpc|\n", os.Getenv("PLUGIN_UNIX_SOCKET_DIR"))
		os.Exit(4)
	case "bearer/elsewhere":
		fmt.Println("1|1|tcp|127.0.0.1:9|grpc|")
		time.Sleep(time.Hour)
	case "bearer/newer":
		fmt.Println("1|99|unix|/x|grpc|")
		time.Sleep(time.Hour)
	case "bearer/chatty": // says too much before the handshake
		fmt.Println("hello, I am a plugin")
		fmt.Println(strings.Repeat("x", 200_000))
	}
	if strings.HasSuffix(use, "/loner") { // does not watch the pipe, and does not mind that its parent has gone
		_ = os.Unsetenv(pluginrpc.EnvHostPipe)
		signal.Ignore(syscall.SIGHUP)
	}
	kind, name, _ := strings.Cut(use, "/")
	b := base{info: plugin.Info{Kind: plugin.Kind(kind), Name: name, Version: "1.2.3"}}
	switch use {
	case "bearer/wrongkind":
		b.info.Kind = plugin.KindRouting
	case "bearer/wrongname":
		b.info.Name = "another"
	case "bearer/deaf":
		b.deaf = true
	}
	switch kind {
	case "encoder":
		encoder.Serve(&testEncoder{b})
	case "routing":
		routing.Serve(&testRouting{b})
	case "bearer":
		bearer.ServeStream(&testBearer{base: b, held: map[string]bool{}})
	}
	if use == "bearer/clings" { // to life
		l := plugin.Logger()
		l.Info("asked to go")
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGTERM)
		l.Info((<-c).String() + ", and I stay")
		time.Sleep(time.Hour)
	}
}

// stall shakes hands and never answers a call.
func stall() {
	path := filepath.Join(os.Getenv("PLUGIN_UNIX_SOCKET_DIR"), "s")
	if _, err := net.Listen("unix", path); err != nil {
		panic(err)
	}
	fmt.Printf("1|1|unix|%s|grpc|\n", path)
	time.Sleep(time.Hour)
}

// base is what all plugins of the tests share.
type base struct {
	info plugin.Info
	deaf bool

	config struct {
		Bad        bool   `toml:"bad"`         // refused by Validate
		Fail       bool   `toml:"fail"`        // refused by Configure
		CrashAfter string `toml:"crash_after"` // after Configure
		Spin       bool   `toml:"spin"`        // uses all the CPU it gets
		Exclusive  string `toml:"exclusive"`   // a file that only one may hold, as a port
		Value      int    `toml:"value"`
		Window     int    `toml:"window"`
		Why        string `toml:"why"`
		Last       string `toml:"last"` // said in Configure, which then ends the process
	}
}

func (b *base) Info() plugin.Info {
	if b.deaf {
		select {}
	}
	return b.info
}

func (b *base) Validate(c plugin.Config) error {
	if err := c.Decode(&b.config); err != nil {
		return err
	}
	var ps plugin.Problems
	if b.config.Bad {
		ps.Addf("bad", "is bad")
	}
	return ps.Err()
}

func (b *base) Configure(_ context.Context, c plugin.Config) error {
	b.config.Window = 1000
	if err := c.Decode(&b.config); err != nil {
		return err
	}
	if b.config.Last != "" {
		fmt.Println("about to go")
		fmt.Fprint(os.Stderr, b.config.Last)
		os.Exit(3)
	}
	if b.config.Fail {
		return &push.Error{Cause: "the peer's name is unknown"}
	}
	if b.config.Exclusive != "" {
		f, err := os.OpenFile(b.config.Exclusive, os.O_CREATE|os.O_RDWR, 0o600)
		if err != nil {
			return err
		}
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
			return fmt.Errorf("%s is held: %w", b.config.Exclusive, err)
		}
		// It is held until the process ends.
		heldFiles = append(heldFiles, f)
	}
	if d, err := time.ParseDuration(b.config.CrashAfter); err == nil {
		time.AfterFunc(d, func() { panic("it was to be") })
	}
	if b.config.Spin {
		for range 4 {
			go func() {
				for n := uint(1); n != 0; n |= 1 { // never 0
				}
			}()
		}
	}
	return nil
}

var heldFiles []*os.File // keeps them from being collected and closed

// obey does what a word says and returns what there is to tell.
func (b *base) obey(word string) string {
	switch word {
	case "pid":
		return itoa(os.Getpid())
	case "env":
		return strings.Join(os.Environ(), "\n")
	case "args":
		return strings.Join(os.Args, " ")
	case "value":
		return itoa(b.config.Value)
	case "exit":
		os.Exit(7)
	case "panic":
		go panic("at the disco")
	case "child": // one that holds its output and would outlive it
		c := exec.Command("/bin/sleep", "1000")
		c.Stdout, c.Stderr = os.Stdout, os.Stderr
		if err := c.Start(); err != nil {
			return err.Error()
		}
		return itoa(c.Process.Pid)
	case "log":
		plugin.Logger().Warn("a warning", plugin.LogPushID, "push-1", "node", "n1", plugin.LogInstance, "forged")
		fmt.Println("to standard output")
	case "flood":
		l := plugin.Logger()
		for i := range 20_000 {
			l.Info("flood", "i", i)
		}
	}
	return word
}

type testEncoder struct{ base }

func (e *testEncoder) Encode(_ context.Context, r push.EncodeRequest) (push.Message, error) {
	word := string(r.Message.Body)
	switch word {
	case "error":
		return push.Message{}, &push.Error{Code: 3006, Text: "line 3 is wrong"}
	case "slow":
		time.Sleep(300 * time.Millisecond)
	}
	r.Message.Body = []byte(e.obey(word))
	return r.Message, nil
}

type testRouting struct{ base }

func (t *testRouting) Route(_ context.Context, r push.RouteRequest) (push.Route, error) {
	switch r.ApplicationID {
	case "not here":
		return push.Route{}, push.ErrNotHere
	case "not attached":
		return push.Route{}, push.ErrNotAttached
	case "error":
		return push.Route{}, &push.Error{Temporary: true, Cause: "the register\nis silent"}
	}
	return push.Route{Node: t.obey(r.ApplicationID)}, nil
}

// testBearer answers at once, except for "hold", which is kept, and "half", of which it keeps every other one.
type testBearer struct {
	base
	mu   sync.Mutex
	n    int
	host bearer.Host
	held map[string]bool
}

func (t *testBearer) Open(h bearer.Host) {
	t.host = h
	h.Window(t.config.Window, t.config.Why)
}

func (t *testBearer) Start(d push.Delivery) {
	word, h := string(d.Message.Body), t.host
	t.mu.Lock()
	t.n++
	hold := word == "hold" || word == "half" && t.n%2 == 0
	if hold {
		t.held[d.ID] = true
	}
	t.mu.Unlock()
	if hold {
		h.Progress(d.ID, 1, []byte("token of "+d.ID))
		return
	}
	if word == "closed" {
		h.Window(0, "the peer\nis away")
	}
	if word == "silent" {
		return // on the air, and not even a drain brings it back
	}
	for _, kind := range []push.OutcomeKind{
		push.OutcomeAccepted, push.OutcomeUnreachable, push.OutcomeRefused, push.OutcomeFailedForNow, push.OutcomeUnknown,
	} {
		if word == kind.String() {
			h.Result(d.ID, push.Outcome{Kind: kind, Cause: "as was asked for"})
			return
		}
	}
	h.Result(d.ID, push.Outcome{Kind: push.OutcomeDelivered, Text: t.obey(word)})
}

func (t *testBearer) Stored(id string, _ uint64) {
	plugin.Logger().Info("stored", "id", id)
}

func (t *testBearer) Cancel(id string) {
	t.mu.Lock()
	held := t.held[id]
	delete(t.held, id)
	t.mu.Unlock()
	if held {
		t.host.Result(id, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "cancelled"})
	}
}

func (t *testBearer) Drain(context.Context) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.held {
		t.host.Window(7, "") // too late to count
		t.host.Result(id, push.Returned())
	}
	clear(t.held)
}
