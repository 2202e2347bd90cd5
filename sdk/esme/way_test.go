package esme

import (
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// linksOf makes links of tables, none of them bound.
func linksOf(t *testing.T, files ...File) *Links {
	t.Helper()
	var problems plugin.Problems
	var configs []Config
	for i, f := range files {
		if f.Address == "" {
			f.Address = fmt.Sprintf("smsc%d:2775", i)
		}
		f.SystemID = "ppg"
		configs = append(configs, f.Parse(&problems, fmt.Sprintf("link.%d.", i)))
	}
	if err := problems.Err(); err != nil {
		t.Fatal(err)
	}
	return New(configs, Options{})
}

func window(n int) *int { return &n }

func TestPick(t *testing.T) {
	ls := linksOf(t, File{Window: window(99)}, File{Window: window(10)}, File{Window: window(10)})
	away, a, b := ls.all[0], ls.all[1], ls.all[2]
	a.session, b.session = &smpp.Session{}, &smpp.Session{}
	a.pace.outstanding, b.pace.outstanding = 9, 5
	w := ls.Way("358401234567")
	for _, tt := range []struct {
		name       string
		last, want *Link
	}{
		{"a new message: most free places", nil, b},
		{"the next segment: where the last one went", a, a},
		{"the link is away", away, b},
	} {
		if got := ls.pick(w, tt.last); got != tt.want {
			t.Errorf("%s: another link", tt.name)
		}
	}
	a.pace.outstanding = 10
	if got := ls.pick(w, a); got != b {
		t.Error("a full link is not stood in for")
	}
	b.pace.outstanding = 10
	if got := ls.pick(w, nil); got != nil {
		t.Error("a place on full links")
	}
}

func TestWays(t *testing.T) {
	ls := linksOf(t, File{}, File{Prefix: []string{"+4670", "4673"}}, File{Prefix: []string{"47"}})
	for number, want := range map[string]Way{"46701234567": 0b011, "46731234567": 0b011, "46761234567": 0b001, "4799999999": 0b101} {
		if got := ls.Way(number); got != want {
			t.Errorf("%s goes %03b, want %03b", number, got, want)
		}
	}
	if got := linksOf(t, File{Prefix: []string{"47"}}).Way("46701234567"); got != 0 {
		t.Errorf("a number that no link takes goes %b", got)
	}
}

// A link of lower priority is used while every one above it is down or full, and no longer.
func TestPriorities(t *testing.T) {
	const number = "46701234567"
	ls := linksOf(t,
		File{Priority: -1, Window: window(50)}, File{Priority: 5, Window: window(2)}, File{Priority: 5, Window: window(1)}, File{Priority: 9, Prefix: []string{"47"}})
	low, first, second, other := ls.all[0], ls.all[1], ls.all[2], ls.all[3]
	bind := func(links ...*Link) {
		for _, l := range ls.all {
			l.session = nil
		}
		for _, l := range links {
			l.session = &smpp.Session{}
		}
	}
	want := func(what string, w Way, last, link *Link) {
		t.Helper()
		if got := ls.pick(w, last); got != link {
			t.Errorf("%s: another link", what)
		}
	}
	w := ls.Way(number)
	bind(ls.all...)
	want("all bound", w, nil, first)
	want("the terminal is held on a lower link, but a higher one is back", w, low, first)
	want("where the last one went", w, second, second)
	want("a number of the highest", ls.Way("4712345678"), nil, other)
	first.pace.outstanding = 2
	want("the larger of the higher is full", w, nil, second)
	second.pace.outstanding = 1
	want("the higher are full", w, nil, low)
	bind(low, other)
	want("the higher are down", w, nil, low)
	bind(other)
	want("no link of the way is bound", w, nil, nil)
}
