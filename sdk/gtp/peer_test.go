package gtp

import (
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"
)

var (
	testPeer  = netip.MustParseAddrPort("192.0.2.20:2123")
	otherPeer = netip.MustParseAddrPort("192.0.2.21:2123")
)

// A testClock goes when it is told to.
type testClock struct {
	mu     sync.Mutex
	now    time.Duration
	timers []*testTimer
	deaf   bool // stopping a timer comes too late
}

type testTimer struct {
	due time.Duration
	f   func()
}

func (c *testClock) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *testClock) After(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	timer := &testTimer{c.now + d, f}
	c.timers = append(c.timers, timer)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.deaf {
			return
		}
		c.timers = slices.DeleteFunc(c.timers, func(t *testTimer) bool { return t == timer })
	}
}

// advance calls what is due, in its order and at its time.
func (c *testClock) advance(d time.Duration) {
	c.mu.Lock()
	until := c.now + d
	for {
		var next *testTimer
		for _, t := range c.timers {
			if t.due <= until && (next == nil || t.due < next.due) {
				next = t
			}
		}
		if next == nil {
			break
		}
		c.timers = slices.DeleteFunc(c.timers, func(t *testTimer) bool { return t == next })
		c.now = max(c.now, next.due)
		c.mu.Unlock()
		next.f()
		c.mu.Lock()
	}
	c.now = until
	c.mu.Unlock()
}

// set returns how many timers wait.
func (c *testClock) set() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// A wire is a socket that keeps what is written, and reads nothing.
type wire struct {
	mu      sync.Mutex
	written []datagram
}

func (w *wire) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, net.ErrClosed
}

func (w *wire) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.written = append(w.written, datagram{slices.Clone(b), to})
	return len(b), nil
}

func (w *wire) Close() error { return nil }

// take returns what was written since the last call.
func (w *wire) take() []datagram {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := w.written
	w.written = nil
	return d
}

// A gsn is a path under test with all that it says.
type gsn struct {
	*Path
	t        *testing.T
	wire     *wire
	clock    *testClock
	requests []*Request
	dropped  []error
	restarts [][2]uint8
}

func newGSN(t *testing.T, cfg Config) *gsn {
	g := &gsn{t: t, wire: new(wire), clock: new(testClock)}
	cfg.Clock = g.clock
	cfg.Handler = g
	cfg.Dropped = func(_ netip.AddrPort, err error) { g.dropped = append(g.dropped, err) }
	cfg.Restarted = func(_ netip.Addr, before, now uint8, _ Message) {
		g.restarts = append(g.restarts, [2]uint8{before, now})
	}
	g.Path = NewPath(g.wire, cfg)
	return g
}

func (g *gsn) HandleRequest(r *Request) { g.requests = append(g.requests, r) }

// hear lets a message of a peer arrive.
func (g *gsn) hear(from netip.AddrPort, sequence uint16, m Message) {
	g.t.Helper()
	b, err := Append(nil, Header{Sequence: sequence}, m)
	if err != nil {
		g.t.Fatal(err)
	}
	g.receive(from, b)
}

// said returns the only message that was written since the last look.
func (g *gsn) said() (Packet, netip.AddrPort) {
	g.t.Helper()
	d := g.wire.take()
	if len(d) != 1 {
		g.t.Fatalf("%d datagrams were written", len(d))
	}
	p, err := Parse(d[0].octets)
	if err != nil {
		g.t.Fatal(err)
	}
	return p, d[0].to
}

func (g *gsn) silent() {
	g.t.Helper()
	if d := g.wire.take(); len(d) != 0 {
		g.t.Fatalf("%v was written", d)
	}
}

// A result keeps what a request ended with.
type result struct {
	packet Packet
	err    error
	times  int
}

func (r *result) done(p Packet, err error) { r.packet, r.err, r.times = p, err, r.times+1 }
