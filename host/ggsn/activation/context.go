package activation

import (
	"errors"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Verdict is what a Create PDP Context Request may have.
type Verdict struct {
	// Cause is gtp.CauseRequestAccepted, or what to refuse with.
	Cause gtp.Cause
	// Notified: the node asked for this context.
	Notified bool
	// Variant and Address are of the subscriber's plan: where Address is valid the context has to have it, which is the terminal's own
	// or reserved for it; otherwise it gets one of the pool.
	Variant Variant
	Address netip.Addr
}

// MayCreate says whether a terminal may have a context with the address that it asks for. One that was notified has to come back with
// what it was offered, and else its activation ends with node.AddressRefused. One that comes by itself may have its own address or
// leave it blank; whether it may come is for the node to say.
//
// The node calls ContextUp for a context that it creates, and CreateFailed where it refuses one in spite of the verdict.
func (e *Engine) MayCreate(imsi push.IMSI, apn string, asked gtp.EndUserAddress) Verdict {
	k := keyOf(imsi, apn)
	e.mu.Lock()
	t := e.terminals[k]
	if t != nil && t.state != delivering {
		e.note(t, stepCreate, 0, word(asked))
	}
	if t != nil && t.state.notified() {
		defer e.flush()
		v := Verdict{Cause: gtp.CauseRequestAccepted, Notified: true, Variant: t.plan.Variant, Address: t.plan.Address}
		if !t.plan.fits(asked) {
			v.Cause, v.Address = gtp.CauseUnknownPDPAddressOrType, netip.Addr{}
			e.note(t, stepCreated, v.Cause, "")
			e.fail(t, wrongAddress.because("Create PDP Context Request with %s, offered was %s", word(asked), word(t.plan.offer())))
		}
		return v
	}
	e.mu.Unlock()
	plan, ok := e.planned(k, netip.Addr{})
	switch {
	case !ok:
		return Verdict{Cause: gtp.CauseMissingOrUnknownAPN}
	case !plan.own(asked):
		return Verdict{Cause: gtp.CauseUnknownPDPAddressOrType, Variant: plan.Variant}
	}
	return Verdict{Cause: gtp.CauseRequestAccepted, Variant: plan.Variant, Address: plan.Address}
}

// word is an End User Address for people.
func word(a gtp.EndUserAddress) string {
	switch {
	case a.IPv4.IsValid():
		return a.IPv4.String()
	case a.IPv6.IsValid():
		return a.IPv6.String()
	}
	return "no address"
}

// CreateFailed takes word that the context which was notified for is refused by the node, and with which cause.
func (e *Engine) CreateFailed(imsi push.IMSI, apn string, cause gtp.Cause, text string) {
	e.mu.Lock()
	if t := e.terminals[keyOf(imsi, apn)]; t != nil && t.state.notified() {
		o := contextRefused
		switch cause {
		case gtp.CauseAllAddressesOccupied:
			o = noAddress
		case gtp.CauseUnknownPDPAddressOrType:
			o = wrongAddress
		}
		o.GTP = cause
		e.note(t, stepCreated, cause, "")
		e.fail(t, o.because("%v: %s", cause, text))
	}
	e.flush()
}

// ContextUp sends what waits over a context that came up, whoever asked for it. The node calls it when Contexts has the context and the
// SGSN its response, since the SGSN has to know the tunnel before something comes through it.
func (e *Engine) ContextUp(c Context) {
	k := keyOf(c.IMSI(), c.APN())
	e.mu.Lock()
	e.absences.forget(k.imsi)
	if t := e.terminals[k]; t != nil && t.state != delivering {
		e.deliver(t, c)
		return
	}
	e.flush()
}

// ContextDown takes word that a context has ended, so that nothing more is given to it: what still waits has another one activated,
// once.
func (e *Engine) ContextDown(imsi push.IMSI, apn string) {
	e.mu.Lock()
	if t := e.terminals[keyOf(imsi, apn)]; t != nil && t.state == delivering {
		t.lost = true
	}
	e.flush()
}

// deliver sends what waits. Others may join meanwhile. It releases the lock.
func (e *Engine) deliver(t *terminal, c Context) {
	e.enter(t, delivering, never)
	e.forgetTEID(t)
	if n := len(t.steps); n > 0 && t.steps[n-1].kind == stepCreate {
		e.note(t, stepCreated, gtp.CauseRequestAccepted, "")
	}
	t.lost = false
	step := t.step
	for t.first != nil && !t.lost {
		i := t.first
		e.take(i)
		if i.until <= e.clock.Elapsed() {
			e.end(i, t.expired().result())
			continue
		}
		e.mu.Unlock()
		err := i.send(c)
		e.mu.Lock()
		gone := errors.Is(err, ErrGone)
		if !gone {
			e.end(i, sendResult(err))
		}
		if t.step != step { // the engine was closed
			if gone {
				e.end(i, stopping.plain().result())
			}
			e.flush()
			return
		}
		if gone {
			e.putBack(t, i)
			t.lost = true
		}
	}
	switch {
	case t.first == nil:
		e.remove(t)
	case t.revived:
		e.fail(t, contextLost.plain())
	default:
		t.revived = true
		e.enter(t, starting, never)
		step = t.step
		e.flush()
		e.begin(t, step)
		return
	}
	e.flush()
}

// send gives an item to a context.
func (i *item) send(c Context) error {
	if i.done == nil {
		return c.Packet(i.push.Payload)
	}
	if contradicts(&i.push, c) {
		return errOtherNumber
	}
	return c.Push(i.push)
}

// errOtherNumber: the context is of a terminal with another number than the push is for.
var errOtherNumber = errors.New("the context is of another number")

// contradicts reports whether a push is for another terminal than the one of a context to which its address alone led: the address may
// be somebody else's by now. Who is named by IMSI may have several numbers.
func contradicts(p *node.Push, c Context) bool {
	if p.IMSI != "" {
		return p.IMSI != c.IMSI()
	}
	return p.MSISDN != "" && c.MSISDN() != "" && p.MSISDN != c.MSISDN()
}
