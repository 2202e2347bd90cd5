package pdp

import "iter"

// sendings are all that have no result, the oldest first. Each is found by what it waits for; by its id only when the host gives one up,
// which it does when a bearer is late. So a list does, where a map would cost each push something.
type sendings struct{ first, last *sending }

func (l *sendings) add(s *sending) {
	s.older = l.last
	if l.last != nil {
		l.last.newer = s
	} else {
		l.first = s
	}
	l.last = s
}

func (l *sendings) remove(s *sending) {
	if s.older != nil {
		s.older.newer = s.newer
	} else {
		l.first = s.newer
	}
	if s.newer != nil {
		s.newer.older = s.older
	} else {
		l.last = s.older
	}
	s.newer, s.older = nil, nil
}

// find returns nil if there is none with the id.
func (l *sendings) find(id string) *sending {
	for s := range l.all() {
		if s.id == id {
			return s
		}
	}
	return nil
}

// all lets who goes through it remove the one that is there.
func (l *sendings) all() iter.Seq[*sending] {
	return func(yield func(*sending) bool) {
		for s := l.first; s != nil; {
			newer := s.newer
			if !yield(s) {
				return
			}
			s = newer
		}
	}
}
