package dispatch

import (
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// state is where a job is on its way.
type state int

const (
	waiting  state = iota // in its lane's queue
	sleeping              // until its timer: deliver-after, or the pause before a retry
	encoding              // an encoder has been asked
	routing               // a routing strategy has been asked
	ready                 // in its bearer's queue
	sent                  // at the bearer
	overdue               // at the bearer, which was asked to give it up
	finished              // its result is being written
	left                  // for the next start of the host
)

// A job is one leg of a delivery that is not final.
type job struct {
	content  *content
	delivery *store.Delivery
	terminal push.Subscriber
	lane     *lane
	seq      uint64        // order of acceptance
	expires  time.Duration // deliver-before in Elapsed time, or never
	after    time.Duration // deliver-after in Elapsed time, 0 for at once

	plan    *policy.Plan
	planned int            // index in plan.Attempts
	tries   int            // ended tries of the planned attempt
	ends    time.Duration  // when the planned attempt's time is over, 0 before it began
	number  int            // of the last try
	attempt *store.Attempt // the open try, nil between tries
	doubt   bool           // an earlier try may have arrived
	unsure  bool           // that was one of the planned attempt
	resumed bool           // the open try was on the air when the host went down, and was not sent again yet
	stay    bool           // the open try's outcome does not lead to the next attempt
	returns int            // how often the bearer gave the open try back
	steps   int            // of the open try, when it was given back first

	unwritten []store.Attempt // tries that were never sent; they are written with what is written next

	message  push.Message
	strategy int // index of the routing strategy that is asked
	route    push.Route
	asked    time.Duration // when the present step began
	sendID   string
	starts   int

	state  state
	epoch  int // changes with every state, so that a late answer is recognised
	queued int // index in the queue it is in, -1 if in none
	timer  int // index in the timer heap, -1 if in none
	wake   time.Duration
}

// content is what the jobs of one push share.
type content struct {
	push        *store.Push
	application string // that it is for, by its one name
	encodings   []*encodingOf
}

// encodingOf is what one encoder made of the content, for one set of inputs.
type encodingOf struct {
	encoder string
	inputs  []push.InputValue
	done    bool
	message push.Message
	err     error
	says    string // of the message, for the trace
	waiting []func()
}

func (j *job) attemptPlan() policy.Attempt { return j.plan.Attempts[j.planned] }

// bearer is the plugin instance of the planned attempt.
func (j *job) bearer() string { return j.attemptPlan().Bearer }

// enterState moves the job on and makes answers to earlier questions stale.
func (j *job) enterState(s state) {
	j.state = s
	j.epoch++
}

// step adds a line to the timeline of the open try.
func (j *job) step(s store.Step) { j.attempt.Steps = append(j.attempt.Steps, s) }

// newSendID names the next start of the open try: unique as long as the host lives, and readable in a log.
func (j *job) newSendID() string {
	j.starts++
	id := strconv.AppendInt(nil, j.delivery.ID, 10)
	id = append(id, '.')
	id = strconv.AppendInt(id, int64(j.number), 10)
	id = append(id, '.')
	id = strconv.AppendInt(id, int64(j.starts), 10)
	return string(id)
}

// add makes the job of a pending delivery, new or loaded, and lets it wait for its time or for its lane.
func (d *Dispatcher) add(c *content, dl *store.Delivery) {
	if d.jobs[dl.ID] != nil {
		d.pending.add(c.push.Initiator, -1)
		return
	}
	d.seq++
	j := &job{
		content: c, delivery: dl, seq: d.seq, expires: never, queued: -1, timer: -1,
		terminal: push.Subscriber{Address: dl.Address, MSISDN: dl.Address.MSISDN()},
		lane:     d.laneOf(dl.Lane),
	}
	d.jobs[dl.ID] = j
	wall, now := d.opts.Clock.Wall(), d.opts.Clock.Elapsed()
	if t := c.push.DeliverBefore; !t.IsZero() {
		j.expires = later(now, t.Sub(wall))
	}
	if t := c.push.DeliverAfter; t.After(wall) {
		j.after = later(now, t.Sub(wall))
	}
	j.recall()
	switch {
	case j.expires <= now:
		d.expire(j)
	case len(dl.Attempts) > 0:
		d.resume(j, now, wall)
	case j.after > now:
		d.sleep(j, j.after)
	default:
		d.enter(j)
	}
}

// sleep lets the job wait for an Elapsed time outside its lane's queue. One that is under way keeps its lane.
func (d *Dispatcher) sleep(j *job, until time.Duration) {
	j.enterState(sleeping)
	if j.lane.sleeping == nil {
		j.lane.sleeping = map[*job]struct{}{}
	}
	j.lane.sleeping[j] = struct{}{}
	d.wakeAt(j, min(until, j.expires))
}

// timeUp looks at a job whose timer ran out.
func (d *Dispatcher) timeUp(j *job, now time.Duration) {
	if d.stopping && j.state != sent && j.state != overdue {
		return
	}
	if now >= j.expires && (j.state == sleeping || j.state == waiting) {
		j.lane.queue.remove(j)
		delete(j.lane.sleeping, j)
		d.expire(j)
		return
	}
	switch j.state {
	case sleeping:
		d.enter(j)
	case encoding, routing:
		d.ended(j, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "the attempt's time was over before it was routed"})
	case ready:
		b := d.bearerOf(j.bearer())
		b.queue.remove(j)
		cause := "the bearer took nothing before the attempt's time was over"
		if b.why != "" {
			cause += ": " + b.why
		}
		d.ended(j, push.Outcome{Kind: push.OutcomeFailedForNow, Text: "the network took no message in time", Cause: cause})
	case sent:
		j.enterState(overdue)
		d.opts.Plugins.Cancel(j.bearer(), j.sendID)
		d.wakeAt(j, now+grace)
	case overdue:
		d.Result(j.bearer(), j.sendID, push.Outcome{Kind: push.OutcomeUnknown, Cause: "the bearer did not answer"})
	}
}

// leaveForNextStart stops looking after a job: the host is stopping, and goes on from what the store has.
func (d *Dispatcher) leaveForNextStart(j *job) {
	j.enterState(left)
	d.wakeAt(j, never)
}

// grace is how long a bearer may be late with an answer before it is asked to give up, and then before it is not waited for.
const grace = 2 * time.Second
