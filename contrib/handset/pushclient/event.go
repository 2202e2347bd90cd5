package pushclient

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// What says what happened.
type What string

// What can happen.
const (
	Registered What = "registered" // Detail: the address, the dynamic identifier and how long it is valid
	Released   What = "released"
	Failed     What = "failed"  // Detail says what, and why
	Pushed     What = "push"    // Detail: from whom, and the content in a line
	Ignored    What = "ignored" // an indication that is not to be shown; Detail says why
	Ran        What = "command" // Detail: how it ended and what it printed
	Loading    What = "loading" // Detail: the address
	Declined   What = "declined"
	Shown      What = "screen" // Detail: the address, and the screen in the lines after it
)

// Event is one thing that happened.
type Event struct {
	Time   time.Time
	What   What
	Detail string // lines end with "\n" but the last; nothing in it can speak to the screen
}

// String is for people, without the time; the lines after the first are indented.
func (e Event) String() string {
	text := strings.TrimSuffix(string(e.What)+": "+e.Detail, ": ")
	return strings.ReplaceAll(text, "\n", "\n    | ")
}

func (c *Client) report(what What, format string, a ...any) {
	detail := strings.Map(func(r rune) rune {
		if r != '\n' && !unicode.IsPrint(r) { // names and addresses come from strangers
			return utf8.RuneError
		}
		return r
	}, fmt.Sprintf(format, a...))
	c.Report(Event{Time: time.Now(), What: what, Detail: detail})
}
