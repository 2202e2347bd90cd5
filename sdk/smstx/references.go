package smstx

import (
	"hash/maphash"
	"math/rand/v2"
	"slices"
	"sync"
)

// References allocates the concatenation references of one source address. For one terminal they go round, so that one comes
// back as late as possible, and none is given while it is taken. What is remembered of terminals without a message takes 256 KB,
// however many they are: a few may share the place where they are, and each then skips what the others get.
//
// A new allocator knows nothing of what was given before it. Whatever of that must not be given it is told, by Take or Reserve. To
// a terminal of which it was told nothing, it begins at any number: if an old one left parts of a message there that will never be
// whole, each of the next messages meets its 8-bit reference with a chance of 1 in 256 while the terminal keeps them. A
// beginning by the clock would make that smaller after few messages, but larger after a burst, and, since it would have to
// keep pace with the clock from then on, make references come back early to a terminal that gets few messages.
type References struct {
	mask uint16
	seed maphash.Seed

	mu    sync.Mutex
	last  []int32             // by hash of the terminal, the last one it got, or unknown
	taken map[uint64]struct{} // by the hash of the terminal and the number
}

const (
	// remembered is how many places there are for the last references of terminals.
	remembered = 1 << 16
	// unknown is the last reference of a terminal that got none yet.
	unknown = -1
)

// NewReferences returns an allocator of 8-bit references, or, if wide, of 16-bit references.
func NewReferences(wide bool) *References {
	r := &References{mask: 0xFF, seed: maphash.MakeSeed(), last: make([]int32, remembered), taken: make(map[uint64]struct{})}
	if wide {
		r.mask = 0xFFFF
	}
	for i := range r.last {
		r.last[i] = unknown
	}
	return r
}

// hash stands for a terminal. That two of them have the same one of its 64 bits is less likely than anything else that goes wrong.
func (r *References) hash(terminal string) uint64 { return maphash.String(r.seed, terminal) }

// lastOf is where the last reference of a terminal stands.
func (r *References) lastOf(hash uint64) *int32 { return &r.last[hash%remembered] }

// place is where a reference of a terminal stands in taken. Numbers of one terminal have different ones.
func place(hash uint64, n uint16) uint64 { return hash + uint64(n)*0x9E3779B97F4A7C15 }

// Take gives a reference for a message to the terminal, which is taken until Release; false if all are taken. Those in except are
// not given: messages have them that were begun, maybe before this allocator was made, and are not on their way now.
func (r *References) Take(terminal string, except ...uint16) (uint16, bool) {
	hash := r.hash(terminal)
	last := r.lastOf(hash)
	r.mu.Lock()
	defer r.mu.Unlock()
	if *last == unknown && len(except) > 0 {
		*last = r.far(except[0])
	}
	n := uint16(rand.Uint32()) & r.mask
	if *last != unknown {
		n = uint16(*last)
	}
	for range int(r.mask) + 1 {
		n = (n + 1) & r.mask
		if !slices.Contains(except, n) && r.take(hash, n) {
			*last = int32(n)
			return n, true
		}
	}
	return 0, false
}

// Reserve takes a certain reference again, for a message that had it before; false if another message has it. The round goes on
// where it was: what comes behind the reference may have been given since.
func (r *References) Reserve(terminal string, n uint16) bool {
	hash := r.hash(terminal)
	last := r.lastOf(hash)
	r.mu.Lock()
	defer r.mu.Unlock()
	if n&^r.mask != 0 || !r.take(hash, n) {
		return false
	}
	if *last == unknown {
		*last = r.far(n)
	}
	return true
}

// far is half a round away from a reference that another allocator gave, and so from those that it gave before and after.
func (r *References) far(n uint16) int32 { return int32((n + r.mask/2) & r.mask) }

// take says whether the reference was free.
func (r *References) take(hash uint64, n uint16) bool {
	before := len(r.taken)
	r.taken[place(hash, n)] = struct{}{}
	return len(r.taken) > before
}

// Release gives a reference back.
func (r *References) Release(terminal string, n uint16) {
	hash := r.hash(terminal)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, place(hash, n))
}
