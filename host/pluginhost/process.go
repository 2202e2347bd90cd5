package pluginhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
)

// Descriptors that a plugin process inherits beside the standard ones.
const (
	fdHostPipe   = 3
	fdExecutable = 4
)

// outputGrace is how long the output of a process is still read after its end, in case somebody else holds the other end.
const outputGrace = 500 * time.Millisecond

// process is one process of a plugin, from before its start to after its end. For go-plugin it is a runner.Runner, since
// go-plugin's own has it start from any thread, wait for the output's end without limit, and choke on a long line.
type process struct {
	exe  *executable
	host *Host
	dir  string // its own folder, with its socket
	logs *pluginLog
	pid  int // set when start has returned

	mu      sync.Mutex
	cmd     *exec.Cmd
	started bool
	killed  bool
	ours    bool // its end is run's business, not go-plugin's

	outR, errR, outW, errW *os.File
	handshake              *io.PipeReader
	stdout                 *stdoutFilter

	exited chan struct{} // closed when it has ended and its output is read
	ended  error         // how, valid after exited: nil for exit status 0
}

func (h *Host) newProcess(exe *executable, logs *pluginLog) (*process, error) {
	dir, err := h.dir.process()
	if err != nil {
		return nil, err
	}
	return &process{exe: exe, host: h, dir: dir, logs: logs, exited: make(chan struct{})}, nil
}

// prepare takes what go-plugin wants in the environment and lays out the process.
func (p *process) prepare(env []string) error {
	cmd := &exec.Cmd{
		Path: p.exe.path, Args: p.exe.args, Dir: p.host.opt.WorkDir, Env: p.environment(env), SysProcAttr: sysProcAttr(),
	}
	name := fmt.Sprintf("%s%s-%s", outsidePrefix, p.exe.kind, p.exe.name)
	link, err := execPath(p.dir, name, fdExecutable)
	if err != nil {
		return err
	}
	if link != "" {
		cmd.Path = link
	}
	// os/exec numbers them from 3 on.
	cmd.ExtraFiles = []*os.File{p.host.pipeR, p.exe.file}

	if p.outR, p.outW, err = os.Pipe(); err != nil {
		return err
	}
	if p.errR, p.errW, err = os.Pipe(); err != nil {
		p.closeFiles()
		return err
	}
	cmd.Stdout, cmd.Stderr = p.outW, p.errW
	var w *io.PipeWriter
	p.handshake, w = io.Pipe()
	p.stdout = &stdoutFilter{handshake: w, rest: p.logs.stream("stdout")}
	p.cmd = cmd
	return nil
}

// envProcessors is read by the runtime of a plugin in Go; others do not know it.
const envProcessors = "GOMAXPROCS"

// processorsOf is how many threads of a plugin in Go may run at once on a machine where the host has so many: a quarter, since
// the host and its other plugins run beside it, and what a plugin does for one item takes microseconds. With more of them its
// runtime wakes an idle thread at each hand-over from goroutine to goroutine, which costs more than the work that is handed
// over: measured on two processors, one for each plugin took 10 to 20 % of CPU time off a push at 1000 a second, and a quarter
// off its latency.
func processorsOf(host int) int { return max(1, host/4) }

// environment is all that a plugin finds in its environment: nothing of the host's, whose variables may be secrets.
func (p *process) environment(goPlugin []string) []string {
	env := []string{
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"LANG=C.UTF-8",
		pluginrpc.EnvHostPipe + "=" + itoa(fdHostPipe),
		plugin.EnvLogLevel + "=" + min(p.host.opt.Log.GetLevel(), hclog.Error).String(),
		envProcessors + "=" + itoa(processorsOf(runtime.GOMAXPROCS(0))),
	}
	for _, e := range goPlugin {
		if !strings.HasPrefix(e, goplugin.EnvUnixSocketDir+"=") {
			env = append(env, e)
		}
	}
	return append(env, goplugin.EnvUnixSocketDir+"="+p.dir)
}

// Start starts the process.
func (p *process) Start(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.killed {
		p.closeFiles()
		return errors.New("ended before its start")
	}
	if err := p.host.starter.start(p.cmd); err != nil {
		p.closeFiles()
		// The path in the error is that of the link; what matters is the file.
		var pe *os.PathError
		if errors.As(err, &pe) {
			err = pe.Err
		}
		return err
	}
	p.started, p.pid = true, p.cmd.Process.Pid
	_ = p.outW.Close()
	_ = p.errW.Close()

	var reading sync.WaitGroup
	reading.Go(func() { _, _ = io.Copy(p.stdout, p.outR); p.stdout.end() })
	reading.Go(func() {
		w := p.logs.stream("stderr")
		_, _ = io.Copy(w, p.errR)
		w.end() // the last line may have no end
	})
	go p.await(&reading)
	return nil
}

// await waits for the end of the process, of its children and of its output.
func (p *process) await(reading *sync.WaitGroup) {
	awaitExit(p.pid)
	p.signalGroup(syscall.SIGKILL)
	err := p.cmd.Wait()
	cut := time.AfterFunc(outputGrace, func() {
		_ = p.outR.Close()
		_ = p.errR.Close()
	})
	reading.Wait()
	cut.Stop()
	_ = p.outR.Close()
	_ = p.errR.Close()
	p.ended = err
	close(p.exited)
}

func (p *process) closeFiles() {
	for _, f := range []*os.File{p.outR, p.outW, p.errR, p.errW} {
		if f != nil {
			_ = f.Close()
		}
	}
	p.stdoutEnd()
}

func (p *process) stdoutEnd() {
	if p.stdout != nil {
		p.stdout.end()
	}
}

// signalGroup signals the process and its children. It must not be called once the process was waited for.
func (p *process) signalGroup(sig syscall.Signal) { _ = syscall.Kill(-p.pid, sig) }

// kill ends the process if it runs, or keeps it from starting.
func (p *process) kill() { p.signal(syscall.SIGKILL) }

// signal sends a signal if the process runs. SIGKILL also keeps it from starting.
func (p *process) signal(sig syscall.Signal) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sig == syscall.SIGKILL {
		p.killed = true
	}
	if p.started {
		_ = p.cmd.Process.Signal(sig) // knows whether it was waited for
	}
}

// wasStarted says whether the process runs or has run.
func (p *process) wasStarted() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.started
}

// wasKilled says whether we ended an exited process, or it would have ended by itself.
func (p *process) wasKilled() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	var exit *exec.ExitError
	if !p.killed || !errors.As(p.ended, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// death returns how an exited process ended, with its last words.
func (p *process) death() error {
	how := "exit status 0"
	if p.ended != nil {
		how = p.ended.Error()
	}
	if last := p.logs.last(); last != "" {
		return fmt.Errorf("process %d died: %s; its last words: %s", p.pid, how, last)
	}
	return fmt.Errorf("process %d died: %s", p.pid, how)
}

// cleanUp removes what the process left on disk.
func (p *process) cleanUp() error { return os.RemoveAll(p.dir) }

// The rest of runner.Runner.

// Wait waits for the end of the process.
func (p *process) Wait(context.Context) error { <-p.exited; return p.ended }

// Kill ends the process, unless that is done by somebody more patient.
func (p *process) Kill(context.Context) error {
	p.mu.Lock()
	ours := p.ours
	p.mu.Unlock()
	if !ours {
		p.kill()
	}
	return nil
}

// takeOver keeps go-plugin from killing the process two seconds after it asked it to go.
func (p *process) takeOver() {
	p.mu.Lock()
	p.ours = true
	p.mu.Unlock()
}

// Stdout is the handshake, one line; what follows it goes to the log.
func (p *process) Stdout() io.ReadCloser { return p.handshake }

// Stderr is empty: the log reads it.
func (p *process) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name is the path of the file.
func (p *process) Name() string { return p.exe.path }

// ID is the number of the process, which stands for it once it runs.
func (p *process) ID() string { return strconv.Itoa(p.pid) }

// Diagnose has nothing to add.
func (p *process) Diagnose(context.Context) string { return "" }

// PluginToHost refuses an address outside the plugin's own folder: others could reach it, or it could be another's.
func (p *process) PluginToHost(network, addr string) (string, string, error) {
	if network != "unix" || filepath.Dir(addr) != p.dir {
		return "", "", fmt.Errorf("listens on %s %s, not on a Unix socket in the folder it was given (%s)", network, addr, goplugin.EnvUnixSocketDir)
	}
	return network, addr, nil
}

// HostToPlugin leaves addresses as they are.
func (p *process) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}

func itoa(n int) string { return strconv.Itoa(n) }
