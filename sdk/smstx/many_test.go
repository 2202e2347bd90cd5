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

func (c *crowd) Submit(s Segment) bool {
	if c.places.Add(-1) < 0 {
		c.places.Add(1)
		return false
	}
	m := s.Message
	c.mu.Lock()
	if other, there := c.onAir[m.Terminal]; there {
		c.t.Errorf("%s and %s are on the air to %s", other, m.Value, m.Terminal)
	}
	if other, there := c.open[m.Terminal]; there && other != m.Value {
		c.t.Errorf("%s comes between the segments of %s", m.Value, other)
	}
	c.onAir[m.Terminal] = m.Value.(string)
	c.mu.Unlock()
	v := []Verdict{Through, Through, Through, Temporary, NoAnswer, Permanent, Busy}[rand.IntN(7)]
	answer := func() {
		c.mu.Lock()
		delete(c.onAir, m.Terminal)
		c.open[m.Terminal] = m.Value.(string)
		if v == Permanent || v == Through && !s.More {
			delete(c.open, m.Terminal)
		}
		c.mu.Unlock()
		c.places.Add(1)
		s.Answered(Answer{Verdict: v})
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
					Value: fmt.Sprint(g, i), Terminal: fmt.Sprint(i % 100), Priority: int8(i % 3), Resubmit: true,
					Segments: make(Octets, 1+i%4), Way: uint64(i % 2), Done: func(_ *Message, r Result) { results <- r },
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
	if n := c.engine.open + c.engine.terminals.count + c.engine.timers.count(); n != 0 {
		t.Errorf("%d entries are left", n)
	}
}

// silent takes everything and answers nothing.
type silent struct{ n int }

func (s *silent) Submit(Segment) bool { s.n++; return true }

// A suspended transaction is data: no goroutine, no timer of its own.
func TestSuspendedTransactionsCostMemoryOnly(t *testing.T) {
	link := &silent{}
	e := New(Options{Link: link})
	before := runtime.NumGoroutine()
	const n = 100_000
	messages := make([]*Message, n)
	terminals := make([]string, n)
	for i := range terminals {
		terminals[i] = fmt.Sprint(i)
	}
	ended := 0
	done := func(*Message, Result) { ended++ }
	segments := make(Octets, 2)
	live := liveHeap()
	for i := range n {
		messages[i] = &Message{Terminal: terminals[i], Segments: segments, Window: time.Hour, Done: done}
		if err := e.Add(messages[i]); err != nil {
			t.Fatal(err)
		}
	}
	each := (liveHeap() - live) / n
	if got := runtime.NumGoroutine(); got > before {
		t.Errorf("%d goroutines, %d before", got, before)
	}
	t.Logf("%d octets for each suspended transaction, without its content", each)
	if each > 500 {
		t.Errorf("%d octets for each suspended transaction", each)
	}
	for _, m := range messages {
		e.Cancel(m)
	}
	if link.n != n || ended != 0 { // they are on the air: they end a second later
		t.Errorf("%d on the air, %d ended", link.n, ended)
	}
	e.mu.Lock()
	e.alarm()
	e.mu.Unlock()
}

// liveHeap is how many octets are in use.
func liveHeap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// answering answers at once.
type answering struct{}

func (answering) Submit(s Segment) bool {
	s.Answered(Answer{Verdict: Through})
	return true
}

func BenchmarkTwoSegments(b *testing.B) {
	e := New(Options{Link: answering{}})
	segments := make(Octets, 2)
	ended := 0
	b.ReportAllocs()
	for b.Loop() {
		_ = e.Add(&Message{Terminal: "t", Segments: segments, Window: time.Minute, Done: func(*Message, Result) { ended++ }})
	}
	if ended == 0 {
		b.Error("nothing ended")
	}
}
