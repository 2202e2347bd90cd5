//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A gateway is one of those that are compared, while it runs.
type gateway interface {
	// pap returns the addresses that take pushes.
	pap() []string
	// links is how many SMPP links it binds.
	links() int
	// usage returns what each of its processes used so far.
	usage() []usage
	// stop ends it and removes its folder.
	stop()
}

// A program is a process of a gateway. It dies with the bench.
type program struct {
	name string
	cmd  *exec.Cmd
	done chan struct{}
	log  string
}

// launch starts a program in folder; what it prints goes to a file there.
func launch(folder, name, path string, arguments ...string) (*program, error) {
	p := &program{name: name, cmd: exec.Command(path, arguments...), done: make(chan struct{}), log: filepath.Join(folder, name+".log")}
	out, err := os.Create(p.log)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer out.Close()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, out, out
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in its log
		close(p.done)
	}()
	return p, nil
}

func (p *program) pid() int { return p.cmd.Process.Pid }

// end stops the program, with SIGTERM first.
func (p *program) end(patience time.Duration) {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.done
	}
}

// lastWords returns the end of what the program printed.
func (p *program) lastWords() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

// waitListening returns when somebody listens at the port. It does not try: bearerbox can die of a box that goes again at once.
func (p *program) waitListening(port int, patience time.Duration) error {
	for end := time.Now().Add(patience); !listening(port); {
		select {
		case <-p.done:
			return fmt.Errorf("%s has ended:\n%s", p.name, p.lastWords())
		case <-time.After(20 * time.Millisecond):
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s does not listen at port %d after %v:\n%s", p.name, port, patience, p.lastWords())
		}
	}
	return nil
}

// listening looks for a listener in the kernel's table (proc_net_tcp: local address, remote address, state).
func listening(port int) bool {
	const stateListen = "0A"
	text, _ := os.ReadFile("/proc/net/tcp") // nobody listens on IPv6 here
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) > 3 && fields[3] == stateListen && strings.HasSuffix(fields[1], fmt.Sprintf(":%04X", port)) {
			return true
		}
	}
	return false
}

// freePort returns a TCP port that nobody listens on.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, fmt.Errorf("finding a free port: %w", err)
	}
	defer l.Close()
	a, ok := l.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("finding a free port: %v is no TCP address", l.Addr())
	}
	return a.Port, nil
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }
