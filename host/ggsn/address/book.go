package address

import (
	"errors"
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/digits"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Why a terminal gets no address.
var (
	// ErrOther: it asked for one that is not its own.
	ErrOther = errors.New("the address that was asked for is not this terminal's")
	// ErrNone: there is none left.
	ErrNone = errors.New("no address is left")
)

// A Book says who has which address. Its methods may be called from several goroutines.
type Book struct {
	statics *Statics
	now     func() time.Duration

	mu       sync.Mutex
	pool     *pool
	reserved map[digits.Number]reservation
	given    int // addresses of the pool that contexts have
}

// A reservation is an address of the pool that waits for its terminal's context.
type reservation struct {
	address uint32
	rests   time.Duration // until when it rests for others, should nobody take it: the terminal had it before
}

// New makes a book of static addresses and a pool of IPv4 prefixes, which must not overlap. except are addresses of the pool that are no
// terminal's. now never goes back.
func New(statics *Statics, prefixes []netip.Prefix, quarantine time.Duration, now func() time.Duration, except ...netip.Addr) *Book {
	return &Book{statics: statics, now: now, pool: newPool(prefixes, quarantine, statics, except), reserved: make(map[digits.Number]reservation)}
}

// Static returns the address that belongs to an IMSI for good.
func (b *Book) Static(imsi push.IMSI) (netip.Addr, bool) { return b.statics.Of(imsi) }

// Owner returns whose static address one is.
func (b *Book) Owner(a netip.Addr) (push.IMSI, bool) { return b.statics.Owner(a) }

// Own returns the address that a terminal is to have: its static one, or the one that is reserved for it.
func (b *Book) Own(imsi push.IMSI) (netip.Addr, bool) {
	if own, ok := b.statics.Of(imsi); ok {
		return own, true
	}
	of, _ := digits.Parse(imsi)
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.reserved[of]
	if !ok {
		return netip.Addr{}, false
	}
	return addr(r.address), true
}

// May reports whether a terminal may ask for an address: its static one, or the one that is reserved for it. Leaving it to the node is
// asking for none, and allowed.
func (b *Book) May(imsi push.IMSI, asked netip.Addr) bool {
	if !asked.IsValid() {
		return true
	}
	own, ok := b.Own(imsi)
	return ok && own == asked
}

// Foreign reports whether an address is neither of the pool nor anybody's for good.
func (b *Book) Foreign(a netip.Addr) bool {
	if _, static := b.statics.Owner(a); static || !a.Is4() {
		return false
	}
	_, own := b.pool.index(number(a)) // which addresses there are never changes
	return !own
}

// Assign gives the context of a terminal its address: its static one, the one that is reserved for it, or one of the pool. asked is what
// the terminal asked for, not valid where it leaves that to the node; another address than its own is ErrOther. An address of the pool
// has to be given back by Release.
func (b *Book) Assign(imsi push.IMSI, asked netip.Addr) (netip.Addr, error) {
	if own, ok := b.statics.Of(imsi); ok {
		if asked.IsValid() && asked != own {
			return netip.Addr{}, ErrOther
		}
		return own, nil
	}
	of, ok := digits.Parse(imsi)
	if !ok {
		return netip.Addr{}, ErrOther
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	r, ok := b.reserved[of]
	n := r.address
	switch {
	case asked.IsValid() && (!ok || addr(n) != asked):
		return netip.Addr{}, ErrOther
	case ok:
		delete(b.reserved, of)
	default:
		if n, _, ok = b.pool.take(of, b.now()); !ok {
			return netip.Addr{}, ErrNone
		}
	}
	b.given++
	return addr(n), nil
}

// Release takes the address of a context back. One of the pool rests from now on.
func (b *Book) Release(imsi push.IMSI, a netip.Addr) {
	if _, static := b.statics.Owner(a); static || !a.Is4() {
		return
	}
	of, _ := digits.Parse(imsi)
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, ok := b.pool.index(number(a)); ok {
		b.given--
		b.pool.give(of, number(a), b.now()+b.pool.quarantine, b.now())
	}
}

// Reserve keeps an address for a terminal until its context comes, and returns it: its static one if it has one. A second call returns
// the same one.
func (b *Book) Reserve(imsi push.IMSI) (netip.Addr, error) {
	if own, ok := b.statics.Of(imsi); ok {
		return own, nil
	}
	of, ok := digits.Parse(imsi)
	if !ok {
		return netip.Addr{}, ErrNone
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.reserved[of]; ok {
		return addr(r.address), nil
	}
	n, rests, ok := b.pool.take(of, b.now())
	if !ok {
		return netip.Addr{}, ErrNone
	}
	b.reserved[of] = reservation{n, rests}
	return addr(n), nil
}

// Unreserve takes back what Reserve kept, if no context took it. It was used by nobody, so it rests no longer than before.
func (b *Book) Unreserve(imsi push.IMSI) {
	of, ok := digits.Parse(imsi)
	if !ok {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if r, ok := b.reserved[of]; ok {
		delete(b.reserved, of)
		b.pool.give(of, r.address, r.rests, b.now())
	}
}

// Counts are the addresses of the pool by how they stand. Those of the pool that are static are in none of them.
type Counts struct{ Free, Given, Reserved, Resting int }

// Counts counts.
func (b *Book) Counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pool.expire(b.now())
	return Counts{Free: b.pool.free, Given: b.given, Reserved: len(b.reserved), Resting: len(b.pool.resting)}
}
