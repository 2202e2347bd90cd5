package clock

import (
	"slices"
	"testing"
	"time"
)

func TestFakeRunsWhatIsDueInOrder(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := NewFake(start)
	var ran []string
	c.After(2*time.Second, func() { ran = append(ran, "two at "+c.Elapsed().String()) })
	c.After(time.Second, func() {
		ran = append(ran, "one at "+c.Elapsed().String())
		c.After(500*time.Millisecond, func() { ran = append(ran, "nested at "+c.Elapsed().String()) })
	})
	stop := c.After(time.Second, func() { ran = append(ran, "stopped") })
	c.After(time.Hour, func() { ran = append(ran, "late") })
	stop()
	c.Advance(3 * time.Second)
	if want := []string{"one at 1s", "nested at 1.5s", "two at 2s"}; !slices.Equal(ran, want) {
		t.Errorf("ran %q, want %q", ran, want)
	}
	if got, want := c.Wall(), start.Add(3*time.Second); !got.Equal(want) {
		t.Errorf("wall is %v, want %v", got, want)
	}
}

func TestStepMovesTheWallClockOnly(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := NewFake(start)
	ran := false
	c.After(time.Minute, func() { ran = true })
	c.Step(-24 * time.Hour)
	c.Advance(time.Minute)
	if !ran {
		t.Error("a waiter did not run after its time had passed, because the wall clock stepped back")
	}
	if c.Elapsed() != time.Minute {
		t.Errorf("elapsed is %v, want 1m", c.Elapsed())
	}
}
