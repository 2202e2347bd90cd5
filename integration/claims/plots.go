//go:build linux

package main

import (
	"fmt"
	"math"
	"strconv"
)

// A curveOf is what a curve of the plots shows.
type curveOf struct {
	arm    arm
	memory string
	style  curveStyle
}

var curvesOf = [...]curveOf{
	{integrated, "any", curveStyle{"transaction, in the gateway (bearer/sms)", "#1b6ca8", ""}},
	{delegated, "any", curveStyle{"transaction, push SMSC (ppgbox smsc)", "#15803d", "7 3"}},
	{stored60, forEver, curveStyle{"store and forward, 60 s; handset never forgets", "#c2410c", ""}},
	{stored60, "5m", curveStyle{"store and forward, 60 s; handset forgets after 5 min", "#c2410c", "2 3"}},
	{storedCautious, forEver, curveStyle{"store and forward, cautious; handset never forgets", "#7c3aed", ""}},
	{storedCautious, "5m", curveStyle{"store and forward, cautious; handset forgets after 5 min", "#7c3aed", "2 3"}},
}

// measured are the curves of arms that were run.
func (rep *report) measured() []curveOf {
	var all []curveOf
	for _, c := range curvesOf {
		if _, ok := rep.Took[c.arm]; ok {
			all = append(all, c)
		}
	}
	return all
}

// plots are the pictures of the README.
func (rep *report) plots() []plot {
	percent := func(v float64) string { return strconv.FormatFloat(100*v, 'f', -1, 64) + " %" }
	share := axis{from: 0.4, to: 1.005, ticks: []float64{0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1}, label: percent}
	most := 0.0
	for _, r := range rep.Rows {
		most = max(most, r.SubmitsPerPush)
	}
	load := axis{from: 0, to: math.Ceil(most/2) * 2, label: func(v float64) string { return strconv.Itoa(int(v)) }}
	for v := 0.0; v <= load.to; v += 2 {
		load.ticks = append(load.ticks, v)
	}
	p95 := delayAxis(1, 40_000)
	p95.ticks = append(p95.ticks, p95.to)
	limits := p95.label
	p95.label = func(v float64) string {
		if v == p95.to {
			return "never"
		}
		return limits(v)
	}
	return []plot{
		rep.byLoss("success.svg", "success rate by loss", share, func(r *row) float64 { return r.Success }),
		rep.byLoss("window.svg", "share reassembled within 60 s, by loss", share, func(r *row) float64 { return r.InWindow }),
		rep.byLoss("p95.svg", "95th percentile of the delay by loss", p95, func(r *row) float64 { return min(float64(r.P95), p95.to) }),
		rep.byLoss("submits.svg", "segments handed to the radio network for a push, by loss", load, func(r *row) float64 { return r.SubmitsPerPush }),
		rep.distributions(),
	}
}

// delayAxis has a logarithm of seconds.
func delayAxis(from, to float64) axis {
	names := map[float64]string{1: "1 s", 10: "10 s", 60: "1 min", 300: "5 min", 3600: "1 h"}
	return axis{
		from: from, to: to, log: true, ticks: []float64{1, 10, 60, 300, 3600}, label: func(v float64) string { return names[v] },
	}
}

// byLoss draws a value over the loss: a row of panels for each series, in each a panel for some lengths.
func (rep *report) byLoss(file, caption string, y axis, value func(*row) float64) plot {
	curves := rep.measured()
	p := plot{file: file, caption: caption, columns: len(shownSegments)}
	for _, c := range curves {
		p.curves = append(p.curves, c.style)
	}
	x := axis{title: "segments lost on the radio", from: 0, to: 0.4, label: func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }}
	for _, loss := range losses {
		x.ticks = append(x.ticks, float64(loss)/100)
	}
	for _, bursty := range []bool{false, true} {
		for _, segments := range shownSegments {
			panel := panel{title: fmt.Sprintf("%d segment%s, %s", segments, map[bool]string{true: "s"}[segments > 1], cell{Bursty: bursty}.series()), x: x, y: y}
			for i, c := range curves {
				l := line{style: i, dots: true}
				for _, loss := range losses {
					at := cell{segments, loss, bursty && loss > 0} // without losses there are no bursts
					if r := rep.find(c.arm, c.memory, at); r != nil {
						l.points = append(l.points, point{at.share(), value(r)})
					}
				}
				panel.lines = append(panel.lines, l)
			}
			p.panels = append(p.panels, panel)
		}
	}
	return p
}

// distributions draws the share of pushes that are there after a time.
func (rep *report) distributions() plot {
	curves := rep.measured()
	p := plot{file: "delay.svg", caption: "share of the pushes reassembled, by time", columns: 4}
	for _, c := range curves {
		p.curves = append(p.curves, c.style)
	}
	x := delayAxis(1, 10_000)
	x.title = "after the push was accepted"
	y := axis{from: 0, to: 1.005, ticks: []float64{0, 0.25, 0.5, 0.75, 0.95}, label: func(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }}
	for _, at := range []cell{{2, 10, false}, {4, 30, false}, {2, 10, true}, {4, 30, true}} {
		panel := panel{title: fmt.Sprintf("%d segments, %d %%, %s", at.Segments, at.Loss, at.series()), x: x, y: y}
		for i, c := range curves {
			r := rep.find(c.arm, c.memory, at)
			if r == nil {
				continue
			}
			panel.lines = append(panel.lines, line{style: i, step: true, points: r.distribution(x.to)})
		}
		p.panels = append(p.panels, panel)
	}
	return p
}

// distribution is the share of pushes that are there, over time, in steps of half a percent.
func (r *row) distribution(end float64) []point {
	const steps = 200
	points := []point{{1, 0}}
	reached := 0.0
	for i := 1; i <= steps; i++ {
		q := float64(i) / steps
		at := quantile(r.delays, q)
		if math.IsInf(at, 1) {
			break
		}
		points, reached = append(points, point{at, q}), q
	}
	return append(points, point{end, reached})
}
