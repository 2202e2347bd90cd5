// Package loglimit keeps lines that are written for every failure from filling the disk when everything fails.
package loglimit

import (
	"sync/atomic"

	"golang.org/x/time/rate"
)

// What a Limit lets through: as many lines as somebody can make use of.
const (
	PerSecond = 20
	Burst     = 5 * PerSecond
)

// A Limit lets through a bounded number of lines, and counts those that it does not. It may be used from many goroutines.
type Limit struct {
	limiter *rate.Limiter
	leftOut atomic.Int64
}

// New returns a limit that nothing was written under yet.
func New() *Limit { return &Limit{limiter: rate.NewLimiter(PerSecond, Burst)} }

// Allow reports whether a line may be written. It is called with the fields of that line, and returns them with the number of those
// that were left out before it, if there were any.
func (l *Limit) Allow(fields ...any) ([]any, bool) {
	if !l.limiter.Allow() {
		l.leftOut.Add(1)
		return nil, false
	}
	if n := l.leftOut.Swap(0); n > 0 {
		fields = append(fields, "lines_left_out", n)
	}
	return fields, true
}
