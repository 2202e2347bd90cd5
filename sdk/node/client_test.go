package node

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestWindow(t *testing.T) {
	d := newDouble()
	s, address := serve(t, d, func(o *ServerOptions) { o.Window = 3 })
	c, to := dial(t, address, func(o *DialOptions) { o.Queue = 2 })
	to.until(t, "up", isUp)
	g := newGiven()
	for i := range 3 {
		g.to(c, somePush(fmt.Sprint("taken ", i), "hold"))
		next(t, "push", d.pushes)
	}
	short := somePush("waits too long", "hold")
	short.Within = 50 * time.Millisecond
	g.to(c, short)
	g.to(c, somePush("waits", "hold"))
	g.to(c, somePush("too many", "hold"))
	if r := next(t, "result", g.results); r.ID != "too many" || r.Cause != QueueFull || r.RetryAfter == 0 {
		t.Errorf("got %+v", r)
	}
	if r := next(t, "result", g.results); r.ID != "waits too long" || r.Cause != Expired {
		t.Errorf("got %+v", r)
	}
	silent(t, "push over the window", d.pushes)
	s.Window(1, "the SGSN is silent")
	if l := to.until(t, "window", func(l Link) bool { return l.Window == 1 }); l.Why != "the SGSN is silent" || !l.Up {
		t.Errorf("the link is %+v", l)
	}
	d.answer(Result{Sent: true})
	for range 3 {
		next(t, "result", g.results)
	}
	if p := next(t, "push", d.pushes); !strings.HasSuffix(p.ID, "/waits") {
		t.Errorf("then the node gets %s", p.ID)
	}
	g.to(c, somePush("behind it", "hold"))
	s.Window(100, "")
	if l := to.until(t, "window", func(l Link) bool { return l.Window == 3 }); l.Why != "" {
		t.Errorf("the window goes over the option: %+v", l)
	}
	next(t, "push", d.pushes)
}

func TestCancel(t *testing.T) {
	d := newDouble()
	_, address := serve(t, d, func(o *ServerOptions) { o.Window = 1 })
	c, _ := dial(t, address, nil)
	g := newGiven()
	g.to(c, somePush("a", "hold"))
	p := next(t, "push", d.pushes)
	g.to(c, somePush("b", ""))
	g.to(c, somePush("c", ""))
	c.Cancel("b")
	if r := next(t, "result", g.results); r.ID != "b" || r.Cause != Cancelled {
		t.Errorf("one that waits: %+v", r)
	}
	c.Cancel("nobody")
	c.Cancel("a")
	if id := next(t, "cancelled push", d.gone); id != p.ID {
		t.Errorf("cancelled is %s, not %s", id, p.ID)
	}
	if r := next(t, "result", g.results); r.ID != "a" || r.Cause != Cancelled {
		t.Errorf("one that the node has: %+v", r)
	}
	if r := next(t, "result", g.results); r.ID != "c" || !r.Sent {
		t.Errorf("the next: %+v", r)
	}
	silent(t, "cancelled push", d.gone)
}

// The time of a push ends its call, and not its place at the node, which may still be busy with it.
func TestNoAnswer(t *testing.T) {
	d := newDouble()
	_, address := serve(t, silentNode{d}, func(o *ServerOptions) { o.Window = 1 })
	c, to := dial(t, address, nil)
	to.until(t, "up", isUp)
	g := newGiven()
	p := somePush("a", "hold")
	p.Within = 50 * time.Millisecond
	g.to(c, p)
	if r := next(t, "result", g.results); r.ID != "a" || r.Cause != NoAnswer || !r.Cause.MayHaveBeenSent() {
		t.Errorf("got %+v", r)
	}
	next(t, "cancelled push", d.gone)
	next(t, "push", d.pushes)
	g.to(c, somePush("b", ""))
	twice := somePush("a", "")
	g.to(c, twice)
	if r := next(t, "result", g.results); r.Cause != InvalidPush {
		t.Errorf("the id is still taken at the node: %+v", r)
	}
	silent(t, "push while the place is taken", d.pushes)
	d.answer(Result{Sent: true}) // late: nobody asks any more
	if r := next(t, "result", g.results); r.ID != "b" {
		t.Errorf("got %+v", r)
	}
}

// silentNode does not do what Cancel asks.
type silentNode struct{ *double }

func (n silentNode) Cancel(id string) { n.gone <- id }

// What a broken connection leaves open is told once, and the client comes back by itself.
func TestNodeIsKilledAndComesBack(t *testing.T) {
	d := newDouble()
	s, address := serve(t, d, func(o *ServerOptions) { o.Window = 2 })
	c, to := dial(t, address, nil)
	to.until(t, "up", isUp)
	g := newGiven()
	for _, id := range []string{"at the node", "at the node, too", "waits"} {
		g.to(c, somePush(id, "hold"))
	}
	next(t, "push", d.pushes)
	next(t, "push", d.pushes)
	s.grpc.Stop()
	want := map[string]Cause{"at the node": NodeLost, "at the node, too": NodeLost, "waits": NodeDown}
	for len(want) > 0 {
		r := next(t, "result", g.results)
		if r.Sent || r.Cause != want[r.ID] || r.Cause.MayHaveBeenSent() != (r.Cause == NodeLost) || !strings.Contains(r.Text, address) {
			t.Errorf("got %+v, want %v", r, want)
		}
		delete(want, r.ID)
	}
	for range 2 { // the node knows that nobody waits for them
		next(t, "cancelled push", d.gone)
	}
	to.until(t, "down", isDown)
	g.to(c, somePush("while it is down", ""))
	if r := next(t, "result", g.results); r.Cause != NodeDown || r.RetryAfter == 0 || r.RetryAfter > defaultMostPause+2*time.Second {
		t.Errorf("got %+v", r)
	}
	again, _ := NewServer(d, ServerOptions{Name: "again", Tokens: []string{token}})
	listen(t, again, address)
	if l := to.until(t, "up again", isUp); l.Node != "again" {
		t.Errorf("the link is %+v", l)
	}
	g.to(c, somePush("at the node", ""))
	if r := next(t, "result", g.results); !r.Sent {
		t.Errorf("got %+v", r)
	}
	silent(t, "second result", g.results)
}

func TestStop(t *testing.T) {
	d := newDouble()
	s, address := serve(t, d, nil)
	c, to := dial(t, address, nil)
	to.until(t, "up", isUp)
	g := newGiven()
	g.to(c, somePush("open", "hold"))
	next(t, "push", d.pushes)
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		s.Stop(ctx)
	}()
	if l := to.until(t, "no window", func(l Link) bool { return l.Up && l.Window == 0 }); !strings.Contains(l.Why, "being stopped") {
		t.Errorf("the link is %+v", l)
	}
	silent(t, "end of Stop while a push is open", stopped)
	d.answer(Result{Cause: NodeStopping})
	if r := next(t, "result", g.results); r.Cause != NodeStopping {
		t.Errorf("got %+v", r)
	}
	next(t, "end of Stop", stopped)
	to.until(t, "down", isDown)
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	d := newDouble()
	s, address := serve(t, silentNode{d}, nil)
	c, to := dial(t, address, nil)
	to.until(t, "up", isUp)
	g := newGiven()
	g.to(c, somePush("open", "hold"))
	next(t, "push", d.pushes)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	s.Stop(ctx)
	if r := next(t, "result", g.results); r.Cause != NodeLost {
		t.Errorf("got %+v", r)
	}
}

// A push that the other side ended the stream for does not leave.
func TestInvalidPush(t *testing.T) {
	d := newDouble()
	_, address := serve(t, d, nil)
	c, _ := dial(t, address, nil)
	g := newGiven()
	for name, break_ := range invalidPushes() {
		p := somePush("a", "")
		break_(&p)
		g.to(c, p)
		if r := next(t, "result", g.results); r.Cause != InvalidPush || r.Text == "" {
			t.Errorf("%s: got %+v", name, r)
		}
	}
	g.to(c, somePush("b", ""))
	if r := next(t, "result", g.results); !r.Sent {
		t.Errorf("got %+v", r)
	}
}

// Credentials are asked for again at each connection, and an error of theirs is why there is none.
func TestCredentialsAreReread(t *testing.T) {
	d := newDouble()
	_, address := serve(t, d, nil)
	answers := make(chan Credentials, 3)
	answers <- Credentials{Token: "short"}
	answers <- Credentials{Token: "the-wrong-token-by-far"}
	missing := errors.New("open token: no such file")
	_, to := dial(t, address, func(o *DialOptions) {
		o.Credentials = func() (Credentials, error) {
			select {
			case shown := <-answers:
				return shown, nil
			default:
				return Credentials{}, missing
			}
		}
	})
	for _, want := range []string{"16 to 4096 characters", "not one of this node's", "no such file"} {
		to.until(t, want, func(l Link) bool { return strings.Contains(l.Why, want) })
	}
	answers <- Credentials{Token: token}
	to.until(t, "up", isUp)
}

// What went over the network is told with the time since the gateway gave the push, and not since the node got it.
func TestExchangesHaveTheTimeOfTheGateway(t *testing.T) {
	c := &Client{}
	c.calls.init(&c.mu, 1)
	g := newGiven()
	g.to(c, somePush("a", ""))
	c.mu.Lock()
	defer c.mu.Unlock()
	connection := c.calls.connected()
	c.calls.setWindow(1)
	c.calls.open["a"].since = time.Now().Add(-time.Second) // it waited for the window
	c.calls.fill(connection, &pb.GatewayFrame{})
	var e ending
	c.calls.answered(Result{ID: "a", Sent: true, Exchanges: []push.Exchange{{After: time.Millisecond}}}, &e)
	e.tell()
	if after := next(t, "result", g.results).Exchanges[0].After; after < time.Second+time.Millisecond || after > 5*time.Second {
		t.Errorf("the exchange was %s after", after)
	}
}

func TestClose(t *testing.T) {
	before := goleak.IgnoreCurrent()
	d := newDouble()
	s, err := NewServer(d, ServerOptions{Tokens: []string{token}})
	if err != nil {
		t.Fatal(err)
	}
	t.Run("connected", func(t *testing.T) {
		c, to := dial(t, listen(t, s, "127.0.0.1:0"), nil)
		to.until(t, "up", isUp)
		g := newGiven()
		g.to(c, somePush("open", "hold"))
		next(t, "push", d.pushes)
		c.Close()
		if r := next(t, "result", g.results); r.Cause != NodeLost {
			t.Errorf("got %+v", r)
		}
		g.to(c, somePush("late", ""))
		if r := next(t, "result", g.results); r.Cause != NodeDown {
			t.Errorf("got %+v", r)
		}
		next(t, "cancelled push", d.gone)
	})
	t.Run("never connected", func(t *testing.T) {
		c, _ := dial(t, "127.0.0.1:1", nil)
		c.Close()
	})
	goleak.VerifyNone(t, before)
}

// What operators read is about the network, and has none of gRPC's words.
func TestWhyIsPlain(t *testing.T) {
	_, to := dial(t, "127.0.0.1:1", nil)
	if l := to.until(t, "down", isDown); !strings.HasPrefix(l.Why, "dial tcp 127.0.0.1:1: ") || strings.Contains(l.Why, "\"") {
		t.Errorf("the link is %+v", l)
	}
}

func TestDialOptions(t *testing.T) {
	shown := func() (Credentials, error) { return Credentials{Token: token}, nil }
	for _, tt := range []struct {
		name, address string
		o             DialOptions
	}{
		{"no port", "127.0.0.1", DialOptions{Credentials: shown}},
		{"no host", ":2904", DialOptions{Credentials: shown}},
		{"no credentials", "127.0.0.1:1", DialOptions{}},
		{"a long name", "127.0.0.1:1", DialOptions{Credentials: shown, Gateway: strings.Repeat("x", 101)}},
	} {
		if c, err := Dial(tt.address, tt.o); err == nil {
			c.Close()
			t.Errorf("%s: no error", tt.name)
		}
	}
}
