package ggsn

import (
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// grain is what the times of listening are rounded up to, so that the answers to many pushes are given with one alarm.
const grain = 10 * time.Millisecond

// A listening holds the answers to pushes that were sent until the time for complaints about them is over: UDP confirms nothing, but the
// terminal says when nobody listens for pushes (ICMP), and the SGSN when it has no tunnel. A push is data in a map and a queue; there is
// one timer.
type listening struct {
	clock clock.Clock
	time  time.Duration // 0: there is no listening
	most  int

	mu    sync.Mutex
	open  map[heard]*pending
	order []*pending // by when their time is over: all are listened for equally long
	armed bool
}

// A heard is what a complaint names a push by.
type heard struct {
	address netip.Addr // of the terminal
	id      uint16     // of the packet
}

// A pending is a push that is listened for, from before it is sent, since a complaint may be there as soon as it is.
type pending struct {
	heard
	until  time.Duration
	result node.Result
	done   func(node.Result) // nil until the result is known but for complaints, and when it was given
	cause  node.Cause        // of a complaint
	text   string
	over   bool // the time is
}

func newListening(c clock.Clock, d time.Duration, most int) *listening {
	return &listening{clock: c, time: d, most: most, open: make(map[heard]*pending)}
}

// begin listens for a push that is about to be sent. Nil is that there is no room, or no listening.
func (l *listening) begin(to netip.Addr, id uint16) *pending {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.time == 0 || len(l.order) >= l.most {
		return nil
	}
	p := &pending{heard: heard{to, id}, until: (l.clock.Elapsed() + l.time + grain - 1).Truncate(grain)}
	l.open[p.heard] = p // 65,536 pushes to one terminal within the time would hide the first
	l.order = append(l.order, p)
	l.arm()
	return p
}

// sent gives a push that was sent its result, when the time for complaints is over or one comes; now, if it is not to be waited for that.
func (l *listening) sent(p *pending, wait bool, r node.Result, done func(node.Result)) {
	if p == nil {
		done(r)
		return
	}
	l.mu.Lock()
	p.result, p.done = r, done
	if wait && p.cause == "" && !p.over {
		l.mu.Unlock()
		return
	}
	l.forget(p)
	call := p.finish()
	l.mu.Unlock()
	call()
}

// arm sets the timer, with l.mu held.
func (l *listening) arm() {
	if l.armed || len(l.order) == 0 {
		return
	}
	l.armed = true
	l.clock.After(max(0, l.order[0].until-l.clock.Elapsed()), l.timeIsOver)
}

// timeIsOver answers the pushes about which nobody complained.
func (l *listening) timeIsOver() {
	l.mu.Lock()
	l.armed = false
	now, n := l.clock.Elapsed(), 0
	for n < len(l.order) && l.order[n].until <= now {
		n++
	}
	done := l.order[:n:n]
	if l.order = l.order[n:]; len(l.order) == 0 {
		l.order = nil
	}
	calls := l.end(done)
	l.arm()
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
}

// end ends the time of pushes, with l.mu held, and returns the calls that answer them.
func (l *listening) end(list []*pending) []func() {
	var calls []func()
	for _, p := range list {
		p.over = true
		l.forget(p)
		if p.done != nil {
			calls = append(calls, p.finish())
		}
	}
	return calls
}

// forget drops a push from the map, with l.mu held.
func (l *listening) forget(p *pending) {
	if l.open[p.heard] == p {
		delete(l.open, p.heard)
	}
}

// finish takes the answer of a push, with the lock held, and returns the call that gives it, without.
func (p *pending) finish() func() {
	done, r := p.done, p.result
	p.done = nil
	if p.cause != "" {
		r.Sent, r.Cause, r.Text = false, p.cause, p.text
	}
	return func() { done(r) }
}

// complain notes a complaint, with l.mu held, and returns the call that answers the push.
func (l *listening) complain(p *pending, cause node.Cause, text string) func() {
	l.forget(p)
	p.cause, p.text = cause, text
	if p.done == nil { // it is not known yet that it was sent
		return func() {}
	}
	return p.finish()
}

// complained hears of an ICMP error that a terminal sent. False is that it is about no push that is listened for.
func (l *listening) complained(from netip.Addr, c packet.Complaint) bool {
	l.mu.Lock()
	p := l.open[heard{from, c.ID}]
	if p == nil || c.Destination.Addr() != from {
		l.mu.Unlock()
		return false
	}
	cause := node.Failed
	if c.Final() {
		cause = node.NotListening
	}
	call := l.complain(p, cause, c.String()+" from the terminal")
	l.mu.Unlock()
	call()
	return true
}

// contextLost hears that what was sent to an address within the time is lost.
func (l *listening) contextLost(to netip.Addr, text string) {
	l.mu.Lock()
	var calls []func()
	for _, p := range l.order {
		if p.address == to && p.cause == "" && l.open[p.heard] == p {
			calls = append(calls, l.complain(p, node.ContextLost, text))
		}
	}
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
}

// close answers everything as it stands.
func (l *listening) close() {
	l.mu.Lock()
	calls := l.end(l.order)
	l.order, l.time = nil, 0
	l.mu.Unlock()
	for _, call := range calls {
		call()
	}
}
