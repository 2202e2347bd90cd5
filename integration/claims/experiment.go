//go:build linux

package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// fullPlan is what "make claims" runs. Its pushes take minutes at their rate, so there is time for windows of 12 s on the machine's clock.
func fullPlan() plan {
	return plan{cells: allCells(), pushes: 1000, rate: 250, compression: 5, storedFaster: 8, seed: 1}
}

// quickPlan is a few seconds for each arm.
func quickPlan() plan {
	return plan{cells: quickCells(), pushes: 40, rate: 200, compression: 200, storedFaster: 6, seed: 1}
}

// How often the simulation plays a cell: often enough that its own chance is small beside that of 1,000 pushes.
const (
	fullPlays  = 200_000
	quickPlays = 2_000
)

// A report is all that the experiment found.
type report struct {
	Date        time.Time
	Machine     string
	Load        string // averages when it began
	Commit      string
	Compression map[arm]float64
	Rate        float64
	Pushes      int // in each cell
	Took        map[arm]time.Duration
	Rows        []*row
}

// buildAll compiles the programs into a folder that remove removes.
func buildAll() (programs binaries, remove func(), err error) {
	folder, err := os.MkdirTemp("", "claims-binaries-")
	if err != nil {
		return programs, nil, fmt.Errorf("building: %w", err)
	}
	remove = func() { _ = os.RemoveAll(folder) }
	if programs, err = build(folder); err != nil {
		remove()
		return programs, nil, err
	}
	return programs, remove, nil
}

// experiment runs the arms one after the other.
func experiment(ctx context.Context, programs binaries, arms []arm, p plan, plays int, progress io.Writer) (*report, error) {
	rep := &report{
		Date: time.Now().UTC(), Machine: machineName(), Load: load(), Commit: commit(), Compression: map[arm]float64{}, Rate: p.rate, Pushes: p.pushes,
		Took: map[arm]time.Duration{},
	}
	for _, a := range arms {
		begin, p := time.Now(), p.of(a)
		rep.Compression[a] = p.compression
		fmt.Fprintf(progress, "%s: %d pushes\n", a, len(p.cells)*p.pushes)
		records, err := run(ctx, programs, a, p)
		if err != nil {
			return nil, err
		}
		rep.Took[a] = time.Since(begin)
		for _, c := range p.cells {
			for _, memory := range a.memories() {
				r := newRow(a, c, memory, of(records, c), p.compression)
				r.expect(c, plays)
				rep.Rows = append(rep.Rows, r)
			}
		}
		fmt.Fprintf(progress, "%s: %.0f s\n", a, rep.Took[a].Seconds())
	}
	return rep, nil
}

// find returns a row, nil if it was not measured.
func (rep *report) find(a arm, memory string, c cell) *row {
	for _, r := range rep.Rows {
		if r.Arm == a && r.Memory == memory && r.Segments == c.Segments && r.Series == c.series() && math.Abs(r.Loss-c.share()) < 1e-9 {
			return r
		}
	}
	return nil
}

// outsiders are the rows whose success is not in its interval.
func (rep *report) outsiders() []*row {
	var out []*row
	for _, r := range rep.Rows {
		if !r.Inside {
			out = append(out, r)
		}
	}
	return out
}

// added is what the machine adds to a push of an arm, in seconds of the experiment: the mean over the lengths of what a push
// without losses takes at the median beyond what it should; and the same at the 99th percentile. false: it was not measured.
func (rep *report) added(a arm) (p50, p99 float64, ok bool) {
	n := 0
	for _, r := range rep.Rows {
		if r.Arm == a && r.Loss == 0 && (r.Memory == "any" || r.Memory == forEver) {
			p50 += float64(r.P50 - r.ExpectedP50)
			p99 += float64(r.P99 - r.ExpectedP99)
			n++
		}
	}
	return p50 / float64(n), p99 / float64(n), n > 0
}

func machineName() string {
	name := "unknown"
	text, _ := os.ReadFile("/proc/cpuinfo") // "" without /proc
	for line := range strings.Lines(string(text)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
			name = strings.TrimSpace(value)
			break
		}
	}
	return fmt.Sprintf("%s, %d cores, %s", name, runtime.NumCPU(), runtime.Version())
}

func load() string {
	text, _ := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}

func commit() string {
	text, err := exec.Command("git", "rev-parse", "--short=12", "HEAD").Output()
	if err != nil {
		return "unknown"
	}
	name := strings.TrimSpace(string(text))
	changes, err := exec.Command("git", "status", "--porcelain", "--untracked-files=no", "--", ":/", ":(top,exclude)integration/claims").Output()
	if err != nil || len(changes) > 0 {
		name += " with changes"
	}
	return name
}
