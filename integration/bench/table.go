//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"strings"
)

// A goal is what a figure is to reach.
type goal struct {
	what  string
	name  string // of the figure
	least bool   // the bound is the least, otherwise the most
	bound float64
}

// goals are the speeds to reach, with every push on disk before its answer and every plugin in a process of its own.
var goals = [...]goal{
	{"pushes/s to one wapbox's, 1 segment, 64 connections", "ratio_1seg_64", true, 4},
	{"pushes/s to two wapboxes', 1 segment, 64 connections", "ratio_1seg_64_vs_two", true, 3.5},
	{"pushes/s to one wapbox's, 3 segments, 64 connections", "ratio_3seg_64", true, 4},
	{"CPU a push to Kannel's, 1 segment", "cpu_ratio_1seg", false, 0.2},
	{"CPU a push to Kannel's, 3 segments", "cpu_ratio_3seg", false, 0.2},
	{"p99 from POST to submit at 1000/s to Kannel's", "p99_ratio_1000", false, 0.5},
	{"p50 from POST to submit at 1000/s, ms", "p50_ms_1000", false, 3},
	{"CPU of an online push to that of a text message of one segment, which is held as long as errors are listened for", "cpu_ratio_online_held", false, 1},
	{"CPU of an online push to that of a text message of one segment, which is answered at once", "cpu_ratio_online", false, 1},
	{"CPU of bearer/pdp for an online push, µs", "online_pdp_us", false, 10},
	{"memory of all processes with suspended pushes, MiB", "suspended_rss_mib", false, 500 * 1e6 / (1 << 20)},
	{"pushes/s beside suspended ones to those without", "suspended_ratio", true, 0.8},
}

// table returns the report as Markdown.
func (rep *report) table() string {
	var b strings.Builder
	m := rep.Machine
	changed := ""
	if m.Changed {
		changed = " with changes"
	}
	fmt.Fprintf(&b, "%s, %d cores, %d GiB, Linux %s, stores on %s, %s; load before %s; commit %.12s%s, %s. Medians of %d runs (least–most).\n\n",
		m.CPU, m.Cores, m.MemoryGiB, m.Kernel, m.Filesystem, m.Go, m.Load, m.Commit, changed, m.Date.Format("2 January 2006"), rep.Repetitions)
	rep.goals(&b, "")
	b.WriteString(tableHead)
	for _, k := range rep.keys() {
		rep.line(&b, rep.of(k))
	}
	if s := rep.Suspended; s != nil {
		fmt.Fprintf(&b, "\nSuspended: %d of %d pushes on the wire and not answered; %.0f MiB over all processes (%s); %.0f pushes/s before, %.0f beside them; %d lost.\n",
			s.OnTheWire, s.Pushes, s.RSS, memoryOf(s.Processes), medianOf(s.Before), medianOf(s.Beside), s.Lost)
	}
	return b.String()
}

// tableHead is the head of the table of rows.
const tableHead = "\n| gateway | segments | connections | pushes/s | POST→answer p50 / p99 ms | POST→last submit p50 / p99 ms | CPU ms a push, by process | peak MiB | lost, garbled, twice | generator and sink, CPU ms | steal % |\n" +
	"|---|---|---|---|---|---|---|---|---|---|---|\n"

// goals lists what was to be reached, as far as the rows that it needs were run, of the figures whose name has a word.
func (rep *report) goals(b *strings.Builder, word string) {
	b.WriteString("| ppgbox to Kannel | goal | found | |\n|---|---|---|---|\n")
	for _, g := range goals {
		value, ok := rep.figure(g.name)
		if !ok || !strings.Contains(g.name, word) {
			continue
		}
		sign, reached := "≤", value <= g.bound
		if g.least {
			sign, reached = "≥", value >= g.bound
		}
		verdict := "reached"
		if !reached {
			verdict = "**missed**"
		}
		fmt.Fprintf(b, "| %s | %s %.3g | %.3g | %s |\n", g.what, sign, g.bound, value, verdict)
	}
}

func (rep *report) line(b *strings.Builder, of []*sample) {
	r := of[0].Row
	name := r.Gateway
	if r.Wapboxes > 1 {
		name += fmt.Sprintf(", %d wapboxes", r.Wapboxes)
	}
	if r.Notified {
		name += ", result notifications"
	}
	if r.Online {
		name += ", over IP"
	}
	if r.Held > 0 {
		name += fmt.Sprintf(", the SMSC answers after %d ms", r.Held)
	}
	connections := fmt.Sprint(r.Connections)
	if r.Offered > 0 {
		connections = fmt.Sprintf("%.0f/s offered", r.Offered)
	}
	least, most := of[0].PushesPerSecond, of[0].PushesPerSecond
	lost, garbled, twice := 0, 0, 0
	for _, s := range of {
		least, most = min(least, s.PushesPerSecond), max(most, s.PushesPerSecond)
		lost, garbled, twice = lost+s.Lost, garbled+s.Garbled, twice+s.Duplicates
	}
	fmt.Fprintf(b, "| %s | %d | %s | %.0f (%.0f–%.0f) | %.1f / %.1f | %.1f / %.1f | **%.3f**: %s | %.0f | %d, %d, %d | %.3f | %.1f |\n",
		name, r.Segments, connections, median(of, pushesPerSecond), least, most,
		median(of, func(s *sample) float64 { return s.Answer.P50 }), median(of, func(s *sample) float64 { return s.Answer.P99 }),
		median(of, submitP50), median(of, submitP99), median(of, cpu), cpuByProcess(of), median(of, func(s *sample) float64 { return s.Peak }),
		lost, garbled, twice, median(of, func(s *sample) float64 { return s.Generator }), median(of, func(s *sample) float64 { return s.Stolen }))
}

// cpuByProcess lists the medians of what each process used for a push.
func cpuByProcess(of []*sample) string {
	var parts []string
	for i, p := range of[0].Processes {
		value := median(of, func(s *sample) float64 {
			if i >= len(s.Processes) {
				return 0
			}
			return s.Processes[i].CPU * 1000 / float64(max(s.Accepted, 1))
		})
		parts = append(parts, fmt.Sprintf("%s %.3f", p.Process, value))
	}
	return strings.Join(parts, ", ")
}

func memoryOf(processes []usage) string {
	var parts []string
	for _, p := range processes {
		parts = append(parts, fmt.Sprintf("%s %.0f", p.Process, p.RSS))
	}
	return strings.Join(parts, ", ")
}

// The table stands between these in the README.
const (
	tableBegin = "<!-- written by make bench: begin -->\n"
	tableEnd   = "<!-- written by make bench: end -->\n"
)

// writePart puts a part of a file that a run writes in its place, which is between two lines.
func writePart(path, begin, end, part string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	before, rest, ok := bytes.Cut(text, []byte(begin))
	_, after, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		return fmt.Errorf("writing the figures: %s does not say where (%q)", path, begin)
	}
	text = fmt.Appendf(nil, "%s%s\n%s\n%s%s", before, begin, part, end, after)
	if err := os.WriteFile(path, text, 0o644); err != nil {
		return fmt.Errorf("writing the figures: %w", err)
	}
	return nil
}
