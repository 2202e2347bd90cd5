//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// An activationRun is what becomes of pushes to terminals without a context: the push GGSN asks the register, notifies the SGSN, and gets
// a context, for each of them.
type activationRun struct {
	Machine machine `json:"machine"`
	// From is where the pushes are put in: "POST" at the gateway, or "node", at the interface of the push GGSN.
	From    string  `json:"from"`
	Offered float64 `json:"offered_per_s"`
	Pushes  int     `json:"pushes"`
	// HLR and SGSN are how long an exchange with them takes, in milliseconds.
	HLR  float64 `json:"hlr_round_trip_ms"`
	SGSN float64 `json:"sgsn_round_trip_ms"`
	// Exchanges is the least that a push can take: the question to the register and its answer, and the way of the notification to the
	// SGSN and of the Create back, which goes out with the response to the notification.
	Exchanges float64 `json:"exchanges_ms"`
	// ToTunnel is from when the push was due to its arrival in GTP-U at the SGSN; Above is its p99 without Exchanges.
	ToTunnel latency `json:"post_to_tunnel"`
	Above    float64 `json:"p99_above_exchanges_ms"`
	Accepted int     `json:"accepted"`
	Lost     int     `json:"lost"` // accepted, and not at the terminal
	Again    int     `json:"again"`
	Garbled  int     `json:"garbled"`
	// Activated counts the contexts that came about, Contexts those that the GGSN had at the end.
	Activated int `json:"activated"`
	Contexts  int `json:"contexts"`
	// Processes are what was used during the load; Memory is resident memory of the GGSN in MiB: before and after.
	Processes       []usage            `json:"processes"`
	Memory          map[string]float64 `json:"ggsn_mib"`
	BytesPerContext float64            `json:"bytes_per_context"`
	// Online is the same to terminals that have a context: CPU of the GGSN a push, in microseconds.
	Online     int     `json:"pushes_to_contexts"`
	OnlineRate float64 `json:"pushes_to_contexts_per_s"`
	OnlineLost int     `json:"pushes_to_contexts_lost"`
	OnlineCPU  float64 `json:"ggsn_cpu_us_per_push_to_context"`
	// Outcomes are the results other than "sent", by cause.
	Outcomes map[string]int `json:"outcomes,omitempty"`
	Steal    float64        `json:"steal_pct"`
	// Others are the cores that other programs of the machine used meanwhile, of Machine.Cores: above a few hundredths the
	// latencies are those of a machine that does something else.
	Others float64 `json:"cores_of_others"`
	// RealTime says that all processes of the run go before those of others (sched(7)), as under "chrt -r 1".
	RealTime bool `json:"real_time"`
}

// An activationPlan says how the run is made.
type activationPlan struct {
	rate       float64       // activations a second
	pushes     int           // of as many terminals, with a context each at the end
	hlr, sgsn  time.Duration // round trips
	online     int           // pushes to terminals that have a context
	onlineRate float64
	from       string // fromPOST or fromNode
	warm       int    // pushes before the clock starts, to terminals of their own
}

// Where pushes are put in.
const (
	fromPOST = "POST"
	fromNode = "node"
)

// An activationChoice are the flags of -activations.
type activationChoice struct {
	contexts     *int
	rate, online *float64
	from         *string
}

func activationFlags() activationChoice {
	return activationChoice{
		contexts: flag.Int("contexts", 100_000, "of -activations: pushes, each to another terminal"),
		rate:     flag.Float64("activation-rate", 500, "of -activations, a second"),
		online:   flag.Float64("context-rate", 20_000, "of -activations: pushes a second to terminals that have a context, afterwards"),
		from:     flag.String("from", fromPOST, "of -activations: POST, or node for the push GGSN without the gateway before it"),
	}
}

func (c activationChoice) plan() activationPlan {
	return activationPlan{
		rate: *c.rate, pushes: *c.contexts, hlr: 20 * time.Millisecond, sgsn: 50 * time.Millisecond, online: onlinePushes, onlineRate: *c.online, from: *c.from,
	}
}

// activate makes the run, and writes its figures to a folder unless that is "".
func (b *bench) activate(plan activationPlan, folder string) error {
	a, err := b.activations(plan)
	if err == nil && folder != "" {
		err = a.write(folder)
	}
	if err := printed(a, err); err != nil {
		return err
	}
	return a.kept()
}

// mostAbove is the goal: the p99 above the exchanges, in milliseconds.
const mostAbove = 60

// mostOnlineCPU is the goal for a push to a context, in microseconds.
const mostOnlineCPU = 10

// onlinePushes is how many pushes go to terminals that have a context.
const onlinePushes = 100_000

const (
	activationBegin = "<!-- written by bench -activations: begin -->\n"
	activationEnd   = "<!-- written by bench -activations: end -->\n"
	activationFile  = "activation.json"
)

// write writes activation.json and its part of README.md.
func (a *activationRun) write(folder string) error {
	text, err := json.MarshalIndent(a, "", " ")
	if err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	if err := os.WriteFile(filepath.Join(folder, activationFile), append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("writing the results: %w", err)
	}
	return writePart(filepath.Join(folder, readmeFile), activationBegin, activationEnd, a.table())
}

func (a *activationRun) table() string {
	var b strings.Builder
	m := a.Machine
	scheduled := ""
	if a.RealTime {
		scheduled = ", before whom the run was scheduled (`chrt -r 1`)"
	}
	fmt.Fprintf(&b, "%s, %s, %d cores, %d GiB, Linux %s, load before the run %s, commit %.12s, steal %.1f %%, %.2f cores used by others%s.\n\n| | |\n|---|---|\n",
		m.Date.Format("2006-01-02"), m.CPU, m.Cores, m.MemoryGiB, m.Kernel, m.Load, m.Commit, a.Steal, a.Others, scheduled)
	from := "POST at the gateway"
	if a.From != fromPOST {
		from = "the interface of the push GGSN, without the gateway before it"
	}
	fmt.Fprintf(&b, "| offered | %d pushes at %.0f/s to as many terminals without a context, from %s |\n", a.Pushes, a.Offered, from)
	fmt.Fprintf(&b, "| exchanges | HLR %.0f ms, SGSN %.0f ms; a push takes %.0f ms at least |\n", a.HLR, a.SGSN, a.Exchanges)
	fmt.Fprintf(&b, "| until the push left in GTP-U | p50 %.1f ms, p99 %.1f ms, at most %.1f ms |\n", a.ToTunnel.P50, a.ToTunnel.P99, a.ToTunnel.Max)
	fmt.Fprintf(&b, "| p99 above the exchanges | %.1f ms (goal: at most %d ms) |\n", a.Above, mostAbove)
	fmt.Fprintf(&b, "| accepted, lost, twice, garbled | %d, %d, %d, %d |\n", a.Accepted, a.Lost, a.Again, a.Garbled)
	fmt.Fprintf(&b, "| contexts | %d activated; %d in the GGSN, %.0f bytes of resident memory each (%.0f MiB before, %.0f after) |\n",
		a.Activated, a.Contexts, a.BytesPerContext, a.Memory["before"], a.Memory["after"])
	var parts []string
	for _, u := range a.Processes {
		if ms := u.CPU * 1000 / float64(max(a.Accepted, 1)); ms >= 0.001 {
			parts = append(parts, fmt.Sprintf("%s %.3f", u.Process, ms))
		}
	}
	fmt.Fprintf(&b, "| CPU ms an activation, by process | %s |\n", strings.Join(parts, ", "))
	fmt.Fprintf(&b, "| %d pushes to contexts at %.0f/s | %.1f µs of the GGSN's CPU each (goal: at most %d), %d lost |\n", a.Online, a.OnlineRate, a.OnlineCPU, mostOnlineCPU, a.OnlineLost)
	return b.String()
}

// kept reports what the run was to show and did not.
func (a *activationRun) kept() error {
	var errs []error
	say := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	say(a.Lost+a.Again+a.Garbled+a.OnlineLost != 0, "%d lost, %d twice, %d garbled, %d lost to contexts; outcomes %v", a.Lost, a.Again, a.Garbled, a.OnlineLost, a.Outcomes)
	say(a.Accepted != a.Pushes, "%d of %d pushes were accepted", a.Accepted, a.Pushes)
	say(a.Contexts != a.Pushes, "the GGSN has %d contexts, want %d", a.Contexts, a.Pushes)
	say(a.Above > mostAbove, "p99 is %.1f ms above the exchanges, the goal is %d", a.Above, mostAbove)
	say(a.OnlineCPU > mostOnlineCPU, "a push to a context takes %.1f µs, the goal is %d", a.OnlineCPU, mostOnlineCPU)
	return errors.Join(errs...)
}
