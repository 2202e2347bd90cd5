package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Host runs the plugins of one gateway.
type Host struct {
	opt     Options
	self    *os.File // opt.Self, as it was when the host began; nil without bundled plugins
	locked  bool     // there was a lock file when the host began
	dir     *runDir
	pipeR   *os.File // inherited by every plugin
	pipeW   *os.File // held until the host goes
	starter *starter

	life    context.Context // ends when Stop begins
	endLife context.CancelFunc

	// change is held by Start, Reload and Stop, and shared by what starts a process for a moment.
	change  sync.RWMutex
	stopped bool // under change

	set atomic.Pointer[map[string]*instance] // never changed in place

	infos sync.Mutex
	known map[string]described // by use
}

var errStopped = errors.New("the plugin host has stopped")

// New prepares a host; no plugin is started yet. It fails if the run directory's path is too long for sockets, and if Self or
// the lock file can not be read, or do not match.
func New(opt Options) (*Host, error) {
	h := &Host{opt: opt.withDefaults(), known: map[string]described{}}
	h.set.Store(&map[string]*instance{})
	l, err := readLock(opt.LockFile)
	if err != nil {
		return nil, err
	}
	if err := h.openFiles(); err != nil {
		h.closeFiles()
		return nil, err
	}
	if err := h.checkSelf(l); err != nil {
		h.closeFiles()
		return nil, err
	}
	if h.locked = l != nil; !h.locked {
		h.opt.Log.Warn("there is no lock file: plugins are started whatever their files hold; \"ppgbox plugin lock\" writes one", "lock_file", opt.LockFile)
	}
	h.starter = newStarter()
	h.life, h.endLife = context.WithCancel(context.Background())
	return h, nil
}

// openFiles opens what the host holds for as long as it lives.
func (h *Host) openFiles() (err error) {
	if h.opt.PluginDir != "" {
		if st, err := os.Stat(h.opt.PluginDir); err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("plugin directory: %w", err)
			}
		} else if !st.IsDir() {
			return fmt.Errorf("plugin directory %s is not a directory", h.opt.PluginDir)
		}
	}
	if len(h.opt.Bundled) > 0 {
		if h.self, err = os.Open(h.opt.Self); err != nil {
			return fmt.Errorf("the gateway's own binary: %w", err)
		}
	}
	if h.dir, err = newRunDir(h.opt.RunDir); err != nil {
		return err
	}
	if h.pipeR, h.pipeW, err = os.Pipe(); err != nil {
		return fmt.Errorf("pipe to the plugins: %w", err)
	}
	return nil
}

// checkSelf holds the host's own binary against the lock, before each of the bundled plugins would fail for it.
func (h *Host) checkSelf(l lock) error {
	if l == nil || h.self == nil {
		return nil
	}
	sum, err := sumOf(h.self)
	if err != nil {
		return fmt.Errorf("the gateway's own binary: %w", err)
	}
	return l.check(h.opt.LockFile, hostLine, h.opt.Self, sum)
}

func (h *Host) closeFiles() {
	for _, f := range []*os.File{h.self, h.pipeR, h.pipeW} {
		if f != nil {
			_ = f.Close()
		}
	}
	if h.dir != nil {
		if err := h.dir.remove(); err != nil {
			h.opt.Log.Warn("the run directory stays behind", "error", err)
		}
	}
}

// Start starts all instances, or none: if one of them can not be started, or does not accept its configuration, all are ended
// again and the error says everything that is wrong. A plugin that fails later is started again.
func (h *Host) Start(ctx context.Context, set []Instance) error {
	_, err := h.Reload(ctx, set)
	return err
}

// replace puts an instance into the set, or takes the name out for nil.
func (h *Host) replace(name string, in *instance) {
	for {
		old := h.set.Load()
		set := maps.Clone(*old)
		if in == nil {
			delete(set, name)
		} else {
			set[name] = in
		}
		if h.set.CompareAndSwap(old, &set) {
			return
		}
	}
}

func (h *Host) instance(name string) *instance { return (*h.set.Load())[name] }

// Info returns how the plugin of an instance described itself.
func (h *Host) Info(instance string) (plugin.Info, bool) {
	in := h.instance(instance)
	if in == nil {
		return plugin.Info{}, false
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.info, true
}

// enter finds the run that takes an item for an instance and has it taken in, or says why there is none.
func (h *Host) enter(name string, kind plugin.Kind, take func(*flight) bool) (*run, error) {
	for {
		in := h.instance(name)
		if in == nil {
			return nil, fmt.Errorf("there is no plugin %s", name)
		}
		if in.kind != kind {
			return nil, in.named(fmt.Errorf("is no %s", kind))
		}
		if r := in.run.Load(); r != nil && take(&r.flight) {
			return r, nil
		}
		// It may have been replaced since we looked.
		if h.instance(name) == in {
			return nil, in.down()
		}
	}
}

// Encode asks an encoder. It never blocks; done is called exactly once, from another goroutine. When the instance is down the
// error is a temporary *push.Error that names it and says why.
func (h *Host) Encode(instance string, req push.EncodeRequest, timeout time.Duration, done func(push.Message, error)) {
	var i item
	r, err := h.enter(instance, plugin.KindEncoder, func(f *flight) (ok bool) { i, ok = f.add(); return ok })
	if err != nil {
		go done(push.Message{}, &push.Error{Temporary: true, Cause: err.Error()})
		return
	}
	r.encoder.Encode(req, timeout, func(m push.Message, err error) {
		r.flight.done(i)
		done(m, name(instance, err))
	})
}

// Route asks a routing strategy, in the way of Encode. push.ErrNotHere and push.ErrNotAttached are answers.
func (h *Host) Route(instance string, req push.RouteRequest, timeout time.Duration, done func(push.Route, error)) {
	var i item
	r, err := h.enter(instance, plugin.KindRouting, func(f *flight) (ok bool) { i, ok = f.add(); return ok })
	if err != nil {
		go done(push.Route{}, &push.Error{Temporary: true, Cause: err.Error()})
		return
	}
	r.routing.Route(req, timeout, func(route push.Route, err error) {
		r.flight.done(i)
		r.answers.route(err)
		done(route, name(instance, err))
	})
}

// name adds the instance to an error of its plugin. That a strategy has no route is an ordinary answer and stays as it is.
func name(instance string, err error) error {
	if err == nil || errors.Is(err, push.ErrNotHere) || errors.Is(err, push.ErrNotAttached) {
		return err
	}
	return fmt.Errorf("plugin %s: %w", instance, err)
}

// Deliver hands a delivery to a bearer. It never blocks. Its result comes by BearerSink.Result, from another goroutine, and
// is push.Returned if the instance is down.
func (h *Host) Deliver(instance string, d push.Delivery) {
	r, err := h.enter(instance, plugin.KindBearer, func(f *flight) bool { return f.addDelivery(d.ID) })
	if err != nil {
		go h.opt.Bearer.Result(instance, d.ID, push.Returned())
		return
	}
	r.bearer.Deliver(d)
}

// Cancel asks a bearer to give up a delivery; its result follows. An unknown instance or delivery is ignored.
func (h *Host) Cancel(instance, id string) {
	if s := h.stream(instance); s != nil {
		s.Cancel(id)
	}
}

// Stored tells a bearer that the token of this number, or a later one of the delivery, is on disk.
func (h *Host) Stored(instance, id string, number uint64) {
	if s := h.stream(instance); s != nil {
		s.Stored(id, number)
	}
}

// stream returns the stream of a bearer that is up or drains.
func (h *Host) stream(instance string) *pluginrpc.BearerStream {
	in := h.instance(instance)
	if in == nil {
		return nil
	}
	r := in.run.Load()
	if r == nil {
		return nil
	}
	return r.bearer
}

// Stop drains and ends all plugins, the drain within the context. No process and no socket is left when it returns.
func (h *Host) Stop(ctx context.Context) {
	h.endLife() // what is being started gives up
	h.change.Lock()
	defer h.change.Unlock()
	if h.stopped {
		return
	}
	h.stopped = true
	var halting sync.WaitGroup
	for _, in := range *h.set.Load() {
		halting.Go(func() { in.halt(ctx) })
	}
	halting.Wait()
	h.starter.stop()
	h.closeFiles()
}
