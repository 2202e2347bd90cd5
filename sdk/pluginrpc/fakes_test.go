package pluginrpc

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// patience is how long a test waits for what must happen.
const patience = 10 * time.Second

type fakePlugin struct {
	validate  func(plugin.Config) error
	configure func(context.Context, plugin.Config) error
}

func (f *fakePlugin) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "fake", Version: "1.2", Confirms: true,
		Keys: []plugin.Key{
			{Name: "host", Type: "string", Required: true, Doc: "Where it is."},
			{Name: "window", Type: "integer", Default: "10", Doc: "How many."},
		},
	}
}

func (f *fakePlugin) Validate(c plugin.Config) error {
	if f.validate == nil {
		return nil
	}
	return f.validate(c)
}

func (f *fakePlugin) Configure(ctx context.Context, c plugin.Config) error {
	if f.configure == nil {
		return nil
	}
	return f.configure(ctx, c)
}

type fakeEncoder struct {
	fakePlugin
	encode func(context.Context, push.EncodeRequest) (push.Message, error)
}

func (f *fakeEncoder) Encode(ctx context.Context, r push.EncodeRequest) (push.Message, error) {
	return f.encode(ctx, r)
}

type fakeRouting struct {
	fakePlugin
	route func(context.Context, push.RouteRequest) (push.Route, error)
}

func (f *fakeRouting) Route(ctx context.Context, r push.RouteRequest) (push.Route, error) {
	return f.route(ctx, r)
}

type fakeBearer struct {
	fakePlugin
	window int
	why    string
	host   BearerHost // since Open
	start  func(push.Delivery, BearerHost)
	stored func(id string)
	cancel func(id string)
	drain  func(context.Context)
}

func (f *fakeBearer) Open(h BearerHost) {
	f.host = h
	if f.window >= 0 {
		h.Window(f.window, f.why)
	}
}

func (f *fakeBearer) Start(d push.Delivery)      { f.start(d, f.host) }
func (f *fakeBearer) Stored(id string, _ uint64) { f.stored(id) }
func (f *fakeBearer) Cancel(id string)           { f.cancel(id) }
func (f *fakeBearer) Drain(ctx context.Context)  { f.drain(ctx) }

// loopback serves p and configures it.
func loopback(t testing.TB, p plugin.Plugin) *Client {
	t.Helper()
	c, stop, err := Loopback(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	if err := c.Configure(t.Context(), plugin.Config{Instance: "x"}); err != nil {
		t.Fatal(err)
	}
	return c
}

// recorder is a BearerEvents (and StreamEvents) that tests read from channels.
type recorder struct {
	windows chan int
	reasons chan string // of the windows
	results chan result
	tokens  chan string
	events  chan push.Event
	closed  chan error

	mu  sync.Mutex
	log []string // everything, in order
}

type result struct {
	id string
	o  push.Outcome
}

func newRecorder() *recorder {
	return &recorder{
		windows: make(chan int, 100), reasons: make(chan string, 100), results: make(chan result, 100_000), tokens: make(chan string, 100),
		events: make(chan push.Event, 100), closed: make(chan error, 2),
	}
}

func (r *recorder) note(format string, args ...any) {
	r.mu.Lock()
	r.log = append(r.log, fmt.Sprintf(format, args...))
	r.mu.Unlock()
}

func (r *recorder) Closed(err error) { r.note("closed"); r.closed <- err }

func (r *recorder) Window(n int, why string) {
	r.note("window %d", n)
	r.windows <- n
	r.reasons <- why
}

func (r *recorder) Result(id string, o push.Outcome) {
	r.note("result %s", id)
	r.results <- result{id, o}
}

func (r *recorder) Progress(id string, number uint64, token []byte) {
	r.note("progress %s %d", id, number)
	r.tokens <- string(token)
}
func (r *recorder) Event(e push.Event) { r.note("event"); r.events <- e }

// next receives from ch, or fails the test.
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

// silent checks that nothing is in ch.
func silent[T any](t testing.TB, what string, ch <-chan T) {
	t.Helper()
	select {
	case v := <-ch:
		t.Fatalf("there is a %s that must not be: %v", what, v)
	default:
	}
}

type encoded struct {
	m   push.Message
	err error
}

// encode asks and returns where the answer comes.
func encode(s *EncoderStream, r push.EncodeRequest, timeout time.Duration) <-chan encoded {
	ch := make(chan encoded, 2)
	s.Encode(r, timeout, func(m push.Message, err error) { ch <- encoded{m, err} })
	return ch
}

func body(s string) push.EncodeRequest {
	return push.EncodeRequest{Message: push.Message{ContentType: "text/plain", Body: []byte(s)}}
}
