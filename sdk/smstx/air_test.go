package smstx

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// air is a link with a number of places, and a clock that the test moves. All runs on the test's goroutine.
type air struct {
	t      *testing.T
	engine *Engine
	places int // negative: without limit
	sent   []sending
	said   []string // every submission in order, as "message/segment", with "+" if more follow
	ends   map[string]Result
	order  []string // of ends
	held   map[string]*Message

	mu     sync.Mutex
	now    time.Duration
	alarms []*alarm
}

type sending struct {
	name string
	done func(Answer)
}

type alarm struct {
	at      time.Duration
	f       func()
	stopped bool
}

func newAir(t *testing.T) *air {
	a := &air{t: t, places: -1, ends: map[string]Result{}, held: map[string]*Message{}}
	a.engine = New(Options{Link: a, Clock: a})
	return a
}

func (a *air) Submit(s Segment) bool {
	if a.places == 0 {
		return false
	}
	a.places--
	name := fmt.Sprintf("%s/%d", s.Message.Value, s.Index+1)
	a.sent = append(a.sent, sending{name, s.Answered})
	if s.More {
		name += "+"
	}
	a.said = append(a.said, name)
	return true
}

func (a *air) Elapsed() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.now
}

func (a *air) After(d time.Duration, f func()) func() {
	a.mu.Lock()
	defer a.mu.Unlock()
	al := &alarm{at: a.now + d, f: f}
	a.alarms = append(a.alarms, al)
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		al.stopped = true
	}
}

// pass moves the clock and runs what is due on the way.
func (a *air) pass(d time.Duration) {
	end := a.now + d
	for {
		slices.SortStableFunc(a.alarms, func(x, y *alarm) int { return int(x.at - y.at) })
		if len(a.alarms) == 0 || a.alarms[0].at > end {
			break
		}
		al := a.alarms[0]
		a.alarms = a.alarms[1:]
		a.now = max(a.now, al.at)
		if !al.stopped {
			al.f()
		}
	}
	a.now = end
}

// message adds a message with a name and some segments to a terminal.
func (a *air) message(id, terminal string, segments int, change ...func(*Message)) {
	a.t.Helper()
	m := &Message{Value: id, Terminal: terminal, Window: time.Minute}
	octets := make(Octets, segments)
	for i := range octets {
		octets[i] = fmt.Appendf(nil, "%s %d", id, i)
	}
	m.Segments = octets
	a.held[id] = m
	for _, c := range change {
		c(m)
	}
	m.Done = func(_ *Message, r Result) {
		if _, twice := a.ends[id]; twice {
			a.t.Errorf("second result of %s", id)
		}
		a.ends[id] = r
		a.order = append(a.order, id)
	}
	if err := a.engine.Add(m); err != nil {
		a.t.Fatal(err)
	}
}

// answer answers the oldest submission of a name.
func (a *air) answer(name string, v Verdict) {
	a.t.Helper()
	a.answerErr(name, v, nil)
}

func (a *air) answerErr(name string, v Verdict, err error) {
	a.t.Helper()
	for i, s := range a.sent {
		if s.name == name {
			a.sent = slices.Delete(a.sent, i, i+1)
			a.places++
			s.done(Answer{v, err})
			return
		}
	}
	a.t.Fatalf("%s is not on the air, but %v", name, a.onAir())
}

func (a *air) onAir() []string {
	var names []string
	for _, s := range a.sent {
		names = append(names, s.name)
	}
	return names
}

// expect checks what was submitted since the last call.
func (a *air) expect(names ...string) {
	a.t.Helper()
	if !slices.Equal(a.said, names) {
		a.t.Errorf("submitted %q, want %q", a.said, names)
	}
	a.said = nil
}

func (a *air) ended(id string, end End) Result {
	a.t.Helper()
	r, ok := a.ends[id]
	if !ok {
		a.t.Errorf("%s has not ended", id)
	} else if r.End != end {
		a.t.Errorf("%s ended %v, want %v: %+v", id, r.End, end, r)
	}
	return r
}

func (a *air) open(id string) {
	a.t.Helper()
	if r, ok := a.ends[id]; ok {
		a.t.Errorf("%s has ended: %+v", id, r)
	}
}

// empty checks that the engine holds nothing.
func (a *air) empty() {
	a.t.Helper()
	e := a.engine
	n := e.open + e.terminals.count + e.timers.count()
	for _, w := range e.ways {
		n += len(w.places)
	}
	if n != 0 {
		a.t.Errorf("left in the engine: %d, %v %v %v", e.open, e.terminals.count, e.ways, e.timers)
	}
}

func set(segments ...int) (s Set) {
	for _, n := range segments {
		s.Add(n - 1)
	}
	return s
}

var errNetwork = errors.New("absent subscriber")
