//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
)

func main() {
	runtime.LockOSThread() // a child dies with the thread that started it
	if err := command(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func command() error {
	b := &bench{}
	var one row
	quick := flag.Bool("quick", false, "try every part in a few seconds; the figures mean nothing")
	write := flag.String("write", "", "`folder` of README.md and results.json; without it the table is printed alone")
	only := flag.Bool("one", false, "one run, of the row that -gateway and the flags after it say, as JSON")
	suspended := flag.Bool("suspended", false, "only the run with suspended pushes, as JSON")
	overloaded := flag.Bool("overload", false, "only the run with twice the pushes that the gateway can take; -write writes its plot and its part of README.md")
	compareOnline := flag.Bool("compare-online", false, "only pushes over IP beside text messages; -write writes their part of README.md")
	directory := flag.Bool("directory", false, "only the run with many subscribers and sessions; -write writes its part of README.md")
	activated := flag.Bool("activations", false, "only the run with terminals that have no context, with the push GGSN; -write writes its part of README.md")
	wake := activationFlags()
	subscribers := flag.Int("subscribers", 1_000_000, "of -directory")
	sessions := flag.Int("sessions", 200_000, "of -directory")
	minutes := flag.Float64("minutes", 10, "of -overload")
	repetitions := flag.Int("repetitions", 3, "runs of each row")
	pushes := flag.Int("pushes", 20_000, "pushes of a run; ppgbox gets twice as many in the table")
	flag.StringVar(&b.binary, "binary", "", "ppgbox; without it, it is built")
	flag.BoolVar(&b.direct, "direct", false, "ppgbox with text messages alone: no attempt over a data session, no routing")
	flag.DurationVar(&b.delay, "delay", 0, "how long the sink takes for an answer")
	flag.StringVar(&one.Gateway, "gateway", "ppgbox", "kannel or ppgbox")
	flag.IntVar(&one.Wapboxes, "wapboxes", 1, "of kannel")
	flag.IntVar(&one.Segments, "segments", 1, "of a push: 1 or 3")
	flag.IntVar(&one.Connections, "connections", 64, "of the generator")
	flag.Float64Var(&one.Offered, "rate", 0, "offered pushes a second; 0: on each connection the next when the one before is answered")
	flag.BoolVar(&one.Online, "online", false, "over IP, to terminals whose sessions RADIUS accounting has told; one segment")
	flag.StringVar(&b.listen, "listen", "", "with -online: how long bearer/pdp listens for network errors (default: its own)")
	flag.BoolVar(&one.Notified, "notified", false, "with result notifications")
	flag.Parse()
	m := fullMatrix(*pushes, *repetitions)
	if *quick {
		if *write != "" {
			return errors.New("the figures of -quick mean nothing and are not written")
		}
		m = quickMatrix()
	}
	if b.binary == "" {
		folder, err := os.MkdirTemp("", "bench-binary-")
		if err != nil {
			return fmt.Errorf("building ppgbox: %w", err)
		}
		defer os.RemoveAll(folder)
		if b.binary, err = box.Build(folder); err != nil {
			return err
		}
	}
	// The processes are found by the file that they run.
	path, err := filepath.EvalSymlinks(b.binary)
	if err != nil {
		return fmt.Errorf("finding ppgbox: %w", err)
	}
	if b.binary, err = filepath.Abs(path); err != nil {
		return fmt.Errorf("finding ppgbox: %w", err)
	}
	switch {
	case *only:
		one.Pushes = *pushes
		s, err := b.run(one)
		return printed(s, err)
	case *suspended:
		s, err := b.suspend(m.suspended, m.beside)
		return printed(s, err)
	}
	if *activated {
		return b.activate(wake.plan(), *write)
	}
	if *compareOnline {
		rep, err := onlineMatrix(*pushes, *repetitions).run(b)
		if err != nil {
			return err
		}
		fmt.Print(rep.onlineTable())
		if *write == "" {
			return nil
		}
		return rep.writeOnline(*write)
	}
	if *directory {
		d, err := b.directory(*subscribers, *sessions, 20_000)
		if err == nil && *write != "" {
			err = d.write(*write)
		}
		return printed(d, err)
	}
	if *overloaded {
		o, err := b.overload(fullOverload(time.Duration(*minutes * float64(time.Minute))))
		if err == nil && *write != "" {
			err = o.write(*write)
		}
		if err := printed(o, err); err != nil {
			return err
		}
		return o.kept()
	}
	rep, err := m.run(b)
	if err != nil {
		return err
	}
	fmt.Print(rep.table())
	if *write == "" {
		return nil
	}
	return rep.write(*write)
}

func printed(v any, err error) error {
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return fmt.Errorf("printing the result: %w", err)
	}
	fmt.Println(string(text))
	return nil
}
