package subscriber

import (
	"sync"
	"time"
)

// What is swept up at a time, and how often: all sessions are looked at once in a minute.
const (
	sweepEvery   = time.Second
	sweepRounds  = 60
	sweepPortion = 256 // sessions that are looked at under one lock
)

// A sweeper removes what has expired, a little at a time.
type sweeper struct {
	mu     sync.Mutex
	next   uint32
	wake   func() // stops the clock
	closed bool
}

func (s *sweeper) start(d *Directory) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plan(d)
}

func (s *sweeper) plan(d *Directory) {
	s.wake = d.o.Clock.After(sweepEvery, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.closed {
			return
		}
		d.sweep()
		s.plan(d)
	})
}

func (s *sweeper) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	s.wake()
}

// sweep looks at the next of all sessions, and gives the store again what it has refused.
func (d *Directory) sweep() {
	d.mu.RLock()
	left := int(d.sessions.all.last)/sweepRounds + 1
	d.mu.RUnlock()
	for left > 0 {
		d.order.Lock()
		n := min(left, sweepPortion)
		w := d.sweepUp(n)
		if len(w.events) > 0 {
			d.write(&w, func(error) {})
		}
		d.order.Unlock()
		left -= n
	}
	d.order.Lock()
	defer d.order.Unlock()
	d.mu.Lock()
	var w writing
	d.settle(&w, nil)
	d.mu.Unlock()
	if len(w.events) > 0 {
		d.write(&w, func(err error) {
			if err != nil {
				d.o.Log.Warn("sessions are not on disk as they are", "sessions", len(w.keys), "error", err)
			}
		})
	}
}

func (d *Directory) sweepUp(n int) (w writing) {
	now := d.now()
	d.mu.Lock()
	defer d.mu.Unlock()
	for range n {
		if d.sweeper.next++; d.sweeper.next > d.sessions.all.last {
			d.sweeper.next = 1
		}
		if d.sessions.all.last == 0 {
			return w
		}
		i := d.sweeper.next
		x := d.sessions.all.at(i)
		switch {
		case x.generation == 0: // nobody's
		case !d.live(x, now):
			d.remove(&w, i)
		case x.registration != 0 && !registered(x, now):
			d.unregister(&w, i, 0)
		}
	}
	return w
}
