package pdp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const patience = 10 * time.Second

var message = push.Message{
	ContentType: "application/vnd.wap.slc; charset=utf-8",
	Headers:     []push.Header{{Name: "X-Wap-Application-Id", Value: "mms.ua"}, {Name: "Authorization", Value: "Basic c2VjcmV0"}},
	Body:        []byte{0x02, 0x06, 0x6a, 0x00},
}

// gateway is the host that a bearer reports to.
type gateway struct {
	results chan result
	tokens  chan string
	events  chan push.Event

	mu     sync.Mutex
	window int
	why    string
}

func (g *gateway) Result(id string, o push.Outcome) { g.results <- result{id, o} }
func (g *gateway) Progress(id string, number uint64, token []byte) {
	g.tokens <- fmt.Sprint(id, number, " ", string(token))
}
func (g *gateway) Event(e push.Event) { g.events <- e }

func (g *gateway) Window(n int, why string) {
	g.mu.Lock()
	g.window, g.why = n, why
	g.mu.Unlock()
}

func (g *gateway) windowNow() (int, string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.window, g.why
}

// until waits for a window with the reason that is wanted.
func (g *gateway) until(t *testing.T, what string, is func(why string) bool) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		_, why := g.windowNow()
		if is(why) {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%s: it does not happen, the window says %q", what, why)
		}
	}
}

func (g *gateway) next(t *testing.T) (r result) {
	t.Helper()
	select {
	case r = <-g.results:
	case <-time.After(patience):
		t.Fatal("no result came")
	}
	return r
}

func (g *gateway) silent(t *testing.T, why string) {
	t.Helper()
	select {
	case r := <-g.results:
		t.Fatalf("%s, but there is %+v", why, r)
	default:
	}
}

// configured opens a bearer with a configuration.
func configured(t testing.TB, toml string, use func(*Plugin)) (*Plugin, *gateway) {
	t.Helper()
	p := New()
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(toml)}); err != nil {
		t.Fatal(err)
	}
	if use != nil {
		use(p)
	}
	g := &gateway{results: make(chan result, 100_000), tokens: make(chan string, 1000), events: make(chan push.Event, 1000)}
	p.Open(g)
	t.Cleanup(func() { p.Close() })
	return p, g
}

// terminal is a UDP socket that stands for a terminal.
func terminal(t testing.TB, addr string) (*net.UDPConn, int) {
	t.Helper()
	c, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP(addr)})
	if err != nil {
		t.Skipf("this machine has no %s: %v", addr, err)
	}
	t.Cleanup(func() { c.Close() })
	return c, c.LocalAddr().(*net.UDPAddr).Port
}

// deaf is a port at an address that nobody listens on.
func deaf(t testing.TB, addr string) int {
	t.Helper()
	c, port := terminal(t, addr)
	c.Close()
	return port
}

func online(addr string) *push.Session { return &push.Session{Address: netip.MustParseAddr(addr)} }

func delivery(id, node, addr string) push.Delivery {
	return push.Delivery{ID: id, Message: message, Timeout: time.Minute, Route: push.Route{Node: node, Session: online(addr)}}
}

func ports(terminal int, more string) string {
	return fmt.Sprintf("terminal_port = %d\nsource_port = 0\n%s", terminal, more)
}

// radio is a transmitter without a network: what it is given it takes, or fails as it is told to.
type radio struct {
	took chan *sending
	fail func(*sending) error // nil to take everything
	hear func(complaint)
	held chan struct{} // send waits for it, if there is one
	shut chan struct{}
}

func newRadio() *radio { return &radio{took: make(chan *sending, 1000), shut: make(chan struct{})} }

func (r *radio) open(_ origin, hear func(complaint)) (transmitter, error) {
	r.hear = hear
	return r, nil
}

func (r *radio) use(p *Plugin) { p.open = r.open }

func (r *radio) send(batch []*sending) (int, error) {
	if r.held != nil {
		<-r.held
	}
	for i, s := range batch {
		if r.fail != nil {
			if err := r.fail(s); err != nil {
				if i > 0 {
					return i, nil
				}
				return 0, err
			}
		}
		r.took <- s
	}
	return len(batch), nil
}

func (r *radio) close() { close(r.shut) }

// sent waits for something to be taken.
func (r *radio) sent(t *testing.T) *sending {
	t.Helper()
	select {
	case s := <-r.took:
		return s
	case <-time.After(patience):
		t.Fatal("nothing was sent")
		return nil
	}
}

// drain drains a bearer within a time.
func drain(t *testing.T, p *Plugin, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	p.Drain(ctx)
}
