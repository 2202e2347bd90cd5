package admin

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/store"
)

// What the dispatcher has in memory of a leg stands behind what the store has of that leg, and before the next one.
func TestUnderWay(t *testing.T) {
	now := time.Now()
	steps := []store.Step{{At: now, Name: "policy"}}
	stored := func(leg, number int, ended bool) Attempt {
		a := Attempt{Leg: leg, Number: number}
		if ended {
			a.Ended = &now
		}
		return a
	}
	for _, tt := range []struct {
		name     string
		stored   []Attempt
		leg      int
		want     []string // leg.number, with "+" where there are steps
		anything bool
	}{
		{"the first attempt", nil, 0, []string{"0.1+"}, true},
		{"after one that ended", []Attempt{stored(0, 1, true)}, 0, []string{"0.1", "0.2+"}, true},
		{"one that is open in the store", []Attempt{stored(0, 1, false)}, 0, []string{"0.1+"}, true},
		{"the first of two legs", []Attempt{stored(0, 1, true), stored(1, 1, true)}, 0, []string{"0.1", "0.2+", "1.1"}, true},
		{"the second of two legs", []Attempt{stored(0, 1, true), stored(1, 1, true)}, 1, []string{"0.1", "1.1", "1.2+"}, true},
		{"a leg that the store does not have", []Attempt{stored(0, 1, false)}, 1, []string{"0.1", "1.1+"}, true},
		{"nothing", []Attempt{stored(0, 1, true)}, 0, []string{"0.1"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := dispatch.WaitingLeg{Leg: tt.leg, Lane: "PLMN:+1"}
			if tt.anything {
				w.Steps = steps
			}
			var got []string
			for _, a := range underWay(w, tt.stored) {
				text := fmt.Sprintf("%d.%d", a.Leg, a.Number)
				if len(a.Steps) > 0 {
					text += "+"
				}
				got = append(got, text)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
