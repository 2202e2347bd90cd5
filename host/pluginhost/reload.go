package pluginhost

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Reload makes set the plugins that run. Only instances that are new, gone, or have another Use or TOML are touched; one that
// is waiting to be started again is started at once.
//
// First every new process is started, described and has checked its configuration, encoders and routing strategies also have
// taken it into use. If anything is wrong with any of them nothing has changed, and the error says all of it, with
// plugin.Problems for errors.As.
//
// Then encoders and routing strategies are swapped, new before old. Bearers hold ports and sessions that there is only one of,
// so those that are gone or changed are drained and ended before any new one takes its configuration into use. This part is
// not undone and not cut short by the context.
//
// The notes say what did not go smoothly or takes effect only later, for the operator. An error that is a *NotUpError comes
// beside them: set is in use, but a bearer of it did not come up.
func (h *Host) Reload(ctx context.Context, set []Instance) (notes []string, err error) {
	h.change.Lock()
	defer h.change.Unlock()
	if h.stopped {
		return nil, errStopped
	}
	if err := checkSet(set); err != nil {
		return nil, err
	}
	ctx, cancel := h.bounded(ctx)
	defer cancel()

	old := *h.set.Load()
	c := &change{host: h, leaving: maps.Clone(old), notUp: map[string]error{}}
	for _, spec := range set {
		if in := old[spec.Name]; in != nil && in.spec.Use == spec.Use && bytes.Equal(in.spec.TOML, spec.TOML) {
			c.kept = append(c.kept, in)
			delete(c.leaving, spec.Name)
			continue
		}
		spec.TOML = bytes.Clone(spec.TOML)
		c.fresh = append(c.fresh, &newcomer{in: h.newInstance(spec)})
	}
	if err := c.prepare(ctx); err != nil {
		return nil, err
	}
	c.commit(context.WithoutCancel(ctx))
	if len(c.notUp) > 0 {
		return c.notes, &NotUpError{c.notUp}
	}
	return c.notes, nil
}

// NotUpError says that a new configuration is in use, but that instances of it did not come up. They are tried again, like
// those that fail later.
type NotUpError struct {
	Instances map[string]error // why, by name
}

func (e *NotUpError) Error() string {
	var b strings.Builder
	b.WriteString("the new configuration is in use, but ")
	for i, name := range slices.Sorted(maps.Keys(e.Instances)) {
		if i > 0 {
			b.WriteString("; ")
		}
		fmt.Fprintf(&b, "plugin %s did not come up: %v", name, e.Instances[name])
	}
	b.WriteString("; it is tried again")
	return b.String()
}

// change is what one reload does.
type change struct {
	host    *Host
	kept    []*instance
	leaving map[string]*instance // gone or to be replaced by a newcomer of the same name
	fresh   []*newcomer

	mu    sync.Mutex
	notes []string
	notUp map[string]error // by instance
}

// newcomer is an instance that is about to begin.
type newcomer struct {
	in    *instance
	run   *run
	ready bool // run is activated
}

func (c *change) note(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(c.notes, text) {
		c.notes = append(c.notes, text)
	}
}

func checkSet(set []Instance) error {
	var errs []error
	seen := map[string]bool{}
	for _, spec := range set {
		if !instanceName.MatchString(spec.Name) {
			errs = append(errs, fmt.Errorf("plugin %q: a name is letters, digits, \"-\" and \"_\"", spec.Name))
		}
		if seen[spec.Name] {
			errs = append(errs, fmt.Errorf("plugin %s is there twice", spec.Name))
		}
		seen[spec.Name] = true
		if _, _, err := splitUse(spec.Use); err != nil {
			errs = append(errs, fmt.Errorf("plugin %s: %w", spec.Name, err))
		}
	}
	return errors.Join(errs...)
}

// bounded returns a context that also ends when the host stops.
func (h *Host) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	unhook := context.AfterFunc(h.life, cancel)
	return ctx, func() { unhook(); cancel() }
}

// prepare starts all newcomers, or none.
func (c *change) prepare(ctx context.Context) error {
	bearerLeaves := false // and holds what a new one may need
	for _, in := range c.leaving {
		bearerLeaves = bearerLeaves || in.kind == plugin.KindBearer
	}
	var starting sync.WaitGroup
	errs := make([]error, len(c.fresh))
	for i, n := range c.fresh {
		n.ready = n.in.kind != plugin.KindBearer || !bearerLeaves
		starting.Go(func() {
			var err error
			if n.ready {
				n.run, err = n.in.launch(ctx)
			} else {
				n.run, err = n.in.prepare(ctx)
			}
			if err != nil {
				errs[i] = n.in.named(err)
			}
		})
	}
	starting.Wait()
	err := errors.Join(errs...)
	if err == nil {
		return nil
	}
	var ending sync.WaitGroup
	for _, n := range c.fresh {
		if n.run != nil {
			ending.Go(n.run.end)
		}
	}
	ending.Wait()
	return err
}

// commit puts the newcomers in and takes the leaving out.
func (c *change) commit(ctx context.Context) {
	replaced := map[string]bool{} // names whose place is taken already
	for _, n := range c.fresh {
		if n.ready {
			c.begin(n)
			replaced[n.in.spec.Name] = true
		}
	}
	var halting sync.WaitGroup
	for name, in := range c.leaving {
		halting.Go(func() {
			left := in.halt(ctx)
			if left > 0 {
				c.note("plugin %s (%s) was ended with %d items in flight: their time to be drained was over", in.spec.Name, in.spec.Use, left)
			}
			if !replaced[name] {
				// It stayed in the set until now, since a bearer that drains is still told of cancels and stored tokens.
				c.host.replace(name, nil)
			}
		})
	}
	halting.Wait()
	var beginning sync.WaitGroup
	for _, n := range c.fresh {
		if !n.ready {
			beginning.Go(func() { c.beginLate(ctx, n) })
		}
	}
	beginning.Wait()
	for _, in := range c.kept {
		c.look(in)
	}
}

// begin lets items in to a newcomer that is ready.
func (c *change) begin(n *newcomer) {
	if n.in.kind == plugin.KindBearer {
		// The sink must not hear of a window before the instance can be found.
		c.host.replace(n.in.spec.Name, n.in)
		n.in.up(n.run)
	} else {
		n.in.up(n.run)
		c.host.replace(n.in.spec.Name, n.in)
	}
	go n.in.supervise(n.run, nil)
}

// beginLate has a bearer take its configuration into use after those before it have let go of their ports.
func (c *change) beginLate(ctx context.Context, n *newcomer) {
	c.host.replace(n.in.spec.Name, n.in)
	if err := n.in.activate(ctx, n.run); err != nil {
		n.in.setState(StateStarting, err) // for who looks before the next try
		n.in.tellDown(err.Error())
		c.mu.Lock()
		c.notUp[n.in.spec.Name] = err
		c.mu.Unlock()
		go n.in.supervise(nil, err)
		return
	}
	n.in.up(n.run)
	go n.in.supervise(n.run, nil)
}

// look has an instance that is down tried again, and says if its file has changed.
func (c *change) look(in *instance) {
	r := in.run.Load()
	switch {
	case r == nil:
		in.retry()
	case !r.exe.owned && r.exe.changedOnDisk():
		c.note("%s has changed on disk: the gateway and its bundled plugins go on with the old one until the gateway is started again", r.exe.path)
	case r.exe.changedOnDisk():
		c.note("plugin %s (%s): %s has changed on disk; the plugin goes on with the old one until it is started again", in.spec.Name, in.spec.Use, r.exe.path)
	}
}
