package smstx

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The timers against a plain list, over random steps: the first one is always the earliest, and each knows its place.
func TestTimersAgainstAModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	e := New(Options{})
	all := make([]transaction, 60)
	model := make(map[*transaction]time.Duration)
	for i := range all {
		all[i] = transaction{message: &Message{}, timer: -1, deadline: never}
	}
	for step := range 20000 {
		x := &all[rnd.IntN(len(all))]
		if at := time.Duration(rnd.IntN(1000)); rnd.IntN(3) == 0 {
			e.stopTimer(x)
			delete(model, x)
		} else {
			e.wakeAt(x, at)
			model[x] = at
		}
		if len(e.timers) != len(model) {
			t.Fatalf("step %d: %d timers, want %d", step, len(e.timers), len(model))
		}
		earliest := never
		for x, at := range model {
			earliest = min(earliest, at)
			if got := e.timers[x.timer]; got.transaction != x || got.wake != at {
				t.Fatalf("step %d: at place %d is a timer for %v, want %v", step, x.timer, got.wake, at)
			}
		}
		if len(e.timers) > 0 && e.timers[0].wake != earliest {
			t.Fatalf("step %d: the first is at %v, the earliest at %v", step, e.timers[0].wake, earliest)
		}
	}
}
