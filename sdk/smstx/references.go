package smstx

import (
	"math/rand/v2"
	"sync"
)

// References allocates the concatenation references of one source address. For one terminal they go round, so that one comes
// back as late as possible, and none is given while it is taken. What is remembered of terminals without a message is bounded.
type References struct {
	mask uint16

	mu      sync.Mutex
	start   uint16 // for terminals of which nothing is remembered
	taken   map[reference]struct{}
	last    map[string]uint16 // the last one of a terminal
	earlier map[string]uint16 // the generation of last before
}

type reference struct {
	terminal string
	number   uint16
}

// generation is how many terminals are remembered before the older half is forgotten.
const generation = 1 << 16

// NewReferences returns an allocator of 8-bit references, or, if wide, of 16-bit references.
func NewReferences(wide bool) *References {
	r := &References{mask: 0xFF, taken: make(map[reference]struct{}), last: make(map[string]uint16)}
	if wide {
		r.mask = 0xFFFF
	}
	r.start = uint16(rand.Uint32()) // after a restart, likely not what was given before it
	return r
}

// Take gives a reference for a message to the terminal, which is taken until Release; false if all are taken.
func (r *References) Take(terminal string) (uint16, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.last[terminal]
	if !known {
		last, known = r.earlier[terminal]
	}
	if !known {
		last = r.start
		r.start++
	}
	n := last & r.mask
	for range int(r.mask) + 1 {
		n = (n + 1) & r.mask
		if _, taken := r.taken[reference{terminal, n}]; !taken {
			r.take(terminal, n)
			return n, true
		}
	}
	return 0, false
}

// Reserve takes a certain reference again, for a message that had it before; false if another message has it.
func (r *References) Reserve(terminal string, n uint16) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.taken[reference{terminal, n}]; taken || n&^r.mask != 0 {
		return false
	}
	r.take(terminal, n)
	return true
}

func (r *References) take(terminal string, n uint16) {
	r.taken[reference{terminal, n}] = struct{}{}
	if len(r.last) >= generation {
		r.earlier, r.last = r.last, make(map[string]uint16)
	}
	r.last[terminal] = n
}

// Release gives a reference back.
func (r *References) Release(terminal string, n uint16) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.taken, reference{terminal, n})
}
