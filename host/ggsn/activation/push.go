package activation

import (
	"bytes"
	"errors"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/node"
)

// Push sends a push to its terminal: over the context that is there, or over the one that it activates. It is as [node.Node] says; identifiers
// of pushes have to differ from each other while they wait.
func (e *Engine) Push(p node.Push, done func(node.Result)) {
	k, ok := e.whose(&p)
	switch {
	case p.Within <= 0:
		refuse(p, done, outOfTime)
		return
	case !ok && p.MSISDN != "":
		e.identify(p, done)
		return
	case !ok:
		refuse(p, done, nobody)
		return
	}
	until := e.clock.Elapsed() + min(p.Within, e.limits.Within)
	e.mu.Lock()
	if e.closed || e.terminals[k] != nil { // what waits goes first, whether or not there is a context by now
		e.join(k, &item{push: p, done: done, until: until})
		e.flush()
		return
	}
	e.absences.forget(k.imsi)
	e.mu.Unlock()
	if c, ok := e.context(k); ok {
		if err := (&item{push: p, done: done}).send(c); !errors.Is(err, ErrGone) {
			r := sendResult(err)
			r.ID = p.ID
			done(r)
			return
		}
	}
	plan, ok := e.planned(k, p.Address)
	switch {
	case !ok:
		refuse(p, done, notServed)
	case plan.Variant == Static && !plan.Address.IsValid():
		refuse(p, done, noStatic)
	case plan.Variant == Static && !e.free(k, plan.Address):
		refuse(p, done, otherAddress)
	default:
		e.start(k, plan, &item{push: p, done: done, until: until})
	}
}

func refuse(p node.Push, done func(node.Result), o Outcome) {
	r := o.plain().result()
	r.ID = p.ID
	done(r)
}

// whose says which terminal a push is for.
func (e *Engine) whose(p *node.Push) (key, bool) {
	apn := p.APN
	if apn == "" {
		apn = e.o.APN
	}
	if p.IMSI != "" {
		return keyOf(p.IMSI, apn), true
	}
	if !p.Address.IsValid() {
		return key{}, false
	}
	imsi, apn, ok := e.o.Contexts.Owner(p.Address, apn)
	return keyOf(imsi, apn), ok
}

// free reports whether an address is not known to be another subscriber's.
func (e *Engine) free(k key, a netip.Addr) bool {
	imsi, _, ok := e.o.Contexts.Owner(a, k.apn)
	return !ok || imsi == k.imsi
}

// context returns the context of a terminal. One of another terminal is none.
func (e *Engine) context(k key) (Context, bool) {
	c, ok := e.o.Contexts.ByIMSI(k.imsi, k.apn)
	if !ok || keyOf(c.IMSI(), c.APN()) != k {
		return nil, false
	}
	return c, true
}

// sendResult is the result of a push that a context was given, for any error but ErrGone.
func sendResult(err error) node.Result {
	switch {
	case err == nil:
		return node.Result{Sent: true}
	case errors.Is(err, errOtherNumber):
		return otherNumber.plain().result()
	case errors.Is(err, ErrTooLong):
		return tooLong.because("%v", err).result()
	}
	return notSent.because("%v", err).result()
}

// start begins an activation for an item, or lets it join one that began meanwhile.
func (e *Engine) start(k key, plan Plan, i *item) (kept bool) {
	e.mu.Lock()
	if e.closed || e.terminals[k] != nil {
		kept = e.join(k, i)
		e.flush()
		return kept
	}
	t := &terminal{key: k, plan: plan, until: never, timer: -1, byPacket: i.done == nil}
	i.terminal = t
	full, ok := e.room(t, i)
	if t.byPacket {
		ok = ok && e.byPackets < e.limits.ByPackets
	}
	if !ok {
		e.end(i, full.plain().result())
		e.flush()
		return false
	}
	e.terminals[k] = t
	if t.byPacket {
		e.byPackets++
	}
	e.add(t, i)
	step := t.step
	e.flush()
	e.begin(t, step)
	return true
}

// join lets an item wait with others, if there is room.
func (e *Engine) join(k key, i *item) bool {
	if e.closed {
		e.end(i, stopping.plain().result())
		return false
	}
	t := e.terminals[k]
	if full, ok := e.room(t, i); !ok {
		e.end(i, full.plain().result())
		return false
	}
	if i.done != nil {
		e.stats.Shared++
	}
	e.add(t, i)
	return true
}

// room says whether an item may wait, and why it may not.
func (e *Engine) room(t *terminal, i *item) (Outcome, bool) {
	switch {
	case i.done == nil:
		return Outcome{}, int(t.packets) < e.limits.Packets && e.stats.PacketOctets+len(i.push.Payload) <= e.limits.PacketOctets
	case int(t.pushes) >= e.limits.PushesPerTerminal:
		return fullTerminal, false
	case e.stats.Pushes >= e.limits.Pushes:
		return fullNode, false
	case e.byID[i.push.ID] != nil:
		return twice, false
	}
	return Outcome{}, true
}

// Cancel ends a push that waits with node.Cancelled. Its activation goes on to where others could need it.
func (e *Engine) Cancel(id string) {
	e.mu.Lock()
	if i := e.byID[id]; i != nil {
		e.take(i)
		e.end(i, cancelled.plain().result())
		e.schedule(i.terminal)
	} else if l := e.lookups[id]; l != nil { // what the HLR answers comes to nothing
		delete(e.lookups, id)
		r := cancelled.plain().result()
		r.ID = id
		e.later(func() { l.done(r) })
	}
	e.flush()
}

// Downlink takes an IP packet to a static address that has no context, which activates one like a push does, and reports whether it
// was kept. It does not start an activation while the terminal's MNRG flag is set, nor for a while after a failure (Limits.Hold). The
// octets stay the caller's.
func (e *Engine) Downlink(address netip.Addr, packet []byte) (kept bool) {
	imsi, apn, ok := e.o.Contexts.Owner(address, "")
	k := keyOf(imsi, apn)
	now := e.clock.Elapsed()
	i := &item{push: node.Push{Payload: bytes.Clone(packet)}, until: now + e.limits.Activation}
	e.mu.Lock()
	switch {
	case !ok || e.closed || e.terminals[k] == nil && e.absences.holds(imsi, now):
		e.end(i, node.Result{})
		e.flush()
		return false
	case e.terminals[k] != nil:
		kept = e.join(k, i)
		e.flush()
		return kept
	}
	e.mu.Unlock()
	plan, ok := e.planned(k, netip.Addr{})
	if !ok || plan.Variant != Static || plan.Address != address.Unmap() {
		e.mu.Lock()
		e.end(i, node.Result{})
		e.flush()
		return false
	}
	return e.start(k, plan, i)
}
