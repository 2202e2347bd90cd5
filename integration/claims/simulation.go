//go:build linux

package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// This simulation knows nothing of the emulator, the engine and the closed forms: it plays one push after the other, in seconds as
// floating point, with a radio of its own.

// An airway is the radio to one handset of the simulation.
type airway interface {
	// lost says whether a try that begins at a time is lost. Times do not go back.
	lost(at float64) bool
}

// coin loses each try by itself.
type coin struct {
	loss   float64
	random *rand.Rand
}

func (c coin) lost(float64) bool { return c.random.Float64() < c.loss }

// walker is a handset that goes out of reach and comes back: it plays the times between, one by one.
type walker struct {
	random        *rand.Rand
	out           bool
	until         float64 // it stays so
	meanOut, mean float64 // seconds out of reach, in reach
}

func newWalker(loss float64, random *rand.Rand) *walker {
	w := &walker{random: random, meanOut: burst.Seconds()}
	w.mean = w.meanOut * (1 - loss) / loss
	w.out = random.Float64() < loss
	w.until = w.stay() // an exponential time has no memory: what is left of it is like the whole
	return w
}

func (w *walker) stay() float64 {
	if w.out {
		return w.random.ExpFloat64() * w.meanOut
	}
	return w.random.ExpFloat64() * w.mean
}

func (w *walker) lost(at float64) bool {
	for w.until <= at {
		w.out = !w.out
		w.until += w.stay()
	}
	return w.out
}

// hair is less than any time that makes a difference, in seconds.
const hair = 1e-6

// An ending is one push of the simulation.
type ending struct {
	delay   float64 // seconds until the last segment is there, infinite if the push never is
	submits int
}

// play simulates n pushes of an arm. memory is the handset's, in seconds.
func play(a arm, c cell, memory float64, n int, seed uint64) []ending {
	random := rand.New(rand.NewPCG(seed, uint64(c.Segments)<<32|uint64(c.Loss)<<8|uint64(len(a))))
	endings := make([]ending, n)
	for i := range endings {
		var air airway = coin{c.share(), random}
		if c.Bursty {
			air = newWalker(c.share(), random)
		}
		if a.stores() {
			endings[i] = playStored(a, c.Segments, memory, air, random)
		} else {
			endings[i] = playTransaction(c.Segments, air, random)
		}
	}
	return endings
}

// knownAfter is how long a loss takes.
func knownAfter(random *rand.Rand) float64 {
	if random.IntN(2) == 0 {
		return radioError.Seconds()
	}
	return noPaging.Seconds()
}

func playTransaction(segments int, air airway, random *rand.Rand) ending {
	e := ending{delay: math.Inf(1)}
	now, pause := 0.0, firstPause.Seconds()
	for now < window.Seconds() {
		e.submits++
		if air.lost(now) {
			now += max(knownAfter(random), pause) // the pause counts from the submission
			pause = min(pause*2, mostPause.Seconds())
			continue
		}
		now += arrives.Seconds()
		pause = firstPause.Seconds()
		if segments--; segments == 0 {
			if now < window.Seconds()-hair {
				e.delay = now
			}
			return e
		}
	}
	return e
}

// playStored has one handset that takes one try at a time, in the order in which they become due.
func playStored(a arm, segments int, memory float64, air airway, random *rand.Rand) ending {
	retries := a.retries()
	type part struct {
		due      float64
		failures int
	}
	waiting := make([]part, segments)
	e := ending{delay: math.Inf(1)}
	free, last, together := 0.0, math.Inf(-1), 0
	for len(waiting) > 0 {
		next := 0
		for i := range waiting {
			if waiting[i].due < waiting[next].due {
				next = i
			}
		}
		p := &waiting[next]
		begin := max(free, p.due)
		e.submits++
		if !air.lost(begin) {
			free = begin + arrives.Seconds()
			// A retry after five minutes comes exactly five minutes after the segment before it. In any machine that is a little more, and
			// too late; so it is here.
			if free-last > memory-hair {
				together = 0 // the handset has forgotten what it had
			}
			together, last = together+1, free
			if together == segments {
				e.delay = free
			}
			waiting = slices.Delete(waiting, next, next+1)
			continue
		}
		free = begin + knownAfter(random)
		p.due = free + retries[min(p.failures, len(retries)-1)].Seconds()
		p.failures++
		if p.due > validity.Seconds() {
			waiting = slices.Delete(waiting, next, next+1)
		}
	}
	return e
}

// simulated is what so many plays come to.
func simulated(a arm, c cell, memory float64, n int, seed uint64) expectation {
	endings := play(a, c, memory, n, seed)
	delays := make([]float64, n)
	e := expectation{By: "simulation"}
	for i, x := range endings {
		delays[i] = x.delay
		if !math.IsInf(x.delay, 1) {
			e.Success++
		}
		e.Submits += float64(x.submits)
	}
	e.Success /= float64(n)
	e.Submits /= float64(n)
	slices.Sort(delays)
	e.P50, e.P95, e.P99 = quantile(delays, 0.5), quantile(delays, 0.95), quantile(delays, 0.99)
	return e
}

// quantile is the least of the sorted values that a share of all does not exceed; infinite ones count.
func quantile(sorted []float64, share float64) float64 {
	if len(sorted) == 0 {
		return math.Inf(1)
	}
	return sorted[max(int(math.Ceil(share*float64(len(sorted))))-1, 0)]
}
