//go:build linux

package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/ppgbox/ppgbox/plugins/bearer/sms"
)

// The closed form and the simulation, which share nothing, say the same.
func TestTransactionAgainstSimulation(t *testing.T) {
	const plays = 20_000
	for _, c := range allCells() {
		if c.Bursty {
			continue
		}
		t.Run(fmt.Sprintf("%d segments, %d %%", c.Segments, c.Loss), func(t *testing.T) {
			exact := transaction(c.Segments, c.share(), enginePauses())
			played := simulated(integrated, c, math.Inf(1), plays, 2)
			deviation := math.Sqrt(exact.Success*(1-exact.Success)/plays) + 1e-4
			if math.Abs(exact.Success-played.Success) > 4*deviation {
				t.Errorf("success %.5f, played %.5f", exact.Success, played.Success)
			}
			if math.Abs(exact.Submits/played.Submits-1) > 0.02 {
				t.Errorf("submits %.3f, played %.3f", exact.Submits, played.Submits)
			}
		})
	}
}

// So do they for segments that are stored each by itself.
func TestUnrelatedAgainstSimulation(t *testing.T) {
	const plays = 20_000
	for _, a := range []arm{stored60, storedCautious} {
		for _, c := range allCells() {
			if c.Bursty {
				continue
			}
			success, submits := unrelated(c.Segments, tries(a.retries()), c.share())
			played := simulated(a, c, math.Inf(1), plays, 3)
			deviation := math.Sqrt(success*(1-success)/plays) + 1e-4
			if math.Abs(success-played.Success) > 4*deviation || math.Abs(submits/played.Submits-1) > 0.02 {
				t.Errorf("%s, %+v: %.5f with %.3f submits, played %.5f with %.3f", a, c, success, submits, played.Success, played.Submits)
			}
		}
	}
}

// What can be said without a computer.
func TestTransaction(t *testing.T) {
	never := math.Inf(1)
	for _, tt := range []struct {
		name             string
		segments         int
		loss             float64
		success, submits float64
		p50, p95         float64
	}{
		{"no loss", 3, 0, 1, 3, 6, 6},
		// 0.9 after 2 s, 0.045 more after 4, 0.00225 after 6, 0.0001 after 8, and 0.045 after 12.
		{"a tenth lost", 1, 0.1, -1, -1, 2, 12},
		{"all lost", 1, 1, 0, -1, never, never},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := transaction(tt.segments, tt.loss, doubling(0, 0))
			if tt.success >= 0 && math.Abs(got.Success-tt.success) > 1e-12 || tt.submits >= 0 && math.Abs(got.Submits-tt.submits) > 1e-12 {
				t.Errorf("got %+v", got)
			}
			if got.P50 != tt.p50 || got.P95 != tt.p95 {
				t.Errorf("p50 %v, p95 %v, want %v and %v", got.P50, got.P95, tt.p50, tt.p95)
			}
		})
	}
}

func TestTries(t *testing.T) {
	// 5, 10, 25, 40 and 100 minutes; the next would be after 160.
	if got := tries(storedCautious.retries()); got != 6 {
		t.Errorf("cautious: %d", got)
	}
	if got := tries(stored60.retries()); got != 121 { // one a minute in two hours, and the first
		t.Errorf("60 s: %d", got)
	}
}

func TestPauses(t *testing.T) {
	const ms = time.Millisecond
	p := doubling(firstPause, mostPause)
	for failures, want := range map[int]time.Duration{1: 200 * ms, 2: 400 * ms, 3: 800 * ms, 5: 3200 * ms, 6: 5000 * ms, 60: 5000 * ms} {
		if got := p(failures, noPaging); got != want {
			t.Errorf("after %d failures %v, want %v", failures, got, want)
		}
	}
	if got := enginePauses()(6, radioError); got != 3*time.Second {
		t.Errorf("counted from a try of 2 s: %v, want 3s", got)
	}
	if got := enginePauses()(6, noPaging); got != 0 {
		t.Errorf("counted from a try of 10 s: %v, want none", got)
	}
}

// The bursts of the simulation are out of reach for the share and the time that they should be.
func TestWalker(t *testing.T) {
	const n, share = 20_000, 0.3
	out, stays := 0, 0.0
	random := rand.New(rand.NewPCG(1, 1))
	for range n {
		w := newWalker(share, random)
		if w.lost(1000) {
			out++
			stays += w.until - 1000 // what is left is like the whole
		}
	}
	if got := float64(out) / n; math.Abs(got-share) > 0.015 {
		t.Errorf("%.3f are out of reach, want %v", got, share)
	}
	if got := stays / float64(out); math.Abs(got/burst.Seconds()-1) > 0.05 {
		t.Errorf("for %.1f s, want %v", got, burst)
	}
}

// A handset that forgets loses a message whose parts come too far apart, one that does not has it.
func TestMemoryOfTheSimulation(t *testing.T) {
	c := cell{2, 10, false}
	forgets := simulated(storedCautious, c, shortMemory.Seconds(), 20_000, 1)
	keeps := simulated(storedCautious, c, math.Inf(1), 20_000, 1)
	// The retry comes five minutes after the loss is known, and so at least five minutes after the other segment, unless both are lost.
	// Those are retried close together, and are there if that goes well: 0.81 + 0.01 · 0.81, and some of the next retries.
	if math.Abs(forgets.Success-0.82) > 0.01 || keeps.Success < 0.9999 {
		t.Errorf("%.4f and %.4f", forgets.Success, keeps.Success)
	}
}

func TestInterval(t *testing.T) {
	for _, tt := range []struct {
		n           int
		p           float64
		least, most int
	}{
		{1000, 1, 1000, 1000},
		{1000, 0, 0, 0},
		{10, 0.5, 1, 9},           // P(0) = 1/1024, P(0 or 1) = 11/1024
		{1000, 0.9999, 999, 1000}, // P(≤ 998) = 0.0047, P(≤ 999) = 0.095
	} {
		if least, most := interval(tt.n, tt.p); least != tt.least || most != tt.most {
			t.Errorf("%d, %v: %d to %d, want %d to %d", tt.n, tt.p, least, most, tt.least, tt.most)
		}
	}
}

// The times of the experiment's transactions are the defaults that operators get.
func TestModelIsTheDefault(t *testing.T) {
	var bearer struct {
		Window   string `toml:"window"`
		Pause    string `toml:"pause"`
		MaxPause string `toml:"max_pause"`
	}
	if _, err := toml.Decode(sms.Sample, &bearer); err != nil {
		t.Fatal(err)
	}
	for key, pair := range map[string]struct {
		text string
		want time.Duration
	}{"window": {bearer.Window, window}, "pause": {bearer.Pause, firstPause}, "max_pause": {bearer.MaxPause, mostPause}} {
		if got, err := time.ParseDuration(pair.text); err != nil || got != pair.want {
			t.Errorf("bearer/sms has %s %q by default, the model %v", key, pair.text, pair.want)
		}
	}
}
