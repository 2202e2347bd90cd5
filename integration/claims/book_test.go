//go:build linux

package main

import (
	"strings"
	"testing"
	"time"
)

// What the handsets tell is booked, and what must not happen is a problem of the run.
func TestBook(t *testing.T) {
	c := cell{2, 10, false}
	number := c.number(7)
	good := text(number, 2)
	shown := func(memory, text, link string) string {
		return `{"time":"2026-01-01T00:00:00Z","what":"shown","to":"` + number + `","memory":"` + memory + `","text":"` + text + `","link":"` + link + `"}`
	}
	tried := func(what, of string) string {
		return `{"time":"2026-01-01T00:00:00Z","what":"` + what + `","to":"` + number + `","of":` + of + `}`
	}
	for _, tt := range []struct {
		name    string
		lines   []string
		problem string // none: all is well
	}{
		{"all well", []string{tried("lost", "2"), tried("arrived", "2"), shown("5s", good, link(number)), shown(forEver, good, link(number))}, ""},
		{"another text", []string{shown(forEver, good+"!", link(number))}, "garbled"},
		{"another link", []string{shown(forEver, good, link(number)+"0")}, "garbled"},
		{"twice", []string{shown("5s", good, link(number)), shown("5s", good, link(number))}, "twice"},
		{"another length", []string{tried("lost", "3")}, "3 segments"},
		{"another terminal", []string{`{"what":"shown","to":"46700000001"}`}, "nothing was sent to"},
		{"unreadable", []string{`{"what":"unreadable","to":"` + number + `","detail":"no WBXML"}`}, "no WBXML"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := &record{cell: c, number: number}
			b := newBook([]*record{r})
			if err := watch(strings.NewReader(strings.Join(tt.lines, "\n")+"\n"), b); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(b.problems, "\n"); (got != "") != (tt.problem != "") || !strings.Contains(got, tt.problem) {
				t.Errorf("problems %q, want %q", got, tt.problem)
			}
			if tt.problem == "" && (r.tries != 2 || r.shown[0].IsZero() || r.shown[1].IsZero()) {
				t.Errorf("booked %+v", r)
			}
		})
	}
	if err := watch(strings.NewReader("no JSON\n"), newBook(nil)); err == nil {
		t.Error("a line that is no event is no error")
	}
}

func TestNotified(t *testing.T) {
	r := &record{cell: cell{1, 0, false}, number: "1"}
	b := newBook([]*record{r})
	first := time.Unix(1, 0)
	if !b.notified("1", "delivered", first) || !b.notified("1", "expired", first.Add(time.Second)) {
		t.Error("a notification for our push is not taken")
	}
	if !r.told.Equal(first) || r.state != "delivered" {
		t.Errorf("booked %+v", r)
	}
	select {
	case <-b.done:
	default:
		t.Error("with the last result it is not done")
	}
	if b.notified("2", "delivered", first) || len(b.problems) != 1 {
		t.Errorf("a notification for nobody's push: %v", b.problems)
	}
}

// Every cell has numbers of its own, by which the radio knows it.
func TestNumbers(t *testing.T) {
	seen := map[string]cell{}
	for _, c := range allCells() {
		for _, n := range []int{0, 99_999} {
			number := c.number(n)
			if other, ok := seen[number]; ok || len(number) > 15 { // E.164
				t.Errorf("%s is of %+v and of %+v", number, c, other)
			}
			seen[number] = c
			fits := 0
			for _, area := range areas(allCells(), 10) {
				if prefix, _, _ := strings.Cut(area, "="); strings.HasPrefix(number, prefix) {
					fits++
				}
			}
			if fits != 1 {
				t.Errorf("%s is in %d areas", number, fits)
			}
		}
	}
}
