package smsc

import (
	"bytes"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// An account is an ESME as one configuration has it. What it has begun stays with it when another one is loaded; what it has open goes on
// with the ledger, which they share.
type account struct {
	esmeConfig
	limiter   *rate.Limiter // nil without a limit
	verified  *password
	delivered prometheus.Counter // answers of success
	*ledger
}

// A ledger is what an ESME has open, over all its binds.
type ledger struct {
	mu        sync.Mutex
	binds     int                      // made and under way
	sessions  map[*smpp.Session]*bound // those with something unanswered
	last      *bound                   // of sessions, that of the last request, nil without
	unheard   int                      // requests without an answer, over all binds
	running   []*transaction           // without a result
	spare     []*transaction           // that ended, to be used again
	pushes    map[string]*transaction  // of running, by identity
	recent    recent
	groups    map[groupKey]*group
	oldest    []*group // that are held, in the order they began; some may be held no more
	heldParts int
	throttled throttleLog
}

// bound is what one bind has unanswered.
type bound struct {
	session *smpp.Session
	unheard int
	held    int // of these, segments of groups that wait for more
}

// newAccount is an account. before is that of the same ESME in the configuration before, nil if it is new.
func newAccount(c esmeConfig, before *account) *account {
	a := &account{esmeConfig: c, verified: new(password)}
	if before != nil {
		a.ledger = before.ledger
		if bytes.Equal(before.hash, c.hash) {
			a.verified = before.verified
		}
		if before.rate == c.rate {
			a.limiter = before.limiter
			return a
		}
	} else {
		a.ledger = &ledger{
			sessions: make(map[*smpp.Session]*bound), pushes: make(map[string]*transaction), groups: make(map[groupKey]*group),
			recent: newRecent(), throttled: newThrottleLog(),
		}
	}
	if c.rate > 0 {
		a.limiter = rate.NewLimiter(rate.Limit(c.rate), max(1, int(c.rate/10)))
	}
	return a
}

// The classes of ESMEs.
const (
	classPush  = "push"
	classOther = "other"
)

func (a *account) class() string {
	if a.other {
		return classOther
	}
	return classPush
}

// The keys of an ESME that throttle it.
const (
	keyWindow = "window"
	keyRate   = "rate"
)

// of is what a bind has unanswered, nil for nothing. a.mu is held.
func (a *account) of(session *smpp.Session) *bound {
	if a.last == nil || a.last.session != session {
		a.last = a.sessions[session]
	}
	return a.last
}

// admit counts a request in and returns "", or refuses it and returns the key that allows no more. a.mu is held.
func (a *account) admit(r *smpp.Request, now time.Time) (key string) {
	switch {
	case a.unheard >= a.window:
		return keyWindow
	case a.limiter != nil && !a.limiter.AllowN(now, 1):
		return keyRate
	}
	a.unheard++
	b := a.of(r.Session)
	if b == nil {
		b = &bound{session: r.Session}
		a.sessions[r.Session], a.last = b, b
	}
	b.unheard++
	return ""
}

// release counts an answered request out. a.mu is held.
func (a *account) release(r *smpp.Request) {
	a.unheard--
	if b := a.of(r.Session); b != nil {
		if b.unheard--; b.unheard == 0 {
			delete(a.sessions, r.Session)
			a.last = nil
		}
	}
}

// hold counts the requests of a group as held, or no more if n is negative. a.mu is held.
func (a *account) hold(requests []*smpp.Request, n int) {
	a.heldParts += n * len(requests)
	for _, r := range requests {
		if b := a.of(r.Session); b != nil {
			b.held += n
		}
	}
}

// bind counts a bind that is under way; false if there are enough.
func (a *account) bind() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.binds >= a.maxBinds {
		return false
	}
	a.binds++
	return true
}

func (a *account) unbind() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.binds--
}
