//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// A directoryRun is what the gateway does with many subscribers and sessions.
type directoryRun struct {
	Machine     machine `json:"machine"`
	Subscribers int     `json:"subscribers"`
	// Import is how long "ppgbox subscriber import" took, in seconds.
	Import float64 `json:"import_s"`
	// Start is how long the next start of the gateway took to load them with the sessions, in seconds.
	Start float64 `json:"start_s"`
	// Accounting is the Starts of all sessions, at a fixed rate; Offered is that rate, a second.
	Offered    float64 `json:"offered_per_s"`
	Accounting told    `json:"accounting"`
	Sessions   int     `json:"sessions"`
	// Lookup is the time to resolve a user identifier, asked over HTTP at the admin listener, which is most of it.
	Lookups int     `json:"lookups"`
	Lookup  latency `json:"lookup"`
	// Memory is the host's resident memory in MiB: empty, with_subscribers, with_sessions, restarted.
	Memory map[string]float64 `json:"host_mib"`
}

const (
	pushDomain     = "push.example.com"
	accountingRate = 5000
)

// directory enters subscribers, tells of sessions at accountingRate, and looks users up.
func (b *bench) directory(subscribers, sessions, lookups int) (*directoryRun, error) {
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	l, err := newLoop()
	if err != nil {
		return nil, err
	}
	defer l.close()
	sink, err := newSink(l)
	if err != nil {
		return nil, err
	}
	p, err := startPPGBox(b.binary, ppgboxSettings{
		SMSC: sink.listener.address, Links: smppLinks, Window: smppWindow, RADIUS: loopback(port), PushDomain: pushDomain, TerminalPort: 2948,
	})
	if err != nil {
		return nil, err
	}
	defer func() { p.stop() }()
	d := &directoryRun{Machine: thisMachine(), Subscribers: subscribers, Sessions: sessions, Lookups: lookups, Offered: accountingRate, Memory: map[string]float64{}}
	d.Memory["empty"] = p.memory()
	if err := d.enter(p); err != nil {
		return nil, err
	}
	d.Memory["with_subscribers"] = p.memory()
	d.Accounting, err = accounting{p.settings.RADIUS, []byte(accountingSecret)}.start(0, sessions, accountingRate)
	if err != nil {
		return nil, err
	}
	d.Memory["with_sessions"] = p.memory()
	if d.Lookup, err = lookUp(p.settings.Admin, lookups, sessions); err != nil {
		return nil, err
	}
	began := time.Now()
	if err := p.restart(); err != nil {
		return nil, err
	}
	d.Start = time.Since(began).Seconds()
	d.Memory["restarted"] = p.memory()
	if _, err := lookUp(p.settings.Admin, min(lookups, 100), sessions); err != nil {
		return nil, fmt.Errorf("after a restart: %w", err)
	}
	return d, nil
}

// enter imports the subscribers: the one with number n has the session of push n.
func (d *directoryRun) enter(p *ppgbox) error {
	name := filepath.Join(p.folder, "subscribers.csv")
	f, err := os.Create(name)
	if err != nil {
		return fmt.Errorf("entering subscribers: %w", err)
	}
	w := bufio.NewWriter(f)
	fmt.Fprintln(w, "user,msisdn,imsi")
	for n := range d.Subscribers {
		fmt.Fprintf(w, "%s,+%s%0*d,24491%010d\n", user(n), numberPrefix, digits, n, n)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		return fmt.Errorf("entering subscribers: %w", err)
	}
	began := time.Now()
	out, err := exec.Command(p.binary, "subscriber", "import", name, "--admin", "http://"+p.settings.Admin).CombinedOutput()
	if err != nil {
		return fmt.Errorf("entering subscribers: %w: %s", err, out)
	}
	d.Import = time.Since(began).Seconds()
	return nil
}

func user(n int) string { return fmt.Sprintf("user-%0*d@%s", digits, n, pushDomain) }

// lookUp resolves users that have a session, one after the other over one connection.
func lookUp(admin string, count, sessions int) (latency, error) {
	var times []int64
	for i := range count {
		n := i * 7919 % sessions // all over
		address := "http://" + admin + "/v1/resolve?type=USER&value=" + url.QueryEscape(user(n))
		began := time.Now()
		resp, err := http.Get(address)
		if err != nil {
			return latency{}, fmt.Errorf("looking a user up: %w", err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		times = append(times, int64(time.Since(began)))
		session := fmt.Sprintf(`"127.%d.%d.%d"`, 16+n>>16, n>>8&255, n&255)
		if err != nil || !strings.Contains(string(text), session) {
			return latency{}, fmt.Errorf("looking %s up: no session %s: %w: %s", user(n), session, err, text)
		}
	}
	return latencyOf(times), nil
}

// memory is the host's resident memory in MiB.
func (b *ppgbox) memory() float64 { return readUsage("host", b.host.pid()).RSS }

// restart ends the gateway and starts it on the same folder.
func (b *ppgbox) restart() error {
	b.host.end(30 * time.Second)
	var err error
	if b.host, err = launch(b.folder, "host", b.binary, "serve", "-c", "ppgbox.toml"); err != nil {
		return err
	}
	_, port, ok := strings.Cut(b.settings.Admin, ":")
	n := 0
	if _, err := fmt.Sscan(port, &n); err != nil || !ok {
		return fmt.Errorf("the admin address %q has no port", b.settings.Admin)
	}
	return b.waitHealthy(n)
}

const (
	directoryBegin = "<!-- written by bench -directory: begin -->\n"
	directoryEnd   = "<!-- written by bench -directory: end -->\n"
	directoryFile  = "directory.json"
)

// write writes directory.json and its part of README.md.
func (d *directoryRun) write(folder string) error {
	text, err := json.MarshalIndent(d, "", " ")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, directoryFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return writePart(filepath.Join(folder, readmeFile), directoryBegin, directoryEnd, d.table())
}

func (d *directoryRun) table() string {
	var b strings.Builder
	m := d.Machine
	fmt.Fprintf(&b, "%s, %s, %d cores, %s, Linux %s, load before the run %s, commit %.12s.\n\n| | |\n|---|---|\n",
		m.Date.Format("2006-01-02"), m.CPU, m.Cores, m.Filesystem, m.Kernel, m.Load, m.Commit)
	a := d.Accounting
	fmt.Fprintf(&b, "| %d subscribers by `ppgbox subscriber import` | %.1f s |\n", d.Subscribers, d.Import)
	fmt.Fprintf(&b, "| %d sessions by RADIUS Starts, %.0f/s offered | %.0f/s sent, %d without an answer; answered in p50 %.1f ms, p99 %.1f ms |\n",
		d.Sessions, d.Offered, a.PerSecond, a.Unanswered, a.Answer.P50, a.Answer.P99)
	fmt.Fprintf(&b, "| lookup of a user with a session, over HTTP | p50 %.2f ms, p99 %.2f ms (goal: p99 below 1 ms) |\n", d.Lookup.P50, d.Lookup.P99)
	fmt.Fprintf(&b, "| the host's memory | %.0f MiB empty, %.0f with the subscribers, %.0f with the sessions, %.0f after a restart |\n",
		d.Memory["empty"], d.Memory["with_subscribers"], d.Memory["with_sessions"], d.Memory["restarted"])
	fmt.Fprintf(&b, "| a restart, until it is healthy | %.1f s |\n", d.Start)
	return b.String()
}
