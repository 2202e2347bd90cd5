package relay

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/registration"
)

// How releases are done.
const (
	releasers    = 8       // at once
	mostReleases = 100_000 // that wait
	firstPause   = 500 * time.Millisecond
	mostPause    = 30 * time.Second // it doubles up to this
	releaseTime  = 10 * time.Minute // how long one is tried
)

// A release is a registration that the gateway is to end.
type release struct {
	registered
	address netip.Addr
	since   time.Time // when it was asked for
	pause   time.Duration
}

// enqueue has something released, with r.mu held.
func (r *Relay) enqueue(l release) {
	if len(r.queue)+r.open >= mostReleases {
		r.counters.Lost++
		r.Lost("as many releases as may be wait")
		return
	}
	if l.since.IsZero() {
		l.since = time.Now()
	}
	r.queue = append(r.queue, l)
	r.wake()
}

func (r *Relay) wake() {
	select {
	case r.woken <- struct{}{}:
	default:
	}
}

// look tells Close that nothing is left, with r.mu held.
func (r *Relay) look() {
	if r.closing && len(r.queue)+r.open == 0 {
		select {
		case <-r.drained:
		default:
			close(r.drained)
		}
	}
}

// take returns the next release, and whether there is one.
func (r *Relay) take() (release, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		r.queue = nil
		return release{}, false
	}
	l := r.queue[0]
	if r.queue = r.queue[1:]; len(r.queue) > 0 {
		r.wake()
	}
	r.open++
	return l, true
}

// run releases what waits, until the relay ends. Where the gateway is away, it pauses.
func (r *Relay) run() {
	for {
		l, ok := r.take()
		if !ok {
			select {
			case <-r.woken:
				continue
			case <-r.ctx.Done():
				return
			}
		}
		if pause := r.release(l); pause > 0 {
			select {
			case <-time.After(pause):
			case <-r.ctx.Done():
				return
			}
		}
	}
}

// release asks the gateway, and returns how long to wait if it did not answer; then the release waits again.
func (r *Relay) release(l release) time.Duration {
	leave, err := r.enter(r.ctx, l.address)
	if err == nil {
		if r.stands(l) { // somebody has registered there meanwhile, which ended what is to be released
			leave()
			return r.done(l, nil)
		}
		err = r.Gateway.Release(r.ctx, registration.Relayed{GGSN: r.GGSN, APN: l.apn, Address: l.address, User: l.user, Device: l.device})
		leave()
	}
	return r.done(l, err)
}

// stands tells that a registration was made at the address after the release was asked for.
func (r *Relay) stands(l release) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.registered[l.address] {
		if at.verified.After(l.since) {
			return true
		}
	}
	return false
}

// done counts what became of a release.
func (r *Relay) done(l release, err error) (pause time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open--
	switch {
	case !registration.Uncertain(err): // it is over there: released, or not known any more
		r.counters.Released++
	case time.Since(l.since) >= releaseTime:
		r.counters.Lost++
		r.Lost(err.Error())
	default:
		pause = max(l.pause, firstPause)
		l.pause = min(2*pause, mostPause)
		r.queue = append(r.queue, l)
	}
	r.look()
	return pause
}
