package dispatch

import (
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// recall takes from the attempts that were loaded what the job has to know of them in any case. One that is open was on the air
// when the host went down.
func (j *job) recall() {
	for _, a := range j.delivery.Attempts {
		j.number, j.attempt = int32(a.Number), &a
		j.resumed = a.Ended.IsZero()
		j.doubt = j.doubt || j.resumed || a.Outcome.Kind == push.OutcomeUnknown
	}
}

// isDelivered reports whether the store has a success of the job: one leg of several, where the others were open.
func (j *job) isDelivered() bool {
	return j.attempt != nil && !j.attempt.Ended.IsZero() && isSuccess(j.attempt.Outcome)
}

func isSuccess(o push.Outcome) bool {
	return o.Kind == push.OutcomeDelivered || o.Kind == push.OutcomeAccepted
}

// resume goes on where the store says that the delivery was: ended tries are not started again, an open one is, with its token.
func (d *Dispatcher) resume(j *job, now time.Duration, wall time.Time) {
	if !d.makePlan(j) {
		return
	}
	last := *j.attempt
	began := last.Started
	for _, a := range j.delivery.Attempts {
		if a.Planned != last.Planned || a.Bearer != last.Bearer {
			continue
		}
		if a.Started.Before(began) {
			began = a.Started
		}
		if !a.Ended.IsZero() {
			j.tries++
		}
		j.unsure = j.unsure || a.Ended.IsZero() || a.Outcome.Kind == push.OutcomeUnknown
	}
	if !d.findAttempt(j) {
		return
	}
	within := j.attemptPlan().Within
	left := min(max(within-wall.Sub(began), 0), within)
	j.ends = min(max(later(now, left), time.Nanosecond), j.expires) // 0 would be an attempt that has not begun
	if j.resumed {
		d.enter(j)
		return
	}
	j.tries--
	d.decide(j, last.Outcome, nil, max(wall.Sub(last.Ended), 0))
}

// findAttempt finds the last attempt in the plan. Where the policies were changed since, what is left of the plan is that
// attempt's bearer and those that were not tried. It returns false if the attempt is not in the plan: then the job has gone on.
func (d *Dispatcher) findAttempt(j *job) bool {
	last, planned := j.attempt, j.plan.Attempts
	other := slices.ContainsFunc(j.delivery.Attempts, func(a store.Attempt) bool {
		return a.Planned >= len(planned) || planned[a.Planned].Bearer != a.Bearer
	})
	if !other {
		j.planned = int32(last.Planned)
		return true
	}
	plan := *j.plan
	plan.Attempts = nil
	i := slices.IndexFunc(planned, func(a policy.Attempt) bool { return a.Bearer == last.Bearer })
	if i >= 0 {
		plan.Attempts = append(plan.Attempts, planned[i])
	}
	for _, a := range planned {
		if !slices.ContainsFunc(j.delivery.Attempts, func(t store.Attempt) bool { return t.Bearer == a.Bearer }) {
			plan.Attempts = append(plan.Attempts, a)
		}
	}
	if i >= 0 {
		j.plan, j.planned, last.Planned = &plan, 0, 0
		return true
	}
	o := last.Outcome
	if j.resumed {
		o = push.Outcome{Kind: push.OutcomeUnknown}
	}
	if j.unsure || len(plan.Attempts) == 0 { // another bearer could deliver it a second time
		d.finish(j, d.resultOf(j, o))
		return false
	}
	j.plan, j.tries = &plan, 0
	d.enter(j)
	return false
}
