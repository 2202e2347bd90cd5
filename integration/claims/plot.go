//go:build linux

package main

import (
	"fmt"
	"math"
	"strings"
)

// A plot is a grid of panels, an SVG file.
type plot struct {
	file    string
	caption string
	columns int
	panels  []panel
	curves  []curveStyle // the legend, the same for all panels
}

// A panel has one pair of axes.
type panel struct {
	title string
	x, y  axis
	lines []line
}

// An axis maps values to 0…1.
type axis struct {
	title    string
	from, to float64
	log      bool
	ticks    []float64
	label    func(float64) string
}

// A line is one curve of a panel; style is its place in the legend. Points beyond the axis end the line there.
type line struct {
	style  int
	points []point
	step   bool // horizontal, then vertical
	dots   bool
}

type point struct{ x, y float64 }

// A curveStyle is how a curve looks.
type curveStyle struct {
	name  string
	color string
	dash  string
}

const (
	panelW, panelH = 260, 190
	marginLeft     = 52
	marginRight    = 12
	marginTop      = 26
	marginBottom   = 40
	areaW          = panelW - marginLeft - marginRight
	areaH          = panelH - marginTop - marginBottom
	legendLine     = 18
)

func (a axis) place(v float64) float64 {
	if a.log {
		return (math.Log(v) - math.Log(a.from)) / (math.Log(a.to) - math.Log(a.from))
	}
	return (v - a.from) / (a.to - a.from)
}

// svg draws the plot.
func (p plot) svg() string {
	rows := (len(p.panels) + p.columns - 1) / p.columns
	legendRows := (len(p.curves) + 1) / 2
	width, height := p.columns*panelW, rows*panelH+legendRows*legendLine+12
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="11">`+"\n"+
		`<rect width="100%%" height="100%%" fill="white"/>`+"\n", width, height, width, height)
	for i, panel := range p.panels {
		fmt.Fprintf(&b, `<g transform="translate(%d %d)">`+"\n", i%p.columns*panelW, i/p.columns*panelH)
		panel.draw(&b, p.curves)
		b.WriteString("</g>\n")
	}
	for i, c := range p.curves {
		x, y := marginLeft+i%2*width/2, rows*panelH+10+i/2*legendLine
		fmt.Fprintf(&b, `<path d="M%d %dh30" stroke="%s" stroke-width="2" fill="none"%s/><text x="%d" y="%d">%s</text>`+"\n",
			x, y, c.color, dashed(c.dash), x+38, y+4, c.name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func dashed(dash string) string {
	if dash == "" {
		return ""
	}
	return ` stroke-dasharray="` + dash + `"`
}

func (p panel) draw(b *strings.Builder, styles []curveStyle) {
	fmt.Fprintf(b, `<text x="%d" y="16" font-weight="bold">%s</text>`+"\n", marginLeft, p.title)
	fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="%d" fill="none" stroke="#999"/>`+"\n", marginLeft, marginTop, areaW, areaH)
	for _, v := range p.y.ticks {
		y := marginTop + areaH*(1-p.y.place(v))
		fmt.Fprintf(b, `<path d="M%d %.1fh%d" stroke="#e2e2e2"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			marginLeft, y, areaW, marginLeft-5, y+4, p.y.label(v))
	}
	for _, v := range p.x.ticks {
		x := marginLeft + areaW*p.x.place(v)
		fmt.Fprintf(b, `<path d="M%.1f %dv%d" stroke="#e2e2e2"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n",
			x, marginTop, areaH, x, marginTop+areaH+14, p.x.label(v))
	}
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" fill="#555">%s</text>`+"\n", marginLeft+areaW/2, marginTop+areaH+29, p.x.title)
	for _, l := range p.lines {
		l.draw(b, p, styles[l.style])
	}
}

func (l line) draw(b *strings.Builder, p panel, style curveStyle) {
	var path strings.Builder
	var dots strings.Builder
	last := 0.0
	for i, at := range l.points {
		x := marginLeft + areaW*min(max(p.x.place(at.x), 0), 1)
		y := marginTop + areaH*(1-min(max(p.y.place(at.y), 0), 1))
		switch {
		case i == 0:
			fmt.Fprintf(&path, "M%.1f %.1f", x, y)
		case l.step:
			fmt.Fprintf(&path, "L%.1f %.1fL%.1f %.1f", x, last, x, y)
		default:
			fmt.Fprintf(&path, "L%.1f %.1f", x, y)
		}
		if l.dots {
			fmt.Fprintf(&dots, `<circle cx="%.1f" cy="%.1f" r="2.5" fill="%s"/>`, x, y, style.color)
		}
		last = y
	}
	fmt.Fprintf(b, `<path d="%s" fill="none" stroke="%s" stroke-width="1.6"%s/>%s`+"\n", path.String(), style.color, dashed(style.dash), dots.String())
}
