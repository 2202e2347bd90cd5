//go:build linux

package main

import "math"

// outside is the chance that a count falls outside its interval though the expectation is right, half of it on either side.
const outside = 0.01

// interval returns the least and the most successes out of n that are to be expected if each push gets through with chance p: the
// exact binomial interval, with half of outside beyond each end at most.
func interval(n int, p float64) (least, most int) {
	logP, logQ := math.Log(p), math.Log1p(-p)
	logN, _ := math.Lgamma(float64(n + 1))
	mass := func(k int) float64 {
		switch {
		case p <= 0 || p >= 1:
			if k == int(math.Round(p))*n {
				return 1
			}
			return 0
		}
		logK, _ := math.Lgamma(float64(k + 1))
		rest, _ := math.Lgamma(float64(n - k + 1))
		return math.Exp(logN - logK - rest + float64(k)*logP + float64(n-k)*logQ)
	}
	sum := 0.0
	for least = 0; least < n; least++ {
		if sum += mass(least); sum > outside/2 {
			break
		}
	}
	sum = 0
	for most = n; most > 0; most-- {
		if sum += mass(most); sum > outside/2 {
			break
		}
	}
	return least, most
}
