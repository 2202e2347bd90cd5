package handset

import (
	"math"
	"strconv"
	"testing"
	"time"
)

func TestParseArea(t *testing.T) {
	for _, tt := range []struct {
		text string
		want Area // none: it is refused
	}{
		{"35840=0.1", Area{Prefix: "35840", Share: 0.1}},
		{"35840=0.25,20s", Area{Prefix: "35840", Share: 0.25, Burst: 20 * time.Second}},
		{"35840=1,20s", Area{Prefix: "35840", Share: 1, Burst: 20 * time.Second}},
		{"35840", Area{}},
		{"=0.1", Area{}},
		{"35840=", Area{}},
		{"35840=1.1", Area{}},
		{"35840=-0.1", Area{}},
		{"35840=NaN", Area{}},
		{"35840=0.1,", Area{}},
		{"35840=0.1,0s", Area{}},
		{"35840=0.1,20", Area{}},
	} {
		t.Run(tt.text, func(t *testing.T) {
			got, err := ParseArea(tt.text)
			if (err != nil) != (tt.want == Area{}) || err == nil && got != tt.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestAreaLoss(t *testing.T) {
	loss := AreaLoss([]Area{{Prefix: "358401", Share: 1}, {Prefix: "35840", Share: 0}, {Prefix: "35", Share: 1, Burst: time.Second}}, 1)
	for terminal, want := range map[string]bool{"3584011": true, "3584021": false, "3595": true, "46": false} {
		if loss(Try{Terminal: terminal, Nth: 1}) != want {
			t.Errorf("%s: lost %v, want %v", terminal, !want, want)
		}
	}
}

// Share of all looks find a terminal out of reach; a moment later it is where it was, much later that says nothing.
func TestBursts(t *testing.T) {
	const terminals, share = 40_000, 0.3
	burst := 20 * time.Second
	for _, tt := range []struct {
		name  string
		after time.Duration
		again float64 // share of those out of reach that are so again
	}{
		{"at once", 0, 1},
		{"after a burst's time", burst, share + (1-share)*math.Exp(-1/(1-share))},
		{"after an hour", time.Hour, share},
	} {
		t.Run(tt.name, func(t *testing.T) {
			clock := time.Unix(1, 0)
			loss := burstLoss(Area{Share: share, Burst: burst}, 7, func() time.Time { return clock })
			out, again := 0, 0
			for i := range terminals {
				try := Try{Terminal: strconv.Itoa(i), Nth: 1}
				first := loss(try)
				clock = clock.Add(tt.after)
				try.Nth++
				second := loss(try)
				if first {
					out++
					if second {
						again++
					}
				}
			}
			if got := float64(out) / terminals; math.Abs(got-share) > 0.01 {
				t.Errorf("%.3f are out of reach, want %v", got, share)
			}
			if got := float64(again) / float64(out); math.Abs(got-tt.again) > 0.02 {
				t.Errorf("%.3f of them are so again, want %.3f", got, tt.again)
			}
		})
	}
}
