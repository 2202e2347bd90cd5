package pluginhost

import "time"

// backoff decides how long an instance rests after a failure.
type backoff struct {
	min, max time.Duration
	limit    int           // failures within window that make the instance failed
	window   time.Duration // also how long a run has to last to be forgiven

	next     time.Duration
	failures []time.Time // the last ones, limit at most
	said     bool        // it was said that the instance failed
}

// failed notes a failure at now of a run that lasted for lived (0 if it never came up), and returns the pause before the next
// start and whether the instance counts as failed.
func (b *backoff) failed(now time.Time, lived time.Duration) (pause time.Duration, over bool) {
	if lived >= b.window {
		b.reset()
	}
	b.failures = append(b.failures, now)
	if n := len(b.failures); n > b.limit {
		b.failures = b.failures[n-b.limit:]
	}
	if len(b.failures) == b.limit && now.Sub(b.failures[0]) < b.window {
		return b.max, true
	}
	pause = max(b.next, b.min)
	b.next = min(2*pause, b.max)
	return min(pause, b.max), false
}

// reset forgets all failures, as when the configuration is loaded again.
func (b *backoff) reset() { b.next, b.failures, b.said = 0, nil, false }
