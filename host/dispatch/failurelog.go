package dispatch

import (
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// A failureLog writes a line for each delivery that was not delivered, as many a second as somebody can make use of, and says how
// many it left out.
type failureLog struct {
	limit   *rate.Limiter
	skipped int
}

const failureLines = 20 // a second, five times that in a burst

func newFailureLog() failureLog {
	return failureLog{limit: rate.NewLimiter(failureLines, 5*failureLines)}
}

// logEnd tells the operator how a delivery ended that did not arrive.
func (d *Dispatcher) logEnd(j *job, r store.Result) {
	if r.State == store.Delivered || r.State == store.Cancelled {
		return
	}
	if !d.failures.limit.Allow() {
		d.failures.skipped++
		return
	}
	p := j.content.push
	fields := []any{"push_id", p.PushID, "initiator", p.Initiator, "delivery", j.delivery.ID, "address", j.delivery.Address.String(), "state", r.State, "code", r.Code, "text", r.Text}
	if j.attempt != nil {
		fields = append(fields, plugin.LogInstance, j.attempt.Bearer, "cause", j.attempt.Outcome.Cause)
	}
	if d.failures.skipped > 0 {
		fields = append(fields, "lines_left_out", d.failures.skipped)
		d.failures.skipped = 0
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
