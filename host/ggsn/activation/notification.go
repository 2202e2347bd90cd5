package activation

import (
	"fmt"
	"math/rand/v2"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// unknownThere is the end of what began with Outcome.AskAgain.
var unknownThere = ofCause(gtp.CauseIMSINotKnown)

// prepare takes an address where the variant asks for one, and notifies. It releases the lock.
func (e *Engine) prepare(t *terminal, to netip.AddrPort) {
	if t.plan.Variant != Preallocated || t.reserved {
		e.notify(t, to)
		return
	}
	e.enter(t, preparing, never)
	step := t.step
	e.flush()
	address, err := e.o.Contexts.Reserve(t.imsi, t.apn)
	e.mu.Lock()
	switch {
	case t.step != step:
		if k := t.key; err == nil {
			e.later(func() { e.o.Contexts.Unreserve(k.imsi, k.apn) })
		}
		e.flush()
	case err != nil:
		e.fail(t, noAddress.because("%v", err))
		e.flush()
	default:
		t.reserved, t.plan.Address = true, address.Unmap()
		e.notify(t, to)
	}
}

// notify asks the SGSN to have the terminal activate a context (3GPP TS 29.060 §7.3.8). It releases the lock.
func (e *Engine) notify(t *terminal, to netip.AddrPort) {
	e.enter(t, notifying, never)
	e.nameTEID(t)
	e.stats.Notified++
	e.note(t, stepNotify, 0, t.sgsn.String())
	step := t.step
	m := &gtp.PDUNotificationRequest{
		IMSI: t.imsi, TEIDControl: t.teid, EndUserAddress: t.plan.offer(), APN: gtp.APN(t.apn), GGSNSignalling: e.o.Address,
		Private: t.plan.Variant.indication().private(e.o.Extension),
	}
	e.flush()
	err := e.o.Path.Send(to, 0, m, func(p gtp.Packet, err error) { e.answered(t, step, p.Message, err) })
	if err != nil {
		e.answered(t, step, nil, err)
	}
}

// nameTEID gives the notification an endpoint that nobody can guess.
func (e *Engine) nameTEID(t *terminal) {
	for t.teid == 0 || e.byTEID[t.teid] != nil {
		t.teid = gtp.TEID(rand.Uint32())
	}
	e.byTEID[t.teid] = t
}

// answered takes the PDU Notification Response.
func (e *Engine) answered(t *terminal, step uint32, m gtp.Message, err error) {
	response, ok := m.(*gtp.PDUNotificationResponse)
	if err == nil && !ok {
		err = fmt.Errorf("%w: a %v", errUnreadable, m.Type())
	}
	e.mu.Lock()
	switch {
	case t.step != step: // the context came first, or it is over
	case err != nil:
		e.fail(t, ofPathError(err).because("PDU Notification Request: %v", err))
	case response.Cause.Accepted():
		e.note(t, stepResponse, response.Cause, t.sgsn.String())
		e.enter(t, waiting, e.clock.Elapsed()+e.limits.Activation)
	default:
		e.note(t, stepResponse, response.Cause, t.sgsn.String())
		e.refused(t, response.Cause, "Response", t.sgsn)
	}
	e.flush()
}

// Rejected takes a PDU Notification Reject Request from an SGSN, with the TEID in its header, and returns the cause for the response. A
// TEID that is that of no notification has no effect: they are random, so that nobody rejects what he was not asked.
func (e *Engine) Rejected(from netip.Addr, teid gtp.TEID, m *gtp.PDUNotificationRejectRequest) gtp.Cause {
	e.mu.Lock()
	defer e.flush()
	t := e.byTEID[teid]
	switch {
	case t == nil:
		return gtp.CauseNonExistent
	case accessPoint(string(m.APN)) != t.apn:
		return gtp.CauseMandatoryIEIncorrect
	}
	e.note(t, stepReject, m.Cause, from.String())
	e.refused(t, m.Cause, "Reject Request", from)
	return gtp.CauseRequestAccepted
}

// refused is an SGSN that will bring no context.
func (e *Engine) refused(t *terminal, c gtp.Cause, message string, from netip.Addr) {
	o := ofCause(c)
	if o.AskAgain && !t.unknown && t.first != nil {
		e.forgetTEID(t)
		t.unknown, t.fresh = true, true
		e.ask(t)
		return
	}
	e.fail(t, o.because("PDU Notification %s from %v: %v", message, from, c))
}

// SGSNRestarted takes word that an SGSN restarted: it has lost what was to become of its notifications, but for that of the terminal whose
// Create brings the word, "" if something else does.
func (e *Engine) SGSNRestarted(sgsn netip.Addr, creating push.IMSI) {
	e.mu.Lock()
	for _, t := range e.terminals {
		if t.state == waiting && t.sgsn == sgsn.Unmap() && (creating == "" || t.imsi != creating) {
			e.fail(t, sgsnRestarted.because("%v restarted while the context was to come", sgsn))
		}
	}
	e.flush()
}

// fail ends an activation with its result for all that wait, or begins it again in a moment.
func (e *Engine) fail(t *terminal, r refusal) {
	if e.mayAgain(t, r) {
		e.forgetTEID(t)
		t.again, t.last = true, &r
		e.enter(t, pausing, e.clock.Elapsed()+e.limits.Pause)
		return
	}
	e.noteFailure(t, r)
	for t.first != nil {
		i := t.first
		e.take(i)
		e.end(i, r.result())
	}
	e.remove(t)
}

// mayAgain reports whether a terminal may be notified once more, which some of what waits must have the time for.
func (e *Engine) mayAgain(t *terminal, r refusal) bool {
	if !r.Again || t.again || e.closed || e.retrying >= e.limits.Retrying {
		return false
	}
	for i := t.first; i != nil; i = i.next {
		if i.until > e.clock.Elapsed()+e.limits.Pause {
			return true
		}
	}
	return false
}

// noteFailure keeps what is known of a terminal after a failure.
func (e *Engine) noteFailure(t *terminal, r refusal) {
	if r.NotReachable || t.plan.Variant == Static && r.Cause != node.NodeStopping {
		a := absence{apn: t.apn, flagged: r.NotReachable, hold: e.clock.Elapsed() + e.limits.Hold}
		if t.first != nil {
			a.msisdn = t.first.push.MSISDN
		}
		e.absences.note(t.imsi, a)
	}
	if imsi := t.imsi; r.Report {
		e.later(func() { e.o.Report(imsi) })
	}
}
