//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
)

// binaries are the programs of the experiment, built once.
type binaries struct{ ppgbox, handset, storeForward string }

// build compiles them into a folder.
func build(folder string) (b binaries, err error) {
	if b.ppgbox, err = box.Build(folder); err != nil {
		return b, err
	}
	for name, path := range map[string]*string{"handset": &b.handset, "storeforward": &b.storeForward} {
		*path = filepath.Join(folder, name)
		cmd := exec.Command("go", "build", "-o", *path, "github.com/ppgbox/ppgbox/contrib/handset/cmd/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return b, fmt.Errorf("building %s: %w:\n%s", name, err, out)
		}
	}
	return b, nil
}

// A part is a process of the experiment. It dies with the experiment.
type part struct {
	name string
	cmd  *exec.Cmd
	log  string
	done chan struct{}
}

// launch starts a program in folder. Its standard output goes to out, or to its log if that is nil.
func launch(folder, name, path string, out io.Writer, arguments ...string) (*part, error) {
	p := &part{name: name, cmd: exec.Command(path, arguments...), log: filepath.Join(folder, name+".log"), done: make(chan struct{})}
	log, err := os.Create(p.log)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	defer log.Close()
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = folder, out, log
	if out == nil {
		p.cmd.Stdout = log
	}
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

// ended says that a part is gone that should not be.
func (p *part) ended() error {
	select {
	case <-p.done:
		return fmt.Errorf("%s has ended:\n%s", p.name, p.lastWords())
	default:
		return nil
	}
}

// stopTime is how long a part may take to stop.
const stopTime = 20 * time.Second

// stop ends the part, with SIGTERM first.
func (p *part) stop() error {
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTime):
		_ = p.cmd.Process.Kill()
		<-p.done
		return fmt.Errorf("%s did not stop within %v:\n%s", p.name, stopTime, p.lastWords())
	}
}

// lastWords is the end of the part's log.
func (p *part) lastWords() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

// startTime is how long a part may take to start on a busy machine.
const startTime = 60 * time.Second

// await polls until ready says nil.
func (p *part) await(ready func() error) error {
	for end := time.Now().Add(startTime); ; {
		err := ready()
		if err == nil {
			return nil
		}
		if err := p.ended(); err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s is not ready after %v: %w\n%s", p.name, startTime, err, p.lastWords())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// listens says whether somebody does at an address.
func listens(address string) func() error {
	return func() error {
		conn, err := net.DialTimeout("tcp", address, time.Second)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// freeAddresses returns TCP addresses on loopback that nobody listens on. Their ports are below those that the kernel gives to outgoing
// connections, which would take one before its part listens.
func freeAddresses(n int) ([]string, error) {
	const from, count = 12_000, 20_000
	var all []string
	for tries := 0; len(all) < n; tries++ {
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(from+rand.IntN(count))))
		if err != nil && tries < 100 {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("finding a free port: %w", err)
		}
		defer l.Close()
		all = append(all, l.Addr().String())
	}
	return all, nil
}

// stopAll stops parts, the last one first.
func stopAll(parts []*part) error {
	var errs []error
	for i := len(parts) - 1; i >= 0; i-- {
		errs = append(errs, parts[i].stop())
	}
	return errors.Join(errs...)
}
