package dispatch

import (
	"container/heap"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// begin takes a job that its lane is free for on its way: plan, encode, route, send. Every step ends in the next one, or in
// ended, which records the outcome.
func (d *Dispatcher) begin(j *job) {
	d.unfold(j)
	now, wall := d.opts.Clock.Elapsed(), d.opts.Clock.Wall()
	if !d.makePlan(j) {
		return
	}
	asks := d.asks(j)
	var f finding
	if asks {
		var here bool
		if f, here = d.refresh(j); !here {
			return
		}
	}
	if j.ends == 0 {
		j.ends = min(later(now, j.attemptPlan().Within), j.expires)
	}
	d.openAttempt(j, wall, asks)
	if asks && !d.served(j, f) {
		return
	}
	if j.ends <= now {
		d.ended(j, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "the attempt's time was over while others went first"})
		return
	}
	if why := d.lacks(j, j.bearer()); why != "" {
		d.ended(j, lacking(why))
		return
	}
	d.wakeAt(j, j.ends)
	j.question, j.rerouted = nil, 0
	d.encode(j)
}

// makePlan asks the policies once for every delivery. If they refuse it, the delivery is finished.
func (d *Dispatcher) makePlan(j *job) bool {
	if j.plan != nil {
		return true
	}
	plan, err := d.policies.Choose(Subject(j.content.push, j.delivery.Address))
	if err == nil {
		j.plan = plan
		return true
	}
	r := store.Result{State: store.Undeliverable, Code: 2001, Text: err.Error()}
	var refusal *policy.Refusal
	if errors.As(err, &refusal) {
		r.Code, r.Text = refusal.Code, refusal.Text
	}
	d.finish(j, inDoubt(j, r))
	return false
}

// inDoubt is what becomes of an end without a try where an earlier one may have arrived.
func inDoubt(j *job, r store.Result) store.Result {
	if j.doubt {
		r.State, r.Text = store.TimedOut, "an earlier attempt had no answer, the message may have arrived; then: "+r.Text
	}
	return r
}

// Subject is what the policies look at.
func Subject(p *store.Push, to push.Address) policy.Subject {
	return policy.Subject{
		ContentType: p.Message.MediaType(), Application: applicationOf(p.Message), Size: len(p.Message.Body),
		Initiator: p.Initiator, Address: to, Priority: p.Priority, Method: p.Method,
		Network: p.Network, NetworkRequired: p.NetworkNeeded, Bearer: p.Bearer, BearerRequired: p.BearerNeeded,
	}
}

// applicationOf returns the application by its one name, however the Push Initiator wrote it: a rule on mms.ua holds for its
// number and its short name, too.
func applicationOf(m push.Message) string {
	id := m.ApplicationID()
	if uri, err := wsp.ApplicationURI(id); err == nil {
		return uri
	}
	return id
}

// openAttempt starts the record of a try, unless the job goes on with one that is open.
func (d *Dispatcher) openAttempt(j *job, wall time.Time, asks bool) {
	if j.attempt != nil && j.attempt.Ended.IsZero() {
		if j.resumed {
			j.step(store.Step{At: wall, Name: "resumed", Text: "after a restart of the gateway; it may have been sent before"})
		}
		return
	}
	var token []byte
	if j.attempt != nil && j.attempt.Planned == int(j.planned) {
		token = j.attempt.Token
	}
	j.setBegun(len(token) > 0)
	j.number++
	j.stay, j.returns = false, 0
	steps := len(j.attemptPlan().Routing) + 4 // policy, encode, the routing, send, outcome
	if asks {
		steps++
	}
	j.attempt = &store.Attempt{
		Leg: int(j.leg), Number: int(j.number), Planned: int(j.planned), Lane: j.lane.name, Bearer: j.bearer(),
		Started: wall, Token: token, Terminal: j.terminal,
		Steps: make([]store.Step, 0, steps),
	}
	j.attempt.Terminal.Sessions = nil // they are of now: a later start asks again
	text := j.plan.Name(int(j.planned))
	if j.tries > 0 {
		text += ", try " + strconv.Itoa(int(j.tries)+1)
	}
	if j.several {
		text += ", for " + j.lane.name
	}
	j.step(store.Step{At: wall, Name: "policy", Text: text})
}

func octets(n int) string { return strconv.Itoa(n) + " octets" }

// encode gives the content to the plan's encoder, once for all recipients with the same inputs.
func (d *Dispatcher) encode(j *job) {
	if j.plan.Encoder == "" {
		d.route(j)
		return
	}
	if j.encoding != nil { // an earlier try's
		j.asked = d.opts.Clock.Elapsed()
		d.encoded(j, j.encoding)
		return
	}
	j.enterState(encoding)
	j.asked = d.opts.Clock.Elapsed()
	e := d.encodingFor(j)
	if e.done {
		d.encoded(j, e)
		return
	}
	e.waiting = append(e.waiting, waitingJob{j, j.epoch})
	d.askAhead(j)
}

// encodingFor returns the encoding that serves j, and asks for it if nobody did.
func (d *Dispatcher) encodingFor(j *job) *encodingOf {
	inputs := d.inputs(j)
	for _, e := range j.content.encodings {
		if e.encoder == j.plan.Encoder && slices.EqualFunc(e.inputs, inputs, sameInput) {
			return e
		}
	}
	e, c := &encodingOf{encoder: j.plan.Encoder, inputs: inputs}, j.content
	c.encodings = append(c.encodings, e)
	req := push.EncodeRequest{Message: c.push.Message, Inputs: inputs}
	// The time is not what this job has left: others of the push wait for the answer, too.
	d.opts.Plugins.Encode(e.encoder, req, j.attemptPlan().Within, func(m push.Message, err error) {
		d.box.post(func() {
			e.done, e.message, e.err = true, m, err
			e.says = m.MediaType() + ", " + octets(len(m.Body))
			if err != nil && push.AsError(err).Temporary { // the next one asks again
				c.encodings = slices.DeleteFunc(c.encodings, func(o *encodingOf) bool { return o == e })
			}
			for _, w := range e.waiting {
				if w.job.epoch == w.epoch {
					d.encoded(w.job, e)
				}
			}
			e.waiting = nil
		})
	})
	return e
}

func sameInput(a, b push.InputValue) bool {
	return a.Name == b.Name && string(a.Value) == string(b.Value)
}

// inputs collects what the encoder declared to need beside the content.
func (d *Dispatcher) inputs(j *job) []push.InputValue {
	info, _ := d.opts.Plugins.Info(j.plan.Encoder)
	var in []push.InputValue
	for _, name := range info.Inputs {
		var v []byte
		switch name {
		case push.InputIMSI:
			d.findIMSI(j)
			v = []byte(j.terminal.IMSI)
		case push.InputMSISDN:
			v = []byte(j.terminal.MSISDN)
		case push.InputCapabilities:
			v = j.content.push.Capabilities
		}
		if len(v) > 0 {
			in = append(in, push.InputValue{Name: name, Value: v})
		}
	}
	return in
}

func (d *Dispatcher) encoded(j *job, e *encodingOf) {
	if d.stopping {
		d.leaveForNextStart(j)
		return
	}
	st := store.Step{Name: "encode", Plugin: e.encoder}
	if e.err == nil {
		st.Text = e.says
		d.stepDone(j, st)
		j.encoding = e
		d.route(j)
		return
	}
	err := push.AsError(e.err)
	st.Text = err.Error()
	d.stepDone(j, st)
	if err.Temporary {
		d.ended(j, push.Outcome{Kind: push.OutcomeFailedForNow, Code: err.Code, Text: err.Text, Cause: err.Error()})
		return
	}
	code := err.Code
	if code == 0 {
		code = 3006
	}
	d.endedFor(j, push.Outcome{Kind: push.OutcomeRefused, Code: code, Text: err.Text, Cause: err.Error()})
}

// route asks the attempt's routing strategies, one after the other, until one answers.
func (d *Dispatcher) route(j *job) {
	j.strategy = 0
	j.route = push.Route{}
	d.askStrategy(j)
}

func (d *Dispatcher) askStrategy(j *job) {
	strategies := j.attemptPlan().Routing
	if len(strategies) == 0 {
		d.queue(j)
		return
	}
	if j.strategy == len(strategies) {
		d.ended(j, push.Outcome{Kind: push.OutcomeUnreachable, Text: "no way to the terminal is known", Cause: noWay(j.attempt.Steps)})
		return
	}
	j.enterState(routing)
	if j.question == nil {
		d.ask(j)
	}
	if j.question.answered {
		d.routed(j)
	}
}

// routed goes on with the answer of a routing strategy.
func (d *Dispatcher) routed(j *job) {
	if d.stopping {
		d.leaveForNextStart(j)
		return
	}
	q := j.question
	j.question = nil
	r, err := q.route, q.err
	st := store.Step{Name: "route", Plugin: j.attemptPlan().Routing[j.strategy], Node: r.Node, Took: q.took}
	st.At = d.opts.Clock.Wall().Add(q.asked - d.opts.Clock.Elapsed())
	if err == nil {
		st.Text = DescribeRoute(r, j.terminal.Sessions, d.opts.Clock.Wall())
	} else {
		st.Text = err.Error()
		d.logAnswer(j, st.Plugin, err)
	}
	j.step(st)
	switch {
	case err == nil:
		j.route, j.attempt.Node = r, r.Node
		d.queue(j)
	case errors.Is(err, push.ErrNotAttached):
		d.ended(j, push.Outcome{Kind: push.OutcomeUnreachable, Text: "the terminal is not attached to the network", Cause: err.Error()})
	case errors.Is(err, push.ErrNotHere) || j.attemptPlan().OnError != policy.OnErrorFail:
		j.strategy++
		d.askStrategy(j)
	default:
		j.stay = true
		d.ended(j, push.Outcome{Kind: push.OutcomeFailedForNow, Text: push.AsError(err).Text, Cause: err.Error()})
	}
}

// queue lets the job wait until its bearer has a place in its window.
func (d *Dispatcher) queue(j *job) {
	j.enterState(ready)
	j.asked = d.opts.Clock.Elapsed()
	b := d.bearerOf(j.bearer())
	heap.Push(&b.queue, j)
	d.pump(b)
}

// send hands the message to the bearer, whose answer comes to Result.
func (d *Dispatcher) send(b *bearer, j *job) {
	d.unfold(j)
	if !d.sendable(j) {
		return
	}
	now := d.opts.Clock.Elapsed()
	j.enterState(sent)
	j.resumed = false
	id, message := j.newSendID(), j.message()
	st := store.Step{Name: "send", Plugin: b.instance, Node: j.route.Node, Text: octets(len(message.Body))}
	d.stepDone(j, st)
	j.asked = now
	d.wakeAt(j, later(j.ends, grace))
	b.inFlight++
	p := j.content.push
	terminal := j.terminal
	if j.route.Session != nil {
		terminal.Sessions = nil // the route has the one that it goes to
	}
	d.opts.Plugins.Deliver(b.instance, push.Delivery{
		ID: id, PushID: p.PushID, Lane: j.lane.name, Sequence: j.seq, Priority: p.Priority, Method: p.Method,
		Terminal: terminal, Message: message, Route: j.route, Timeout: j.ends - now, Token: j.attempt.Token,
		OtherTokens: d.otherTokens(j),
	})
}

// stepDone adds a step that began at j.asked and ends now.
func (d *Dispatcher) stepDone(j *job, st store.Step) {
	st.Took = d.opts.Clock.Elapsed() - j.asked
	st.At = d.opts.Clock.Wall().Add(-st.Took)
	j.step(st)
}
