package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	sequenceMargin = 10  // columns for the time
	sequenceGap    = 18  // columns from one lifeline to the next
	sequenceWidth  = 118 // columns, if the lifelines do not need more
)

// print draws the sequence with letters: a lifeline for each party, and an arrow with its text above it for each message.
func (s *sequence) print(w io.Writer) {
	fmt.Fprintln(w, s.title)
	fmt.Fprintln(w)
	width := max(sequenceWidth, lifeline(len(s.parties)-1)+sequenceGap/2)
	head := newCanvas()
	for i, party := range s.parties {
		name := shortened(party, sequenceGap-2)
		head.put(lifeline(i)-utf8.RuneCountInString(name)/2, name)
	}
	fmt.Fprintln(w, head)
	for _, m := range s.messages {
		from, to := lifeline(slices.Index(s.parties, m.from)), lifeline(slices.Index(s.parties, m.to))
		text := s.line()
		text.put(0, fmt.Sprintf("%9s", sinceText(m.at)))
		at := min(from, to) + 2
		text.put(at, " "+shortened(m.text, width-at-1)+" ")
		fmt.Fprintln(w, text)
		if from == to {
			continue
		}
		arrow := s.line()
		arrow.put(min(from, to)+1, strings.Repeat("-", max(from, to)-min(from, to)-1))
		if from < to {
			arrow.put(to-1, ">")
		} else {
			arrow.put(to+1, "<")
		}
		fmt.Fprintln(w, arrow)
	}
}

func sinceText(d time.Duration) string { return "+" + d.Round(100*time.Microsecond).String() }

func lifeline(i int) int { return sequenceMargin + sequenceGap/2 + i*sequenceGap }

// line is one with all lifelines in it.
func (s *sequence) line() *canvas {
	c := newCanvas()
	for i := range s.parties {
		c.put(lifeline(i), "|")
	}
	return c
}

func shortened(text string, columns int) string {
	if utf8.RuneCountInString(text) <= columns {
		return text
	}
	return string([]rune(text)[:columns-1]) + "…"
}

// A canvas is one line that is written in any order.
type canvas struct{ runes []rune }

func newCanvas() *canvas { return &canvas{} }

func (c *canvas) put(at int, text string) {
	at = max(at, 0)
	for _, r := range text {
		for len(c.runes) <= at {
			c.runes = append(c.runes, ' ')
		}
		c.runes[at] = r
		at++
	}
}

// String returns the line without blanks at its end.
func (c *canvas) String() string { return strings.TrimRight(string(c.runes), " ") }
