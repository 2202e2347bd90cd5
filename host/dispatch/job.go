package dispatch

import (
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// state is where a job is on its way.
type state int8

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

// A job is one leg of a delivery that is not final. It is small, since there may be very many that wait; what it needs only
// when something is done with it are its papers.
type job struct {
	*papers                // nil while the job is folded
	folded  []byte         // the papers then
	common  *sharedContent // what the papers share with other jobs then, nil if nothing

	id   int64 // Delivery.ID
	lane *lane
	plan *policy.Plan

	seq     uint64        // order of acceptance
	expires time.Duration // deliver-before in Elapsed time, or never
	after   time.Duration // deliver-after in Elapsed time, 0 for at once
	ends    time.Duration // when the planned attempt's time is over, 0 before it began
	wake    time.Duration // when something has to be done, or never

	planned int32 // index in plan.Attempts
	tries   int32 // ended tries of the planned attempt
	number  int32 // of the last try
	starts  int32
	epoch   int32 // changes with every state, so that a late answer is recognised
	queued  int32 // index in the queue it is in, or among its lane's sleepers, -1 if in none
	timer   int32 // index in the timer heap, -1 if not there

	state    state
	priority int8 // of the push
	doubt    bool // an earlier try may have arrived
	unsure   bool // that was one of the planned attempt
	resumed  bool // the open try was on the air when the host went down, and was not sent again yet
	begun    bool // its try, open or ended, has a token
	resolved bool // the lane is that of the terminal, and not of an address that stands for it
	several  bool // it is one of the legs of the delivery (legs.go)
	rerouted int8 // how often the open try asked for another way since it began
	leg      int16
}

// papers are the rest of a job.
type papers struct {
	content  *content
	delivery *store.Delivery
	terminal push.Subscriber

	attempt   *store.Attempt  // the open try, nil before the first, or the last one between tries
	unwritten []store.Attempt // tries that were never sent; they are written with what is written next
	stay      bool            // the open try's outcome does not lead to the next attempt
	returns   int             // how often the bearer gave the open try back
	steps     int             // of the open try, when it was given back first

	encoding *encodingOf // what every try sends, nil before it is encoded or for the push's own message
	question *question   // to that routing strategy, nil if none was asked yet
	strategy int         // index of the routing strategy that is asked
	route    push.Route
	asked    time.Duration // when the present step began

	young young // the job's place among those that may be folded
}

// content is what the jobs of one push share.
type content struct {
	push        *store.Push
	application string // that it is for, by its one name
	size        int    // of the message's body
	shared      bool   // by several jobs
	encodings   []*encodingOf
}

// sharedContent is what a folded job has in common with others.
type sharedContent struct {
	content  *content
	encoding *encodingOf
}

// encodingOf is what one encoder made of the content, for one set of inputs.
type encodingOf struct {
	encoder string
	inputs  []push.InputValue
	done    bool
	message push.Message
	err     error
	says    string // of the message, for the trace
	waiting []waitingJob
}

// waitingJob is a job that waits for an encoding, as long as it is in that epoch.
type waitingJob struct {
	job   *job
	epoch int32
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
	return j.sendID()
}

// sendID is the name of the last start.
func (j *job) sendID() string { return string(j.appendSendID(make([]byte, 0, 48))) }

func (j *job) appendSendID(b []byte) []byte {
	b = strconv.AppendInt(b, j.id, 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(j.number), 10)
	b = append(b, '.')
	b = strconv.AppendInt(b, int64(j.starts), 10)
	if j.leg > 0 {
		b = append(b, '.')
		b = strconv.AppendInt(b, int64(j.leg), 10)
	}
	return b
}

// atBearer finds the job that is at its bearer under a name, nil if none is.
func (d *Dispatcher) atBearer(sendID string) *job {
	first, _, _ := strings.Cut(sendID, ".")
	id, err := strconv.ParseInt(first, 10, 64)
	if err != nil {
		return nil
	}
	j := d.jobs[id]
	if j == nil {
		return nil
	}
	if !j.several {
		return j.ifAtBearer(sendID)
	}
	for _, leg := range d.legsOf(j) {
		if leg = leg.ifAtBearer(sendID); leg != nil {
			return leg
		}
	}
	return nil
}

// ifAtBearer is the job if it is at its bearer under that name, else nil.
func (j *job) ifAtBearer(sendID string) *job {
	if j.state != sent && j.state != overdue || string(j.appendSendID(make([]byte, 0, 48))) != sendID {
		return nil
	}
	return j
}

// message is what is sent of the push.
func (j *job) message() push.Message {
	if j.encoding != nil {
		return j.encoding.message
	}
	return j.content.push.Message
}

// add makes the job of a pending delivery, new or loaded, and lets it wait for its time or for its lane.
func (d *Dispatcher) add(c *content, dl *store.Delivery) {
	if d.jobs[dl.ID] != nil {
		d.pending.add(c.push.Initiator, -1)
		return
	}
	d.seq++
	j := &job{
		papers: &papers{
			content: c, delivery: dl, terminal: push.Subscriber{Address: dl.Address, MSISDN: dl.Address.MSISDN()},
		},
		id: dl.ID, lane: d.laneOf(dl.Lane), seq: d.seq, expires: never, wake: never,
		queued: -1, timer: -1, priority: int8(c.push.Priority),
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
	j.resolved = !d.spreads(j)
	j.setBegun(j.attempt != nil && len(j.attempt.Token) > 0)
	if len(dl.Attempts) == 0 && j.after > now && j.expires > now {
		d.sleep(j, j.after)
		return
	}
	d.arrive(j)
}

// arrive lets a job go its way when its time has come. Whom a delivery is for is found out only then.
func (d *Dispatcher) arrive(j *job) {
	switch {
	case !j.resolved:
		d.unfold(j)
		if j.state == sleeping {
			j.lane.sleepers.remove(j)
			j.enterState(waiting)
		}
		found, err := d.resolve(j.delivery.Address)
		d.spread(j, found, err)
	case j.state == sleeping:
		d.enter(j)
	default:
		d.goOn(j)
	}
}

// goOn lets a job wait for its turn at its terminal, or go on where the store says that it was.
func (d *Dispatcher) goOn(j *job) {
	switch {
	case j.isDelivered():
		d.finish(j, d.resultOf(j, j.attempt.Outcome))
	case j.expires != never && j.expires <= d.opts.Clock.Elapsed():
		d.expire(j)
	case len(j.delivery.Attempts) > 0:
		d.resume(j, d.opts.Clock.Elapsed(), d.opts.Clock.Wall())
	default:
		d.enter(j)
	}
}

// sleep lets the job wait for an Elapsed time outside its lane's queue. One that is under way keeps its lane.
func (d *Dispatcher) sleep(j *job, until time.Duration) {
	j.enterState(sleeping)
	j.lane.sleepers.add(j)
	d.wakeAt(j, min(until, j.expires))
}

// timeUp looks at a job whose timer ran out.
func (d *Dispatcher) timeUp(j *job, now time.Duration) {
	if d.stopping && j.state != sent && j.state != overdue {
		return
	}
	d.unfold(j)
	if now >= j.expires && (j.state == sleeping || j.state == waiting) {
		j.lane.drop(j)
		d.expire(j)
		return
	}
	switch j.state {
	case sleeping:
		d.arrive(j)
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
		d.opts.Plugins.Cancel(j.bearer(), j.sendID())
		d.wakeAt(j, now+grace)
	case overdue:
		d.Result(j.bearer(), j.sendID(), push.Outcome{Kind: push.OutcomeUnknown, Cause: "the bearer did not answer"})
	}
}

// leaveForNextStart stops looking after a job: the host is stopping, and goes on from what the store has.
func (d *Dispatcher) leaveForNextStart(j *job) {
	j.enterState(left)
	d.stopTimer(j)
}

// grace is how long a bearer may be late with an answer before it is asked to give up, and then before it is not waited for.
const grace = 2 * time.Second
