package ggsn

import (
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A listening holds the answers to pushes that were sent until the time for complaints about them is over: UDP confirms nothing, but the
// terminal says when nobody listens for pushes (ICMP). A push is data in a map and a queue; there is one timer.
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

type pending struct {
	heard
	until  time.Duration
	result node.Result
	done   func(node.Result) // nil when it was called
}

func newListening(c clock.Clock, d time.Duration, most int) *listening {
	return &listening{clock: c, time: d, most: most, open: make(map[heard]*pending)}
}

// add holds an answer. False is that there is no room.
func (l *listening) add(to netip.Addr, id uint16, r node.Result, done func(node.Result)) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.time == 0 || len(l.order) >= l.most {
		return false
	}
	p := &pending{heard: heard{to, id}, until: l.clock.Elapsed() + l.time, result: r, done: done}
	l.open[p.heard] = p // 65,536 pushes to one terminal within the time would hide the first
	l.order = append(l.order, p)
	l.arm()
	return true
}

// arm sets the timer, with l.mu held.
func (l *listening) arm() {
	if l.armed || len(l.order) == 0 {
		return
	}
	l.armed = true
	l.clock.After(max(0, l.order[0].until-l.clock.Elapsed()), l.over)
}

// over answers the pushes about which nobody complained.
func (l *listening) over() {
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
	for _, p := range done {
		l.forget(p)
	}
	l.arm()
	calls := finish(done)
	l.mu.Unlock()
	calls()
}

// forget drops a push from the map, with l.mu held.
func (l *listening) forget(p *pending) {
	if l.open[p.heard] == p {
		delete(l.open, p.heard)
	}
}

// finish takes the answers of pushes that have none yet, with the lock held, and returns the call that gives them, without.
func finish(list []*pending) func() {
	type answer struct {
		done   func(node.Result)
		result node.Result
	}
	var answers []answer
	for _, p := range list {
		if p.done != nil {
			answers = append(answers, answer{p.done, p.result})
			p.done = nil
		}
	}
	return func() {
		for _, a := range answers {
			a.done(a.result)
		}
	}
}

// complained hears of an ICMP error that a terminal sent. False is that it is about no push that is listened for.
func (l *listening) complained(from netip.Addr, c packet.Complaint) bool {
	l.mu.Lock()
	p := l.open[heard{from, c.ID}]
	if p == nil || c.Destination.Addr() != from {
		l.mu.Unlock()
		return false
	}
	l.forget(p)
	p.result.Sent, p.result.Cause, p.result.Text = false, node.NotListening, c.String()+" from the terminal"
	if !c.Final() {
		p.result.Cause = node.Failed
	}
	calls := finish([]*pending{p})
	l.mu.Unlock()
	calls()
	return true
}

// contextLost hears that what was sent to an address within the time is lost.
func (l *listening) contextLost(to netip.Addr, text string) {
	l.mu.Lock()
	var lost []*pending
	for _, p := range l.order {
		if p.address == to && p.done != nil {
			p.result.Sent, p.result.Cause, p.result.Text = false, node.ContextLost, text
			l.forget(p)
			lost = append(lost, p)
		}
	}
	calls := finish(lost)
	l.mu.Unlock()
	calls()
}

// close answers everything as it stands.
func (l *listening) close() {
	l.mu.Lock()
	list := l.order
	l.order, l.time = nil, 0
	clear(l.open)
	calls := finish(list)
	l.mu.Unlock()
	calls()
}
