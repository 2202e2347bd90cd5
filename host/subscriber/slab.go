package subscriber

// slabBits is the binary logarithm of how many elements a slab gets at a time.
const slabBits = 10

// A slab holds elements under numbers, which they keep, from 1 on. It grows without moving anything, and the collector has nothing
// to do with it if there is no pointer in T.
type slab[T any] struct {
	chunks [][]T
	free   []uint32
	last   uint32 // number that was handed out first time
}

func (s *slab[T]) at(i uint32) *T { return &s.chunks[i>>slabBits][i&(1<<slabBits-1)] }

// take returns the number of an element that is zero.
func (s *slab[T]) take() uint32 {
	if n := len(s.free); n > 0 {
		i := s.free[n-1]
		s.free = s.free[:n-1]
		return i
	}
	s.last++
	if int(s.last>>slabBits) >= len(s.chunks) {
		s.chunks = append(s.chunks, make([]T, 1<<slabBits))
	}
	return s.last
}

// give takes an element back.
func (s *slab[T]) give(i uint32) {
	var zero T
	*s.at(i) = zero
	s.free = append(s.free, i)
}
