package smstx

import "math/bits"

// A Set is a set of segments of one message, by their index from 0. Sets with the same members are equal by ==.
type Set struct {
	bits string // a bit for each index, the lowest first; without octets of zeros at its end. Most sets are empty and cost no memory.
}

// SetOf reads a set that Octets wrote.
func SetOf(octets []byte) Set {
	n := len(octets)
	for n > 0 && octets[n-1] == 0 {
		n--
	}
	return Set{string(octets[:n])}
}

// Octets gives the set as n octets with a bit for each index, the lowest first. n must be enough for the highest member.
func (s Set) Octets(n int) []byte {
	b := make([]byte, n)
	copy(b, s.bits)
	return b
}

// Has reports whether segment i is in the set.
func (s Set) Has(i int) bool { return i/8 < len(s.bits) && s.bits[i/8]&(1<<(i%8)) != 0 }

// Add puts segment i into the set.
func (s *Set) Add(i int) {
	var room [MaxSegments/8 + 1]byte
	b := room[:max(len(s.bits), i/8+1)]
	copy(b, s.bits)
	b[i/8] |= 1 << (i % 8)
	s.bits = string(b) // of a single octet, which most are, it costs no memory
}

// Len is the number of segments in the set.
func (s Set) Len() int {
	n := 0
	for i := range len(s.bits) {
		n += bits.OnesCount8(s.bits[i])
	}
	return n
}
