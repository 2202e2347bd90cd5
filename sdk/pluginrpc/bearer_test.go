package pluginrpc

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/pluginv1"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// heldBearer is a Stream bearer that keeps deliveries until the test answers them.
type heldBearer struct {
	fakeBearer
	started chan push.Delivery
	stored  chan string
	cancels chan string
	hosts   chan BearerHost
}

func newHeldBearer(window int) *heldBearer {
	b := &heldBearer{
		started: make(chan push.Delivery, 20_000), stored: make(chan string, 100), cancels: make(chan string, 100),
		hosts: make(chan BearerHost, 20_000),
	}
	b.window = window
	b.start = func(d push.Delivery, h BearerHost) { b.hosts <- h; b.started <- d }
	b.fakeBearer.stored = func(id string) { b.stored <- id }
	b.cancel = func(id string) { b.cancels <- id }
	b.drain = func(context.Context) {}
	return b
}

func openBearer(t testing.TB, p BearerHandler) (*Client, *BearerStream, *recorder) {
	t.Helper()
	c := loopback(t, p)
	events := newRecorder()
	s, err := c.OpenBearer(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	next(t, "window", events.windows)
	next(t, "reason", events.reasons)
	return c, s, events
}

func delivery(id string) push.Delivery {
	return push.Delivery{ID: id, Lane: "PLMN:+1", Timeout: time.Minute, Message: push.Message{Body: []byte("x")}}
}

func TestOutcomesCross(t *testing.T) {
	outcomes := []push.Outcome{
		{Kind: push.OutcomeUnknown},
		{Kind: push.OutcomeDelivered, Text: "ok"},
		{Kind: push.OutcomeAccepted, Code: 1000},
		{Kind: push.OutcomeUnreachable, Cause: "GSM 27"},
		{Kind: push.OutcomeRefused, Code: 4001, Text: "no", Cause: "ESME_RINVDSTADR"},
		{Kind: push.OutcomeFailedForNow, RetryAfter: 3 * time.Second},
		push.Returned(),
	}
	b := newHeldBearer(len(outcomes))
	b.start = func(d push.Delivery, h BearerHost) { h.Result(d.ID, outcomes[d.Sequence]) } // from within Start
	_, s, events := openBearer(t, b)
	for i := range outcomes {
		d := delivery(fmt.Sprint(i))
		d.Sequence = uint64(i)
		s.Deliver(d)
	}
	for i, want := range outcomes {
		if r := next(t, "result", events.results); r.id != fmt.Sprint(i) || !reflect.DeepEqual(r.o, want) {
			t.Errorf("delivery %d: got %s %+v, want %+v", i, r.id, r.o, want)
		}
	}
}

func TestProgressCancelEvent(t *testing.T) {
	b := newHeldBearer(10)
	_, s, events := openBearer(t, b)
	d := delivery("a")
	d.Token, d.OtherTokens = []byte("from before"), [][]byte{[]byte("of one"), []byte("of another")}
	s.Deliver(d)
	got := next(t, "delivery", b.started)
	if string(got.Token) != "from before" || !reflect.DeepEqual(got.OtherTokens, d.OtherTokens) || got.Timeout != time.Minute {
		t.Errorf("started with token %q, other tokens %q, time %s", got.Token, got.OtherTokens, got.Timeout)
	}
	host := next(t, "host", b.hosts)
	token := []byte("segment 1 of 2")
	host.Progress("a", 1, token)
	clear(token) // the bearer may use its buffer again
	if got := next(t, "token", events.tokens); got != "segment 1 of 2" {
		t.Errorf("token %q", got)
	}
	s.Stored("a", 1)
	if got := next(t, "stored", b.stored); got != "a" {
		t.Errorf("stored %q", got)
	}
	host.Progress("a", 1, make([]byte, MaxTokenSize+1))
	host.Progress("nobody", 1, []byte("x"))
	host.Event(push.Event{Kind: push.EventReachable, Terminal: push.Subscriber{MSISDN: "358"}})
	if got := next(t, "event", events.events); got.Kind != push.EventReachable || got.Terminal.MSISDN != "358" {
		t.Errorf("event %+v", got)
	}
	silent(t, "token too long or of nobody", events.tokens)
	s.Cancel("nobody")
	s.Cancel("a")
	if got := next(t, "cancel", b.cancels); got != "a" {
		t.Errorf("cancel of %q, want only that of an open delivery", got)
	}
	host.Result("a", push.Outcome{Kind: push.OutcomeUnknown})
	next(t, "result", events.results)
	host.Window(3, "")
	if got := next(t, "window", events.windows); got != 3 {
		t.Errorf("window %d", got)
	}
}

// A bearer says its window before the first delivery, and why it is not more; one that says nothing takes nothing.
func TestBearerSaysItsWindow(t *testing.T) {
	for _, r := range []struct {
		name    string
		said    int // none below 0
		why     string
		want    int
		wantWhy string
	}{
		{"all is well", 7, "", 7, ""},
		{"no network", 0, "192.0.2.1:2775: connection refused", 0, "192.0.2.1:2775: connection refused"},
		{"a long reason", 0, strings.Repeat("x", MaxTextSize+1), 0, strings.Repeat("x", MaxTextSize)},
		{"nothing", -1, "", 0, "the bearer has not said how many deliveries it takes"},
	} {
		t.Run(r.name, func(t *testing.T) {
			b := newHeldBearer(r.said)
			b.why = r.why
			events := newRecorder()
			s, err := loopback(t, b).OpenBearer(t.Context(), events)
			if err != nil {
				t.Fatal(err)
			}
			if len(events.windows) != 1 {
				t.Fatal("no window at the end of Open")
			}
			if n, why := <-events.windows, <-events.reasons; n != r.want || why != r.wantWhy {
				t.Errorf("window %d, %q", n, why)
			}
			b.host.Window(1, "one link of two is down") // before the first delivery
			if n, why := next(t, "window", events.windows), next(t, "reason", events.reasons); n != 1 || why != "one link of two is down" {
				t.Errorf("later window %d, %q", n, why)
			}
			s.Deliver(delivery("a"))
			next(t, "delivery", b.started)
			silent(t, "window", events.windows)
		})
	}
}

func TestOpenThatPanics(t *testing.T) {
	b := openPanics{newHeldBearer(1)}
	if _, err := loopback(t, b).OpenBearer(t.Context(), newRecorder()); err == nil || !strings.Contains(err.Error(), "panic in Open: boom") {
		t.Errorf("open: %v", err)
	}
}

type openPanics struct{ *heldBearer }

func (openPanics) Open(BearerHost) { panic("boom") }

// Tokens are told apart by their numbers.
func TestTokensHaveNumbers(t *testing.T) {
	b := &numbersBearer{heldBearer: newHeldBearer(1), numbers: make(chan string, 10)}
	_, s, events := openBearer(t, b)
	s.Deliver(delivery("a"))
	next(t, "delivery", b.started)
	b.host.Progress("a", 7, []byte("x"))
	b.host.Progress("a", 1<<40, []byte("y"))
	next(t, "token", events.tokens)
	next(t, "token", events.tokens)
	for i, want := range []string{"a 7", "a 1099511627776"} {
		s.Stored("a", []uint64{7, 1 << 40}[i])
		if got := next(t, "stored", b.numbers); got != want {
			t.Errorf("stored %s, want %s", got, want)
		}
	}
	events.mu.Lock()
	defer events.mu.Unlock()
	if got := strings.Join(events.log, ", "); !strings.HasSuffix(got, "progress a 7, progress a 1099511627776") {
		t.Errorf("the gateway heard %s", got)
	}
}

type numbersBearer struct {
	*heldBearer
	numbers chan string
}

func (b *numbersBearer) Stored(id string, number uint64) { b.numbers <- fmt.Sprint(id, " ", number) }

func TestSecondAndForeignResultsAreDropped(t *testing.T) {
	b := newHeldBearer(10)
	c := loopback(t, b)
	var log lockedBuilder
	c.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
	events := newRecorder()
	s, err := c.OpenBearer(t.Context(), events)
	if err != nil {
		t.Fatal(err)
	}
	s.Deliver(delivery("a"))
	host := next(t, "host", b.hosts)
	host.Result("nobody", push.Outcome{Kind: push.OutcomeDelivered})
	for range 3 {
		host.Result("a", push.Outcome{Kind: push.OutcomeAccepted})
	}
	host.Window(5, "") // comes after them
	next(t, "window", events.windows)
	next(t, "window", events.windows)
	if r := next(t, "result", events.results); r.id != "a" {
		t.Errorf("result of %q", r.id)
	}
	silent(t, "result", events.results)
	s.Close()
	next(t, "Closed", events.closed)
	if n := strings.Count(log.String(), "what=result"); n != 2 || !strings.Contains(log.String(), "count=3") {
		t.Errorf("want the first stray and the count of 3 in the log:\n%s", log.String())
	}
}

type lockedBuilder struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuilder) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuilder) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func TestBearerWindow(t *testing.T) {
	b := newHeldBearer(2)
	_, s, events := openBearer(t, b)
	for i := range 5 {
		s.Deliver(delivery(fmt.Sprint(i)))
	}
	host := next(t, "host", b.hosts)
	started := func() string { t.Helper(); return next(t, "delivery", b.started).ID }
	if a, b := started(), started(); a != "0" || b != "1" {
		t.Fatalf("started %s and %s", a, b)
	}
	settle := func(n int) { // what was sent before has arrived when the window comes back and a Stored went out and in
		t.Helper()
		host.Window(n, "")
		next(t, "window", events.windows)
		s.Stored("mark", 1)
		next(t, "mark", b.stored)
	}
	settle(2)
	silent(t, "delivery over the window", b.started)
	host.Result("0", push.Outcome{})
	if id := started(); id != "2" {
		t.Errorf("then started %s, want the order of Deliver", id)
	}
	settle(0) // the network takes nothing
	host.Result("1", push.Outcome{})
	host.Result("2", push.Outcome{})
	for range 3 {
		next(t, "result", events.results)
	}
	settle(0)
	silent(t, "delivery with a window of 0", b.started)

	s.Cancel("3")
	if r := next(t, "result", events.results); r.id != "3" || r.o.Kind != push.OutcomeFailedForNow {
		t.Errorf("cancelled in the queue: %+v", r)
	}
	short := delivery("short")
	short.Timeout = 50 * time.Millisecond
	s.Deliver(short)
	if r := next(t, "result", events.results); r.id != "short" || r.o.Kind != push.OutcomeFailedForNow {
		t.Errorf("time over in the queue: %+v", r)
	}
	settle(1)
	got := next(t, "delivery", b.started)
	if got.ID != "4" || got.Timeout >= time.Minute || got.Timeout < time.Minute-patience {
		t.Errorf("started %s with %s left", got.ID, got.Timeout)
	}
	silent(t, "cancel of what never went out", b.cancels)
}

func TestDeliveriesThatNeverGoOut(t *testing.T) {
	b := newHeldBearer(1)
	_, s, events := openBearer(t, b)
	large := delivery("large")
	large.Message.Body = make([]byte, MaxItemSize)
	s.Deliver(large)
	if r := next(t, "result", events.results); r.o.Kind != push.OutcomeRefused || !strings.Contains(r.o.Cause, "limit") {
		t.Errorf("too large: %+v", r)
	}
	late := delivery("late")
	late.Timeout = 0
	s.Deliver(late)
	if r := next(t, "result", events.results); r.o.Kind != push.OutcomeFailedForNow {
		t.Errorf("no time: %+v", r)
	}
	s.Deliver(delivery("open"))
	next(t, "delivery", b.started)
	s.Deliver(delivery("waits"))
	s.Close()
	s.Deliver(delivery("closed"))
	got := map[string]push.Outcome{}
	for range 3 {
		r := next(t, "result", events.results)
		got[r.id] = r.o
	}
	if err := next(t, "Closed", events.closed); err != nil {
		t.Errorf("closed: %v", err)
	}
	if o := got["open"]; o.Kind != push.OutcomeUnknown {
		t.Errorf("open at Close: %+v", o)
	}
	for _, id := range []string{"waits", "closed"} {
		if o := got[id]; !o.IsReturned() {
			t.Errorf("%s: %+v, want Returned", id, o)
		}
	}
	s.Deliver(delivery("after"))
	if r := next(t, "result", events.results); !r.o.IsReturned() {
		t.Errorf("after Closed: %+v", r)
	}
	silent(t, "second result", events.results)
}

func TestStartThatPanics(t *testing.T) {
	b := newHeldBearer(3)
	b.start = func(push.Delivery, BearerHost) { panic("boom") }
	b.cancel = func(string) { panic("boom") }
	_, s, events := openBearer(t, b)
	for range 2 {
		s.Deliver(delivery("a"))
		s.Cancel("a")
		if r := next(t, "result", events.results); r.o.Kind != push.OutcomeUnknown || r.o.Cause != "panic: boom" {
			t.Errorf("got %+v", r)
		}
	}
}

func TestDrainFlushes(t *testing.T) {
	b := newHeldBearer(3000)
	var open []string
	b.start = func(d push.Delivery, h BearerHost) {
		open = append(open, d.ID)
		b.hosts <- h
	}
	b.drain = func(context.Context) {
		h := <-b.hosts
		for _, id := range open {
			h.Result(id, push.Returned())
		}
	}
	c, s, events := openBearer(t, b)
	for i := range 3000 {
		s.Deliver(delivery(fmt.Sprint(i)))
	}
	s.Stored("mark", 1)
	next(t, "mark", b.stored)
	if err := c.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	s.Deliver(delivery("overtaken by Drain"))
	for range 3001 {
		if r := next(t, "result", events.results); !r.o.IsReturned() {
			t.Fatalf("%s: %+v", r.id, r.o)
		}
	}
	if len(open) != 3000 {
		t.Errorf("the bearer was given %d deliveries, one of them after Drain", len(open))
	}
}

// A suspended delivery is data: ten thousand of them on both sides of the stream cost no goroutine.
func TestTenThousandSuspended(t *testing.T) {
	const n = 10_000
	b := newHeldBearer(n)
	_, s, events := openBearer(t, b)
	before := runtime.NumGoroutine()
	for i := range n {
		s.Deliver(delivery(fmt.Sprint(i)))
	}
	var host BearerHost
	for range n {
		next(t, "delivery", b.started)
		host = next(t, "host", b.hosts)
	}
	if grown := runtime.NumGoroutine() - before; grown > 5 {
		t.Errorf("%d goroutines more for %d suspended deliveries", grown, n)
	}
	for i := range n {
		host.Result(fmt.Sprint(i), push.Outcome{Kind: push.OutcomeAccepted})
	}
	for range n {
		if r := next(t, "result", events.results); r.o.Kind != push.OutcomeAccepted {
			t.Fatalf("%s: %+v", r.id, r.o)
		}
	}
}

// What is still queued when a stream breaks was never sent.
func TestUnwrittenDeliveriesAreReturned(t *testing.T) {
	events := newRecorder()
	o := newOutbox[*pb.BearerCommand]()
	b := newDeliveries(o, events, strays{log: hclog.NewNullLogger()})
	b.setWindow(10)
	b.deliver(delivery("written"))
	if batch, ok := o.take(nil); !ok || len(batch) != 1 {
		t.Fatal("nothing to write")
	}
	b.deliver(delivery("queued"))
	o.kill()
	b.deliver(delivery("late"))
	b.end(fmt.Errorf("broken"))
	got := map[string]push.Outcome{}
	for range 3 {
		r := next(t, "result", events.results)
		got[r.id] = r.o
	}
	if o := got["written"]; o.Kind != push.OutcomeUnknown || !strings.Contains(o.Cause, "broken") {
		t.Errorf("written: %+v", o)
	}
	if o := got["queued"]; !o.IsReturned() {
		t.Errorf("queued: %+v", o)
	}
	if o := got["late"]; !o.IsReturned() {
		t.Errorf("late: %+v", o)
	}
	if err := next(t, "Closed", events.closed); err == nil {
		t.Error("closed without a reason")
	}
}

// The SDK drops a long token before it is sent; a plugin of another make may not.
func TestLongTokensAreDropped(t *testing.T) {
	b := newDeliveries(newOutbox[*pb.BearerCommand](), newRecorder(), strays{log: hclog.NewNullLogger()})
	b.setWindow(1)
	b.deliver(delivery("a"))
	for length, want := range map[int]bool{0: true, MaxTokenSize: true, MaxTokenSize + 1: false} {
		if got := b.progresses("a", length); got != want {
			t.Errorf("a token of %d octets goes on: %t", length, got)
		}
	}
}

// The gateway may end the process when Drain has returned.
func TestDrainReturnsWhenAllIsWritten(t *testing.T) {
	b := newHeldBearer(1)
	s := &bearerServer{handler: b, host: &bearerHost{out: newOutbox[*pb.BearerReport]()}}
	reported := make(chan struct{})
	b.drain = func(context.Context) {
		s.host.Result("a", push.Returned())
		close(reported)
	}
	drained := make(chan struct{})
	go func() { s.drain(t.Context()); close(drained) }()
	<-reported
	batch, _ := s.host.out.take(nil)
	if len(batch) != 1 {
		t.Fatalf("%d reports to write", len(batch))
	}
	for range 1000 { // the frame is being written
		runtime.Gosched()
	}
	silent(t, "end of Drain", drained)
	s.host.out.close()
	s.host.out.take(nil)
	next(t, "end of Drain", drained)
}
