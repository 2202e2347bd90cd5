package clock

import (
	"sync"
	"time"
)

// Fake is a clock for tests. Time passes only by Advance; Step moves the wall clock alone.
type Fake struct {
	mu      sync.Mutex
	wall    time.Time
	elapsed time.Duration
	waiting []*waiter
}

type waiter struct {
	at time.Duration
	f  func()
}

// NewFake returns a clock that stands at wall.
func NewFake(wall time.Time) *Fake { return &Fake{wall: wall.UTC().Round(0)} }

// Wall implements Clock.
func (c *Fake) Wall() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.wall
}

// Elapsed implements Clock.
func (c *Fake) Elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.elapsed
}

// After implements Clock.
func (c *Fake) After(d time.Duration, f func()) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := &waiter{at: c.elapsed + max(d, 0), f: f}
	c.waiting = append(c.waiting, w)
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		w.f = nil
	}
}

// Advance lets d pass and runs what is due, earliest first, each at its own time. Calls of Advance come one at a time.
func (c *Fake) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.elapsed + d
	for {
		var next *waiter
		kept := c.waiting[:0]
		for _, w := range c.waiting {
			if w.f == nil {
				continue
			}
			kept = append(kept, w)
			if w.at <= end && (next == nil || w.at < next.at) {
				next = w
			}
		}
		clear(c.waiting[len(kept):])
		c.waiting = kept
		if next == nil {
			break
		}
		step := max(next.at-c.elapsed, 0)
		c.elapsed += step
		c.wall = c.wall.Add(step)
		f := next.f
		next.f = nil
		c.mu.Unlock()
		f()
		c.mu.Lock()
	}
	c.wall = c.wall.Add(end - c.elapsed)
	c.elapsed = end
	c.mu.Unlock()
}

// Waiting is the number of calls of After that have not run and are not stopped.
func (c *Fake) Waiting() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, w := range c.waiting {
		if w.f != nil {
			n++
		}
	}
	return n
}

// Step moves the wall clock by d, which may be negative, while no time passes.
func (c *Fake) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.wall = c.wall.Add(d)
}
