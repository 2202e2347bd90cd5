package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// BearerSuite is what the suite has to know of a bearer. The network that it speaks to is the caller's.
type BearerSuite struct {
	Plugin
	// New makes the bearer, or NewStream if it is of the other form.
	New       func() bearer.Bearer
	NewStream func() bearer.Stream
	// Deliveries get an answer from the network. Hanging ones get none, if the bearer knows such. The suite gives ID, and
	// Timeout where it is 0.
	Deliveries, Hanging []push.Delivery
}

// Bearer runs the suite on a bearer.
func Bearer(t testing.TB, s BearerSuite) {
	t.Helper()
	b := bearerCases{s, make(chan struct{}, 10_000)}
	suite(t, s.Plugin, plugin.KindBearer, b.make, describeCases, validateCases, documentCases, []testCase{
		{"bearer/window", "A bearer says how many deliveries it takes before it is given any, and when its network is there it takes some.", b.window},
		{"bearer/one-result", "Every started delivery gets exactly one result, within its time.", b.oneResult},
		{"bearer/other-tokens", "A bearer passes over the tokens of other deliveries that it can not read.", b.otherTokens},
		{"bearer/confirms", "An outcome is delivered only if Info.Confirms says that the bearer can know it.", b.confirms},
		{"bearer/deadline", "The result is there when the time of a delivery ends, also if the network says nothing.", b.deadline},
		{"bearer/cancel", "A cancelled delivery is answered, and an unknown id is no error.", b.cancel},
		{"bearer/drain", "Drain brings every delivery to a result, within its context.", b.drain},
	})
}

type bearerCases struct {
	BearerSuite
	started chan struct{}
}

// served gives a Stream its host under pluginrpc's name, and tells of every start.
type served struct {
	bearer.Stream
	started chan<- struct{}
}

func (s served) Open(h pluginrpc.BearerHost) { s.Stream.Open(h) }

func (s served) Start(d push.Delivery) {
	s.Stream.Start(d)
	s.started <- struct{}{}
}

func (b bearerCases) make() (author, asServed plugin.Plugin) {
	if b.NewStream != nil {
		p := b.NewStream()
		return p, served{p, b.started}
	}
	p := b.New()
	return p, served{bearer.AsStream(p), b.started}
}

// air is a bearer's stream with the results that came so far.
type air struct {
	*pluginrpc.BearerStream
	client  *pluginrpc.Client
	results chan answer
	windows chan int
	window  int
	why     atomic.Pointer[string] // of the last window
	closed  chan struct{}
	strays  lines
	given   int

	patience time.Duration // the time of a delivery that has none of its own
}

type answer struct {
	id      string
	outcome push.Outcome
}

func (a *air) Window(n int, why string) {
	a.why.Store(&why)
	select {
	case a.windows <- n:
	default:
	}
}

func (a *air) Result(id string, o push.Outcome)            { a.results <- answer{id, o} }
func (a *air) Progress(id string, number uint64, _ []byte) { a.Stored(id, number) }
func (a *air) Event(push.Event)                            {}
func (a *air) Closed(error)                                { close(a.closed) }

// lines collects what is logged.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (b bearerCases) open(t testing.TB, s *subject) *air {
	t.Helper()
	a := &air{
		client: s.serveConfigured(t), results: make(chan answer, 1000),
		windows: make(chan int, 100), closed: make(chan struct{}), patience: s.patience(),
	}
	a.client.Log = hclog.New(&hclog.LoggerOptions{Output: &a.strays, Level: hclog.Warn})
	var err error
	if a.BearerStream, err = a.client.OpenBearer(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	// A bearer whose network is not there yet may start with no window.
	over := time.After(s.patience())
	for {
		select {
		case n := <-a.windows:
			if n > 0 {
				a.window = n
				return a
			}
		case <-over:
			why := "it does not say why"
			if w := a.why.Load(); w != nil && *w != "" {
				why = "it says: " + *w
			}
			t.Fatalf("the bearer takes no delivery within %s; %s", s.patience(), why)
		}
	}
}

// deliver hands copies of ds over, each with an id of its own, and returns their ids. A timeout of 0 leaves theirs.
func (a *air) deliver(ds []push.Delivery, timeout time.Duration) []string {
	var ids []string
	for _, d := range ds {
		a.given++
		d.ID = fmt.Sprintf("conformance-%d", a.given)
		d.Sequence = uint64(a.given)
		switch {
		case timeout != 0:
			d.Timeout = timeout
		case d.Timeout == 0:
			d.Timeout = a.patience
		}
		ids = append(ids, d.ID)
		a.Deliver(d)
	}
	return ids
}

// wait collects the results of the deliveries until all are there or the time is over.
func (a *air) wait(t testing.TB, ids []string, within time.Duration) map[string]push.Outcome {
	t.Helper()
	got := map[string]push.Outcome{}
	over := time.After(within)
	for len(got) < len(ids) {
		select {
		case r := <-a.results:
			got[r.id] = r.outcome
		case <-over:
			for _, id := range ids {
				if _, ok := got[id]; !ok {
					t.Errorf("delivery %s has no result after %s", id, within)
				}
			}
			return got
		}
	}
	return got
}

// end closes the stream and reports what the bearer sent that nobody asked for.
func (a *air) end(t testing.TB) {
	t.Helper()
	a.Close()
	<-a.closed
	a.strays.mu.Lock()
	defer a.strays.mu.Unlock()
	if a.strays.text.Len() > 0 {
		t.Errorf("the bearer reported what it must not, a second result perhaps:\n%s", a.strays.text.String())
	}
}

func (b bearerCases) window(t testing.TB, s *subject) { b.open(t, s).end(t) }

func (b bearerCases) oneResult(t testing.TB, s *subject) {
	a := b.open(t, s)
	if len(b.Deliveries) == 0 {
		t.Error("the suite has no deliveries")
	}
	ids := a.deliver(b.Deliveries, 0)
	a.wait(t, ids, longest(s, b.Deliveries)+s.grace())
	// Second results would be on their way now: a drained bearer has nothing more to say.
	ctx, cancel := context.WithTimeout(t.Context(), s.patience())
	defer cancel()
	if err := a.client.Drain(ctx); err != nil {
		t.Errorf("Drain: %v", err)
	}
	a.end(t)
}

func longest(s *subject, ds []push.Delivery) time.Duration {
	longest := s.patience()
	for _, d := range ds {
		longest = max(longest, d.Timeout)
	}
	return longest
}

// otherTokens gives tokens that another version of the plugin may have reported, or one of another name under the same instance.
func (b bearerCases) otherTokens(t testing.TB, s *subject) {
	a := b.open(t, s)
	ds := slices.Clone(b.Deliveries)
	for i := range ds {
		ds[i].OtherTokens = [][]byte{{}, {0}, []byte("nobody wrote this"), make([]byte, pluginrpc.MaxTokenSize)}
	}
	for id, o := range a.wait(t, a.deliver(ds, 0), longest(s, ds)+s.grace()) {
		if strings.HasPrefix(o.Cause, "panic: ") {
			t.Errorf("delivery %s: %s", id, o.Cause)
		}
	}
	a.end(t)
}

func (b bearerCases) confirms(t testing.TB, s *subject) {
	info := s.new().Info()
	a := b.open(t, s)
	for id, o := range a.wait(t, a.deliver(b.Deliveries, 0), longest(s, b.Deliveries)+s.grace()) {
		if o.Kind == push.OutcomeDelivered && !info.Confirms {
			t.Errorf("delivery %s is delivered, but Info.Confirms is false", id)
		}
	}
	a.end(t)
}

func (b bearerCases) deadline(t testing.TB, s *subject) {
	b.needHanging(t)
	a := b.open(t, s)
	const short = 300 * time.Millisecond
	got := a.wait(t, a.deliver(b.Hanging, short), short+s.grace())
	b.notClaimed(t, got)
	a.end(t)
}

func (b bearerCases) cancel(t testing.TB, s *subject) {
	b.needHanging(t)
	a := b.open(t, s)
	if st, ok := s.last.(bearer.Stream); ok {
		unharmed(t, "Cancel", st.Cancel)
		unharmed(t, "Stored", func(id string) { st.Stored(id, 1) })
	}
	ids := a.deliver(b.Hanging, 10*s.grace())
	for _, id := range ids {
		a.Cancel(id)
	}
	b.notClaimed(t, a.wait(t, ids, s.grace()))
	a.end(t)
}

func (b bearerCases) drain(t testing.TB, s *subject) {
	a := b.open(t, s)
	for len(b.started) > 0 {
		<-b.started // of earlier cases
	}
	ids := a.deliver(slices.Concat(b.Hanging, b.Deliveries), 10*s.grace())
	for range min(len(ids), a.window) {
		<-b.started
	}
	ctx, cancel := context.WithTimeout(t.Context(), s.grace())
	defer cancel()
	began := time.Now()
	if err := a.client.Drain(ctx); err != nil {
		t.Errorf("Drain: %v", err)
	}
	a.wait(t, ids, s.grace()-time.Since(began)+s.grace()/2)
	a.end(t)
}

func (b bearerCases) needHanging(t testing.TB) {
	t.Helper()
	if len(b.Hanging) == 0 {
		t.Skip("the suite has no hanging deliveries")
	}
}

// notClaimed checks what became of deliveries that the network never answered.
func (b bearerCases) notClaimed(t testing.TB, got map[string]push.Outcome) {
	t.Helper()
	for id, o := range got {
		if o.Kind == push.OutcomeDelivered {
			t.Errorf("delivery %s is delivered, but nothing confirmed it", id)
		}
	}
}

// unharmed calls a method of a bearer with an id that it never got.
func unharmed(t testing.TB, name string, f func(id string)) {
	t.Helper()
	defer func() {
		if p := recover(); p != nil {
			t.Errorf("%s of an unknown id: panic: %v", name, p)
		}
	}()
	f("an id that nobody gave")
}
