package esme

import (
	"time"

	"golang.org/x/time/rate"
)

// pace says how many requests a link may have on the way. An SMSC that says it is too fast or too full gets a pause and then
// half as many at once, and each request that passes allows one more, up to the window.
type pace struct {
	window      int
	limiter     *rate.Limiter // nil without a limit
	allowed     int
	outstanding int
	pause       time.Duration // the last one, 0 once something has passed
	until       time.Time     // the end of the pause, zero without one
	epoch       int           // counts the pauses
}

// The pauses of a link that was told to slow down.
const (
	firstPause = 200 * time.Millisecond
	mostPause  = 10 * time.Second
)

func newPace(window int, perSecond float64) pace {
	p := pace{window: window, allowed: window}
	if perSecond > 0 {
		p.limiter = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/10)))
	}
	return p
}

// timed says whether the time matters to free and take.
func (p *pace) timed() bool { return p.limiter != nil || !p.until.IsZero() }

// free is how many places there are now. With none, again is when there may be some without an answer, 0 if never.
func (p *pace) free(now time.Time) (places int, again time.Duration) {
	if !p.until.IsZero() {
		if wait := p.until.Sub(now); wait > 0 {
			return 0, wait
		}
		p.until = time.Time{}
	}
	places = p.allowed - p.outstanding
	if places <= 0 {
		return 0, 0
	}
	if p.limiter != nil && p.limiter.TokensAt(now) < 1 {
		missing := 1 - p.limiter.TokensAt(now)
		return 0, time.Duration(missing / float64(p.limiter.Limit()) * float64(time.Second))
	}
	return places, 0
}

// take uses a place. The epoch is for give.
func (p *pace) take(now time.Time) (epoch int) {
	p.outstanding++
	if p.limiter != nil {
		p.limiter.AllowN(now, 1)
	}
	return p.epoch
}

// put back a place that was not used.
func (p *pace) put() { p.outstanding-- }

// give back a place with the answer. Of all requests that were on the way when the pause began, only the first slows the link
// down.
func (p *pace) give(now time.Time, epoch int, throttled, passed bool) {
	p.outstanding--
	if epoch != p.epoch {
		return
	}
	switch {
	case throttled:
		p.pause = min(max(2*p.pause, firstPause), mostPause)
		p.until = now.Add(p.pause)
		p.allowed = max(1, p.allowed/2)
		p.epoch++
	case passed:
		p.pause = 0
		p.allowed = min(p.allowed+1, p.window)
	}
}
