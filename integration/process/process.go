package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A Process is a running program.
type Process struct {
	name string
	cmd  *exec.Cmd
	done chan struct{} // closed when the program ended and all it printed was read
	err  error         // of Wait, valid after done

	mu  sync.Mutex
	log []string
}

// Start runs cmd and kills it when the test ends. Every line of its output goes to the log and, where line is not nil, the
// lines of its standard output to line as well, one call at a time.
func Start(t testing.TB, name string, cmd *exec.Cmd, line func(string)) *Process {
	t.Helper()
	p := &Process{name: name, cmd: cmd, done: make(chan struct{})}
	dieWithParent(cmd)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	var readers sync.WaitGroup
	readers.Go(func() { p.read(stdout, line) })
	readers.Go(func() { p.read(stderr, nil) })
	go func() {
		readers.Wait()
		p.err = cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, p.Log())
		}
	})
	return p
}

func (p *Process) read(from io.Reader, line func(string)) {
	in := bufio.NewReader(from)
	for {
		text, err := in.ReadString('\n')
		if text = strings.TrimRight(text, "\n"); text != "" {
			p.mu.Lock()
			p.log = append(p.log, text)
			p.mu.Unlock()
			if line != nil {
				line(text)
			}
		}
		if err != nil {
			return
		}
	}
}

// PID returns the process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Log returns all that the program printed so far.
func (p *Process) Log() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.log, "\n")
}

// Done is closed when the program has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Signal sends a signal. A program that has ended is no error.
func (p *Process) Signal(s os.Signal) { _ = p.cmd.Process.Signal(s) }

// Kill ends the program at once, as kill -9 does, and waits for it to be gone.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	select {
	case <-p.done:
	case <-time.After(10 * time.Second): // a child of it holds the pipes
	}
}

// Wait waits for the end of the program and returns its error, as exec.Cmd.Wait does. It fails the test after the timeout.
func (p *Process) Wait(t testing.TB, timeout time.Duration) error {
	t.Helper()
	select {
	case <-p.done:
		return p.err
	case <-time.After(timeout):
		t.Fatalf("%s still runs after %v", p.name, timeout)
		return nil
	}
}
