package smstx

import (
	"hash/maphash"
	"math/rand/v2"
	"sync"
)

// References allocates the concatenation references of one source address. For one terminal they go round, so that one comes
// back as late as possible, and none is given while it is taken. What is remembered of terminals without a message takes 128 KB,
// however many they are: a few may share the place where they are, and each then skips what the others get.
type References struct {
	mask uint16
	seed maphash.Seed

	mu    sync.Mutex
	last  []uint16 // by hash of the terminal, the last one it got; at first a number by chance, after a restart likely not what was given before it
	taken map[reference]struct{}
}

type reference struct {
	terminal string
	number   uint16
}

// remembered is how many places there are for the last references of terminals.
const remembered = 1 << 16

// NewReferences returns an allocator of 8-bit references, or, if wide, of 16-bit references.
func NewReferences(wide bool) *References {
	r := &References{mask: 0xFF, seed: maphash.MakeSeed(), last: make([]uint16, remembered), taken: make(map[reference]struct{})}
	if wide {
		r.mask = 0xFFFF
	}
	for i := range r.last {
		r.last[i] = uint16(rand.Uint32())
	}
	return r
}

// lastOf is where the last reference of a terminal stands.
func (r *References) lastOf(terminal string) *uint16 {
	return &r.last[maphash.String(r.seed, terminal)%remembered]
}

// Take gives a reference for a message to the terminal, which is taken until Release; false if all are taken.
func (r *References) Take(terminal string) (uint16, bool) {
	last := r.lastOf(terminal)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := *last & r.mask
	for range int(r.mask) + 1 {
		n = (n + 1) & r.mask
		if r.take(terminal, n) {
			*last = n
			return n, true
		}
	}
	return 0, false
}

// Reserve takes a certain reference again, for a message that had it before; false if another message has it.
func (r *References) Reserve(terminal string, n uint16) bool {
	last := r.lastOf(terminal)
	r.mu.Lock()
	defer r.mu.Unlock()
	if n&^r.mask != 0 || !r.take(terminal, n) {
		return false
	}
	*last = n
	return true
}

// take says whether the reference was free.
func (r *References) take(terminal string, n uint16) bool {
	before := len(r.taken)
	r.taken[reference{terminal, n}] = struct{}{}
	return len(r.taken) > before
}

// Release gives a reference back.
func (r *References) Release(terminal string, n uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, reference{terminal, n})
}
