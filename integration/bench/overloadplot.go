//go:build linux

package main

import (
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const plotFile = "overload.svg"

// The part of the README that this run writes stands between these.
const (
	overloadBegin = "<!-- written by bench -overload: begin -->\n"
	overloadEnd   = "<!-- written by bench -overload: end -->\n"
)

// write writes the plot and the figures beside it.
func (o *overload) write(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, plotFile), []byte(o.plot()), 0o644); err != nil {
		return fmt.Errorf("writing the plot: %w", err)
	}
	return writePart(filepath.Join(folder, readmeFile), overloadBegin, overloadEnd, o.figures())
}

// figures is what the README says beside the plot.
func (o *overload) figures() string {
	var b strings.Builder
	m := o.Machine
	fmt.Fprintf(&b, "![memory, queue and rates over time](%s)\n\n", plotFile)
	fmt.Fprintf(&b, "%s, %s, %d cores, %d GiB, %s, Linux %s, load before the run %s, commit %.12s%s.\n\n",
		m.Date.Format("2006-01-02"), m.CPU, m.Cores, m.MemoryGiB, m.Filesystem, m.Kernel, m.Load, m.Commit, map[bool]string{true: " with changes"}[m.Changed])
	fmt.Fprintf(&b, "| | |\n|---|---|\n")
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "| %s | %s |\n", what, fmt.Sprintf(format, args...))
	}
	line("capacity, closed loop, fast SMSC", "%.0f pushes/s", o.Capacity)
	line("offered; the SMSC takes", "%.0f/s for %.0f s; %.0f/s", o.Offered, o.Seconds, o.SMSC)
	line("answered", "%.0f/s: %d accepted, %d refused with 503 and Retry-After, %d without an answer",
		float64(o.Accepted+o.Refused)/o.Seconds, o.Accepted, o.Refused, o.Broken)
	line("pending", "limit %d, first refusal after %.0f s, at most %d seen", o.Limit, o.Filled, o.MostPending)
	line("resident memory, all processes", "%.1f MB/min over the last %.0f s; %s", o.Slope, o.Window, o.memory())
	line("afterwards, with a fast SMSC", "empty after %.1f s; %d of %d delivered; lost %d, garbled %d, twice %d",
		o.Drained, o.Delivered, o.Accepted, o.Lost, o.Garbled, o.Duplicates)
	line("the host's log", "%.1f MB", float64(o.LogBytes)/1e6)
	return b.String()
}

// memory tells the memory in the middle and at the end.
func (o *overload) memory() string {
	if len(o.Samples) == 0 {
		return "no samples"
	}
	at := func(p overloadPoint) string {
		var parts []string
		for _, name := range slices.Sorted(maps.Keys(p.RSS)) {
			parts = append(parts, fmt.Sprintf("%s %.0f", name, p.RSS[name]))
		}
		return fmt.Sprintf("%.0f MiB at %.0f s (%s)", p.rss(), p.At, strings.Join(parts, ", "))
	}
	return at(o.Samples[len(o.Samples)/2]) + ", " + at(o.Samples[len(o.Samples)-1])
}

// A curve is one line of a panel.
type curve struct {
	name  string
	value func(overloadPoint) float64
}

var plotColors = [...]string{"#1b6ca8", "#c2410c", "#15803d", "#7c3aed", "#a16207", "#475569"}

const (
	plotWidth, panelHeight   = 900, 210
	plotLeft, plotRight      = 70, 150
	panelTop, panelBottom    = 28, 24
	plotAreaW, panelAreaH    = plotWidth - plotLeft - plotRight, panelHeight - panelTop - panelBottom
	gridLines, plotLabelStep = 4, 16
)

// plot draws memory, queue and rates above each other over one time.
func (o *overload) plot() string {
	var memory []curve
	if len(o.Samples) > 0 {
		memory = append(memory, curve{"all", overloadPoint.rss})
		for _, name := range slices.Sorted(maps.Keys(o.Samples[0].RSS)) {
			memory = append(memory, curve{name, func(p overloadPoint) float64 { return p.RSS[name] }})
		}
	}
	panels := []struct {
		title  string
		curves []curve
	}{
		{"resident memory, MiB", memory},
		{fmt.Sprintf("pending deliveries (limit %d)", o.Limit), []curve{{"pending", func(p overloadPoint) float64 { return float64(p.Pending) }}}},
		{fmt.Sprintf("pushes a second (%.0f offered)", o.Offered), []curve{
			{"accepted", func(p overloadPoint) float64 { return p.Accepted }},
			{"refused (503)", func(p overloadPoint) float64 { return p.Refused }},
		}},
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n", plotWidth, panelHeight*len(panels)+20)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(0 %d)">`+"\n", i*panelHeight)
		o.panel(&b, p.title, p.curves)
		b.WriteString("</g>\n")
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">minutes</text>`+"\n</svg>\n", plotLeft+plotAreaW/2, panelHeight*len(panels)+12)
	return b.String()
}

func (o *overload) panel(b *strings.Builder, title string, curves []curve) {
	most := 1.0
	for _, p := range o.Samples {
		for _, c := range curves {
			most = max(most, c.value(p))
		}
	}
	most = roundUp(most)
	fmt.Fprintf(b, `<text x="%d" y="18" font-weight="bold">%s</text>`+"\n", plotLeft, title)
	for i := range gridLines + 1 {
		y := panelTop + panelAreaH*(gridLines-i)/gridLines
		fmt.Fprintf(b, `<path d="M%d %dh%d" stroke="#ddd"/><text x="%d" y="%d" text-anchor="end">%s</text>`+"\n",
			plotLeft, y, plotAreaW, plotLeft-6, y+4, strconv.FormatFloat(most*float64(i)/gridLines, 'f', -1, 64))
	}
	for i := range 6 {
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle">%.3g</text>`+"\n",
			plotLeft+plotAreaW*i/5, panelTop+panelAreaH+16, o.Seconds/60*float64(i)/5)
	}
	for i, c := range curves {
		color := plotColors[i%len(plotColors)]
		var points strings.Builder
		for _, p := range o.Samples {
			fmt.Fprintf(&points, "%.1f,%.1f ", plotLeft+plotAreaW*min(p.At/max(o.Seconds, 1e-9), 1), panelTop+panelAreaH*(1-c.value(p)/most))
		}
		fmt.Fprintf(b, `<polyline fill="none" stroke="%s" stroke-width="1.3" points="%s"/>`+"\n", color, strings.TrimSpace(points.String()))
		fmt.Fprintf(b, `<text x="%d" y="%d" fill="%s">%s</text>`+"\n", plotLeft+plotAreaW+8, panelTop+12+i*plotLabelStep, color, c.name)
	}
}

// roundUp returns 1, 2, 4 or 8 times a power of ten that is not less than v.
func roundUp(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, n := range []float64{1, 2, 4, 8} {
		if n*power >= v {
			return n * power
		}
	}
	return 10 * power
}
