package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-hclog"
)

// demoTime is how long the demo may take; on an idle machine it needs two seconds.
const demoTime = 20 * time.Second

type demoCommand struct {
	Keep bool `help:"Leave everything running afterwards, until Ctrl-C, to try other commands on it."`
}

// Help implements kong.HelpProvider.
func (demoCommand) Help() string {
	return "Starts a gateway on loopback with a store in a temporary folder, an SMSC emulator whose radio loses a segment, and a terminal. " +
		"A service indication goes out as a text message in two segments and a service loading as a UDP datagram; a push to a user goes over IP " +
		"while the user's terminal is registered, as a text message when it is not, and is refused if nobody has that name; a terminal without an address is woken by the network, through a push GGSN and a test SGSN. The demo checks that " +
		"the terminal shows what was submitted and that the results come back, and shows the way of each push.\n\n" +
		"Exit codes: 0 everything happened as it should, 1 something did not."
}

// Run implements the command.
func (c demoCommand) Run(s streams) (err error) {
	// SIGPIPE, too: "ppgbox demo | head" cleans up.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	signal.Ignore(syscall.SIGPIPE) // "ppgbox demo | head" cleans up, too
	defer signal.Reset(syscall.SIGPIPE)
	dir, err := os.MkdirTemp("", "ppgbox-demo-")
	if err != nil {
		return fmt.Errorf("making a temporary folder: %w", err)
	}
	defer os.RemoveAll(dir)
	logged := &tail{}
	defer func() {
		var e *exitError
		switch {
		case err == nil:
			return
		case ctx.Err() != nil:
			err = errors.New("demo: interrupted")
			return
		case errors.As(err, &e): // whatever it is, it is not how the command line was written
			err = fmt.Errorf("demo: starting: %w", e.err)
		}
		fmt.Fprintf(s.err, "The gateway's log ends with:\n%s\n", logged)
	}()

	limited, cancel := context.WithTimeoutCause(ctx, demoTime, errors.New("it takes too long"))
	defer cancel()
	story := &story{out: s.out}
	story.say("A gateway, an SMSC emulator and a terminal on this machine; everything is gone afterwards.")
	parts, err := openDemo(limited, dir, hclog.New(&hclog.LoggerOptions{Name: "ppgbox", Output: logged, Level: hclog.Info}))
	if err != nil {
		return fmt.Errorf("demo: starting: %w", err)
	}
	defer parts.close()
	if err := parts.introduce(limited, story); err != nil {
		return fmt.Errorf("demo: starting: %w", err)
	}
	for _, p := range demoPushes() {
		if err := p.show(limited, parts, story); err != nil {
			return fmt.Errorf("demo: %s: %w", p.title, err)
		}
	}
	story.say("")
	story.say("All pushes that were accepted arrived as they were submitted, and the Push Initiator knows.")
	if c.Keep {
		parts.keep(ctx, story)
	}
	return story.err
}

// tail keeps the end of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

const tailOctets = 8 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if extra := len(t.b) - tailOctets; extra > 0 {
		t.b = append(t.b[:0], t.b[extra:]...)
	}
	return len(p), nil
}

// String returns whole lines.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.b
	if len(b) == tailOctets {
		_, b, _ = bytes.Cut(b, []byte("\n"))
	}
	return string(bytes.TrimSuffix(b, []byte("\n")))
}
