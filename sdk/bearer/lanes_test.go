package bearer

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const patience = 10 * time.Second

// funcBearer is a Bearer made of one function.
type funcBearer func(context.Context, push.Delivery) (push.Outcome, error)

func (funcBearer) Info() plugin.Info                              { return plugin.Info{Kind: plugin.KindBearer, Name: "func"} }
func (funcBearer) Validate(plugin.Config) error                   { return nil }
func (funcBearer) Configure(context.Context, plugin.Config) error { return nil }

func (f funcBearer) Deliver(ctx context.Context, d push.Delivery) (push.Outcome, error) {
	return f(ctx, d)
}

// gateway is the host's side of a bearer served in this process.
type gateway struct {
	*pluginrpc.Client
	*pluginrpc.BearerStream
	windows chan int
	results chan result
	tokens  chan string
}

type result struct {
	id string
	o  push.Outcome
}

func (g *gateway) Window(n int, _ string)           { g.windows <- n }
func (g *gateway) Closed(error)                     {}
func (g *gateway) Result(id string, o push.Outcome) { g.results <- result{id, o} }
func (g *gateway) Progress(_ string, number uint64, token []byte) {
	g.tokens <- fmt.Sprint(number, " ", string(token))
}
func (g *gateway) Event(push.Event) {}

// serve runs b as Serve does, over the real RPC path.
func serve(t *testing.T, b funcBearer) *gateway {
	t.Helper()
	return serveStream(t, AsStream(b))
}

func serveStream(t *testing.T, s Stream) *gateway {
	t.Helper()
	c, stop, err := pluginrpc.Loopback(handler{s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if err := c.Configure(t.Context(), plugin.Config{}); err != nil {
		t.Fatal(err)
	}
	g := &gateway{
		Client: c, windows: make(chan int, 10), results: make(chan result, 1000), tokens: make(chan string, 10),
	}
	if g.BearerStream, err = c.OpenBearer(t.Context(), g); err != nil {
		t.Fatal(err)
	}
	return g
}

func next[T any](t *testing.T, what string, ch <-chan T) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(patience):
		t.Fatalf("no %s came", what)
		panic("not reached")
	}
}

func silent[T any](t *testing.T, what string, ch <-chan T) {
	t.Helper()
	select {
	case v := <-ch:
		t.Fatalf("there is a %s that must not be: %v", what, v)
	default:
	}
}

func delivery(id, lane string, sequence uint64) push.Delivery {
	return push.Delivery{ID: id, Lane: lane, Sequence: sequence, Timeout: time.Minute}
}

func TestOutcomesAndErrors(t *testing.T) {
	rows := []struct {
		name string
		o    push.Outcome
		err  error
		want push.Outcome
	}{
		{"an outcome", push.Outcome{Kind: push.OutcomeAccepted, Code: 1000, Text: "t", Cause: "c"}, nil, push.Outcome{Kind: push.OutcomeAccepted, Code: 1000, Text: "t", Cause: "c"}},
		{"the zero outcome", push.Outcome{}, nil, push.Outcome{Kind: push.OutcomeUnknown}},
		{"a temporary error", push.Outcome{}, &push.Error{Temporary: true, Code: 5003, Text: "t", Cause: "c"}, push.Outcome{Kind: push.OutcomeFailedForNow, Code: 5003, Text: "t", Cause: "c"}},
		{"a permanent error", push.Outcome{}, fmt.Errorf("x: %w", &push.Error{Code: 2004, Text: "t", Cause: "c"}), push.Outcome{Kind: push.OutcomeRefused, Code: 2004, Text: "t", Cause: "c"}},
		{"a plain error", push.Outcome{}, errors.New("connection refused"), push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "connection refused"}},
		{"a time-out of its own", push.Outcome{}, context.DeadlineExceeded, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "context deadline exceeded"}},
		{"an error beside an outcome", push.Outcome{Kind: push.OutcomeDelivered}, errors.New("no"), push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "no"}},
	}
	g := serve(t, func(_ context.Context, d push.Delivery) (push.Outcome, error) {
		r := rows[d.Sequence]
		return r.o, r.err
	})
	if n := next(t, "window", g.windows); n != window {
		t.Errorf("window %d", n)
	}
	for i, r := range rows {
		g.Deliver(delivery(r.name, r.name, uint64(i)))
		if got := next(t, "result", g.results); got.id != r.name || !reflect.DeepEqual(got.o, r.want) {
			t.Errorf("%s: got %s %+v, want %+v", r.name, got.id, got.o, r.want)
		}
	}
}

func TestPanicIsUnknown(t *testing.T) {
	g := serve(t, func(context.Context, push.Delivery) (push.Outcome, error) { panic("boom") })
	for range 2 { // the lane and the process live on
		g.Deliver(delivery("a", "lane", 1))
		if r := next(t, "result", g.results); r.o.Kind != push.OutcomeUnknown || r.o.Cause != "panic: boom" {
			t.Errorf("got %+v", r.o)
		}
	}
}

func TestLaneOrder(t *testing.T) {
	running, goOn := make(chan push.Delivery, 10), make(chan struct{})
	g := serve(t, func(_ context.Context, d push.Delivery) (push.Outcome, error) {
		running <- d
		<-goOn
		return push.Outcome{Kind: push.OutcomeAccepted}, nil
	})
	// 3 and 2 come the wrong way round behind the one that runs.
	for _, d := range []push.Delivery{delivery("a1", "a", 1), delivery("a3", "a", 3), delivery("a2", "a", 2), delivery("b1", "b", 1)} {
		g.Deliver(d)
	}
	first := map[string]bool{next(t, "delivery", running).ID: true, next(t, "delivery", running).ID: true}
	if !first["a1"] || !first["b1"] {
		t.Fatalf("at the same time run %v, want the first of each lane", first)
	}
	silent(t, "second delivery of a lane", running)
	goOn <- struct{}{}
	goOn <- struct{}{}
	for _, want := range []string{"a2", "a3"} {
		if d := next(t, "delivery", running); d.ID != want {
			t.Errorf("then runs %s, want %s", d.ID, want)
		}
		silent(t, "delivery of the same lane", running)
		goOn <- struct{}{}
	}
	for range 4 {
		next(t, "result", g.results)
	}
}

func TestProgressWaitsForTheDisk(t *testing.T) {
	reported := make(chan error, 3)
	g := serve(t, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
		reported <- Progress(ctx, make([]byte, pluginrpc.MaxTokenSize+1))
		reported <- Progress(ctx, []byte("ref 7"))
		reported <- Progress(ctx, []byte("ref 8"))
		return push.Outcome{Kind: push.OutcomeAccepted}, nil
	})
	g.Deliver(delivery("a", "lane", 1))
	if err := next(t, "return", reported); err == nil {
		t.Error("a token over 4 KiB was taken")
	}
	for i, want := range []string{"1 ref 7", "2 ref 8"} {
		if got := next(t, "token", g.tokens); got != want {
			t.Errorf("token %q", got)
		}
		silent(t, "return before the token is stored", reported)
		g.Stored("a", uint64(i+1))
		if err := next(t, "return", reported); err != nil {
			t.Errorf("progress: %v", err)
		}
	}
	next(t, "result", g.results)
	if err := Progress(context.Background(), []byte("x")); err != nil {
		t.Errorf("outside of Serve: %v", err)
	}
}

// A token is safe when it or a later one is, not when an earlier one is.
func TestProgressKnowsItsToken(t *testing.T) {
	returned := make(chan error, 10)
	g := serve(t, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
		if d.ID == "mark" {
			return push.Outcome{Kind: push.OutcomeAccepted}, nil
		}
		short, cancel := context.WithCancel(ctx)
		cancel()
		if err := Progress(short, []byte("given up")); err == nil {
			t.Error("progress returned before its token was stored")
		}
		returned <- Progress(ctx, []byte("x"))
		other := make(chan error)
		go func() { other <- Progress(ctx, []byte("x")) }()
		returned <- Progress(ctx, []byte("x"))
		returned <- <-other
		return push.Outcome{Kind: push.OutcomeAccepted}, nil
	})
	g.Deliver(delivery("a", "lane", 1))
	next(t, "token", g.tokens)
	next(t, "token", g.tokens)
	g.Stored("a", 1) // comes late
	g.Deliver(delivery("mark", "other lane", 1))
	next(t, "result", g.results) // the plugin has heard of the first token
	silent(t, "return with an earlier token", returned)
	g.Stored("a", 2)
	if err := next(t, "return", returned); err != nil {
		t.Errorf("progress: %v", err)
	}
	next(t, "token", g.tokens)
	next(t, "token", g.tokens)
	g.Stored("a", 4) // says both
	for range 2 {
		if err := next(t, "return", returned); err != nil {
			t.Errorf("progress: %v", err)
		}
	}
	if r := next(t, "result", g.results); r.id != "a" {
		t.Errorf("result of %s", r.id)
	}
}

// A Deliver that does not mind its context is said once.
func TestHangingDeliverIsSaid(t *testing.T) {
	goOn := make(chan struct{})
	l := AsStream(funcBearer(func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
		if d.PushID == "in-time" {
			<-ctx.Done()
			return push.Outcome{}, nil
		}
		<-goOn
		return push.Outcome{}, nil
	})).(*lanes)
	said := make(chan string, 10)
	l.grace, l.log = 50*time.Millisecond, hclog.New(&hclog.LoggerOptions{Output: lineChan(said)})
	g := serveStream(t, l)
	for _, id := range []string{"in-time", "hangs"} {
		d := delivery(id, id, 1)
		d.PushID, d.Timeout = id, 10*time.Millisecond
		g.Deliver(d)
	}
	if line := next(t, "line", said); !strings.Contains(line, "[ERROR] Deliver hangs") || !strings.Contains(line, "push_id=hangs") {
		t.Errorf("logged %s", line)
	}
	close(goOn)
	next(t, "result", g.results)
	next(t, "result", g.results)
	silent(t, "second line", said)
}

type lineChan chan string

func (c lineChan) Write(p []byte) (int, error) { c <- string(p); return len(p), nil }

func TestCancelAndDeadline(t *testing.T) {
	running := make(chan push.Delivery, 10)
	g := serve(t, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
		running <- d
		if d.PushID == "progress" {
			return push.Outcome{}, Progress(ctx, []byte("never stored"))
		}
		<-ctx.Done()
		return push.Outcome{}, fmt.Errorf("submit_sm: %w", ctx.Err())
	})
	g.Deliver(delivery("runs", "a", 1))
	g.Deliver(delivery("waits", "a", 2))
	timed := delivery("waits until it is over", "a", 3)
	timed.Timeout = 50 * time.Millisecond
	g.Deliver(timed)
	next(t, "delivery", running)
	if r := next(t, "result", g.results); r.id != timed.ID || r.o.Kind != push.OutcomeFailedForNow || !strings.Contains(r.o.Cause, "before its turn") {
		t.Errorf("time over before its turn: %+v", r)
	}
	g.Cancel("waits")
	if r := next(t, "result", g.results); r.id != "waits" || r.o.Kind != push.OutcomeFailedForNow {
		t.Errorf("cancelled before its turn: %+v", r)
	}
	g.Cancel("runs")
	if r := next(t, "result", g.results); r.id != "runs" || r.o.Kind != push.OutcomeUnknown {
		t.Errorf("cancelled while it ran: %+v", r)
	}
	short := delivery("short", "a", 4)
	short.Timeout = 50 * time.Millisecond
	g.Deliver(short)
	if r := next(t, "result", g.results); r.o.Kind != push.OutcomeUnknown || r.o.Cause != "submit_sm: context deadline exceeded" {
		t.Errorf("time over while it ran: %+v", r)
	}
	d := delivery("progress", "a", 5)
	d.PushID = "progress"
	g.Deliver(d)
	next(t, "token", g.tokens)
	g.Cancel("progress")
	if r := next(t, "result", g.results); r.o.Kind != push.OutcomeUnknown {
		t.Errorf("cancelled in Progress: %+v", r)
	}
	silent(t, "second result", g.results)
}

func TestDrain(t *testing.T) {
	running, goOn := make(chan push.Delivery, 10), make(chan struct{})
	g := serve(t, func(ctx context.Context, d push.Delivery) (push.Outcome, error) {
		running <- d
		if d.Lane == "stuck" {
			<-ctx.Done()
			return push.Outcome{Kind: push.OutcomeUnknown, Cause: "given up"}, nil
		}
		<-goOn
		return push.Outcome{Kind: push.OutcomeAccepted}, nil
	})
	for i, lane := range []string{"stuck", "stuck", "a", "a", "a"} {
		g.Deliver(delivery(fmt.Sprint(lane, i), lane, uint64(i)))
	}
	next(t, "delivery", running)
	next(t, "delivery", running)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	drained := make(chan error, 1)
	go func() { drained <- g.Drain(ctx) }()
	for range 3 { // at once
		if r := next(t, "result", g.results); !r.o.IsReturned() {
			t.Errorf("waited for its lane: %+v", r)
		}
	}
	silent(t, "end of Drain while deliveries run", drained)
	g.Deliver(delivery("new", "b", 1))
	if r := next(t, "result", g.results); r.id != "new" || !r.o.IsReturned() {
		t.Errorf("started while draining: %+v", r)
	}
	close(goOn)
	if r := next(t, "result", g.results); r.id != "a2" || r.o.Kind != push.OutcomeAccepted {
		t.Errorf("ran while draining: %+v", r)
	}
	if r := next(t, "result", g.results); r.o.Cause != "given up" {
		t.Errorf("ran until the time was nearly over: %+v", r)
	}
	if err := next(t, "end of Drain", drained); err != nil {
		t.Errorf("drain: %v", err)
	}
	silent(t, "delivery from a drained lane", running)
}
