package address

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/digits"
)

// A pool is the addresses that any terminal may have.
type pool struct {
	ranges     []span
	size       int
	used       []uint64 // a bit for each address that somebody has, or that rests
	next       int      // where the search goes on: every address rests for as long as there are others
	free       int
	quarantine time.Duration
	resting    map[digits.Number]rest // by who gave the address up
	order      []resting              // by when the rest is over
}

// A span is some addresses that follow each other. The first and the last of a prefix may be broadcast addresses to the terminals' own
// networks, and are left out of prefixes that are longer than /31.
type span struct {
	first uint32
	count int
}

type rest struct {
	index int
	until time.Duration
}

type resting struct {
	of    digits.Number
	until time.Duration
}

// newPool makes a pool without the addresses that are somebody's for good, and those that are no terminal's.
func newPool(prefixes []netip.Prefix, quarantine time.Duration, statics *Statics, except []netip.Addr) *pool {
	p := &pool{quarantine: quarantine, resting: make(map[digits.Number]rest)}
	for _, prefix := range prefixes {
		s := span{number(prefix.Masked().Addr()), 1 << (32 - prefix.Bits())}
		if prefix.Bits() < 31 {
			s.first, s.count = s.first+1, s.count-2
		}
		p.ranges = append(p.ranges, s)
		p.size += s.count
	}
	p.used = make([]uint64, (p.size+63)/64)
	p.free = p.size
	for _, r := range statics.byIMSI {
		p.exclude(r.address)
	}
	for _, a := range except {
		if a.Is4() {
			p.exclude(number(a))
		}
	}
	return p
}

// exclude takes an address out of the pool.
func (p *pool) exclude(n uint32) {
	if i, ok := p.index(n); ok && !p.taken(i) {
		p.occupy(i)
	}
}

// index returns which address of the pool one is.
func (p *pool) index(n uint32) (int, bool) {
	before := 0
	for _, s := range p.ranges {
		if n >= s.first && n-s.first < uint32(s.count) {
			return before + int(n-s.first), true
		}
		before += s.count
	}
	return 0, false
}

func (p *pool) at(i int) uint32 {
	for _, s := range p.ranges {
		if i < s.count {
			return s.first + uint32(i)
		}
		i -= s.count
	}
	return 0
}

func (p *pool) taken(i int) bool { return p.used[i/64]&(1<<(i%64)) != 0 }

func (p *pool) occupy(i int) {
	p.used[i/64] |= 1 << (i % 64)
	p.free--
}

func (p *pool) vacate(i int) {
	p.used[i/64] &^= 1 << (i % 64)
	p.free++
}

// take gives a terminal an address: the one that it gave up last if it still rests, which is until the time that is returned.
func (p *pool) take(of digits.Number, now time.Duration) (n uint32, rests time.Duration, ok bool) {
	if r, ok := p.resting[of]; ok && r.until > now {
		delete(p.resting, of)
		return p.at(r.index), r.until, true
	}
	p.expire(now)
	if p.free == 0 {
		return 0, 0, false
	}
	for i := p.next; ; i++ {
		switch {
		case i >= p.size:
			i = -1
		case i%64 == 0 && p.used[i/64] == ^uint64(0):
			i += 63
		case !p.taken(i):
			p.occupy(i)
			p.next = i + 1
			return p.at(i), 0, true
		}
	}
}

// give takes an address back, which rests until a time.
func (p *pool) give(of digits.Number, n uint32, until, now time.Duration) {
	i, ok := p.index(n)
	if !ok {
		return
	}
	if until <= now {
		p.vacate(i)
		return
	}
	if before, ok := p.resting[of]; ok { // nobody gives up two, but if so, the first one has no one to wait for
		p.vacate(before.index)
	}
	p.resting[of] = rest{i, until}
	p.order = append(p.order, resting{of, until})
}

// expire ends the rest of addresses whose time is over.
func (p *pool) expire(now time.Duration) {
	done := 0
	for done < len(p.order) && p.order[done].until <= now {
		if r, ok := p.resting[p.order[done].of]; ok && r.until == p.order[done].until {
			delete(p.resting, p.order[done].of)
			p.vacate(r.index)
		}
		done++
	}
	if p.order = p.order[done:]; len(p.order) == 0 {
		p.order = nil
	}
}
