package registration

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// How often a place may fail to log in.
const (
	freeFailures = 5                // at once
	failureEvery = 10 * time.Second // one more
	maxPlaces    = 4096             // that are remembered
)

// A place is where a login came from: the address of the connection, or where a relay says that the terminal is. An IPv6 source counts
// by its /64.
type place struct {
	ggsn, apn string // "" for an address of a connection
	address   netip.Addr
}

func placeOf(source netip.Addr) place {
	if source.Is6() {
		source = netip.PrefixFrom(source, 64).Masked().Addr()
	}
	return place{address: source}
}

// failures slows failed logins down by the place they come from. Nobody is locked out by what others do elsewhere.
type failures struct {
	now func() time.Time

	mu     sync.Mutex
	places map[place]*rate.Limiter
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, places: make(map[place]*rate.Limiter)}
}

// wait returns how long a place has to wait before its next try, 0 if it may try. Asking does not lengthen it.
func (f *failures) wait(p place) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.places[p]
	if l == nil {
		return 0
	}
	missing := 1 - l.TokensAt(f.now())
	return max(0, time.Duration(missing*float64(failureEvery)))
}

// record counts a failure.
func (f *failures) record(p place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	l := f.places[p]
	if l == nil {
		if len(f.places) >= maxPlaces {
			f.evict(now)
		}
		l = rate.NewLimiter(rate.Every(failureEvery), freeFailures)
		f.places[p] = l
	}
	l.AllowN(now, 1)
}

// evict makes room: those that have nothing to wait for go, or else the one that has the least.
func (f *failures) evict(now time.Time) {
	var least place
	most := -1.0
	for p, l := range f.places {
		tokens := l.TokensAt(now)
		if tokens >= freeFailures {
			delete(f.places, p)
		} else if tokens > most {
			least, most = p, tokens
		}
	}
	if len(f.places) >= maxPlaces {
		delete(f.places, least)
	}
}
