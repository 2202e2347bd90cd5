package pluginhost

import (
	"context"
	"crypto/sha256"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// described is how the plugin in a certain file described itself.
type described struct {
	path string
	sum  [sha256.Size]byte
	info plugin.Info
}

// Describe returns how a plugin ("bearer/sms") describes itself. It starts the plugin for a moment, unless it has done so
// before and the file is the same.
func (h *Host) Describe(ctx context.Context, use string) (plugin.Info, error) {
	exe, err := h.open(use)
	if err != nil {
		return plugin.Info{}, fmt.Errorf("plugin %s: %w", use, err)
	}
	exe.close()
	h.infos.Lock()
	d, ok := h.known[use]
	h.infos.Unlock()
	if ok && d.path == exe.path && d.sum == exe.sum {
		return d.info, nil
	}
	err = h.briefly(ctx, use, func(_ context.Context, r *run) error {
		d = described{path: r.exe.path, sum: r.exe.sum, info: r.info}
		return nil
	})
	if err != nil {
		return plugin.Info{}, err
	}
	h.infos.Lock()
	h.known[use] = d
	h.infos.Unlock()
	return d.info, nil
}

// Validate has a plugin check a configuration, in a process started for it. What is wrong with the configuration comes back
// as plugin.Problems.
func (h *Host) Validate(ctx context.Context, use string, c plugin.Config) error {
	return h.briefly(ctx, use, func(ctx context.Context, r *run) error { return r.check(ctx, c) })
}

// briefly starts a plugin, calls f, and ends it.
func (h *Host) briefly(ctx context.Context, use string, f func(context.Context, *run) error) error {
	h.change.RLock()
	defer h.change.RUnlock()
	if h.stopped {
		return errStopped
	}
	ctx, cancel := h.bounded(ctx)
	defer cancel()
	r, err := h.begin(ctx, use, h.opt.Log.With("use", use))
	if err == nil {
		err = f(ctx, r)
		r.end()
	}
	if err != nil {
		return fmt.Errorf("plugin %s: %w", use, err)
	}
	return nil
}
