package dispatch

import (
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// logEnd tells the operator how a delivery ended that did not arrive.
func (d *Dispatcher) logEnd(j *job, r store.Result) {
	if r.State == store.Delivered || r.State == store.Cancelled {
		return
	}
	p := j.content.push
	fields, ok := d.failures.Allow(
		"push_id", p.PushID, "initiator", p.Initiator, "delivery", j.delivery.ID, "address", j.delivery.Address.String(),
		"state", r.State, "code", r.Code, "text", r.Text,
	)
	if !ok {
		return
	}
	if j.attempt != nil {
		fields = append(fields, plugin.LogInstance, j.attempt.Bearer, "cause", j.attempt.Outcome.Cause)
	}
	d.opts.Log.Warn("a push was not delivered", fields...)
}

// deliveryOf is the delivery that events of one commit are about.
func deliveryOf(events []store.Event) int64 {
	for _, e := range events {
		switch e := e.(type) {
		case store.DeliveryFinished:
			return e.Delivery
		case store.AttemptEnded:
			return e.Delivery
		case store.TokenReported:
			return e.Delivery
		}
	}
	return 0
}
