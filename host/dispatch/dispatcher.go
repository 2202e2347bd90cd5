package dispatch

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Plugins is what the dispatcher asks of the running plugins (host/pluginhost). No method blocks; done is called exactly once,
// at the latest when the time-out is over. Results of Deliver come back through the methods of Dispatcher.
type Plugins interface {
	Info(instance string) (plugin.Info, bool)
	Encode(instance string, req push.EncodeRequest, timeout time.Duration, done func(push.Message, error))
	Route(instance string, req push.RouteRequest, timeout time.Duration, done func(push.Route, error))
	Deliver(instance string, d push.Delivery)
	Cancel(instance, id string)
	Stored(instance, id string, number uint64)
}

// Options are what a Dispatcher needs. All but Subscribers are required.
type Options struct {
	Clock   clock.Clock
	Store   store.Store
	Plugins Plugins
	// Subscribers resolves addresses when a delivery is dispatched; nil if nothing is known of any.
	Subscribers Subscribers
	Log         hclog.Logger
	// NotifyFor is how long a result notification is tried before it is given up.
	NotifyFor time.Duration
	// Notify is told of a notification that is owed, after it is on disk. It does not block.
	Notify func(*store.Push, *store.Delivery, *store.Notification)
}

// Dispatcher owns every delivery that is not final.
type Dispatcher struct {
	opts     Options
	box      inbox
	pending  ledger
	broken   atomic.Bool // the store does not take outcomes, and the log has it
	stopped  chan struct{}
	stopping bool
	hold     hold

	policies *policy.Set
	jobs     map[int64]*job // by Delivery.ID; one of its legs
	fans     map[int64]*fan // of the deliveries to several terminals
	lanes    map[string]*lane
	bearers  map[string]*bearer
	timers   timers
	young    youngList
	names    names                    // of folded jobs
	plans    map[planKey]*policy.Plan // that folded jobs share
	scratch  []byte                   // for folding
	alarm    func()                   // stops the clock's call, nil if none is set
	alarmAt  time.Duration
	seq      uint64
	failures *loglimit.Limit
	troubles troubles
}

// New returns a dispatcher that does nothing before Run.
func New(o Options) *Dispatcher {
	return &Dispatcher{
		opts:     o,
		box:      newInbox(),
		stopped:  make(chan struct{}),
		jobs:     map[int64]*job{},
		fans:     map[int64]*fan{},
		lanes:    map[string]*lane{},
		bearers:  map[string]*bearer{},
		young:    newYoungList(),
		names:    newNames(),
		plans:    map[planKey]*policy.Plan{},
		failures: loglimit.New(),
		troubles: troubles{},
	}
}

// Run works until Stop. The policies are those that new and not yet started deliveries follow.
func (d *Dispatcher) Run(policies *policy.Set) {
	d.policies = policies
	defer close(d.stopped)
	for d.box.work() {
		d.setAlarm()
	}
	if d.alarm != nil {
		d.alarm()
	}
}

// Stop ends Run after what was posted before it. What is not final stays in the store.
func (d *Dispatcher) Stop() {
	d.box.close()
	<-d.stopped
}

// Quiesce lets nothing new start, while outcomes still come in and are recorded. It is the first step of an orderly stop. From
// here on nothing is decided by what plugins that are being stopped do not do: such deliveries go on at the next start.
func (d *Dispatcher) Quiesce() { d.box.post(func() { d.stopping = true }) }

// SetPolicies puts a new set to use. Deliveries that were planned before keep their plan.
func (d *Dispatcher) SetPolicies(s *policy.Set) {
	d.box.post(func() {
		d.policies = s
		clear(d.plans)
	})
}

// Add takes over the deliveries of a push that are still pending: a push just accepted, or one loaded from the store.
func (d *Dispatcher) Add(rec *store.Record) {
	c := &content{
		push: rec.Push, application: applicationOf(rec.Push.Message), size: len(rec.Push.Message.Body),
		shared: len(rec.Deliveries) > 1,
	}
	for _, dl := range rec.Deliveries {
		if dl.Result.State != store.Pending {
			continue
		}
		d.pending.add(rec.Push.Initiator, 1)
		d.box.post(func() { d.add(c, dl) })
	}
}

// commit writes events and then runs the function on the dispatcher's goroutine, with whether they are on disk. A store that
// fails is tried again for as long as the dispatcher runs: what happened on the air can not be taken back.
func (d *Dispatcher) commit(events []store.Event, then func(written bool)) {
	d.commitAgain(events, then, func() { d.commit(events, then) })
}

// commitAgain is commit for events that may be out of date when they are written again.
func (d *Dispatcher) commitAgain(events []store.Event, then func(written bool), again func()) {
	d.opts.Store.Commit(events, func(err error) {
		switch {
		case err == nil:
			if d.broken.Swap(false) {
				d.opts.Log.Info("the store takes outcomes again")
			}
			d.box.post(func() { then(true) })
		case errors.Is(err, store.ErrClosed):
			d.opts.Log.Error("the store was closed before an outcome could be recorded", "delivery", deliveryOf(events), "error", err)
		case errors.Is(err, store.ErrFenced), errors.Is(err, store.ErrFinal), errors.Is(err, store.ErrNotFound):
			d.opts.Log.Error("the store refused an outcome", "delivery", deliveryOf(events), "error", err)
			d.box.post(func() { then(false) })
		default:
			// Said once, and not by every delivery in every second: a log that grows does not help a disk that is full.
			if !d.broken.Swap(true) {
				d.opts.Log.Error("the store does not take outcomes; they are written again until it does", "error", err)
			}
			d.opts.Clock.After(commitPause, func() { d.box.post(again) })
		}
	})
}

// commitPause is how long a broken store is left alone before an outcome is written again.
const commitPause = time.Second
