package smstx

import (
	"testing"
	"time"
)

func newMarginAir(t *testing.T, deadline time.Duration, keep bool) *air {
	a := newAir(t)
	a.engine = New(Options{Link: a, Clock: a, Margin: 2 * time.Second})
	a.message("m", "x", 1, func(m *Message) { m.Window, m.Deadline, m.KeepMargin = 0, deadline, keep })
	return a
}

// What was refused is not offered so late that its answer could not come in time: it ends with the refusal, not as uncertain.
func TestMargin(t *testing.T) {
	for _, tt := range []struct {
		name     string
		keep     bool
		deadline time.Duration
		end      time.Duration
	}{
		{"refused again and again", true, time.Minute, 58 * time.Second},
		{"a deadline that is hardly longer", true, 3 * time.Second, 1500 * time.Millisecond},
		{"without", false, time.Minute, time.Minute},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := newMarginAir(t, tt.deadline, tt.keep)
			// Refused 100 ms after each offer, but for those of the margin, which have no answer.
			for a.pass(100 * time.Millisecond); a.now < tt.deadline; a.pass(100 * time.Millisecond) {
				if a.now <= tt.deadline-min(2*time.Second, tt.deadline/2) && len(a.sent) > 0 {
					a.answerErr("m/1", Temporary, errNetwork)
				}
				if a.now >= tt.deadline-5*time.Second {
					a.engine.Wake("x") // it is offered as soon as it may be
				}
				if len(a.ends) > 0 {
					break
				}
			}
			r := a.ended("m", WindowOver)
			if r.Uncertain == tt.keep || r.Last.Err != errNetwork || a.now != tt.end {
				t.Errorf("result %+v after %v", r, a.now)
			}
			a.pass(time.Minute)
			if tt.keep {
				a.empty()
			}
		})
	}
}

// A place that comes too late is left alone.
func TestMarginWhileItWaitsForAPlace(t *testing.T) {
	a := newMarginAir(t, time.Minute, true)
	a.places = -1 // none after the answer
	a.answerErr("m/1", Temporary, errNetwork)
	a.pass(59 * time.Second)
	a.places = 1
	a.engine.Ready()
	if r := a.ended("m", WindowOver); r.Uncertain || r.Last.Err != errNetwork {
		t.Errorf("result %+v", r)
	}
	a.expect("m/1")
	a.empty()
}

// A message that is on the air when the margin begins has all its time.
func TestMarginIsForTheAnswer(t *testing.T) {
	for verdict, end := range map[Verdict]End{Through: Complete, Temporary: WindowOver} {
		a := newMarginAir(t, time.Minute, true)
		a.pass(59 * time.Second)
		a.open("m")
		a.answer("m/1", verdict)
		if r := a.ended("m", end); r.Uncertain {
			t.Errorf("result %+v", r)
		}
		a.expect("m/1")
		a.empty()
	}
}
