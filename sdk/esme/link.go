package esme

import (
	"errors"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// A Link is one way to an SMSC: its bind, or its two.
type Link struct {
	config  Config
	index   int
	links   *Links
	log     hclog.Logger
	keepers []*keeper // the first one sends

	mu      sync.Mutex
	session *smpp.Session // of the first keeper, nil while it is not bound
	pace    pace
	slowed  slowed
	spare   []*flight
	alarm   *time.Timer // tells the end of a pause
	closed  bool
}

func newLink(c Config, index int, ls *Links) *Link {
	l := &Link{config: c, index: index, links: ls, log: ls.o.Log.With("link", c.address), pace: newPace(c.window, c.rate)}
	for _, mode := range c.modes() {
		address := c.address
		if mode == smpp.Receiver {
			address = c.receiverAddress
		}
		k := &keeper{link: l, mode: mode, address: address}
		k.down = k.downAfter(errNotYet)
		l.keepers = append(l.keepers, k)
	}
	return l
}

// Index is the place of the link in the configuration, from 0.
func (l *Link) Index() int { return l.index }

// Address is the SMSC's, for logs.
func (l *Link) Address() string { return l.config.address }

// begin is called with a session that sends.
func (l *Link) begin(s *smpp.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.session, l.pace = s, newPace(l.config.window, l.config.rate)
}

// end is called when a session sends no more.
func (l *Link) end(s *smpp.Session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == s {
		l.session = nil
	}
}

// places is the window of the link, 0 if it is not bound.
func (l *Link) places() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.session == nil {
		return 0
	}
	return l.config.window
}

// free is how many places there are now. If there are none for a time that is known, its end will be told.
func (l *Link) free() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.freeAt(l.now())
}

// freeAt is free. l.mu is held.
func (l *Link) freeAt(now time.Time) int {
	if l.session == nil {
		return 0
	}
	places, again := l.pace.free(now)
	if again > 0 && !l.closed {
		if l.alarm == nil {
			l.alarm = time.AfterFunc(again, l.links.o.Ready)
		} else {
			l.alarm.Reset(again)
		}
	}
	return places
}

// now is the time if it matters to the pace. l.mu is held.
func (l *Link) now() time.Time {
	if l.pace.timed() {
		return l.links.o.Now()
	}
	return time.Time{}
}

// submit sends the request that pdu makes; false if the link has no place for it. done is called exactly once if it is true.
func (l *Link) submit(pdu func(*Link) smpp.PDU, timeout time.Duration, done func(smpp.Result)) bool {
	l.mu.Lock()
	s, now := l.session, l.now()
	if l.freeAt(now) <= 0 {
		l.mu.Unlock()
		return false
	}
	f := l.take()
	f.session, f.epoch, f.done = s, l.pace.take(now), done
	l.mu.Unlock()
	err := s.TrySend(pdu(l), timeout, f.end)
	if err == nil {
		return true
	}
	l.mu.Lock()
	if l.session == s {
		l.pace.put()
	}
	l.put(f)
	l.mu.Unlock()
	switch {
	case unfit(err):
		done(smpp.Result{Outcome: smpp.NeverSent, Err: err})
		return true
	case !errors.Is(err, smpp.ErrWindowFull):
		l.keepers[0].lost(s)
	}
	return false
}

// answered gives the place of a request back.
func (l *Link) answered(f *flight, r smpp.Result) {
	throttled := r.Outcome == smpp.Refused && (smpp.Classifier{}).Class(r.Status, nil) == smpp.ClassThrottled
	var now time.Time
	var slowed int
	var tell bool
	if throttled {
		now = l.links.o.Now()
	}
	l.mu.Lock()
	if throttled {
		slowed, tell = l.slowed.tell(now)
	}
	s, done := f.session, f.done
	if l.session == s {
		l.pace.give(now, f.epoch, throttled, r.Outcome == smpp.Accepted || r.Outcome == smpp.Refused)
	}
	l.put(f)
	l.mu.Unlock()
	if tell {
		l.logSlowed(r.Status, slowed)
	}
	if r.Outcome == smpp.Refused && r.Status == smpp.StatusInvBndSts {
		s.Close() // and bound again
		l.keepers[0].lost(s)
	}
	if r.Outcome == smpp.NeverSent {
		l.keepers[0].lost(s)
	}
	done(r)
}

// receive hands on what the SMSC sends by itself.
func (l *Link) receive(r *smpp.Request) { l.links.o.Receive(l, r) }

func (l *Link) late(r smpp.Result) { l.links.o.Late(l, r) }

// stop ends the alarm.
func (l *Link) stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	if l.alarm != nil {
		l.alarm.Stop()
	}
}
