package hlr

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"
)

// fakeClock stands still until the test moves it.
type fakeClock struct {
	mu     sync.Mutex
	now    time.Time
	made   int
	timers map[int]fakeTimer
}

type fakeTimer struct {
	at time.Time
	f  func()
}

func newClock() *fakeClock {
	return &fakeClock{now: time.Unix(1_800_000_000, 0), timers: map[int]fakeTimer{}}
}

func (c *fakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *fakeClock) After(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.made++
	id := c.made
	c.timers[id] = fakeTimer{c.now.Add(d), f}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.timers, id)
	}
}

func (c *fakeClock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for id, timer := range c.timers {
		if !timer.at.After(c.now) {
			delete(c.timers, id)
			go timer.f()
		}
	}
}

// double is a backend that gives each question to the test.
type double struct{ asked chan *asked }

type asked struct {
	question Question
	ctx      context.Context
	answer   chan answer
}

func (d *double) Name() string { return "double" }

func (d *double) Query(ctx context.Context, q Question) (Location, error) {
	a := &asked{q, ctx, make(chan answer, 1)}
	d.asked <- a
	select {
	case got := <-a.answer:
		return got.location, got.err
	case <-ctx.Done():
		return Location{}, context.Cause(ctx)
	}
}

func (d *double) next(t *testing.T) *asked {
	t.Helper()
	select {
	case a := <-d.asked:
		return a
	case <-time.After(patience):
		t.Fatal("nothing was asked")
		return nil
	}
}

func (d *double) nothing(t *testing.T) {
	t.Helper()
	select {
	case a := <-d.asked:
		t.Errorf("%+v was asked", a.question)
	default:
	}
}

func newFinder(change func(*Config)) (*Finder, *double, *fakeClock) {
	clock := newClock()
	config := Config{Clock: clock}
	if change != nil {
		change(&config)
	}
	d := &double{asked: make(chan *asked, 100)}
	return New(d, config), d, clock
}

func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

var (
	attached = Location{Attached: true, SGSN: "SGSN-A"}
	down     = &Error{Backend: "double", Kind: ErrDown, Again: true}
	refused  = &Error{Backend: "double", Kind: ErrRefused}
	nobody   = &Error{Backend: "double", Kind: ErrUnknownSubscriber}
)

func TestFinderRemembers(t *testing.T) {
	for _, row := range []struct {
		name   string
		answer answer
		lives  time.Duration // 0: not at all
	}{
		{"attached", answer{location: attached}, 10 * time.Second},
		{"not attached", answer{location: Location{NotReachable: GPRSDetached}}, 5 * time.Second},
		{"unknown", answer{err: nobody}, 5 * time.Second},
		{"refused", answer{err: refused}, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			f, d, clock := newFinder(nil)
			query := func() answer {
				location, err := f.Query(t.Context(), imsi(1))
				return answer{location, err}
			}
			first := ask(t.Context(), f, imsi(1))
			d.next(t).answer <- row.answer
			want := <-first
			if !errors.Is(want.err, row.answer.err) || want.err == nil && (want.location.Source != "double" || !want.location.At.Equal(clock.Now())) {
				t.Errorf("%+v", want)
			}
			if row.lives > 0 {
				clock.pass(row.lives - 1)
				if got := query(); got != want {
					t.Errorf("from the cache %+v", got)
				}
				clock.pass(1)
			}
			again := ask(t.Context(), f, imsi(1))
			d.next(t).answer <- row.answer
			<-again
		})
	}
}

func TestFinderForgets(t *testing.T) {
	f, d, _ := newFinder(func(c *Config) { c.Entries = 2 })
	both := Question{IMSI: imsi(1).IMSI, MSISDN: "4670", APN: "internet"}
	fill := func(q Question) {
		t.Helper()
		a := ask(t.Context(), f, q)
		d.next(t).answer <- answer{location: attached}
		<-a
	}
	cached := func(q Question) {
		t.Helper()
		if _, err := f.Query(t.Context(), q); err != nil {
			t.Error(err)
		}
		d.nothing(t)
	}
	fill(both)
	fill(imsi(2))
	f.Invalidate(imsi(3))
	f.Invalidate(Question{APN: "internet"})
	cached(both)
	f.Invalidate(Question{MSISDN: "4670"})
	fill(both)
	f.Invalidate(imsi(1))
	fill(both)
	cached(imsi(2))
	fill(imsi(4)) // one more than fits: the one used longest ago goes
	cached(imsi(2))
	fill(both)
	if f.cache.recent.Len() != 2 || len(f.cache.entries) != 2 || len(f.cache.byName) != 3 {
		t.Errorf("%d, %d entries, %d names", f.cache.recent.Len(), len(f.cache.entries), len(f.cache.byName))
	}
}

func TestFinderThatRemembersNothing(t *testing.T) {
	f, d, _ := newFinder(func(c *Config) { c.Remember = -1 })
	for range 2 {
		a := ask(t.Context(), f, imsi(1))
		d.next(t).answer <- answer{location: attached}
		<-a
	}
}

func TestFinderAsksEqualQuestionsOnce(t *testing.T) {
	f, d, _ := newFinder(nil)
	ctx, leave := context.WithCancel(t.Context())
	first := ask(ctx, f, imsi(1))
	under := d.next(t)
	second := ask(t.Context(), f, imsi(1))
	until(t, "the second to join", func() bool { return f.Counters().Joined == 1 })
	leave() // the other one still gets the answer
	if got := <-first; !errors.Is(got.err, context.Canceled) {
		t.Errorf("the one who left: %v", got.err)
	}
	under.answer <- answer{location: attached}
	if got := <-second; got.err != nil || got.location.SGSN != attached.SGSN {
		t.Errorf("%+v", got)
	}
	d.nothing(t)
	if got := f.Counters(); got != (Counters{Questions: 2, Joined: 1, Attempts: 1}) {
		t.Errorf("counters %+v", got)
	}
}

func TestFinderStopsWhatNobodyWaitsFor(t *testing.T) {
	f, d, _ := newFinder(nil)
	ctx, leave := context.WithCancel(t.Context())
	a := ask(ctx, f, imsi(1))
	under := d.next(t)
	leave()
	<-a
	select {
	case <-under.ctx.Done():
	case <-time.After(patience):
		t.Error("it goes on")
	}
	b := ask(t.Context(), f, imsi(1)) // does not join what was stopped
	d.next(t).answer <- answer{location: attached}
	if got := <-b; got.err != nil {
		t.Error(got.err)
	}
}

// What was under way when the network said that something changed is not given to later ones.
func TestFinderInvalidateUnderWay(t *testing.T) {
	f, d, _ := newFinder(nil)
	first := ask(t.Context(), f, imsi(1))
	old := d.next(t)
	f.Invalidate(imsi(1))
	second := ask(t.Context(), f, imsi(1))
	fresh := d.next(t)
	fresh.answer <- answer{location: Location{Attached: true, SGSN: "SGSN-B"}}
	<-second
	old.answer <- answer{location: attached}
	<-first
	if got, err := f.Query(t.Context(), imsi(1)); got.SGSN != "SGSN-B" || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestFinderAttempts(t *testing.T) {
	f, d, clock := newFinder(nil)
	pause := func() {
		t.Helper()
		// The timers of the whole question and of the pause; that of the attempt is gone.
		until(t, "the pause", func() bool {
			clock.mu.Lock()
			defer clock.mu.Unlock()
			for _, timer := range clock.timers {
				if timer.at.Sub(clock.now) == 100*time.Millisecond {
					return true
				}
			}
			return false
		})
		clock.pass(100 * time.Millisecond)
	}
	a := ask(t.Context(), f, imsi(1))
	d.next(t).answer <- answer{err: down}
	pause()
	d.next(t).answer <- answer{location: attached}
	if got := <-a; got.err != nil {
		t.Errorf("in the second attempt: %v", got.err)
	}
	a = ask(t.Context(), f, imsi(2))
	d.next(t).answer <- answer{err: down}
	pause()
	d.next(t).answer <- answer{err: down}
	if got := <-a; !errors.Is(got.err, ErrDown) || !strings.Contains(got.err.Error(), "attempt 2") {
		t.Errorf("both in vain: %v", got.err)
	}
	a = ask(t.Context(), f, imsi(3))
	d.next(t).answer <- answer{err: refused}
	if got := <-a; !errors.Is(got.err, ErrRefused) {
		t.Errorf("refused: %v", got.err)
	}
	d.nothing(t)
}

func TestFinderTimeLimits(t *testing.T) {
	f, d, clock := newFinder(func(c *Config) { c.Attempts, c.Limit, c.Pause = 10, 2500*time.Millisecond, time.Nanosecond })
	a := ask(t.Context(), f, imsi(1))
	for range 2 {
		under := d.next(t)
		clock.pass(time.Second)
		<-under.ctx.Done()
		until(t, "the pause", func() bool {
			clock.mu.Lock()
			defer clock.mu.Unlock()
			for _, timer := range clock.timers {
				if timer.at.Sub(clock.now) == time.Nanosecond {
					return true
				}
			}
			return false
		})
		clock.pass(time.Nanosecond)
	}
	d.next(t)
	clock.pass(500 * time.Millisecond)
	if got := <-a; !errors.Is(got.err, ErrTimeout) {
		t.Errorf("%v", got.err)
	}
	d.nothing(t)
}

func TestFinderOfACallerWithADeadline(t *testing.T) {
	f, _, _ := newFinder(nil)
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	if _, err := f.Query(ctx, imsi(1)); !errors.Is(err, ErrTimeout) || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v", err)
	}
}

func TestQuestionsThatCanNotBeAsked(t *testing.T) {
	f, d, _ := newFinder(nil)
	for _, row := range []struct {
		name string
		q    Question
	}{
		{"nobody", Question{APN: "internet"}},
		{"short IMSI", Question{IMSI: "12345"}},
		{"IMSI with a command in it", Question{IMSI: "001010000000101.info\n"}},
		{"MSISDN with a plus", Question{MSISDN: "+46702123456"}},
		{"MSISDN of 16 digits", Question{MSISDN: "1234567890123456"}},
		{"no URI", Question{PublicIdentity: "user@home"}},
		{"URI with a line end", Question{PublicIdentity: "sip:user@home\r\n"}},
		{"URI of many letters", Question{PublicIdentity: "sip:" + strings.Repeat("a", 255)}},
		{"APN with a space", Question{IMSI: imsi(1).IMSI, APN: "a b"}},
	} {
		if _, err := f.Query(t.Context(), row.q); !errors.Is(err, ErrQuestion) {
			t.Errorf("%s: %v", row.name, err)
		}
	}
	d.nothing(t)
}
