package activation

import (
	"context"
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// prompt is a network that answers at once, but for the context, which does not come by itself.
type prompt struct{ table }

func newPrompt() *prompt { return &prompt{table{up: map[key]*tunnel{}, reserved: map[key]int{}}} }

func (*prompt) Query(context.Context, hlr.Question) (hlr.Location, error) {
	return hlr.Location{Attached: true, SGSN: "192.0.2.20"}, nil
}

func (*prompt) Invalidate(hlr.Question) {}

func (*prompt) Send(_ netip.AddrPort, _ gtp.TEID, _ gtp.Message, done func(gtp.Packet, error)) error {
	done(gtp.Packet{Message: &gtp.PDUNotificationResponse{Cause: gtp.CauseRequestAccepted}}, nil)
	return nil
}

// engine makes an engine in that network, in which nothing ends by itself.
func (p *prompt) engine(t testing.TB) *Engine {
	e, err := New(Options{
		HLR: p, Path: p, Contexts: p, Address: testGGSN,
		Plan:   func(push.IMSI, string) (Plan, bool) { return Plan{Variant: Dynamic}, true },
		Limits: Limits{Activation: time.Hour},
	})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// suspend leaves so many activations waiting for their contexts, and returns how many octets each takes with its push, but for the
// octets of the push itself and of its names.
func suspend(t testing.TB, e *Engine, n int, done func(node.Result)) int64 {
	pushes := make([]node.Push, n)
	for i := range pushes {
		pushes[i] = node.Push{
			ID: fmt.Sprintf("suspended-%d", i), PushID: "p", IMSI: push.IMSI(fmt.Sprintf("00101%010d", i)), APN: testAPN, Within: time.Hour,
		}
	}
	before := liveHeap()
	for _, p := range pushes {
		e.Push(p, done)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if s := e.Stats(); int(s.Notified) == n {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%+v", e.Stats())
		}
	}
	e.asking.Wait()
	after := liveHeap()
	runtime.KeepAlive(pushes)
	return (after - before) / int64(n)
}

// liveHeap is how many octets are in use.
func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A suspended activation is data: no goroutine, no timer of its own.
func TestSuspendedActivationsCostMemoryOnly(t *testing.T) {
	e := newPrompt().engine(t)
	goroutines := runtime.NumGoroutine()
	const n = 100_000
	var mu sync.Mutex
	ended := 0
	each := suspend(t, e, n, func(r node.Result) {
		mu.Lock()
		defer mu.Unlock()
		if r.Cause == node.NodeStopping {
			ended++
		}
	})
	t.Logf("%d octets for each suspended activation and its push", each)
	if each > 1000 {
		t.Errorf("%d octets for each suspended activation and its push", each)
	}
	if got := runtime.NumGoroutine(); got > goroutines {
		t.Errorf("%d goroutines, %d before", got, goroutines)
	}
	if s := e.Stats(); s.Activations != n || s.Pushes != n {
		t.Errorf("%+v", s)
	}
	e.Close()
	if ended != n {
		t.Errorf("%d of %d were answered at the end", ended, n)
	}
}

// What a suspended activation takes, and what one costs beside them: everything from the push to its sending, the doubles' part included.
func BenchmarkBesideSuspended(b *testing.B) {
	for _, n := range []int{0, 100_000} {
		b.Run(fmt.Sprint("suspended=", n), func(b *testing.B) {
			p := newPrompt()
			e := p.engine(b)
			defer e.Close()
			var each int64
			if n > 0 {
				each = suspend(b, e, n, func(node.Result) {})
			}
			c := &tunnel{imsi: testIMSI, apn: testAPN}
			done := make(chan node.Result, 1)
			b.ReportAllocs()
			for b.Loop() {
				notified := e.Stats().Notified
				e.Push(node.Push{ID: "new", IMSI: testIMSI, APN: testAPN, Within: time.Minute}, func(r node.Result) { done <- r })
				for e.Stats().Notified == notified {
					runtime.Gosched()
				}
				e.ContextUp(c)
				if r := <-done; !r.Sent {
					b.Fatalf("%+v", r)
				}
				c.sent = nil
			}
			b.ReportMetric(float64(each), "B/suspended")
		})
	}
}

// A push to a context that is up.
func BenchmarkPushToContext(b *testing.B) {
	p := newPrompt()
	e := p.engine(b)
	defer e.Close()
	c := &tunnel{imsi: testIMSI, apn: testAPN}
	p.add(c)
	b.ReportAllocs()
	for b.Loop() {
		e.Push(node.Push{ID: "new", IMSI: testIMSI, APN: testAPN, Within: time.Minute}, func(node.Result) {})
		c.sent = c.sent[:0]
	}
}

// slow is a network with an HLR at 20 ms and an SGSN at 50 ms, whose context comes 50 ms later.
type slow struct {
	*prompt
	e *Engine

	mu     sync.Mutex
	others map[push.IMSI]time.Duration // what a push spent outside of the engine
}

func (s *slow) spent(imsi push.IMSI, since time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.others[imsi] += time.Since(since)
}

func (s *slow) Query(ctx context.Context, q hlr.Question) (hlr.Location, error) {
	defer s.spent(q.IMSI, time.Now())
	time.Sleep(20 * time.Millisecond)
	return s.prompt.Query(ctx, q)
}

func (s *slow) Send(to netip.AddrPort, teid gtp.TEID, m gtp.Message, done func(gtp.Packet, error)) error {
	imsi, began := m.(*gtp.PDUNotificationRequest).IMSI, time.Now()
	time.AfterFunc(50*time.Millisecond, func() {
		s.spent(imsi, began)
		_ = s.prompt.Send(to, teid, m, done)
		began = time.Now()
		time.AfterFunc(50*time.Millisecond, func() {
			s.spent(imsi, began)
			s.e.ContextUp(&tunnel{imsi: imsi, apn: testAPN})
		})
	})
	return nil
}

// Activations as they come, 500 in a second: the time that is the engine's, of each the whole time but for what the HLR and the SGSN take.
func BenchmarkRate(b *testing.B) {
	s := &slow{prompt: newPrompt(), others: map[push.IMSI]time.Duration{}}
	s.e = s.prompt.engine(b)
	s.e.o.HLR, s.e.o.Path = s, s
	defer s.e.Close()
	var own []time.Duration
	var all sync.WaitGroup
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for i := 0; b.Loop(); i++ {
		<-tick.C
		imsi, began := push.IMSI(fmt.Sprintf("00101%010d", i)), time.Now()
		all.Add(1)
		s.e.Push(node.Push{ID: fmt.Sprint(i), IMSI: imsi, APN: testAPN, Within: time.Minute}, func(r node.Result) {
			s.mu.Lock()
			defer s.mu.Unlock()
			own = append(own, time.Since(began)-s.others[imsi])
			if !r.Sent {
				b.Errorf("%+v", r)
			}
			all.Done()
		})
	}
	all.Wait()
	slices.Sort(own)
	b.ReportMetric(float64(own[len(own)/2].Microseconds()), "own-p50-µs")
	b.ReportMetric(float64(own[len(own)*99/100].Microseconds()), "own-p99-µs")
}
