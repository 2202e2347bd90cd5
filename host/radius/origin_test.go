package radius

import (
	"fmt"
	"testing"
	"time"
)

func TestWhen(t *testing.T) {
	type message struct {
		arrived time.Duration // after noon
		event   time.Duration // after noon by the GGSN's clock; 0: not told
		delay   time.Duration
		want    time.Duration // after noon
	}
	const s, m, ms = time.Second, time.Minute, time.Millisecond
	for _, tt := range []struct {
		name     string
		messages []message
	}{
		{"not told", []message{{5 * s, 0, 0, 5 * s}}},
		{"delayed", []message{{65 * s, 0, 60 * s, 5 * s}}},
		{"delayed by more than a day", []message{{0, 0, 90 * time.Hour, -24 * time.Hour}}},
		{"in the same second", []message{{2*s + 300*ms, 2 * s, 0, 2*s + 300*ms}}},
		{"its time is believed, not its delay", []message{{10 * s, 10 * s, 0, 10 * s}, {20 * s, 14 * s, 2 * s, 15*s - 1}}},
		{"in the future", []message{{10 * s, 11 * s, 0, 10 * s}, {10 * s, 400 * time.Hour, 0, 10 * s}}},
		{"one in the future does not make others older", []message{{10 * s, 400 * time.Hour, 0, 10 * s}, {20 * s, 20 * s, 0, 20 * s}}},
		{"the clock is five minutes behind", []message{{10 * s, 10*s - 5*m, 0, 10 * s}, {20 * s, 20*s - 5*m, 0, 20 * s}}},
		{
			"the clock is five minutes behind and a message comes late",
			[]message{{10 * s, 10*s - 5*m, 0, 10 * s}, {20 * s, 13*s - 5*m, 0, 13 * s}},
		},
		{"the first message comes late", []message{{10 * s, 3 * s, 0, 10 * s}, {11 * s, 11 * s, 0, 11 * s}, {12 * s, 4 * s, 0, 5*s - 1}}},
		{
			"the clock was set back",
			[]message{{10 * s, 10 * s, 0, 10 * s}, {11 * m, 8 * m, 0, 8*m + s - 1}, {22 * m, 19 * m, 0, 22 * m}},
		},
		{"silence, then a clock that was set back", []message{{10 * s, 10 * s, 0, 10 * s}, {30 * m, 27 * m, 0, 30 * m}}},
		{"no clock at all", []message{{10 * s, -999 * time.Hour, 0, -999*time.Hour + s - 1}}},
		{"one that is very old does not make the clock wrong", []message{{10 * s, -30 * time.Hour, 0, -30*time.Hour + s - 1}, {20 * s, 20 * s, 0, 20 * s}, {30 * s, 20 * s, 0, 21*s - 1}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := newOrigins()
			for i, m := range tt.messages {
				r := record{delay: m.delay}
				if m.event != 0 {
					r.event = noon.Add(m.event)
				}
				if got := o.when("ggsn", &r, noon.Add(m.arrived)).Sub(noon); got != m.want {
					t.Errorf("message %d happened %v after noon, want %v", i+1, got, m.want)
				}
			}
		})
	}
}

func TestEveryGGSNHasItsOwnClock(t *testing.T) {
	o := newOrigins()
	late := record{event: noon.Add(-5 * time.Minute)}
	right := record{event: noon}
	o.when("right", &right, noon)
	if at := o.when("behind", &late, noon); !at.Equal(noon) {
		t.Errorf("it happened at %v", at)
	}
	if at := o.when("right", &late, noon); !at.Before(noon.Add(-4 * time.Minute)) {
		t.Errorf("it happened at %v", at)
	}
}

func TestOriginsAreBounded(t *testing.T) {
	o := newOrigins()
	r := record{event: noon}
	for i := range 3 * mostOrigins {
		name := fmt.Sprint(i)
		if at := o.when(name, &r, noon.Add(time.Minute)); !at.Equal(noon.Add(time.Minute)) {
			t.Fatalf("it happened at %v", at)
		}
		o.learn("ggsn", []string{name})
		o.learn(name, []string{"0"})
	}
	if len(o.lags) != mostOrigins || len(o.names) != mostOrigins || len(o.names["0"]) != mostNames {
		t.Errorf("%d clocks, %d senders, %d names of one", len(o.lags), len(o.names), len(o.names["0"]))
	}
}
