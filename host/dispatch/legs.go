package dispatch

import (
	"slices"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A fan is what the legs of a delivery to several terminals share. With TerminalsAll every leg is a job of its own at once; with
// TerminalsAny one is, and the next begins when it has failed. What the combined result is, is in combine.go.
//
// A leg's end is on disk as that of its last attempt, which is committed at once if a bearer had the message, and before anything
// that follows: the store writes in the order of commits. So a terminal that has the push does not get it again after a restart. A
// leg that ended without a bearer is made again then, as an attempt is.
type fan struct {
	all  bool
	legs []leg
}

// A leg is the delivery to one terminal.
type leg struct {
	number   int16
	lane     string
	attempts []store.Attempt // that were loaded, until the leg goes on
	job      *job            // while it is open
	result   *store.Result   // when it has ended
}

// recordedLegs are the legs that the store knows of.
func recordedLegs(dl *store.Delivery) (legs []leg) {
	for i := range dl.Attempts {
		a := &dl.Attempts[i]
		number := int16(a.Leg)
		at := slices.IndexFunc(legs, func(l leg) bool { return l.number == number })
		if at < 0 {
			at = len(legs)
			legs = append(legs, leg{number: number})
		}
		legs[at].lane = a.Lane
		legs[at].attempts = append(legs[at].attempts, *a)
	}
	return legs
}

// spread makes the legs of a delivery: those that the store knows of, and one for each terminal that has none of them. Most have one
// only, which is the job itself.
func (d *Dispatcher) spread(j *job, found []subscriber.Terminal, err error) {
	legs := recordedLegs(j.delivery)
	if err != nil && len(legs) == 0 {
		d.finish(j, inDoubt(j, store.Result{State: store.Undeliverable, Code: codeOf(err), Text: err.Error()}))
		return
	}
	if len(legs) == 1 && len(found) == 1 && legs[0].lane != found[0].Lane && j.mayMove() {
		j.resolved, j.leg = true, legs[0].number
		d.moveTo(j, &found[0])
		d.goOn(j)
		return
	}
	next := int16(0)
	for i := range legs {
		next = max(next, legs[i].number+1)
	}
	for i := range found {
		lane := found[i].Lane
		if !slices.ContainsFunc(legs, func(l leg) bool { return l.lane == lane }) {
			legs = append(legs, leg{number: next, lane: lane})
			next++
		}
	}
	if len(legs) == 1 {
		j.resolved, j.leg = true, legs[0].number
		if j.attempt != nil {
			j.terminal = j.attempt.Terminal
		}
		d.move(j, legs[0].lane)
		d.goOn(j)
		return
	}
	d.fanOut(j, &fan{legs: legs})
}

// fanOut puts the legs in the place of a job that stood for the whole delivery.
func (d *Dispatcher) fanOut(j *job, f *fan) {
	if j.attempt == nil && !d.makePlan(j) {
		return
	}
	if j.plan == nil {
		j.plan, _ = d.policies.Choose(Subject(j.content.push, j.delivery.Address)) // a refusal ends every open leg
	}
	f.all = j.plan == nil || j.plan.Policy.Terminals == policy.TerminalsAll
	j.enterState(finished)
	j.setBegun(false)
	d.stopTimer(j)
	d.fans[j.id] = f
	if !f.all {
		leg := d.open(f.next(), j)
		d.jobs[j.id] = leg
		d.goOn(leg)
		d.advance(j.lane)
		return
	}
	j.content.shared = true
	for i := range f.legs {
		d.open(&f.legs[i], j)
	}
	d.jobs[j.id] = f.legs[0].job
	for _, leg := range f.open() {
		d.goOn(leg)
	}
	d.advance(j.lane)
}

// open makes the job of a leg from one of the same delivery.
func (d *Dispatcher) open(l *leg, from *job) *job {
	dl := from.delivery
	if len(dl.Attempts) > 0 || len(l.attempts) > 0 {
		own := *dl
		own.Attempts = l.attempts
		dl = &own
	}
	j := &job{
		papers: &papers{content: from.content, delivery: dl, terminal: push.Subscriber{Address: dl.Address}},
		id:     from.id, lane: d.laneOf(l.lane), plan: from.plan, seq: from.seq, expires: from.expires, after: from.after, wake: never,
		queued: -1, timer: -1, priority: from.priority, leg: l.number, resolved: true, several: true,
	}
	l.job, l.attempts = j, nil
	if j.recall(); j.attempt != nil {
		j.terminal = j.attempt.Terminal
		j.setBegun(len(j.attempt.Token) > 0)
	}
	return j
}

// open are the jobs of the legs that have not ended.
func (f *fan) open() (jobs []*job) {
	for i := range f.legs {
		if j := f.legs[i].job; j != nil {
			jobs = append(jobs, j)
		}
	}
	return jobs
}

// legsOf are the jobs of a delivery, of which j is one.
func (d *Dispatcher) legsOf(j *job) []*job {
	if f := d.fans[j.id]; f != nil {
		return f.open()
	}
	return []*job{j}
}

// next is the leg that goes on when none is open: after a restart one that was on the air, then those that were tried, which
// may have a retry left, then the others in their order. It is nil if all have ended.
func (f *fan) next() (next *leg) {
	order := func(l *leg) int {
		switch n := len(l.attempts); {
		case n == 0:
			return 2
		case l.attempts[n-1].Ended.IsZero():
			return 0
		}
		return 1
	}
	for i := range f.legs {
		l := &f.legs[i]
		if l.job == nil && l.result == nil && (next == nil || order(l) < order(next)) {
			next = l
		}
	}
	return next
}

// endLeg notes the end of a leg. If that is the end of the delivery, it returns the combined result and the tries that are to
// be written with it; else the delivery goes on with the other legs.
func (d *Dispatcher) endLeg(j *job, r store.Result, tries []store.Attempt) (store.Result, []store.Attempt, bool) {
	f := d.fans[j.id]
	at := slices.IndexFunc(f.legs, func(l leg) bool { return l.job == j })
	f.legs[at].job, f.legs[at].result = nil, &r
	next := f.next()
	open := f.open()
	if len(open) == 0 && (f.all || next == nil || r.State == store.Delivered || r.State == store.Expired || !j.mayGoOn()) {
		delete(d.fans, j.id)
		d.jobs[j.id] = j
		return f.combined(), tries, true
	}
	if f.all {
		d.writeTries(j.id, tries)
		d.jobs[j.id] = open[0]
		return r, nil, false
	}
	leg := d.open(next, j)
	if slices.ContainsFunc(tries, func(a store.Attempt) bool { return wasSent(&a) }) {
		d.writeTries(j.id, tries)
	} else {
		leg.unwritten = tries
	}
	d.jobs[j.id] = leg
	d.goOn(leg)
	return r, nil, false
}

// writeTries writes tries that ended before the delivery did.
func (d *Dispatcher) writeTries(delivery int64, tries []store.Attempt) {
	events := make([]store.Event, len(tries))
	for i := range tries {
		events[i] = store.AttemptEnded{Delivery: delivery, Attempt: tries[i]}
	}
	if len(events) > 0 {
		d.commit(events, func(bool) {})
	}
}

// mayGoOn reports whether another terminal may get a push after this leg: what may have arrived here goes to another one only where
// the plan says so of another bearer, too.
func (j *job) mayGoOn() bool {
	switch {
	case j.plan == nil:
		return !j.doubt
	case !j.unsure:
		return true
	}
	a := j.attemptPlan()
	return a.Bearer == j.attempt.Bearer && a.OnUnknown == policy.OnUnknownNext
}
