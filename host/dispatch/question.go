package dispatch

import (
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A question is what a routing strategy was asked, and its answer.
type question struct {
	asked    time.Duration // in Elapsed time
	took     time.Duration
	answered bool
	route    push.Route
	err      error
}

// askAhead asks the first routing strategy while the encoder is at work: it does not need the encoded message, and the push is
// at its bearer one way to a plugin and back earlier. Where the content turns out to be unfit, the question was in vain.
func (d *Dispatcher) askAhead(j *job) {
	j.strategy = 0
	if len(j.attemptPlan().Routing) > 0 {
		d.ask(j)
	}
}

// ask asks the routing strategy whose turn it is. The answer waits until the job does, too.
func (d *Dispatcher) ask(j *job) {
	strategies := j.attemptPlan().Routing
	now := d.opts.Clock.Elapsed()
	q := &question{asked: now}
	j.question = q
	req := push.RouteRequest{
		PushID: j.content.push.PushID, Subscriber: j.terminal,
		ApplicationID: j.content.application, Size: j.content.size,
	}
	// A strategy that does not answer leaves as much time to each of the next ones, and to the bearer.
	share := (j.ends - now) / time.Duration(len(strategies)-j.strategy+1)
	d.opts.Plugins.Route(strategies[j.strategy], req, share, func(r push.Route, err error) {
		d.box.post(func() {
			if j.papers == nil || j.question != q {
				return
			}
			q.answered, q.route, q.err = true, r, err
			q.took = d.opts.Clock.Elapsed() - q.asked
			if j.state == routing {
				d.routed(j)
			}
		})
	})
}
