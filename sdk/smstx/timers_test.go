package smstx

import (
	"math/rand/v2"
	"testing"
	"time"
)

// The timers against a plain list, over random steps: the first one is always the earliest, and each knows its place. Now and then many
// are set in the order of their times, as deadlines are.
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
		at := time.Duration(rnd.IntN(1000))
		if step%1000 > 500 {
			at = time.Duration(step)
		}
		if rnd.IntN(3) == 0 {
			e.stopTimer(x)
			delete(model, x)
		} else {
			e.wakeAt(x, at)
			model[x] = at
		}
		if n := e.timers.count(); n != len(model) {
			t.Fatalf("step %d: %d timers, want %d", step, n, len(model))
		}
		if n := len(e.timers.row); n > 2*len(all)+fewGone {
			t.Fatalf("step %d: %d places for %d timers", step, n, len(model))
		}
		earliest := never
		for x, at := range model {
			earliest = min(earliest, at)
			if got := e.timers.of(x); got.transaction != x || got.wake != at {
				t.Fatalf("step %d: at place %d is a timer for %v, want %v", step, x.timer, got.wake, at)
			}
		}
		if first := e.timers.earliest(); first.wake != earliest || (first.transaction == nil) != (len(model) == 0) {
			t.Fatalf("step %d: the first is at %v, the earliest at %v", step, first.wake, earliest)
		}
	}
}
