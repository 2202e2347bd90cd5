package hlr

import "time"

// A Clock gives a Finder its time.
type Clock interface {
	// Now is the time of day, with a monotonic reading if the clock has one.
	Now() time.Time
	// After calls f once in a goroutine of its own when d has passed, unless stop is called before.
	After(d time.Duration, f func()) (stop func())
}

type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) After(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}
