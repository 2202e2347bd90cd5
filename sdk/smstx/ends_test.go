package smstx

import (
	"context"
	"testing"
	"time"
)

func TestNoAnswer(t *testing.T) {
	for _, tt := range []struct {
		name      string
		segments  int
		resubmit  bool
		answers   []Verdict // to the segments in turn; then the window ends
		end       End
		through   Set
		uncertain bool
	}{
		{"the only segment", 1, false, []Verdict{NoAnswer}, Unanswered, set(), true},
		{"the last segment", 2, false, []Verdict{Through, NoAnswer}, Unanswered, set(1), true},
		{"a segment with others to come", 2, false, []Verdict{NoAnswer}, Unanswered, set(), false},
		{"sent again and through", 2, true, []Verdict{NoAnswer, Through, Through}, Complete, set(1, 2), false},
		{"sent again and refused: the first one may be there", 2, true, []Verdict{Through, NoAnswer, Permanent}, Refused, set(1), true},
		{"sent again and failed: the first one may be there", 2, true, []Verdict{Through, NoAnswer, Temporary}, WindowOver, set(1), true},
		{"sent again and refused, with others to come", 2, true, []Verdict{NoAnswer, Permanent}, Refused, set(), false},
		{"the window ends with the last segment on the air", 2, true, []Verdict{Through}, WindowOver, set(1), true},
		{"the window ends with the first segment on the air", 2, true, nil, WindowOver, set(), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAir(t)
			a.message("m", "x", tt.segments, func(m *Message) { m.Resubmit = tt.resubmit })
			for _, v := range tt.answers {
				a.answer(a.sent[0].name, v)
				a.pass(200 * time.Millisecond)
			}
			a.pass(time.Minute)
			if r := a.ended("m", tt.end); r.Through != tt.through || r.Uncertain != tt.uncertain {
				t.Errorf("result %+v", r)
			}
		})
	}
}

func TestCancel(t *testing.T) {
	for _, tt := range []struct {
		name      string
		prepare   func(*air)
		then      func(*air)
		end       End
		uncertain bool
	}{
		{"waiting for a place", func(a *air) { a.places = 0 }, nil, Cancelled, false},
		{"between two tries", func(a *air) { a.pass(0) }, nil, Cancelled, false},
		{"on the air, then through", nil, func(a *air) { a.answer("m/1", Through) }, Complete, false},
		{"on the air, then refused", nil, func(a *air) { a.answer("m/1", Permanent) }, Refused, false},
		{"on the air, then failed", nil, func(a *air) { a.answer("m/1", Temporary) }, Cancelled, false},
		{"on the air, then turned away", nil, func(a *air) { a.answer("m/1", Busy) }, Cancelled, false},
		{"on the air for too long", nil, func(a *air) { a.pass(cancelGrace) }, Cancelled, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newAir(t)
			if tt.prepare != nil {
				tt.prepare(a)
			}
			a.message("m", "x", 1)
			if tt.name == "between two tries" {
				a.answer("m/1", Temporary)
			}
			a.engine.Cancel(&Message{})
			a.engine.Cancel(a.held["m"])
			if tt.then != nil {
				a.open("m")
				tt.then(a)
			}
			if r := a.ended("m", tt.end); r.Uncertain != tt.uncertain {
				t.Errorf("result %+v", r)
			}
			a.pass(time.Hour)
			if n := len(a.said); n > 1 {
				t.Errorf("sent again after it was cancelled: %q", a.said)
			}
		})
	}
}

func TestDrain(t *testing.T) {
	a := newAir(t)
	a.places = 4
	a.message("quick", "a", 2)
	a.message("slow", "b", 1)
	a.message("pausing", "c", 2)
	a.message("unsent", "d", 1)
	a.message("behind", "a", 1)
	a.message("held", "e", 1, func(m *Message) { m.Held = true })
	a.answer("pausing/1", Through)
	a.answer("pausing/2", Temporary)
	a.message("failed", "f", 1)
	a.answer("failed/1", Temporary)
	a.places = -1 // no place after the answer
	a.answer("unsent/1", Busy)
	ctx, cancel := context.WithCancel(t.Context())
	drained := make(chan struct{})
	a.pass(0)
	go func() {
		defer close(drained)
		a.engine.Drain(ctx)
	}()
	for waiting := true; waiting; {
		a.engine.mu.Lock()
		waiting = !a.engine.draining || a.engine.working
		a.engine.mu.Unlock()
	}
	for _, id := range []string{"unsent", "behind", "held", "failed"} {
		if r := a.ended(id, Drained); r.Uncertain {
			t.Errorf("%s: %+v", id, r)
		}
	}
	a.places = 10
	a.answer("quick/1", Through)
	a.answer("quick/2", Through) // goes on to its end
	a.ended("quick", Complete)
	a.message("new", "z", 1)
	a.ended("new", Drained)
	select {
	case <-drained:
		t.Error("drained before all had ended")
	default:
	}
	cancel()
	<-drained
	if r := a.ended("slow", Drained); !r.Uncertain {
		t.Errorf("slow: %+v", r)
	}
	if r := a.ended("pausing", Drained); r.Uncertain {
		t.Errorf("pausing: %+v", r)
	}
}
