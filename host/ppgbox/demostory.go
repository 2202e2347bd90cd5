package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"
)

// story prints what happens in the demo, in lines of storyWidth at most.
type story struct {
	out      io.Writer
	begin    time.Time // of the chapter
	chapters int
}

const (
	storyWidth  = 120
	storyIndent = "                        " // of what follows an event
)

func (s *story) say(format string, args ...any) { s.fold(fmt.Sprintf(format, args...), "    ") }

// line introduces a part.
func (s *story) line(name, format string, args ...any) {
	s.fold(fmt.Sprintf("  %-10s ", name)+fmt.Sprintf(format, args...), "             ")
}

func (s *story) chapter(title string) {
	s.begin = time.Now()
	s.chapters++
	s.say("\n%d. %s%s\n", s.chapters, strings.ToUpper(title[:1]), title[1:])
}

// event is something that happened, by the time since the chapter began.
func (s *story) event(at time.Time, what, format string, args ...any) {
	since := max(at.Sub(s.begin), 0).Round(time.Millisecond)
	s.fold(fmt.Sprintf("  %7s  %-12s ", since, what)+fmt.Sprintf(format, args...), storyIndent)
}

// more is what follows an event.
func (s *story) more(format string, args ...any) {
	s.fold(storyIndent+fmt.Sprintf(format, args...), storyIndent)
}

// quote prints what another command would print.
func (s *story) quote(text string) {
	for line := range strings.Lines(text) {
		s.fold("  "+strings.TrimRight(line, "\n"), storyIndent)
	}
}

// fold prints a line, broken at spaces if it is too wide; what follows is indented.
func (s *story) fold(line, indent string) {
	for utf8.RuneCountInString(line) > storyWidth {
		at := breakAt(line, len(indent))
		if at <= 0 {
			break
		}
		fmt.Fprintln(s.out, strings.TrimRight(line[:at], " "))
		line = indent + strings.TrimLeft(line[at:], " ")
	}
	fmt.Fprintln(s.out, line)
}

// breakAt is the last space of a line within the width and behind the indent, or the next one; 0 if there is none.
func breakAt(line string, indent int) int {
	at, column := 0, 0
	for i, r := range line {
		if column > storyWidth && at > 0 {
			break
		}
		if r == ' ' && i > indent && column <= storyWidth || r == ' ' && at == 0 && i > indent {
			at = i
		}
		column++
	}
	return at
}
