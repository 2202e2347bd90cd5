package esme

import (
	"math/rand/v2"
	"time"
)

// Pauses between two tries to bind. The real ones vary by a quarter, so that several gateways do not come at once.
const (
	firstRebind = 500 * time.Millisecond
	mostRebind  = 30 * time.Second
	// steady is how long a bind must last to count as a good one, after which the pauses begin anew.
	steady = 2 * time.Second
)

// backoff is the pauses of a bind.
type backoff struct {
	last time.Duration // without what it varied by, 0 before the first
}

// next is the pause after a bind that lasted so long, 0 for one that was not made.
func (b *backoff) next(lasted time.Duration) time.Duration {
	if b.last = min(2*b.last, mostRebind); b.last == 0 || lasted >= steady {
		b.last = firstRebind
	}
	return min(time.Duration((0.75+rand.Float64()/2)*float64(b.last)), mostRebind)
}
