package radius

import (
	"slices"
	"time"
)

// origins is what is known of the GGSNs beyond a single message. It belongs to one goroutine.
type origins struct {
	lags  map[string]*lag     // by the name of the GGSN
	names map[string][]string // of GGSNs, by what else their messages were sent under
}

// Bounds of what is remembered: a client that makes names up gets no further.
const (
	mostOrigins = 4096
	mostNames   = 8 // of one sender
)

func newOrigins() origins {
	return origins{lags: map[string]*lag{}, names: map[string][]string{}}
}

// learn remembers that sessions of a GGSN are told of by a sender with these other names. An Accounting-On has no attribute of 3GPP
// and comes under those alone.
func (o *origins) learn(ggsn string, nas []string) {
	for _, n := range nas {
		known, ok := o.names[n]
		if n == ggsn || slices.Contains(known, ggsn) || len(known) == mostNames || !ok && len(o.names) == mostOrigins {
			continue
		}
		o.names[n] = append(known, ggsn)
	}
}

// all returns every name that the sessions of a sender may have.
func (o *origins) all(ggsn string, nas []string) (names []string) {
	add := func(n string) {
		if n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	add(ggsn)
	for _, n := range nas {
		add(n)
		for _, known := range o.names[n] {
			add(known)
		}
	}
	return names
}

// A lag is by how much a GGSN's clock is behind ours, as far as can be seen: what its fastest message of the last minutes seemed to
// have taken. Without it a clock that is five minutes behind would let us take the new owner of an address for an old one, for as
// long as the push client that held it before had registered in these minutes.
type lag struct {
	least, before time.Duration // of this window and the one before it
	window        time.Time     // when this one began
}

const lagWindow = 10 * time.Minute

// day is the most that is believed of a delay. A clock that is behind by more is no clock.
const day = 24 * time.Hour

// when returns when it happened, by our clock and at the latest: what came in the same second came in the order of its arrival. It is
// never after the arrival.
func (o *origins) when(ggsn string, r *record, arrived time.Time) time.Time {
	if r.event.IsZero() {
		return arrived.Add(-min(r.delay, day)) // RFC 2866 §5.2
	}
	event := r.event.Add(time.Second - 1) // RFC 2869 §5.3: whole seconds
	event = event.Add(o.behind(ggsn, arrived.Sub(event), arrived))
	if event.After(arrived) {
		return arrived
	}
	return event
}

// behind takes what a message seems to have taken and returns by how much the clock of its GGSN is behind.
func (o *origins) behind(ggsn string, took time.Duration, now time.Time) time.Duration {
	took = max(took, 0)
	l := o.lags[ggsn]
	switch {
	case took > day && l == nil:
		return 0
	case took > day:
		return min(l.least, l.before)
	case l == nil && len(o.lags) == mostOrigins:
		return took // it counts as just happened
	case l == nil:
		o.lags[ggsn] = &lag{took, took, now}
		return took
	case now.Sub(l.window) >= lagWindow || now.Before(l.window):
		if l.before = l.least; now.Sub(l.window) >= 2*lagWindow {
			l.before = took
		}
		l.least, l.window = took, now
	}
	l.least = min(l.least, took)
	return min(l.least, l.before)
}
