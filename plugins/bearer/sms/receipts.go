package sms

import (
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// validity is how long an SMSC is to keep a segment of the push.
func (p *Plugin) validity(t *delivery) time.Duration {
	return max(min(p.config.receiptTimeout, t.ends-p.elapsed()), time.Second)
}

// submitted is the end of a transaction in mode receipts: the SMSC has every segment, or one did not get there.
func (p *Plugin) submitted(t *delivery, r smstx.Result) {
	total := t.whole.Len()
	if !t.stores() { // nothing will come
		o := esme.Outcome(r, total)
		if r.End == smstx.Complete {
			o = push.Outcome{Kind: push.OutcomeAccepted}
		}
		p.finish(t, o)
		return
	}
	b := p.book
	b.mu.Lock()
	switch a := t.awaited; {
	case r.End == smstx.Complete && !p.config.registered:
		b.end(t, push.Outcome{Kind: push.OutcomeAccepted})
	case r.End == smstx.Complete:
		b.wait(t)
	case a.decided:
		a.over = true
		b.settle(t)
	default:
		r.Through = t.token.through // those with the SMSC have not arrived
		b.end(t, esme.Outcome(r, total))
	}
	b.unlock()
}

// receiptsOutcome is the outcome of a push when the receipt of a segment has come; false while others are awaited. A segment that
// is lost ends the push.
func receiptsOutcome(t *delivery, index int, r receipt) (push.Outcome, bool) {
	if r.state == smpp.StateDelivered {
		return push.Outcome{Kind: push.OutcomeDelivered}, t.token.through.Len() == int(t.token.total)
	}
	o := esme.StateOutcome(r.state, r.network)
	if n := t.token.through.Len(); n > 0 {
		o.Text += fmt.Sprintf("; %d of its %d parts arrived", n, t.token.total)
	}
	if r.err != "" {
		o.Cause += ", err:" + r.err
	}
	if t.token.total > 1 {
		o.Cause = fmt.Sprintf("segment %d of %d: %s", index+1, t.token.total, o.Cause)
	}
	return o, true
}

// unreceipted is the outcome of a push that is waited for no longer.
func unreceipted(t *delivery, why string) push.Outcome {
	return push.Outcome{
		Kind:  push.OutcomeUnknown,
		Cause: fmt.Sprintf("%s: receipts of %d of %d segments", why, t.token.through.Len(), t.token.total),
	}
}
