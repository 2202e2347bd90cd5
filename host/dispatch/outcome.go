package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// ended closes the open try with its outcome and decides what comes next.
func (d *Dispatcher) ended(j *job, o push.Outcome) { d.end(j, o, false) }

// endedFor ends the whole delivery with the outcome of the open try, whatever attempts are left: what is wrong is not the bearer.
func (d *Dispatcher) endedFor(j *job, o push.Outcome) { d.end(j, o, true) }

func (d *Dispatcher) end(j *job, o push.Outcome, final bool) {
	o = d.believed(j, o)
	if j.state == sent || j.state == overdue {
		d.exchanged(j, o.Exchanges)
		d.stepDone(j, store.Step{Name: "outcome", Plugin: j.bearer(), Node: j.route.Node, Text: describeOutcome(o)})
	}
	o.Exchanges = nil // they are steps now
	if j.resumed {    // it was on the air before, and did not get there again
		o.Kind, j.resumed = push.OutcomeUnknown, false
	}
	j.attempt.Ended, j.attempt.Outcome = d.opts.Clock.Wall(), o
	d.leave(j)
	if final {
		d.finish(j, d.resultOf(j, o), *j.attempt)
	} else {
		d.decide(j, o, j.attempt, 0)
	}
	d.advance(j.lane)
}

// exchanged puts what went over the network into the timeline.
func (d *Dispatcher) exchanged(j *job, list []push.Exchange) {
	given := d.opts.Clock.Wall().Add(j.asked - d.opts.Clock.Elapsed())
	party := func(name string) string {
		if name == "" {
			return "bearer " + j.bearer()
		}
		return name
	}
	for _, x := range list {
		j.step(store.Step{At: given.Add(x.After), Name: "network", From: party(x.From), To: party(x.To), Text: x.Text})
	}
}

// believed takes a confirmation only from a bearer that said it can know: nothing is ever reported confirmed that was not.
func (d *Dispatcher) believed(j *job, o push.Outcome) push.Outcome {
	if o.Kind != push.OutcomeDelivered {
		return o
	}
	if info, ok := d.opts.Plugins.Info(j.bearer()); ok && !info.Confirms {
		o.Kind, o.Text = push.OutcomeAccepted, ""
		o.Cause = strings.TrimSpace("the bearer can not confirm, but says delivered " + o.Cause)
	}
	return o
}

func describeOutcome(o push.Outcome) string {
	if o.Cause == "" {
		return o.Kind.String()
	}
	return o.Kind.String() + ": " + o.Cause
}

// decide draws the conclusion from a try that ended some time ago. written is the try if the store does not have it yet, or nil.
//
//	outcome         try again on this bearer   next attempt               nothing left
//	delivered       -                          -                          delivered, confirmed
//	accepted        -                          -                          delivered, unconfirmed
//	unreachable     only on the last attempt*  yes                        undeliverable
//	refused         no                         yes                        undeliverable
//	failed for now  by the retry rule          yes                        undeliverable
//	unknown         by the retry rule          only with on_unknown=next  timeout
//
// * and not because the bearer needs what the terminal has not got. An attempt is the last one, too, where none that follows it can
// serve the terminal: they are left out, and the result is that of the attempt that was really tried.
//
// What may have arrived in an earlier try of the attempt is not taken to the next one either, whatever the last try says. A
// delivery that may have arrived is never called undeliverable: it ends as timeout, too.
func (d *Dispatcher) decide(j *job, o push.Outcome, written *store.Attempt, ago time.Duration) {
	now := d.opts.Clock.Elapsed()
	j.tries++
	j.unsure = j.unsure || o.Kind == push.OutcomeUnknown
	j.doubt = j.doubt || j.unsure
	plan := j.attemptPlan()
	last := d.isLast(j)
	pause := max(plan.Retry.After, o.RetryAfter)
	pause -= min(ago, pause)
	again := int(j.tries) <= plan.Retry.Times && pause < j.ends-now
	unreachable := o.Kind == push.OutcomeUnreachable && last && d.lacks(j, j.bearer()) == ""
	goesOn := !j.stay && (!j.unsure || plan.OnUnknown == policy.OnUnknownNext)
	switch {
	case isSuccess(o):
		d.finish(j, d.resultOf(j, o), attempts(written)...)
	case now >= j.expires:
		d.expire(j, attempts(written)...)
	case again && (o.Kind == push.OutcomeFailedForNow || o.Kind == push.OutcomeUnknown || unreachable):
		d.recordAttempt(j, written)
		d.sleep(j, now+pause)
	case !last && goesOn:
		d.logPassedOver(j, j.plan.Attempts[j.planned+1].Bearer)
		if written != nil && !wasSent(written) {
			j.unwritten = append(j.unwritten, *written)
		} else {
			d.recordAttempt(j, written)
		}
		j.planned++
		j.tries, j.ends, j.unsure = 0, 0, false
		d.enter(j)
	default:
		list := attempts(written)
		if goesOn {
			list = append(list, d.leftOut(j)...)
		}
		d.finish(j, d.resultOf(j, o), list...)
	}
}

// isLast reports whether no attempt that follows the planned one can serve the job's terminal.
func (d *Dispatcher) isLast(j *job) bool {
	return !slices.ContainsFunc(j.plan.Attempts[j.planned+1:], func(a policy.Attempt) bool { return d.lacks(j, a.Bearer) == "" })
}

// leftOut are the records of the attempts after the planned one where none of them can serve the terminal: the trace says why.
func (d *Dispatcher) leftOut(j *job) (list []store.Attempt) {
	wall := d.opts.Clock.Wall()
	for i := int(j.planned) + 1; i < len(j.plan.Attempts); i++ {
		j.number++
		bearer := j.plan.Attempts[i].Bearer
		a := store.Attempt{
			Leg: int(j.leg), Number: int(j.number), Planned: i, Lane: j.lane.name, Bearer: bearer, Started: wall, Ended: wall,
			Outcome: lacking(d.lacks(j, bearer)), Terminal: j.terminal,
			Steps: []store.Step{{At: wall, Name: "policy", Text: j.plan.Name(i) + ", is left out"}},
		}
		a.Terminal.Sessions = nil
		list = append(list, a)
	}
	return list
}

func attempts(a *store.Attempt) []store.Attempt {
	if a == nil {
		return nil
	}
	return []store.Attempt{*a}
}

// recordAttempt writes a try that ended before the delivery did, with what was put off.
func (d *Dispatcher) recordAttempt(j *job, a *store.Attempt) {
	if a != nil {
		d.commit(append(d.putOff(j), store.AttemptEnded{Delivery: j.id, Attempt: *a}), func(bool) {})
	}
}

// wasSent reports whether a try came to a bearer, in this run of the host or before. One that did not need not be on disk before
// the next attempt begins: after a crash it is made again, and the terminal sees nothing of it.
func wasSent(a *store.Attempt) bool {
	return a.Token != nil || a.Outcome.Kind == push.OutcomeUnknown ||
		slices.ContainsFunc(a.Steps, func(st store.Step) bool { return st.Name == "send" })
}

// putOff returns the events of tries that nothing was written of yet.
func (d *Dispatcher) putOff(j *job) []store.Event {
	var events []store.Event
	for _, a := range j.unwritten {
		events = append(events, store.AttemptEnded{Delivery: j.id, Attempt: a})
	}
	j.unwritten = nil
	return events
}

// returned takes back a delivery that the bearer did not touch. It is no try, so what came after it does not pass it; the pause
// keeps a bearer that gives back everything from being asked in a circle. However often it does, the timeline has it once.
func (d *Dispatcher) returned(j *job) {
	if j.returns++; j.returns == 1 {
		d.stepDone(j, store.Step{Name: "outcome", Plugin: j.bearer(), Text: "returned unsent"})
		j.steps = len(j.attempt.Steps)
	} else {
		j.attempt.Steps = j.attempt.Steps[:j.steps]
		j.attempt.Steps[j.steps-1].Text = fmt.Sprintf("returned unsent, %d times", j.returns)
	}
	d.sleep(j, min(later(d.opts.Clock.Elapsed(), returnPause), j.ends))
}

const returnPause = 250 * time.Millisecond

// resultOf is what the Push Initiator is told of a last outcome (OMA-TS-PAP §9.13, §9.14). PAP has no state for "sent, and no
// confirmation will come": that is delivered with delivery-method unconfirmed and a text that says so.
func (d *Dispatcher) resultOf(j *job, o push.Outcome) store.Result {
	r := store.Result{State: store.Undeliverable, Code: o.Code, Text: o.Text}
	code, text := 4000, "the message could not be delivered"
	switch o.Kind {
	case push.OutcomeDelivered, push.OutcomeAccepted:
		r.State, r.Method = store.Delivered, push.Confirmed
		code, text = 1000, "delivered"
		if o.Kind == push.OutcomeAccepted {
			r.Method, text = push.Unconfirmed, "sent; the bearer gives no confirmation"
		}
		if info, ok := d.opts.Plugins.Info(j.attempt.Bearer); ok {
			r.Bearer, r.Network = info.Bearer, info.Network
		}
	case push.OutcomeUnknown:
		text = "the network gave no answer; the message may have arrived"
	case push.OutcomeUnreachable:
		text = "the terminal can not be reached"
	case push.OutcomeRefused:
		text = "the network refused the message"
	case push.OutcomeFailedForNow:
		code = 4001
	}
	if r.State != store.Delivered && j.doubt {
		r.State = store.TimedOut
		if o.Kind != push.OutcomeUnknown {
			r.Text = "an earlier attempt had no answer, the message may have arrived; then: " + text
		}
	}
	if r.Code == 0 {
		r.Code = code
	}
	if r.Text == "" {
		r.Text = text
	}
	return r
}

// expire ends a delivery whose deliver-before-timestamp has passed.
func (d *Dispatcher) expire(j *job, a ...store.Attempt) {
	r := store.Result{State: store.Expired, Code: 4000, Text: "not delivered before deliver-before-timestamp"}
	if j.doubt {
		r.Text = "not known to be delivered before deliver-before-timestamp; the message may have arrived"
	}
	d.finish(j, r, a...)
}

// finish gives a delivery its final result, or a leg its own while others are open. The Push Initiator is told when the result is on disk.
func (d *Dispatcher) finish(j *job, r store.Result, a ...store.Attempt) {
	j.enterState(finished)
	j.setBegun(false)
	d.stopTimer(j)
	d.leave(j)
	r.At = d.opts.Clock.Wall()
	if open := j.attempt; open != nil && open.Ended.IsZero() {
		open.Ended, open.Outcome = r.At, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "the delivery was over before it was sent"}
		if j.resumed {
			open.Outcome = push.Outcome{Kind: push.OutcomeUnknown, Cause: "it was on the air when the host went down"}
		}
		a = append(a, *open)
	}
	tries := append(j.unwritten, a...)
	j.unwritten = nil
	if j.several {
		var over bool
		if r, tries, over = d.endLeg(j, r, tries); !over {
			d.logPassedOver(j, "another terminal")
			d.advance(j.lane)
			return
		}
	}
	d.logEnd(j, r)
	var n *store.Notification
	if url := j.content.push.NotifyURL; url != "" {
		n = &store.Notification{
			ID: d.opts.Store.NextIDs(1), Delivery: j.id, URL: url, Next: r.At, Until: r.At.Add(d.opts.NotifyFor),
		}
	}
	ev := store.DeliveryFinished{Delivery: j.id, Result: r, Attempts: tries, Notification: n}
	d.commit([]store.Event{ev}, func(written bool) {
		delete(d.jobs, j.id)
		d.pending.add(j.content.push.Initiator, -1)
		if n != nil && written {
			final := *j.delivery
			final.Result = r
			d.opts.Notify(j.content.push, &final, n)
		}
	})
	d.advance(j.lane)
}
