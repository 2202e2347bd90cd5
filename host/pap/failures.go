package pap

import (
	"net/netip"
	"sync"
	"time"
)

const (
	freeFailures   = 5                // failed logins before an address has to wait
	firstWait      = time.Second      // doubled with every further failure
	longestWait    = 30 * time.Second // the wait does not grow beyond
	forgetFailures = 10 * time.Minute // after the last one
	maxSources     = 4096             // addresses remembered
)

// failures slows failed logins down per source address, and nobody else's: there is no lock-out of a user, and no wait that
// one address could bring on another. An IPv6 source counts by its /64.
type failures struct {
	now func() time.Time

	mu      sync.Mutex
	sources map[netip.Addr]failure
}

type failure struct {
	count int
	last  time.Time
	until time.Time // no further try before
}

func newFailures(now func() time.Time) *failures {
	return &failures{now: now, sources: make(map[netip.Addr]failure)}
}

// wait returns how long the source has to wait before its next try, 0 if it may try. Asking does not lengthen it.
func (f *failures) wait(source netip.Addr) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return max(0, f.sources[sourceKey(source)].until.Sub(f.now()))
}

func (f *failures) record(source netip.Addr) {
	key := sourceKey(source)
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	e, known := f.sources[key]
	if now.Sub(e.last) > forgetFailures {
		e = failure{}
	}
	if !known && len(f.sources) >= maxSources {
		f.evict(now)
	}
	e.count++
	e.last = now
	if over := e.count - freeFailures; over > 0 {
		e.until = now.Add(min(firstWait<<min(over-1, 10), longestWait))
	}
	f.sources[key] = e
}

// evict makes room: what is old enough to be forgotten goes, or else the source whose last failure is the oldest.
func (f *failures) evict(now time.Time) {
	var oldest netip.Addr
	oldestAt := now
	for key, e := range f.sources {
		if now.Sub(e.last) > forgetFailures {
			delete(f.sources, key)
		} else if !e.last.After(oldestAt) {
			oldest, oldestAt = key, e.last
		}
	}
	if len(f.sources) >= maxSources {
		delete(f.sources, oldest)
	}
}

func sourceKey(source netip.Addr) netip.Addr {
	if source.Is6() {
		return netip.PrefixFrom(source, 64).Masked().Addr()
	}
	return source
}
