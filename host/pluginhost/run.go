package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// deathGrace is how long a failed call waits for the end of the process, which explains more than the call's own error.
const deathGrace = 500 * time.Millisecond

// run is one life of a plugin's process, from its start to its end. It is made by begin, which leaves it described; check and
// activate put a configuration to use; end ends it.
type run struct {
	host *Host
	exe  *executable
	info plugin.Info
	proc *process
	logs *pluginLog
	log  hclog.Logger

	client  *goplugin.Client
	control *pluginrpc.Client
	conns   connCatcher

	flight  flight
	credit  atomic.Pointer[credit] // nil before the first
	answers answers

	// One of these is set by activate, by kind.
	encoder *pluginrpc.EncoderStream
	routing *pluginrpc.RoutingStream
	bearer  *pluginrpc.BearerStream
	closed  chan error // the stream's end, given once; buffered

	ending sync.Once
}

// credit is how many items a run takes unanswered, and why it is not more.
type credit struct {
	window int
	why    string
}

// credits is what the run said last.
func (r *run) credits() credit {
	if c := r.credit.Load(); c != nil {
		return *c
	}
	return credit{}
}

// begin starts the process of a plugin, connects to it, and has it say what it is.
func (h *Host) begin(ctx context.Context, use string, log hclog.Logger) (*run, error) {
	exe, err := h.open(use)
	if err != nil {
		return nil, err
	}
	defer exe.close() // the process has its own descriptor of the file then
	return h.beginFrom(ctx, exe, log)
}

func (h *Host) beginFrom(ctx context.Context, exe *executable, log hclog.Logger) (*run, error) {
	logs := newPluginLog(log, h.opt.LogRate)
	proc, err := h.newProcess(exe, logs)
	if err != nil {
		return nil, err
	}
	r := &run{host: h, exe: exe, proc: proc, logs: logs, log: log, closed: make(chan error, 1)}
	r.client = r.newClient()
	if err = r.connect(ctx); err == nil {
		err = r.describe(ctx)
	}
	if err != nil {
		r.kill()
		return nil, err
	}
	return r, nil
}

// connect starts the process and waits until it can be called.
func (r *run) connect(ctx context.Context) error {
	limit := r.host.opt.StartTimeout
	given := ctx
	ctx, cancel := context.WithTimeout(given, limit)
	defer cancel()
	type dispensed struct {
		client *pluginrpc.Client
		err    error
	}
	done := make(chan dispensed, 1)
	go func() {
		c, err := dispense(r.client)
		done <- dispensed{c, err}
	}()
	var d dispensed
	select {
	case d = <-done:
	case <-ctx.Done():
		// go-plugin holds its lock while it starts and can not be interrupted, except by the end of the process.
		r.proc.kill()
		d = <-done
		r.awaitExit(deathGrace) // its last words are read by then
		if d.err == nil {
			d.err = ctx.Err()
		}
	}
	switch {
	case d.err == nil:
		r.control = d.client
		r.control.Log = r.log
		return nil
	case given.Err() != nil:
		return fmt.Errorf("start %s: %w", r.exe.path, given.Err())
	case ctx.Err() != nil:
		return fmt.Errorf("start %s: not ready within %s%s", r.exe.path, limit, r.lastWords())
	case r.died():
		return fmt.Errorf("start %s: %w", r.exe.path, r.proc.death())
	}
	return fmt.Errorf("start %s: %w%s", r.exe.path, d.err, r.lastWords())
}

// newClient makes go-plugin's side of the run; it starts nothing yet.
func (r *run) newClient() *goplugin.Client {
	return goplugin.NewClient(&goplugin.ClientConfig{
		HandshakeConfig:  pluginrpc.Handshake(),
		VersionedPlugins: pluginrpc.ClientPlugins(),
		AllowedProtocols: []goplugin.Protocol{goplugin.ProtocolGRPC},
		SkipHostEnv:      true,
		StartTimeout:     r.host.opt.StartTimeout + time.Minute, // connect has the limit
		// What happens to the process is said once, by the instance; what it says itself goes through logs.
		Logger:     hclog.NewNullLogger(),
		SyncStdout: r.logs.stream("stdout"),
		SyncStderr: r.logs.stream("stderr"),
		RunnerFunc: r.runner,
		// go-plugin makes a folder in it, which it would leave behind after a failed start in the system's.
		UnixSocketConfig: &goplugin.UnixSocketConfig{TempDir: r.proc.dir},
		GRPCDialOptions:  append(pluginrpc.DialOptions(), grpc.WithChainStreamInterceptor(r.conns.catch)),
	})
}

// runner gives go-plugin the process, with what it wants in the environment.
func (r *run) runner(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
	return r.proc, r.proc.prepare(cmd.Env)
}

func dispense(c *goplugin.Client) (*pluginrpc.Client, error) {
	rpc, err := c.Client()
	if err != nil {
		return nil, err
	}
	raw, err := rpc.Dispense(pluginrpc.Name)
	if err != nil {
		return nil, err
	}
	return raw.(*pluginrpc.Client), nil
}

func (r *run) lastWords() string {
	if last := r.logs.last(); last != "" {
		return "; its last words: " + last
	}
	return ""
}

// died says whether the process has come to its end by itself, and gives it a moment to get there.
func (r *run) died() bool { return r.awaitExit(deathGrace) && !r.proc.wasKilled() }

// awaitExit says whether the process ended in time. One that was never started has not.
func (r *run) awaitExit(limit time.Duration) bool {
	if !r.proc.wasStarted() {
		return false
	}
	t := time.NewTimer(limit)
	defer t.Stop()
	select {
	case <-r.proc.exited:
		return true
	case <-t.C:
		return false
	}
}

// call runs one control call with its deadline and says what is wrong in the plainest way: the end of the process, the
// missing answer, or the call's own error.
func (r *run) call(ctx context.Context, what string, f func(context.Context) error) error {
	limit := r.host.opt.ControlTimeout
	cctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	err := f(cctx)
	var problems plugin.Problems
	var refused *push.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &problems):
		return problems
	case errors.As(err, &refused):
		return fmt.Errorf("%s: %w", what, err)
	case ctx.Err() != nil:
		return fmt.Errorf("%s: %w", what, ctx.Err())
	case late(cctx, err):
		return fmt.Errorf("%s: no answer within %s%s", what, limit, r.lastWords())
	case r.died():
		return fmt.Errorf("%s: %w", what, r.proc.death())
	}
	return fmt.Errorf("%s: %w", what, err)
}

// late says whether a call failed at its deadline, which the plugin's side may notice first.
func late(ctx context.Context, err error) bool {
	return ctx.Err() != nil || status.Code(err) == codes.DeadlineExceeded
}

func (r *run) describe(ctx context.Context) error {
	err := r.call(ctx, "describe", func(ctx context.Context) (err error) {
		r.info, err = r.control.Describe(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if r.info.Kind != r.exe.kind || r.info.Name != r.exe.name {
		return fmt.Errorf("%s says that it is %s/%s and not %s/%s", r.exe.path, r.info.Kind, r.info.Name, r.exe.kind, r.exe.name)
	}
	return nil
}

// check has the plugin check a configuration.
func (r *run) check(ctx context.Context, c plugin.Config) error {
	return r.call(ctx, "validate", func(ctx context.Context) error { return r.control.Validate(ctx, c) })
}

// activate puts a configuration to use and opens the stream.
func (r *run) activate(ctx context.Context, c plugin.Config, events pluginrpc.BearerEvents) error {
	err := r.call(ctx, "configure", func(ctx context.Context) error { return r.control.Configure(ctx, c) })
	if err != nil {
		return err
	}
	return r.call(ctx, "open", func(ctx context.Context) (err error) {
		switch r.exe.kind {
		case plugin.KindEncoder:
			r.encoder, err = r.control.OpenEncoder(ctx, events)
		case plugin.KindRouting:
			r.routing, err = r.control.OpenRouting(ctx, events)
		case plugin.KindBearer:
			r.bearer, err = r.control.OpenBearer(ctx, events)
		}
		return err
	})
}

// drain takes nothing more, has the plugin bring to an end what it has, and waits for the answers, within the context. It
// returns how many are missing.
func (r *run) drain(ctx context.Context) (missing int, err error) {
	r.flight.close()
	if !r.streaming() {
		return 0, nil
	}
	err = r.control.Drain(ctx)
	return r.flight.wait(ctx), err
}

func (r *run) streaming() bool { return r.encoder != nil || r.routing != nil || r.bearer != nil }

// end ends the process: the stream is closed, which answers what is open, then go-plugin asks it to go, then SIGTERM, then
// SIGKILL. It returns when nothing is left of it. It may be called again.
func (r *run) end() {
	r.ending.Do(func() {
		r.flight.close()
		switch {
		case r.encoder != nil:
			r.encoder.Close()
		case r.routing != nil:
			r.routing.Close()
		case r.bearer != nil:
			r.bearer.Close()
		}
		if r.streaming() {
			select {
			case err := <-r.closed:
				r.closed <- err
			case <-r.proc.exited:
			case <-time.After(r.host.opt.StopTimeout):
			}
		}
		r.proc.takeOver()
		gone := make(chan struct{})
		go func() {
			// Kill asks the plugin to go without a deadline, so a hung one holds it until the process has ended.
			r.client.Kill()
			close(gone)
		}()
		for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
			if r.awaitExit(r.host.opt.StopTimeout) {
				break
			}
			r.proc.signal(sig)
		}
		r.bury(gone)
	})
}

// kill ends the process at once. It returns when nothing is left of it.
func (r *run) kill() {
	r.ending.Do(func() {
		r.flight.close()
		r.proc.kill()
		gone := make(chan struct{})
		if r.proc.wasStarted() {
			<-r.proc.exited
		}
		go func() {
			r.client.Kill()
			close(gone)
		}()
		r.bury(gone)
	})
}

// bury takes away what is left of an ended process.
func (r *run) bury(gone <-chan struct{}) {
	if r.proc.wasStarted() {
		<-r.proc.exited
	}
	<-gone
	r.conns.close()
	if r.streaming() {
		err := <-r.closed // after every open item was answered
		r.closed <- err
	}
	r.logs.close()
	if err := r.proc.cleanUp(); err != nil {
		r.log.Warn("the folder of a plugin process stays behind", "error", err)
	}
}
