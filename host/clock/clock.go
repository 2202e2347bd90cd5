// Package clock gives the gateway its time, so that tests can step it.
//
// Two times are kept apart. Wall is the time of day: it is written to disk and compared with the timestamps of pushes.
// Elapsed only ever goes forward: everything that waits, waits on it, so that a step of the wall clock moves neither the order
// nor the outcome of what is already running.
package clock

import "time"

// A Clock tells the time and wakes up.
type Clock interface {
	// Wall is the time of day, in UTC and without a monotonic reading.
	Wall() time.Time
	// Elapsed is the time since the clock was made. It never goes back.
	Elapsed() time.Duration
	// After calls f once in a goroutine of its own when d of Elapsed time has passed, unless stop is called before.
	After(d time.Duration, f func()) (stop func())
}

// System is the clock of the machine.
func System() Clock { return system{start: time.Now()} }

type system struct{ start time.Time }

func (system) Wall() time.Time { return time.Now().UTC().Round(0) }

func (s system) Elapsed() time.Duration { return time.Since(s.start) }

func (system) After(d time.Duration, f func()) func() {
	t := time.AfterFunc(d, f)
	return func() { t.Stop() }
}
