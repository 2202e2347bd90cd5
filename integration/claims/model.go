//go:build linux

package main

import "time"

// The assumptions, in the time of the experiment and not of the machine. README.md has their sources.
const (
	arrives     = 2 * time.Second  // a segment that arrives takes so long
	radioError  = 2 * time.Second  // a lost one is known after this,
	noPaging    = 10 * time.Second // or after that, equally often
	window      = 60 * time.Second // a transaction
	shortMemory = 5 * time.Minute  // a handset keeps an incomplete message so long after its last segment
	validity    = 2 * time.Hour    // an SMSC that stores keeps a segment so long
	burst       = 20 * time.Second // a terminal in the bursty series is out of reach so long at a time, on average

	// The pauses of the transaction engine from the submission of a segment to its next one: its defaults.
	firstPause = 200 * time.Millisecond
	mostPause  = 5 * time.Second
)

// enginePauses are those of the transaction engine.
func enginePauses() pausing { return fromTheTry(doubling(firstPause, mostPause)) }

// A pausing is how long an engine waits after so many failures of a segment in a row, from 1, the last of which took so long.
type pausing func(failures int, took time.Duration) time.Duration

// doubling is a first pause, twice as long after each further failure, up to a longest.
func doubling(first, most time.Duration) pausing {
	return func(failures int, _ time.Duration) time.Duration {
		pause := first
		for ; failures > 1 && pause < most; failures-- {
			pause *= 2
		}
		return min(pause, most)
	}
}

// fromTheTry takes the time that the failed try took for a part of the pause.
func fromTheTry(p pausing) pausing {
	return func(failures int, took time.Duration) time.Duration { return max(p(failures, took)-took, 0) }
}

// retries returns the pauses of an SMSC that stores, the last one again and again.
func (a arm) retries() []time.Duration {
	const m = time.Minute
	switch a {
	case stored60:
		return []time.Duration{m}
	case storedCautious:
		return []time.Duration{5 * m, 5 * m, 15 * m, 15 * m, 60 * m}
	default:
		return nil
	}
}

// within is the time that a push of the arm has.
func (a arm) within() time.Duration {
	if a.stores() {
		return validity
	}
	return window
}
