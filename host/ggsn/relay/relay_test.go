package relay

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/sdk/node"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 10 * time.Second

var terminal = netip.MustParseAddr("10.46.0.7")

// A network is a gateway and the contexts of a node.
type network struct {
	*Relay
	mu       sync.Mutex
	contexts map[netip.Addr]contexts.Context
	lost     []string
	released chan string   // users, as the gateway is asked for it
	during   func()        // a registration that is under way
	hold     chan struct{} // for releases; nil: they are done at once
}

func newNetwork(t *testing.T) *network {
	t.Helper()
	n := &network{contexts: map[netip.Addr]contexts.Context{terminal: {Address: terminal, Control: 1}}, released: make(chan string, 10)}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodDelete {
			if n.hold != nil {
				<-n.hold
			}
			n.released <- r.URL.Query().Get("user")
			w.WriteHeader(http.StatusNoContent)
			return
		}
		if n.during != nil {
			n.during()
		}
		_, _ = w.Write([]byte("{}"))
	}))
	t.Cleanup(server.Close)
	n.Relay = New(Config{
		Gateway: registration.NewClient(registration.ClientOptions{Gateway: server.URL, Name: "relay", Password: "secret"}), GGSN: "ggsn-a",
		Context: func(a netip.Addr) (contexts.Context, bool) {
			n.mu.Lock()
			defer n.mu.Unlock()
			c, ok := n.contexts[a]
			return c, ok
		},
		Event: func(node.EventKind, contexts.Context) {},
		Lost:  func(why string) { n.lost = append(n.lost, why) },
	})
	t.Cleanup(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		n.Close(over)
	})
	return n
}

// change gives the terminal's address to another context, or to none.
func (n *network) change(c contexts.Context, there bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.contexts[terminal] = c; !there {
		delete(n.contexts, terminal)
	}
}

func (n *network) wasReleased(t *testing.T, user string) {
	t.Helper()
	select {
	case got := <-n.released:
		if got != user {
			t.Errorf("%s was released, want %s", got, user)
		}
	case <-time.After(patience):
		t.Fatalf("%s is never released", user)
	}
}

// A registration whose context ends while the gateway is asked is released, and nobody is told that it stands.
func TestContextEndsMeanwhile(t *testing.T) {
	for name, change := range map[string]func(*network){
		"it ends":                     func(n *network) { n.change(contexts.Context{}, false) },
		"another one has its address": func(n *network) { n.change(contexts.Context{Address: terminal, Control: 2}, true) },
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t)
			n.during = func() { change(n) }
			if answer, err := n.Register(t.Context(), registration.Forwarded{Source: terminal, User: "a@x", Authorization: "Basic YTpi"}); err == nil {
				t.Errorf("it is told %s", answer)
			}
			n.wasReleased(t, "a@x")
			if c := n.Counters(); c.Registered != 0 {
				t.Errorf("%+v", c)
			}
		})
	}
}

// A registration waits for the release of its address that is under way.
func TestRegistrationWaitsForRelease(t *testing.T) {
	n := newNetwork(t)
	n.hold = make(chan struct{})
	f := registration.Forwarded{Source: terminal, User: "a@x", Authorization: "Basic YTpi"}
	if _, err := n.Register(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	n.ContextDown(contexts.Context{Address: terminal, Control: 1})
	asked := make(chan struct{}, 1)
	n.during = func() { asked <- struct{}{} }
	for end := time.Now().Add(patience); !n.speaks(terminal); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the release never begins")
		}
	}
	done := make(chan error, 1)
	go func() {
		_, err := n.Register(t.Context(), f)
		done <- err
	}()
	short, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := n.Register(short, f); err == nil {
		t.Error("a registration does not wait")
	}
	select {
	case <-asked:
		t.Error("the gateway is asked to register while it releases")
	default:
	}
	close(n.hold)
	n.wasReleased(t, "a@x")
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// speaks tells that somebody asks the gateway about an address.
func (n *network) speaks(a netip.Addr) bool {
	n.Relay.mu.Lock()
	defer n.Relay.mu.Unlock()
	_, busy := n.busy[a]
	return busy
}

// The releases that wait are bounded.
func TestReleasesAreBounded(t *testing.T) {
	n := newNetwork(t)
	n.Relay.mu.Lock()
	n.open = mostReleases
	n.registered[terminal] = []registered{{user: "a@x"}}
	n.Relay.mu.Unlock()
	n.ContextDown(contexts.Context{Address: terminal})
	if c := n.Counters(); c.Lost != 1 || len(n.lost) != 1 || c.Registered != 0 {
		t.Errorf("%+v, told of %q", c, n.lost)
	}
}

// A release is tried until its time is over.
func TestReleaseIsGivenUp(t *testing.T) {
	n := newNetwork(t)
	for _, row := range []struct {
		age  time.Duration
		lost uint64
	}{{0, 0}, {releaseTime, 1}} {
		if pause := n.done(release{since: time.Now().Add(-row.age), address: terminal}, context.DeadlineExceeded); (pause == 0) != (row.lost == 1) {
			t.Errorf("after %v it pauses for %v", row.age, pause)
		}
		if c := n.Counters(); c.Lost != row.lost {
			t.Errorf("after %v: %+v", row.age, c)
		}
	}
}
