package pdp

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// state is how far a sending is.
type state uint8

const (
	queued  state = iota // nothing was sent
	writing              // the kernel has it, or not
	sent                 // the kernel took it; errors are listened for
	given                // the push node has it
	over                 // answered
)

// A sending is a delivery from Start to its result.
type sending struct {
	id       string
	to       netip.AddrPort // as the kernel names it when it complains: without a zone
	zone     string
	datagram []byte
	from     origin
	way      *way
	link     *link         // of the push node that it goes to, nil for a way from here
	waking   *waking       // of a terminal that has to be woken by a packet; nil for others
	began    time.Duration // when it was queued or given to the push node
	state    state
	deadline time.Duration
	moment   *moment  // when it is looked at again, nil for never
	next     *sending // of those to the same address on the same way
	previous *sending
	beside   [chainKinds]neighbours
}

// soFar is the outcome of a sending that nothing more is waited for.
func (s *sending) soFar(why string) push.Outcome {
	switch s.state {
	case queued:
		return push.Outcome{Kind: push.OutcomeFailedForNow, Code: codeServiceUnavailable, Cause: why + " before it was sent"}
	case writing, sent:
		if s.isAsleep() {
			return s.asleep(why)
		}
		if s.state == sent {
			return s.accepted()
		}
		return push.Outcome{Kind: push.OutcomeUnknown, Cause: why + " while it was being sent"}
	case given:
		return push.Outcome{Kind: push.OutcomeUnknown, Cause: why + " while the push node had it"}
	default:
		return s.accepted()
	}
}

// await has the bearer look at a sending again at a time.
func (p *Plugin) await(s *sending, at time.Duration) {
	p.moments.remove(s)
	p.moments.add(s, at)
	p.setAlarm()
}

// setAlarm has fire called when the first sending has waited long enough.
func (p *Plugin) setAlarm() {
	next := p.moments.next()
	if next == nil || p.alarmAt != 0 && p.alarmAt <= next.at {
		return
	}
	p.alarmAt = next.at
	after := max(p.alarmAt-p.elapsed(), 0)
	if p.alarm == nil {
		p.alarm = time.AfterFunc(after, p.fire)
	} else {
		p.alarm.Reset(after)
	}
}

// fire answers the sendings whose time is over.
func (p *Plugin) fire() {
	var results results
	p.mu.Lock()
	p.alarmAt = 0
	now := p.elapsed()
	for next := p.moments.next(); next != nil && next.at <= now; next = p.moments.next() {
		for next.first != nil { // the moment is over with the last
			s := next.first
			results.add(s, s.soFar("its time was over"))
			p.end(s)
		}
	}
	p.setAlarm()
	p.mu.Unlock()
	results.tell(p.host)
}

// end takes a sending out of all tables. Who calls it tells the result.
func (p *Plugin) end(s *sending) {
	if s.state == over {
		return
	}
	if s.state == writing || s.state == sent {
		s.way.forget(s)
	}
	s.state = over
	p.moments.remove(s)
	p.sendings.remove(s)
	p.ended()
}

// ended wakes Drain when nothing is left.
func (p *Plugin) ended() {
	if p.idle != nil && p.sendings.first == nil {
		close(p.idle)
		p.idle = nil
	}
}

// results are told to the host when the lock is released.
type results []result

type result struct {
	id      string
	outcome push.Outcome
}

func (r *results) add(s *sending, o push.Outcome) { *r = append(*r, result{s.id, o}) }

func (r results) tell(host bearer.Host) {
	for _, one := range r {
		host.Result(one.id, one.outcome)
	}
}
