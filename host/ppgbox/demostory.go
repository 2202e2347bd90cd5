package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// story prints what happens in the demo, in lines of storyWidth at most.
type story struct {
	out      io.Writer
	begin    time.Time // of the chapter
	chapters int
	err      error // the first of writing; what is printed after it is lost
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
	runes := []rune(line)
	for len(runes) > storyWidth {
		at := lastSpace(runes[:storyWidth+1])
		if at <= len(indent) { // a word that is wider than the line stays whole
			break
		}
		s.print(strings.TrimRight(string(runes[:at]), " "))
		runes = append([]rune(indent), runes[at+1:]...)
	}
	s.print(string(runes))
}

func (s *story) print(line string) {
	if _, err := fmt.Fprintln(s.out, line); err != nil && s.err == nil {
		s.err = fmt.Errorf("telling what happens: %w", err)
	}
}

// lastSpace is the index of the last space, 0 without one.
func lastSpace(runes []rune) int {
	for i := len(runes) - 1; i > 0; i-- {
		if runes[i] == ' ' {
			return i
		}
	}
	return 0
}
