package node

import (
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	patience = 10 * time.Second
	token    = "a-token-for-the-tests"
)

// double is a node that does with a push what the push id says.
type double struct {
	mu     sync.Mutex
	held   map[string]func(Result)
	pushes chan Push
	gone   chan string // ids of cancelled pushes
}

func newDouble() *double {
	return &double{held: make(map[string]func(Result)), pushes: make(chan Push, 10_000), gone: make(chan string, 10_000)}
}

func (d *double) Push(p Push, done func(Result)) {
	d.pushes <- p
	switch p.PushID {
	case "hold":
		d.mu.Lock()
		d.held[p.ID] = done
		d.mu.Unlock()
	case "twice":
		done(Result{Sent: true, Text: "once"})
		done(Result{Sent: true, Text: "twice"})
	case "":
		done(Result{Sent: true, Text: "sent to " + p.Address.String()})
	default:
		done(Result{Cause: Cause(p.PushID), GTPCause: 195, Text: "no", RetryAfter: time.Minute})
	}
}

func (d *double) Cancel(id string) {
	d.gone <- id
	d.mu.Lock()
	done := d.held[id]
	delete(d.held, id)
	d.mu.Unlock()
	if done != nil {
		done(Result{Cause: Cancelled})
	}
}

// answer ends all that are held.
func (d *double) answer(r Result) {
	d.mu.Lock()
	held := d.held
	d.held = make(map[string]func(Result))
	d.mu.Unlock()
	for _, done := range held {
		done(r)
	}
}

// serve serves a node on a free port.
func serve(t testing.TB, n Node, change func(*ServerOptions)) (*Server, string) {
	t.Helper()
	o := ServerOptions{Name: "north", APNs: []string{"push.operator"}, Tokens: []string{token}}
	if change != nil {
		change(&o)
	}
	s, err := NewServer(n, o)
	if err != nil {
		t.Fatal(err)
	}
	return s, listen(t, s, "127.0.0.1:0")
}

func listen(t testing.TB, s *Server, address string) string {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	t.Cleanup(func() {
		s.grpc.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}

// told is what a client says.
type told struct {
	events chan Event
	links  chan Link
}

func dial(t testing.TB, address string, change func(*DialOptions)) (*Client, *told) {
	t.Helper()
	to := &told{events: make(chan Event, 10_000), links: make(chan Link, 10_000)}
	o := DialOptions{
		Gateway: "gateway", Credentials: func() (Credentials, error) { return Credentials{Token: token}, nil },
		OnEvent: func(e Event) { to.events <- e }, OnLink: func(l Link) { to.links <- l },
		Log: hclog.NewNullLogger(), LeastPause: 20 * time.Millisecond, MostPause: 50 * time.Millisecond,
	}
	if change != nil {
		change(&o)
	}
	c, err := Dial(address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, to
}

// until waits for a link.
func (to *told) until(t testing.TB, what string, is func(Link) bool) Link {
	t.Helper()
	var last Link
	for end := time.After(patience); ; {
		select {
		case last = <-to.links:
			if is(last) {
				return last
			}
		case <-end:
			t.Fatalf("%s: it does not happen, the link is %+v", what, last)
		}
	}
}

func isUp(l Link) bool   { return l.Up && l.Window > 0 }
func isDown(l Link) bool { return !l.Up }

func next[T any](t testing.TB, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s came", what)
		panic("not reached")
	}
}

func silent[T any](t testing.TB, what string, ch <-chan T) {
	t.Helper()
	select {
	case v := <-ch:
		t.Fatalf("there is a %s that must not be: %v", what, v)
	default:
	}
}

func wait(t testing.TB, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: it does not happen", what)
		}
	}
}

func somePush(id, do string) Push {
	return Push{
		ID: id, PushID: do, IMSI: "001010123456789", MSISDN: "358401234567", Address: netip.MustParseAddr("10.45.0.7"), APN: "push.operator",
		Priority: push.PriorityHigh, Payload: []byte{1, 6, 1, 0xae, 'x'}, SourcePort: 9200, TerminalPort: 2948, Within: time.Minute,
	}
}

// given hands pushes to a client and collects their results.
type given struct{ results chan Result }

func (g given) to(c Node, p Push) { c.Push(p, func(r Result) { g.results <- r }) }

func newGiven() given { return given{make(chan Result, 100_000)} }

func TestPush(t *testing.T) {
	d := newDouble()
	_, address := serve(t, d, nil)
	c, to := dial(t, address, nil)
	g := newGiven()
	g.to(c, somePush("early", "")) // waits for the connection
	if r := next(t, "result", g.results); !reflect.DeepEqual(r, Result{ID: "early", Sent: true, Text: "sent to 10.45.0.7"}) {
		t.Errorf("got %+v", r)
	}
	if l := to.until(t, "up", isUp); l.Node != "north" || l.Window != defaultWindow || len(l.APNs) != 1 || l.APNs[0] != "push.operator" {
		t.Errorf("the link is %+v", l)
	}
	got := next(t, "push", d.pushes)
	want := somePush(got.ID, "")
	if got.Within <= 58*time.Second || got.Within > 59500*time.Millisecond {
		t.Errorf("the node has %s", got.Within)
	}
	got.Within = want.Within
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the node got\n%+v, want\n%+v", got, want)
	}
	for _, cause := range Causes() {
		g.to(c, somePush("a", string(cause)))
		want := Result{ID: "a", Cause: cause, GTPCause: 195, Text: "no", RetryAfter: time.Minute}
		if cause.ofClient() {
			want.Cause = Failed // not a node's to say
		}
		if r := next(t, "result", g.results); !reflect.DeepEqual(r, want) {
			t.Errorf("got %+v, want %+v", r, want)
		}
	}
	g.to(c, somePush("b", "twice"))
	if r := next(t, "result", g.results); r.Text != "once" {
		t.Errorf("got %+v", r)
	}
	g.to(c, somePush("c", "of-a-later-version"))
	if r := next(t, "result", g.results); r.ID != "c" || r.Cause != "of-a-later-version" {
		t.Errorf("got %+v", r)
	}
	silent(t, "second result", g.results)
}

// holding is a Batcher that does nothing before Flush.
type holding struct {
	mu      sync.Mutex
	held    []func(Result)
	flushes int
}

func (h *holding) Push(_ Push, done func(Result)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.held = append(h.held, done)
}

func (h *holding) Cancel(string) {}

func (h *holding) Flush() {
	h.mu.Lock()
	held := h.held
	h.held = nil
	h.flushes++
	h.mu.Unlock()
	for _, done := range held {
		done(Result{Sent: true})
	}
}

// What a Batcher is given it may send when the frame is over, and that comes once for each.
func TestBatcher(t *testing.T) {
	h := &holding{}
	_, address := serve(t, h, nil)
	c, to := dial(t, address, nil)
	to.until(t, "up", isUp)
	const pushes = 1000
	got := newGiven()
	for i := range pushes {
		got.to(c, somePush(fmt.Sprint(i), "push"))
	}
	for range pushes {
		if r := <-got.results; !r.Sent {
			t.Fatalf("the result is %+v", r)
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.flushes > pushes/10 {
		t.Errorf("%d flushes for %d pushes", h.flushes, pushes)
	}
}
