package smstx

import "math/bits"

// A Set is a set of segments of one message, by their index from 0.
type Set [(MaxSegments + 7) / 8]byte

// Has reports whether segment i is in the set.
func (s Set) Has(i int) bool { return s[i/8]&(1<<(i%8)) != 0 }

// Add puts segment i into the set.
func (s *Set) Add(i int) { s[i/8] |= 1 << (i % 8) }

// Len is the number of segments in the set.
func (s Set) Len() int {
	n := 0
	for _, b := range s {
		n += bits.OnesCount8(b)
	}
	return n
}
