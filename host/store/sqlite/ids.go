package sqlite

import (
	"sync"
	"sync/atomic"
)

// idBlock is how many numbers are reserved on disk at a time. A restart skips what was left of the last block.
const idBlock = 10000

// ids hands out numbers from a range that is reserved on disk, so that none is handed out again after a crash. The writer
// reserves more, in a transaction that it writes anyway if there is one, before the range is used up.
//
// While the disk takes no writes a number from beyond the range is handed out rather than none: the next transaction that
// succeeds reserves it before anything that carries it is committed, so that still no two rows can have it.
type ids struct {
	last     atomic.Int64 // handed out
	reserved atomic.Int64 // on disk
	want     func()       // asks the writer for more

	mu     sync.Mutex
	cond   sync.Cond
	failed int // reservations that failed so far
	closed bool
}

func (s *ids) init(reserved int64, want func()) {
	s.cond.L = &s.mu
	s.want = want
	s.last.Store(reserved)
	s.reserved.Store(reserved)
}

// next hands out n numbers and returns the first.
func (s *ids) next(n int64) int64 {
	last := s.last.Add(n)
	reserved := s.reserved.Load()
	if half := reserved - idBlock/2; last-n < half && half <= last {
		s.want()
	}
	if last > reserved {
		s.wait(last)
	}
	return last - n + 1
}

// wait until n is reserved, or a reservation failed.
func (s *ids) wait(n int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for failed := s.failed; n > s.reserved.Load() && failed == s.failed && !s.closed; {
		s.want()
		s.cond.Wait()
	}
}

// due returns how far to reserve now, 0 if there is enough. It is asked at the end of a transaction, when all numbers in it
// have been handed out.
func (s *ids) due() int64 {
	last := s.last.Load()
	if s.reserved.Load()-last > idBlock/2 {
		return 0
	}
	return last + idBlock
}

// settle tells that numbers up to reserved are on disk, or that this failed.
func (s *ids) settle(reserved int64, err error) {
	s.mu.Lock()
	if err != nil {
		s.failed++
	} else if reserved > s.reserved.Load() {
		s.reserved.Store(reserved)
	}
	s.mu.Unlock()
	s.cond.Broadcast()
}

func (s *ids) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.cond.Broadcast()
}
