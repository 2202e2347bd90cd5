package dispatch

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Nothing is sent to an address once the gateway was told of its new owner. A session is looked at by its generation, which is
// another for every owner. A push to an address, and a route to one that no session is known of, have none: for them the owner
// must be that of the time when the push was accepted.

// reassigned reports whether the push is to an IP address that got another owner after the push was accepted.
func (d *Dispatcher) reassigned(j *job) bool {
	a := j.delivery.Address
	if d.opts.Subscribers == nil || a.Type != push.IPv4 && a.Type != push.IPv6 {
		return false
	}
	addr, err := netip.ParseAddr(a.Value)
	return err == nil && d.opts.Subscribers.Since(addr).After(j.content.push.Received)
}

const hasAnotherOwner = "the address has another owner since the push was accepted"

func (d *Dispatcher) endReassigned(j *job) {
	d.endedFor(j, push.Outcome{Kind: push.OutcomeRefused, Code: 2003, Text: hasAnotherOwner, Cause: hasAnotherOwner})
}

// mayUse reports whether the session that the job was routed to still is that of its terminal.
func (d *Dispatcher) mayUse(j *job) bool {
	s := j.route.Session
	if s == nil || d.opts.Subscribers == nil {
		return true
	}
	generation := s.Generation
	if generation == 0 { // a strategy made it up from an address; it may be the terminal's own nevertheless
		for i := range j.terminal.Sessions {
			own := &j.terminal.Sessions[i]
			if own.Address == s.Address && (s.GGSN == "" || s.GGSN == own.GGSN) && (s.APN == "" || s.APN == own.APN) {
				generation = own.Generation
				break
			}
		}
	}
	if generation == 0 {
		return !d.opts.Subscribers.Since(s.Address).After(j.content.push.Received)
	}
	return d.opts.Subscribers.Live(generation)
}

// mostRerouted is how often a try looks for another way because its session was over before it was sent.
const mostRerouted = 3

// sendable looks at the owner of the address as the last thing before a job is handed to its bearer. Where it is another, the
// directory and the strategies are asked again, within the same try.
func (d *Dispatcher) sendable(j *job) bool {
	if d.reassigned(j) {
		d.notSent(j, hasAnotherOwner)
		d.endReassigned(j)
		return false
	}
	if d.mayUse(j) {
		return true
	}
	d.notSent(j, "the address has another owner now, or was released")
	if j.rerouted == mostRerouted {
		d.ended(j, push.Outcome{
			Kind: push.OutcomeFailedForNow, Text: "the terminal's address changed",
			Cause: "the routing strategies name an address that has another owner, or was released",
		})
		return false
	}
	j.rerouted++
	if f, _ := d.refresh(j); d.served(j, f) {
		d.wakeAt(j, j.ends)
		j.question = nil
		d.route(j)
	}
	return false
}

// notSent adds the reason to the timeline. It is no step "send": the bearer saw nothing.
func (d *Dispatcher) notSent(j *job, why string) {
	st := store.Step{Name: "route", Node: j.route.Node, Text: "not sent: " + why}
	if s := j.route.Session; s != nil {
		st.Text = "not sent to " + s.Address.String() + ": " + why
	}
	d.stepDone(j, st)
}
