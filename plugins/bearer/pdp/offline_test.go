package pdp

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

const (
	nobody = "127.0.0.1:1" // nobody listens there
	token  = "a-token-for-the-tests"
)

func tokenFile(t testing.TB) string { return written(t, "token", token+"\nnot a part of it\n") }

// offline is a configuration with nodes of every kind.
func offline(t testing.TB, pushNode string) string {
	secret := tokenFile(t)
	return fmt.Sprintf(`static_file = %q
node = [
  { name = "source", source = "127.0.0.1", source_ipv6 = "::1" },
  { name = "both", source = "127.0.0.1", push_node = %q, token_file = %q },
  { name = "own", push_node = %q, token_file = %q },
  { name = "foreign", source = "127.0.0.1", source_ipv6 = "::1", activation = "packet" },
]
`, written(t, "static.csv", staticLines), pushNode, secret, pushNode, secret)
}

// fakeNode is a push node that does with a push what its push id says, or keeps it.
type fakeNode struct {
	pushes chan node.Push

	mu   sync.Mutex
	held map[string]func(node.Result)
	deaf bool // Cancel does nothing
}

func newFakeNode() *fakeNode {
	return &fakeNode{pushes: make(chan node.Push, 10_000), held: make(map[string]func(node.Result))}
}

func (n *fakeNode) Push(p node.Push, done func(node.Result)) {
	n.pushes <- p
	if p.PushID == "hold" {
		n.mu.Lock()
		n.held[p.ID] = done
		n.mu.Unlock()
		return
	}
	done(node.Result{
		ID: p.ID, Sent: p.PushID == "", Cause: node.Cause(p.PushID), Text: "the node's words",
		Exchanges: []push.Exchange{{From: "GGSN north", To: "HLR", Text: "query"}},
	})
}

func (n *fakeNode) Cancel(id string) {
	n.mu.Lock()
	done := n.held[id]
	if n.deaf {
		done = nil
	} else {
		delete(n.held, id)
	}
	n.mu.Unlock()
	if done != nil {
		done(node.Result{ID: id, Cause: node.Cancelled})
	}
}

// serveNode serves a push node over gRPC. kill ends it at once.
func serveNode(t testing.TB, n node.Node, address string) (s *node.Server, at string, kill func()) {
	t.Helper()
	s, err := node.NewServer(n, node.ServerOptions{Name: "north", Tokens: []string{token}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	kill = sync.OnceFunc(func() {
		over, cancel := context.WithCancel(context.Background())
		cancel()
		s.Stop(over)
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(kill)
	return s, l.Addr().String(), kill
}

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

// asleep is a push to a number at a push node, which does with it what it is told.
func asleep(id, do string) push.Delivery {
	return push.Delivery{
		ID: id, PushID: do, Message: message, Timeout: time.Minute, Priority: push.PriorityHigh,
		Terminal: push.Subscriber{Address: plmn("358400000009")},
		Route:    push.Route{Node: "own", APN: "push.operator", IMSI: "001010000000009"},
	}
}

func TestPushNode(t *testing.T) {
	n := newFakeNode()
	_, address, _ := serveNode(t, n, "127.0.0.1:0")
	p, g := configured(t, offline(t, address), nil)
	p.Start(asleep("a", "")) // the connection is being made
	if o := g.next(t); o.id != "a" || o.outcome.Kind != push.OutcomeAccepted || o.outcome.Cause != "the node's words" {
		t.Errorf("got %+v", o)
	} else if told := exchangeLines(o.outcome); told != " > GGSN north: push, APN push.operator; GGSN north > HLR: query; GGSN north > : sent" {
		t.Errorf("the trace has %s", told)
	}
	got := next(t, "push", n.pushes)
	pdu, err := wsp.DecodePush(got.Payload)
	if err != nil || string(pdu.Data) != string(message.Body) || len(pdu.Headers) != 1 {
		t.Errorf("the payload is %+v, %v", pdu, err)
	}
	if got.IMSI != "001010000000009" || got.MSISDN != "358400000009" || got.APN != "push.operator" || got.Address.IsValid() ||
		got.Priority != push.PriorityHigh || got.SourcePort != 9200 || got.TerminalPort != 2948 || got.Within < 50*time.Second || got.Within > time.Minute {
		t.Errorf("the push node got %+v", got)
	}
	through := delivery("b", "own", "10.45.0.9")
	through.Route.Session.APN, through.Route.Session.IMSI = "internet", "001010000000009"
	p.Start(through)
	if o := g.next(t); o.id != "b" || o.outcome.Kind != push.OutcomeAccepted {
		t.Errorf("got %+v", o)
	}
	if got := next(t, "push", n.pushes); got.Address != netip.MustParseAddr("10.45.0.9") || got.APN != "internet" || got.IMSI != "001010000000009" {
		t.Errorf("through the push node went %+v", got)
	}
	long := asleep("c", "")
	long.Message.Body = make([]byte, 1400)
	p.Start(long)
	if o := g.next(t); o.outcome.Kind != push.OutcomeRefused || o.outcome.Text != textTooLong {
		t.Errorf("got %+v", o)
	}
	if p.sendings.first != nil {
		t.Error("something is left of what ended")
	}
}

// Every cause that a node can give comes through the stream as the outcome of its row.
func TestEveryCauseOfAPushNode(t *testing.T) {
	n := newFakeNode()
	_, address, _ := serveNode(t, n, "127.0.0.1:0")
	p, g := configured(t, offline(t, address), nil)
	for _, f := range fates() {
		if f.cause.MayHaveBeenSent() || f.cause == node.NodeDown || f.cause == node.InvalidPush || len(f.gtp) > 0 {
			continue // not the node's to say; see TestPushNodeIsKilled, TestFates
		}
		p.Start(asleep("a", string(f.cause)))
		o := g.next(t).outcome
		if !strings.HasSuffix(exchangeLines(o), "query; GGSN north > : not sent: "+string(f.cause)) {
			t.Errorf("the trace has %s", exchangeLines(o))
		}
		if o.Kind != f.kind || o.Code != f.code || o.Text != f.text || o.RetryAfter != f.pause || o.Cause != string(f.cause)+": the node's words" {
			t.Errorf("%s: got %+v", f.cause, o)
		}
	}
	p.Start(asleep("a", "of-a-later-version"))
	if o := g.next(t).outcome; o.Kind != push.OutcomeFailedForNow || !strings.Contains(o.Cause, "of-a-later-version") {
		t.Errorf("got %+v", o)
	}
}

// The node is killed while it has pushes: they are unknown, once each; others fail for now and the window says why, until it is back.
// Pushes of other nodes go on all the time.
func TestPushNodeIsKilled(t *testing.T) {
	n := newFakeNode()
	_, address, kill := serveNode(t, n, "127.0.0.1:0")
	conn, port := terminal(t, "127.0.0.1")
	defer conn.Close()
	p, g := configured(t, ports(port, `listen_for_errors = "1ms"
		`+offline(t, address)), func(p *Plugin) { p.dial = quickly })
	g.until(t, "the push nodes are up", func(why string) bool { return why == "" })
	p.Start(asleep("a", "hold"))
	p.Start(asleep("b", "hold"))
	next(t, "push", n.pushes)
	next(t, "push", n.pushes)
	kill()
	for _, want := range []string{"a", "b"} {
		r := g.next(t)
		if r.id == "b" && want == "a" { // in any order
			want = "b"
		}
		if r.outcome.Kind != push.OutcomeUnknown || !strings.HasPrefix(r.outcome.Cause, "node-lost: ") {
			t.Errorf("%s: got %+v", want, r)
		}
	}
	g.until(t, "it is down", func(why string) bool {
		return strings.HasPrefix(why, "push node of both, own: ") && strings.Contains(why, address)
	})
	p.Start(asleep("c", ""))
	if o := g.next(t).outcome; o.Kind != push.OutcomeFailedForNow || o.Code != 4001 || !strings.HasPrefix(o.Cause, "node-down: ") || o.RetryAfter == 0 {
		t.Errorf("got %+v", o)
	}
	p.Start(delivery("d", "source", "127.0.0.1"))
	if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
		t.Errorf("another node: got %+v", o)
	}
	if size, _ := g.windowNow(); size != defaultInFlight {
		t.Errorf("the window is %d", size)
	}
	serveNode(t, n, address)
	g.until(t, "it is back", func(why string) bool { return why == "" })
	p.Start(asleep("e", ""))
	if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
		t.Errorf("got %+v", o)
	}
	g.silent(t, "every push has its result")
}

// quickly connects again soon.
func quickly(address string, o node.DialOptions) (node.Node, func(), error) {
	o.LeastPause, o.MostPause = 20*time.Millisecond, 50*time.Millisecond
	return dialNode(address, o)
}

// A cancelled push is the push node's to end; one that it does not end has its result in time.
func TestCancelAtPushNode(t *testing.T) {
	n := newFakeNode()
	_, address, _ := serveNode(t, n, "127.0.0.1:0")
	p, g := configured(t, offline(t, address), nil)
	p.Start(asleep("a", "hold"))
	next(t, "push", n.pushes)
	p.Cancel("a")
	if o := g.next(t); o.id != "a" || o.outcome.Kind != push.OutcomeFailedForNow || !strings.HasPrefix(o.outcome.Cause, "cancelled") {
		t.Errorf("got %+v", o)
	}
	n.deaf = true
	d := asleep("b", "hold")
	d.Timeout = 200 * time.Millisecond
	began := time.Now()
	p.Start(d)
	next(t, "push", n.pushes)
	p.Cancel("b")
	if o := g.next(t); o.id != "b" || o.outcome.Kind != push.OutcomeUnknown || !strings.HasPrefix(o.outcome.Cause, "no-answer: ") {
		t.Errorf("got %+v", o)
	}
	if took := time.Since(began); took > patience/2 {
		t.Errorf("it took %s", took)
	}
}

// Draining gives back what the push node gives up, and what it does not is unknown in the end. Then the connection ends.
func TestDrainAtPushNode(t *testing.T) {
	n := newFakeNode()
	s, address, _ := serveNode(t, n, "127.0.0.1:0")
	for _, tt := range []struct {
		name string
		deaf bool
		want func(push.Outcome) bool
	}{
		{"given up", false, push.Outcome.IsReturned},
		{"not given up", true, func(o push.Outcome) bool {
			return o.Kind == push.OutcomeUnknown && strings.Contains(o.Cause, "the push node had it")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p, g := configured(t, offline(t, address), nil)
			n.mu.Lock()
			n.deaf = tt.deaf
			n.mu.Unlock()
			p.Start(asleep("a", "hold"))
			next(t, "push", n.pushes)
			drain(t, p, 100*time.Millisecond)
			if o := g.next(t); o.id != "a" || !tt.want(o.outcome) {
				t.Errorf("got %+v", o)
			}
			p.Start(asleep("b", ""))
			if o := g.next(t); !o.outcome.IsReturned() {
				t.Errorf("after draining: got %+v", o)
			}
			for end := time.Now().Add(patience); len(s.Gateways()) > 0; time.Sleep(time.Millisecond) {
				if time.Now().After(end) {
					t.Fatal("the connection does not end")
				}
			}
			g.silent(t, "every push has its result")
		})
	}
}

func exchangeLines(o push.Outcome) string {
	var list []string
	last := time.Duration(0)
	for _, x := range o.Exchanges {
		list = append(list, x.From+" > "+x.To+": "+x.Text)
		if x.After < last {
			list = append(list, "which was earlier")
		}
		last = x.After
	}
	return strings.Join(list, "; ")
}

// A trace has a bound, and nothing of ours around it where the node tells nothing.
func TestExchangesAreBounded(t *testing.T) {
	if list := exchangesOf(node.Result{Cause: node.NodeDown}, "apn", 1); list != nil {
		t.Errorf("got %+v", list)
	}
	if n := len(exchangesOf(node.Result{Sent: true, Exchanges: make([]push.Exchange, push.MaxExchanges)}, "", 1)); n != push.MaxExchanges {
		t.Errorf("there are %d", n)
	}
}
