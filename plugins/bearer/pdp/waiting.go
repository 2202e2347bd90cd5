package pdp

import (
	"container/heap"
	"net"
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
	over                 // answered
)

// A sending is a delivery from Start to its result.
type sending struct {
	id       string
	to       netip.AddrPort
	addr     net.UDPAddr // to, as the socket wants it
	datagram []byte
	way      *way
	state    state
	deadline time.Duration
	wake     time.Duration
	place    int      // in the heap, -1 for none
	next     *sending // of those to the same address on the same way
	previous *sending
}

// soFar is the outcome of a sending that nothing more is waited for.
func (s *sending) soFar(why string) push.Outcome {
	switch s.state {
	case queued:
		return push.Outcome{Kind: push.OutcomeFailedForNow, Code: codeServiceUnavailable, Cause: why + " before it was sent"}
	case writing:
		return push.Outcome{Kind: push.OutcomeUnknown, Cause: why + " while it was being sent"}
	default:
		return s.accepted()
	}
}

// grain is what times of waiting are rounded up to, so that many sendings end with one alarm.
const grain = 5 * time.Millisecond

// await has the bearer look at a sending again at a time.
func (p *Plugin) await(s *sending, at time.Duration) {
	s.wake = (at + grain - 1).Truncate(grain)
	if s.place < 0 {
		heap.Push(&p.waits, s)
	} else {
		heap.Fix(&p.waits, s.place)
	}
	p.setAlarm()
}

// setAlarm has fire called when the first sending has waited long enough.
func (p *Plugin) setAlarm() {
	if len(p.waits) == 0 || p.alarmAt != 0 && p.alarmAt <= p.waits[0].wake {
		return
	}
	p.alarmAt = p.waits[0].wake
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
	for now := p.elapsed(); len(p.waits) > 0 && p.waits[0].wake <= now; {
		s := p.waits[0]
		results.add(s, s.soFar("its time was over"))
		p.end(s)
	}
	p.setAlarm()
	p.mu.Unlock()
	results.tell(p.host)
}

// end takes a sending out of all tables. Who calls it tells the result.
func (p *Plugin) end(s *sending) {
	if s.state == writing || s.state == sent {
		s.way.forget(s)
	}
	s.state = over
	if s.place >= 0 {
		heap.Remove(&p.waits, s.place)
	}
	delete(p.sendings, s.id)
	p.ended()
}

// ended wakes Drain when nothing is left.
func (p *Plugin) ended() {
	if p.idle != nil && len(p.sendings) == 0 {
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

// waits is a heap of sendings by the time at which they are looked at again.
type waits []*sending

func (h waits) Len() int           { return len(h) }
func (h waits) Less(a, b int) bool { return h[a].wake < h[b].wake }

func (h waits) Swap(a, b int) {
	h[a], h[b] = h[b], h[a]
	h[a].place, h[b].place = a, b
}

// Push implements heap.Interface.
func (h *waits) Push(x any) {
	s := x.(*sending)
	s.place = len(*h)
	*h = append(*h, s)
}

// Pop implements heap.Interface.
func (h *waits) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place = -1
	return s
}
