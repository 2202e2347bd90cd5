//go:build linux

package main

import (
	"math"
	"time"
)

// An expectation is what the model says of a cell.
type expectation struct {
	By      string // "closed form" or "simulation"
	Success float64
	Submits float64 // segments handed to the radio network for a push
	// Delays of the pushes that get through, by quantile of all pushes: the time at which that share of them is there; infinite if it
	// never is.
	P50, P95, P99 float64 // seconds
}

// tick is a divisor of all times of a transaction.
const tick = 100 * time.Millisecond

// transaction computes how a transaction over a radio with independent losses ends. At each tick of the window there is a chance that
// the engine stands before the next try with so many segments left and so many failures in a row; a try moves it on: forward by the
// time of an arrival, or by that of a loss and the pause after it. What completes at the very end of the window is late.
func transaction(segments int, loss float64, pauses pausing) expectation {
	ticks := int(window / tick)
	const most = 8                       // failures in a row; the pause grows no more then
	chance := make([][][]float64, ticks) // by time, segments left, failures
	for at := range chance {
		chance[at] = make([][]float64, segments+1)
		for left := range chance[at] {
			chance[at][left] = make([]float64, most+1)
		}
	}
	complete := make([]float64, ticks)
	e := expectation{By: "closed form"}
	chance[0][segments][0] = 1
	for at := range chance {
		move := func(takes time.Duration, left, failures int, p float64) {
			if then := at + int(takes/tick); then < ticks {
				if left == 0 {
					complete[then] += p
				} else {
					chance[then][left][failures] += p
				}
			}
		}
		for left := 1; left <= segments; left++ {
			for failures, p := range chance[at][left] {
				if p == 0 {
					continue
				}
				e.Submits += p
				move(arrives, left-1, 0, p*(1-loss))
				again := min(failures+1, most)
				for _, known := range []time.Duration{radioError, noPaging} {
					move(known+pauses(again, known), left, again, p*loss/2)
				}
			}
		}
	}
	e.P50, e.P95, e.P99 = math.Inf(1), math.Inf(1), math.Inf(1)
	for at, p := range complete {
		e.Success += p
		for _, q := range []struct {
			share float64
			to    *float64
		}{{0.5, &e.P50}, {0.95, &e.P95}, {0.99, &e.P99}} {
			if e.Success >= q.share && math.IsInf(*q.to, 1) {
				*q.to = (time.Duration(at) * tick).Seconds()
			}
		}
	}
	return e
}

// tries is how often an SMSC that stores tries a segment within its validity if each try fails at once.
func tries(retries []time.Duration) int {
	n := 1
	for after := time.Duration(0); ; n++ {
		if after += retries[min(n, len(retries))-1]; after > validity {
			return n
		}
	}
}

// unrelated is what becomes of segments that an SMSC stores each for itself, to a handset that keeps them for ever, over a radio with
// independent losses: each is tried so often, and all must arrive. It says nothing of delays. It is exact where the time that the
// tries themselves take does not change their number.
func unrelated(segments, tries int, loss float64) (success, submits float64) {
	lost := math.Pow(loss, float64(tries))
	return math.Pow(1-lost, float64(segments)), float64(segments) * (1 - lost) / (1 - loss)
}
