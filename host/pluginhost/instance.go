package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// healthMisses is how many health calls in a row may stay without an answer before the process is ended. One miss may be the
// host's own: a machine that slept finds the deadline over when it wakes up.
const healthMisses = 2

// instance is one configured plugin over all its processes.
type instance struct {
	host *Host
	spec Instance
	kind plugin.Kind
	log  hclog.Logger

	run atomic.Pointer[run] // nil while it is down

	windows sync.Mutex // orders what the sink hears of windows
	told    *credit    // what it heard last, nil for nothing; under windows

	mu       sync.Mutex
	state    State
	since    time.Time
	info     plugin.Info
	restarts int
	lastErr  error

	stop     chan struct{}
	stopCtx  context.Context // of the drain, set before stop is closed
	kick     chan struct{}   // start now, and forget the failures
	stopped  chan struct{}   // closed when its goroutine has ended
	leftOpen int             // items without an answer at the end of the drain, valid after stopped
}

func (h *Host) newInstance(spec Instance) *instance {
	kind, _, _ := splitUse(spec.Use)
	in := &instance{
		host: h, spec: spec, kind: kind, log: h.opt.Log.With(plugin.LogInstance, spec.Name),
		stop: make(chan struct{}), kick: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
	in.setState(StateStarting, nil)
	return in
}

func (in *instance) setState(s State, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.state, in.since = s, time.Now()
	if err != nil {
		in.lastErr = err
	}
}

func (in *instance) config() plugin.Config {
	return plugin.Config{Instance: in.spec.Name, TOML: in.spec.TOML}
}

// named adds the instance to an error.
func (in *instance) named(err error) error {
	return fmt.Errorf("plugin %s (%s): %w", in.spec.Name, in.spec.Use, err)
}

// prepare starts a process for the instance and has it check the configuration, which takes no port and no peer.
func (in *instance) prepare(ctx context.Context) (*run, error) {
	r, err := in.host.begin(ctx, in.spec.Use, in.log)
	if err != nil {
		return nil, err
	}
	if err := r.check(ctx, in.config()); err != nil {
		r.kill()
		return nil, err
	}
	in.mu.Lock()
	in.info = r.info
	in.mu.Unlock()
	return r, nil
}

// activate makes a prepared process ready for items; on an error it is ended.
func (in *instance) activate(ctx context.Context, r *run) error {
	if err := r.activate(ctx, in.config(), runEvents{in, r}); err != nil {
		r.kill()
		return err
	}
	return nil
}

// launch is prepare and activate.
func (in *instance) launch(ctx context.Context) (*run, error) {
	r, err := in.prepare(ctx)
	if err != nil {
		return nil, err
	}
	if err := in.activate(ctx, r); err != nil {
		return nil, err
	}
	return r, nil
}

// up lets items in to a run.
func (in *instance) up(r *run) {
	in.windows.Lock()
	in.setState(StateRunning, nil)
	in.run.Store(r)
	if c := r.credit.Load(); c != nil { // or else it is about to come
		in.tell(*c)
	}
	in.windows.Unlock()
	in.log.Info("plugin is up", "use", in.spec.Use, "version", r.info.Version, "pid", r.proc.pid)
}

// shut takes no more items for a run, whose answers may still come, and says why.
func (in *instance) shut(r *run, why string) {
	r.flight.close()
	in.windows.Lock()
	defer in.windows.Unlock()
	in.credit(r, credit{0, why})
}

// announce takes what a run says of its window.
func (in *instance) announce(r *run, c credit) {
	in.windows.Lock()
	defer in.windows.Unlock()
	if r.flight.isClosed() {
		return // a late word of a run that takes nothing more
	}
	in.credit(r, c)
}

// credit keeps the window of a run, and tells the sink that of the run that is up.
func (in *instance) credit(r *run, c credit) {
	r.credit.Store(&c)
	if in.run.Load() == r {
		in.tell(c)
	}
}

// tell tells the sink what it does not know yet.
func (in *instance) tell(c credit) {
	if in.kind != plugin.KindBearer || in.told != nil && *in.told == c {
		return
	}
	in.told = &c
	in.host.opt.Bearer.Window(in.spec.Name, c.window, c.why)
}

// tellDown tells the sink why there is no run.
func (in *instance) tellDown(why string) {
	in.windows.Lock()
	defer in.windows.Unlock()
	in.tell(credit{0, why})
}

// supervise looks after the instance until it is stopped, beginning with a run that is up, or with nil and why there is none.
func (in *instance) supervise(r *run, err error) {
	defer close(in.stopped)
	o := in.host.opt
	rest := backoff{min: o.RestartMin, max: o.RestartMax, limit: o.RestartLimit, window: o.RestartWindow}
	for {
		var lived time.Duration
		if r != nil {
			began := time.Now()
			ctx, cancel := in.untilStopped()
			err = in.watch(ctx, r)
			cancel()
			lived = time.Since(began)
			if err == nil {
				in.retire(r)
				return
			}
			in.shut(r, err.Error())
			r.kill()
			in.run.Store(nil)
		}
		if !in.pause(&rest, err, lived) {
			in.setState(StateStopped, nil)
			return
		}
		in.setState(StateStarting, nil)
		in.mu.Lock()
		in.restarts++
		in.mu.Unlock()
		ctx, cancel := in.untilStopped()
		r, err = in.launch(ctx)
		cancel()
		if err == nil {
			in.up(r)
		}
	}
}

// untilStopped returns a context that ends when the instance is stopped.
func (in *instance) untilStopped() (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		select {
		case <-in.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// pause says what happened and rests. It returns false when the instance is stopped.
func (in *instance) pause(rest *backoff, err error, lived time.Duration) bool {
	select {
	case <-in.stop:
		return false
	default:
	}
	in.tellDown(err.Error())
	pause, over := rest.failed(time.Now(), lived)
	switch {
	case over && rest.said:
		in.setState(StateFailed, err)
		in.log.Warn("plugin is still down", "use", in.spec.Use, "retry_in", pause, "error", err)
	case over:
		rest.said = true
		in.setState(StateFailed, err)
		in.log.Error("PLUGIN FAILED: it is down and failed again and again; it is tried at the longest interval, or when the configuration is loaded again",
			"use", in.spec.Use, "failures", rest.limit, "within", rest.window, "retry_in", pause, "error", err)
	default:
		rest.said = false
		in.setState(StateWaiting, err)
		in.log.Error("plugin is down", "use", in.spec.Use, "retry_in", pause, "error", err)
	}
	t := time.NewTimer(pause)
	defer t.Stop()
	select {
	case <-in.stop:
		return false
	case <-in.kick:
		rest.reset()
	case <-t.C:
	}
	return true
}

// watch returns why a run can not go on, or nil at the end of the context.
func (in *instance) watch(ctx context.Context, r *run) error {
	tick := time.NewTicker(in.host.opt.HealthEvery)
	defer tick.Stop()
	misses := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.proc.exited:
			return r.proc.death()
		case err := <-r.closed:
			r.closed <- err
			if r.died() {
				return r.proc.death()
			}
			if err == nil {
				err = errors.New("it was closed")
			}
			return fmt.Errorf("its stream ended: %w%s", err, r.lastWords())
		case <-tick.C:
			err := in.health(ctx, r)
			if err == nil {
				misses = 0
				continue
			}
			if misses++; misses == healthMisses && ctx.Err() == nil {
				return fmt.Errorf("process %d hangs: %w%s", r.proc.pid, err, r.lastWords())
			}
		}
	}
}

func (in *instance) health(ctx context.Context, r *run) error {
	limit := in.host.opt.HealthTimeout
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := r.control.Health(ctx)
	if err != nil && late(ctx, err) {
		return fmt.Errorf("%d health calls without an answer within %s", healthMisses, limit)
	}
	return err
}

// whyStopped is why an instance takes nothing that is drained or has stopped.
const whyStopped = "it is being stopped"

// retire drains and ends the run of an instance that is stopped.
func (in *instance) retire(r *run) {
	in.setState(StateDraining, nil)
	in.shut(r, whyStopped)
	ctx, cancel := context.WithTimeout(in.stopCtx, in.host.opt.DrainTimeout)
	watching, stopWatching := context.WithCancel(context.Background())
	var err error
	go func() {
		defer stopWatching()
		in.leftOpen, err = r.drain(ctx)
	}()
	broken := in.watch(watching, r)
	if broken != nil { // nothing more will come of it
		cancel()
		r.kill()
		<-watching.Done()
	}
	cancel()
	if in.leftOpen > 0 || broken != nil {
		in.log.Warn("plugin was not drained", "items_in_flight", in.leftOpen, "error", errors.Join(err, broken))
	}
	r.end()
	in.run.Store(nil)
	in.setState(StateStopped, nil)
	in.log.Info("plugin has stopped", "use", in.spec.Use, "pid", r.proc.pid)
}

// halt stops the instance and returns when nothing is left of it, and how many items had no answer when their time was over.
// The context bounds the drain.
func (in *instance) halt(ctx context.Context) int {
	in.mu.Lock()
	if in.stopCtx == nil {
		in.stopCtx = ctx
		close(in.stop)
	}
	in.mu.Unlock()
	<-in.stopped
	return in.leftOpen
}

// retry starts a waiting or failed instance at once.
func (in *instance) retry() {
	select {
	case in.kick <- struct{}{}:
	default:
	}
}

// down says why the instance takes nothing.
func (in *instance) down() error {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.lastErr != nil && (in.state == StateWaiting || in.state == StateFailed || in.state == StateStarting) {
		return in.named(fmt.Errorf("is %s: %w", in.state, in.lastErr))
	}
	if in.state == StateRunning {
		return in.named(errors.New("has just gone down"))
	}
	return in.named(fmt.Errorf("is %s", in.state))
}

// maxReason is the longest reason of a window, in octets.
const maxReason = 400

// runEvents passes on what a stream reports.
type runEvents struct {
	in *instance
	r  *run
}

func (e runEvents) Window(n int, why string) {
	e.in.announce(e.r, credit{n, printable(why, maxReason)})
}

func (e runEvents) Closed(err error) {
	if !e.r.flight.isClosed() { // or else it is known already why it takes nothing
		e.in.shut(e.r, "its stream has ended")
	}
	e.r.closed <- err
}

func (e runEvents) Result(id string, o push.Outcome) {
	e.r.answers.outcome(o)
	i := e.r.flight.delivery(id)
	e.in.host.opt.Bearer.Result(e.in.spec.Name, id, o) // which may hand the same id over again
	e.r.flight.done(i)
}

func (e runEvents) Progress(id string, number uint64, token []byte) {
	e.in.host.opt.Bearer.Progress(e.in.spec.Name, id, number, token)
}

func (e runEvents) Event(ev push.Event) { e.in.host.opt.Bearer.Event(e.in.spec.Name, ev) }
