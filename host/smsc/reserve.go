package smsc

import (
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/esme"
)

// reserve keeps a part of every delivery link's window and rate free of traffic that is no push. Its methods but give are called
// from one goroutine at a time, as network.Submit is.
type reserve struct {
	links []reservedLink
	again func()      // there may be a place for other traffic
	alarm atomic.Bool // it will be called
}

type reservedLink struct {
	most    int64 // places that other traffic may take
	taken   atomic.Int64
	limiter *rate.Limiter // of other traffic, nil without a limit
}

func newReserve(c *Config, again func()) *reserve {
	r := &reserve{links: make([]reservedLink, len(c.delivery)), again: again}
	for i := range r.links {
		l := &r.links[i]
		l.most = int64(c.windows[i] * (100 - c.reserve.windows) / 100)
		if perSecond := c.rates[i] * float64(100-c.reserve.rates) / 100; perSecond > 0 && c.reserve.rates > 0 {
			l.limiter = rate.NewLimiter(rate.Limit(perSecond), max(1, int(perSecond/10)))
		}
	}
	return r
}

// open is the links of a way that have a place for other traffic. If the rate is why there is none, again will be called.
func (r *reserve) open(way esme.Way, now time.Time) esme.Way {
	open, wait := way, time.Duration(0)
	for i := range r.links {
		l := &r.links[i]
		switch {
		case way&(1<<i) == 0:
		case l.taken.Load() >= l.most:
			open &^= 1 << i
		case l.limiter != nil && l.limiter.TokensAt(now) < 1:
			open &^= 1 << i
			missing := 1 - l.limiter.TokensAt(now)
			if d := time.Duration(missing / float64(l.limiter.Limit()) * float64(time.Second)); wait == 0 || d < wait {
				wait = d
			}
		}
	}
	if open == 0 && wait > 0 && r.alarm.CompareAndSwap(false, true) {
		time.AfterFunc(wait, func() {
			r.alarm.Store(false)
			r.again()
		})
	}
	return open
}

func (r *reserve) take(link *esme.Link, now time.Time) {
	l := &r.links[link.Index()]
	l.taken.Add(1)
	if l.limiter != nil {
		l.limiter.AllowN(now, 1)
	}
}

func (r *reserve) give(link *esme.Link) { r.links[link.Index()].taken.Add(-1) }
