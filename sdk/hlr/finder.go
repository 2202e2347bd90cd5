package hlr

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A Backend asks one register. Implementations may be called by many at the same time.
type Backend interface {
	// Name is short and for logs; it becomes the Source of locations.
	Name() string
	// Query asks once, without attempts of its own, and ends soon after the context does. The question was checked. Source and At
	// of the location are left to the caller. Errors are of type *Error, or wrap that of the context.
	Query(ctx context.Context, q Question) (Location, error)
}

// A Config sets the limits of a Finder. A zero value means the default.
type Config struct {
	// Limit is the time that a question may take in all, 3 s by default; Attempt is that of one attempt, 1 s by default.
	Limit, Attempt time.Duration
	// Attempts is how often a question is put if asking again may help, 2 by default.
	Attempts int
	// Pause is between two attempts, 100 ms by default.
	Pause time.Duration
	// Remember is how long an attached subscriber's location is taken from the cache, 10 s by default. RememberAbsent is the same
	// for "not attached" and "unknown subscriber", 5 s by default. Below zero nothing is remembered. Other errors never are.
	Remember, RememberAbsent time.Duration
	// Entries is how many answers are remembered at most, 10,000 by default; the ones used longest ago go first.
	Entries int
	// Clock is that of the machine by default.
	Clock Clock
}

func (c Config) withDefaults() Config {
	for _, d := range [...]struct {
		value    *time.Duration
		standard time.Duration
	}{
		{&c.Limit, 3 * time.Second},
		{&c.Attempt, time.Second},
		{&c.Pause, 100 * time.Millisecond},
		{&c.Remember, 10 * time.Second},
		{&c.RememberAbsent, 5 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if c.Attempts <= 0 {
		c.Attempts = 2
	}
	if c.Entries <= 0 {
		c.Entries = 10_000
	}
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	return c
}

// Counters count since the finder was made.
type Counters struct {
	// Questions that were asked of the finder; those answered from the cache, and those that joined an equal one under way.
	Questions, Cached, Joined uint64
	// Attempts are questions put to the backend.
	Attempts uint64
}

// A Finder asks a backend within limits and remembers answers for a while. All methods may be called at the same time.
type Finder struct {
	backend Backend
	config  Config

	questions, cached, joined, attempts atomic.Uint64

	mu      sync.Mutex
	cache   *cache
	flights map[Question]*flight
}

// A flight is one question under way and those who wait for it.
type flight struct {
	question Question
	waiting  int
	cancel   context.CancelCauseFunc
	done     chan struct{} // closed when location and err are set
	location Location
	err      error
}

// New makes a finder.
func New(backend Backend, config Config) *Finder {
	config = config.withDefaults()
	return &Finder{backend: backend, config: config, cache: newCache(config.Entries), flights: map[Question]*flight{}}
}

// Query says where the subscriber is. It takes Config.Limit at most.
func (f *Finder) Query(ctx context.Context, q Question) (Location, error) {
	f.questions.Add(1)
	if err := q.check(); err != nil {
		return Location{}, err
	}
	f.mu.Lock()
	if e := f.cache.get(q, f.config.Clock.Now()); e != nil {
		f.mu.Unlock()
		f.cached.Add(1)
		return e.location, e.err
	}
	a := f.flights[q]
	if a == nil {
		a = f.depart(q)
	} else {
		f.joined.Add(1)
	}
	a.waiting++
	f.mu.Unlock()
	select {
	case <-a.done:
		return a.location, a.err
	case <-ctx.Done():
		f.leave(a)
		return Location{}, stopped(ctx, f.backend.Name())
	}
}

// Invalidate forgets what is remembered of a subscriber, by any of the names in the question, and keeps what is being asked now
// from being remembered or given to those who ask from now on.
func (f *Finder) Invalidate(q Question) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cache.remove(q)
	for asked := range f.flights {
		if asked.same(q) {
			delete(f.flights, asked)
		}
	}
}

// Counters returns the counts until now.
func (f *Finder) Counters() Counters {
	return Counters{
		Questions: f.questions.Load(),
		Cached:    f.cached.Load(),
		Joined:    f.joined.Load(),
		Attempts:  f.attempts.Load(),
	}
}

// same reports whether two questions name one subscriber in the same way.
func (q Question) same(other Question) bool {
	return q.IMSI != "" && q.IMSI == other.IMSI || q.MSISDN != "" && q.MSISDN == other.MSISDN ||
		q.PublicIdentity != "" && q.PublicIdentity == other.PublicIdentity
}

// depart begins a flight. The caller holds the lock.
func (f *Finder) depart(q Question) *flight {
	// The question goes on when the one who asked it first leaves, and others wait.
	ctx, cancel := context.WithCancelCause(context.Background())
	a := &flight{question: q, cancel: cancel, done: make(chan struct{})}
	f.flights[q] = a
	go func() {
		defer cancel(nil)
		stop := f.config.Clock.After(f.config.Limit, func() { cancel(ErrTimeout) })
		location, err := f.attempt(ctx, q)
		stop()
		f.land(a, location, err)
	}()
	return a
}

// leave is called by one who does not wait any longer. A flight that nobody waits for is ended.
func (f *Finder) leave(a *flight) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.waiting--; a.waiting == 0 {
		a.cancel(context.Canceled)
		if f.flights[a.question] == a {
			delete(f.flights, a.question)
		}
	}
}

// land remembers the answer, unless it was invalidated under way, and gives it to those who wait.
func (f *Finder) land(a *flight, location Location, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a.location, a.err = location, err
	if f.flights[a.question] == a {
		delete(f.flights, a.question)
		now, ttl := f.config.Clock.Now(), f.config.Remember
		if err != nil || !location.Attached {
			ttl = f.config.RememberAbsent
		}
		if ttl > 0 && (err == nil || errors.Is(err, ErrUnknownSubscriber)) {
			f.cache.put(a.question, location, err, now.Add(ttl))
		}
	}
	close(a.done)
}

// attempt puts the question, again if that may help.
func (f *Finder) attempt(ctx context.Context, q Question) (Location, error) {
	for n := 1; ; n++ {
		location, err := f.once(ctx, q)
		if err == nil {
			location.Source, location.At = f.backend.Name(), f.config.Clock.Now()
			return location, nil
		}
		var failure *Error
		if n == f.config.Attempts || ctx.Err() != nil || !errors.As(err, &failure) || !failure.Again {
			if n > 1 {
				err = fmt.Errorf("in attempt %d: %w", n, err)
			}
			return Location{}, err
		}
		paused := make(chan struct{})
		stop := f.config.Clock.After(f.config.Pause, func() { close(paused) })
		select {
		case <-paused:
		case <-ctx.Done():
			stop()
			return Location{}, err
		}
	}
}

func (f *Finder) once(ctx context.Context, q Question) (Location, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer f.config.Clock.After(f.config.Attempt, func() { cancel(ErrTimeout) })()
	f.attempts.Add(1)
	location, err := f.backend.Query(ctx, q)
	if err != nil && ctx.Err() != nil {
		return Location{}, stopped(ctx, f.backend.Name())
	}
	return location, err
}
