//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// shown are the lengths and losses in the table of the README; results.json has all.
var (
	shownSegments = [...]int{1, 2, 4, 6}
	shownLosses   = [...]int{0, 10, 30, 40}
)

// figures is what the README says of the run, as Markdown.
func (rep *report) figures() string {
	var b strings.Builder
	var times []string
	for _, a := range allArms {
		if took, ok := rep.Took[a]; ok {
			times = append(times, fmt.Sprintf("%s %.0f times, %.0f s", a, rep.Compression[a], took.Seconds()))
		}
	}
	fmt.Fprintf(&b, "%s, %s, load before the run %s, commit %s. %d pushes in each cell, %.0f a second. Time was compressed, and the run took: %s.\n\n",
		rep.Date.Format("2006-01-02"), rep.Machine, rep.Load, rep.Commit, rep.Pushes, rep.Rate, strings.Join(times, "; "))
	rep.goals(&b)
	rep.pauses(&b)
	rep.check(&b)
	rep.table(&b, false)
	rep.table(&b, true)
	return b.String()
}

// check says how far measurement and expectation agree.
func (rep *report) check(b *strings.Builder) {
	out := rep.outsiders()
	fmt.Fprintf(b, "**Expectation.** %d success rates were measured; with right expectations some %.1f of them fall outside their 99 %% interval, %d did.",
		len(rep.Rows), outside*float64(len(rep.Rows)), len(out))
	for _, r := range out {
		fmt.Fprintf(b, "\n- %s, %s, memory %s, %d segments, %.0f %%: %.4f, expected %.4f (%d to %d of %d)",
			r.Arm, r.Series, r.Memory, r.Segments, 100*r.Loss, r.Success, r.Expected, r.Least, r.Most, r.N)
	}
	b.WriteString("\n\n**Machine.** What processes, SMPP and disk add to a push without losses, in seconds of the experiment, p50 / p99:")
	var adds []string
	for _, a := range allArms {
		if p50, p99, ok := rep.added(a); ok {
			adds = append(adds, fmt.Sprintf(" %s %.2f / %.2f", a, p50, p99))
		}
	}
	b.WriteString(strings.Join(adds, ";") + ".\n\n")
	rep.reports(b)
}

// reports says how true the result notifications were, for handsets that forget: it is those that there are.
func (rep *report) reports(b *strings.Builder) {
	b.WriteString("**Result notifications.** Of all pushes of an arm, to handsets that forget after 5 min:\n\n")
	b.WriteString("| arm | pushes | reported delivered, never whole | reported failed, whole | reported as uncertain (timeout) |\n|---|---|---|---|---|\n")
	for _, a := range allArms {
		var sum row
		for _, r := range rep.Rows {
			if r.Arm == a && r.Memory != forEver {
				sum.N += r.N
				sum.FalselyDelivered += r.FalselyDelivered
				sum.FalselyFailed += r.FalselyFailed
				sum.Uncertain += r.Uncertain
			}
		}
		if sum.N > 0 {
			fmt.Fprintf(b, "| %s | %d | %d | %d | %d |\n", a, sum.N, sum.FalselyDelivered, sum.FalselyFailed, sum.Uncertain)
		}
	}
	b.WriteString("\n")
}

// pauses says what the pauses of the engine cost where they cost most.
func (rep *report) pauses(b *strings.Builder) {
	const ms = time.Millisecond
	at := []cell{{2, 10, false}, {4, 30, false}, {6, 40, false}}
	b.WriteString("**Pauses.** The success of a transaction by the pause before a segment is sent again, closed form; the engine's is the last:\n\n| pause |")
	for _, c := range at {
		fmt.Fprintf(b, " %d segments, %d %% |", c.Segments, c.Loss)
	}
	b.WriteString("\n|---|---|---|---|\n")
	for _, p := range []struct {
		name   string
		pauses pausing
	}{
		{"none: no engine can do better", doubling(0, 0)},
		{"200 ms", doubling(200*ms, 200*ms)},
		{"200 ms, doubling to 1 s", doubling(200*ms, time.Second)},
		{"200 ms, doubling to 5 s, counted from the failure", doubling(200*ms, 5*time.Second)},
		{"200 ms, doubling to 5 s, counted from the submission", enginePauses()},
	} {
		fmt.Fprintf(b, "| %s |", p.name)
		for _, c := range at {
			fmt.Fprintf(b, " %.5f |", transaction(c.Segments, c.share(), p.pauses).Success)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// table lists one series.
func (rep *report) table(b *strings.Builder, bursty bool) {
	name := cell{Bursty: bursty}.series()
	fmt.Fprintf(b, "Losses %s. Delays in seconds to the reassembled message (expected) and to the result notification; ∞: more pushes failed than that.\n\n", name)
	b.WriteString("| segments | loss | arm | memory | success | expected | in 60 s | p50 | p95 | p99 | told p50 / p95 / p99 | segments sent (expected) |\n")
	b.WriteString("|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, segments := range shownSegments {
		for _, loss := range shownLosses {
			c := cell{segments, loss, bursty}
			for _, a := range allArms {
				for _, memory := range a.memories() {
					if r := rep.find(a, memory, c); r != nil {
						r.line(b)
					}
				}
			}
		}
	}
	b.WriteString("\n")
}

func (r *row) line(b *strings.Builder) {
	mark := ""
	if !r.Inside {
		mark = " **outside**"
	}
	pair := func(found, expected seconds) string { return found.String() + " (" + expected.String() + ")" }
	fmt.Fprintf(b, "| %d | %.0f %% | %s | %s | %.4f%s | %.4f %s | %.4f | %s | %s | %s | %s / %s / %s | %.2f (%.2f) |\n",
		r.Segments, 100*r.Loss, r.Arm, r.Memory, r.Success, mark, r.Expected, r.ExpectedBy, r.InWindow,
		pair(r.P50, r.ExpectedP50), pair(r.P95, r.ExpectedP95), pair(r.P99, r.ExpectedP99), r.ToldP50, r.ToldP95, r.ToldP99,
		r.SubmitsPerPush, r.ExpectedLoad)
}

// String is for the tables.
func (s seconds) String() string {
	if math.IsInf(float64(s), 1) {
		return "∞"
	}
	return fmt.Sprintf("%.1f", float64(s))
}
