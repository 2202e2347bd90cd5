package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Problem is one thing wrong with a configuration.
type Problem struct {
	File string `json:"file"`
	Line int    `json:"line"` // 1 is the first; where the key is missing, that of the table it belongs to
	// Key has dots between tables, and the index from 0 in a list: "policy.1.attempt.0.within". "" is the file itself.
	Key  string `json:"key"`
	Text string `json:"text"`
	// Suggestion is what was probably meant, "" if nothing comes near.
	Suggestion string `json:"suggestion,omitempty"`
}

// String returns file:line: key: text (did you mean "x"?).
func (p Problem) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
	if p.Key != "" {
		fmt.Fprintf(&b, "%s: ", p.Key)
	}
	b.WriteString(p.Text)
	if p.Suggestion != "" {
		fmt.Fprintf(&b, " (did you mean %q?)", p.Suggestion)
	}
	return b.String()
}

// Problems are all things wrong with a configuration, in the order of their lines. It is an error; Error prints one a line.
type Problems []Problem

func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// err sorts the problems and returns them as an error, nil if there are none.
func (ps Problems) err() error {
	if len(ps) == 0 {
		return nil
	}
	ps.sort()
	return ps
}

func (ps Problems) sort() {
	slices.SortFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Text, b.Text))
	})
}
