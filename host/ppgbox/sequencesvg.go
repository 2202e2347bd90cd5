package main

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// How a sequence is drawn, in units of SVG.
const (
	svgGap     = 170 // between lifelines
	svgLeft    = 130 // to the first one
	svgTop     = 70
	svgRow     = 34
	svgMargin  = 420 // on the right, for texts of the last parties
	svgLetters = 90  // most of a text
)

// svgSequences draws sequences below each other as one picture.
func svgSequences(list []sequence) string {
	width, height := 0, 0
	for i := range list {
		w, h := list[i].size()
		width, height = max(width, w), height+h
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" font-family="sans-serif" font-size="12">`+"\n",
		width, height, width, height)
	b.WriteString(`<defs><marker id="end" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0L8 4L0 8z"/></marker></defs>` + "\n")
	b.WriteString(`<rect width="100%" height="100%" fill="white"/>` + "\n")
	y := 0
	for i := range list {
		fmt.Fprintf(&b, `<g transform="translate(0 %d)">`+"\n", y)
		list[i].svg(&b)
		b.WriteString("</g>\n")
		_, h := list[i].size()
		y += h
	}
	b.WriteString("</svg>\n")
	return b.String()
}

func (s *sequence) size() (width, height int) {
	return svgLeft + svgGap*(len(s.parties)-1) + svgMargin, svgTop + svgRow*(len(s.messages)+1) + 20
}

func (s *sequence) svg(b *strings.Builder) {
	bottom := svgTop + svgRow*(len(s.messages)+1)
	fmt.Fprintf(b, `<text x="10" y="20" font-weight="bold">%s</text>`+"\n", escaped(s.title))
	for i, party := range s.parties {
		x := svgLeft + i*svgGap
		fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" font-weight="bold">%s</text>`+"\n", x, svgTop-18, escaped(party))
		fmt.Fprintf(b, `<path d="M%d %dV%d" stroke="#999" stroke-dasharray="4 3"/>`+"\n", x, svgTop-8, bottom)
	}
	for i, m := range s.messages {
		y := svgTop + svgRow*(i+1)
		from := svgLeft + svgGap*slices.Index(s.parties, m.from)
		to := svgLeft + svgGap*slices.Index(s.parties, m.to)
		fmt.Fprintf(b, `<text x="10" y="%d" fill="#666">%s</text>`+"\n", y, sinceText(m.at))
		text := escaped(shortened(m.text, svgLetters))
		if from == to {
			fmt.Fprintf(b, `<circle cx="%d" cy="%d" r="3"/>`, from, y-4)
		} else {
			fmt.Fprintf(b, `<path d="M%d %dH%d" stroke="black" marker-end="url(#end)"/>`, from, y, to)
		}
		x := min(from, to) + 8
		// What is written over lifelines stays readable.
		fmt.Fprintf(b, `<rect x="%d" y="%d" width="%d" height="14" fill="white" opacity="0.8"/>`, x-2, y-16, 7*utf8.RuneCountInString(shortened(m.text, svgLetters)))
		fmt.Fprintf(b, `<text x="%d" y="%d">%s</text>`+"\n", x, y-5, text)
	}
}

func escaped(text string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(text)) // it writes to memory
	return b.String()
}
