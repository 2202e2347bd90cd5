package smstx

import "time"

// A Clock gives an Engine its time.
type Clock interface {
	// Elapsed is the time since the clock was made. It never goes back.
	Elapsed() time.Duration
	// After calls f once in a goroutine of its own when d has passed, unless stop is called before.
	After(d time.Duration, f func()) (stop func())
}

type systemClock struct{ start time.Time }

func (c systemClock) Elapsed() time.Duration { return time.Since(c.start) }

func (c systemClock) After(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}
