package smstx

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// crowd answers from goroutines of its own, in any order, with every verdict, and checks what must never happen.
type crowd struct {
	t       *testing.T
	engine  *Engine
	places  atomic.Int64
	mu      sync.Mutex
	onAir   map[string]string // message by terminal
	open    map[string]string // message with a segment through and others missing, by terminal
	running sync.WaitGroup
}

func (c *crowd) Submit(s Segment, done func(Answer)) bool {
	if c.places.Add(-1) < 0 {
		c.places.Add(1)
		return false
	}
	m := s.Message
	c.mu.Lock()
	if other, there := c.onAir[m.Terminal]; there {
		c.t.Errorf("%s and %s are on the air to %s", other, m.ID, m.Terminal)
	}
	if other, there := c.open[m.Terminal]; there && other != m.ID {
		c.t.Errorf("%s comes between the segments of %s", m.ID, other)
	}
	c.onAir[m.Terminal] = m.ID
	c.mu.Unlock()
	v := []Verdict{Through, Through, Through, Temporary, NoAnswer, Permanent, Busy}[rand.IntN(7)]
	answer := func() {
		c.mu.Lock()
		delete(c.onAir, m.Terminal)
		c.open[m.Terminal] = m.ID
		if v == Permanent || v == Through && !s.More {
			delete(c.open, m.Terminal)
		}
		c.mu.Unlock()
		c.places.Add(1)
		done(Answer{Verdict: v})
		c.running.Done()
	}
	c.running.Add(1)
	if rand.IntN(4) == 0 {
		answer() // from within Submit
	} else {
		go answer()
	}
	return true
}

func TestManyAtOnce(t *testing.T) {
	c := &crowd{t: t, onAir: map[string]string{}, open: map[string]string{}}
	c.places.Store(50)
	c.engine = New(Options{Link: c, Pause: time.Millisecond, MaxPause: 2 * time.Millisecond})
	const messages = 3000
	results := make(chan Result, messages)
	var adding sync.WaitGroup
	for g := range 4 {
		adding.Go(func() {
			for i := range messages / 4 {
				err := c.engine.Add(&Message{
					ID: fmt.Sprint(g, i), Terminal: fmt.Sprint(i % 100), Priority: i % 3, Resubmit: true, Segments: make([][]byte, 1+i%4),
					Done: func(r Result) { results <- r },
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	adding.Wait()
	for i := range messages {
		select {
		case r := <-results:
			if r.End != Complete && r.End != Refused {
				t.Errorf("result %+v", r)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%d of %d messages ended", i, messages)
		}
	}
	c.running.Wait()
	if n := len(c.engine.transactions) + len(c.engine.terminals) + len(c.engine.timers); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// silent takes everything and answers nothing.
type silent struct{ n int }

func (s *silent) Submit(Segment, func(Answer)) bool { s.n++; return true }

// A suspended transaction is data: no goroutine, no timer of its own.
func TestSuspendedTransactionsCostMemoryOnly(t *testing.T) {
	link := &silent{}
	e := New(Options{Link: link})
	before := runtime.NumGoroutine()
	const n = 100_000
	var m0, m1 runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m0)
	ended := 0
	for i := range n {
		if err := e.Add(&Message{
			ID: fmt.Sprint(i), Terminal: fmt.Sprint(i), Segments: [][]byte{nil, nil}, Window: time.Hour, Done: func(Result) { ended++ },
		}); err != nil {
			t.Fatal(err)
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&m1)
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines, %d before", got, before)
	}
	each := (m1.HeapAlloc - m0.HeapAlloc) / n
	t.Logf("%d octets for each suspended transaction of two segments, without their content", each)
	if each > 1500 {
		t.Errorf("%d octets for each suspended transaction", each)
	}
	for i := range n {
		e.Cancel(fmt.Sprint(i))
	}
	if link.n != n || ended != 0 { // they are on the air: they end a second later
		t.Errorf("%d on the air, %d ended", link.n, ended)
	}
	e.mu.Lock()
	e.alarm()
	e.mu.Unlock()
}

// answering answers at once.
type answering struct{}

func (answering) Submit(_ Segment, done func(Answer)) bool {
	done(Answer{Verdict: Through})
	return true
}

func BenchmarkTwoSegments(b *testing.B) {
	e := New(Options{Link: answering{}})
	segments := [][]byte{nil, nil}
	ended := 0
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Add(&Message{ID: "m", Terminal: "t", Segments: segments, Window: time.Minute, Done: func(Result) { ended++ }})
	}
	if ended == 0 {
		b.Error("nothing ended")
	}
}
