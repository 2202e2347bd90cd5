package pdp

import "iter"

// A chain is a list of sendings in the order in which they came, by links in the sendings themselves: none is found by its id but when
// the host gives one up, which it does when a bearer is late, and a map would cost each push something.
type chain struct {
	kind        chainKind
	first, last *sending
}

// A chainKind tells the chains apart that a sending may be in at the same time.
type chainKind uint8

const (
	ofAll    chainKind = iota // that have no result
	ofMoment                  // that are looked at again at one moment
	chainKinds
)

// neighbours are those beside a sending in a chain.
type neighbours struct{ before, after *sending }

func (c *chain) add(s *sending) {
	s.beside[c.kind].before = c.last
	if c.last != nil {
		c.last.beside[c.kind].after = s
	} else {
		c.first = s
	}
	c.last = s
}

// remove takes out one that is in the chain.
func (c *chain) remove(s *sending) {
	at := s.beside[c.kind]
	if at.before != nil {
		at.before.beside[c.kind].after = at.after
	} else {
		c.first = at.after
	}
	if at.after != nil {
		at.after.beside[c.kind].before = at.before
	} else {
		c.last = at.before
	}
	s.beside[c.kind] = neighbours{}
}

// find returns nil if there is none with the id.
func (c *chain) find(id string) *sending {
	for s := range c.all() {
		if s.id == id {
			return s
		}
	}
	return nil
}

// all lets who goes through it remove the one that is there.
func (c *chain) all() iter.Seq[*sending] {
	return func(yield func(*sending) bool) {
		for s := c.first; s != nil; {
			after := s.beside[c.kind].after
			if !yield(s) {
				return
			}
			s = after
		}
	}
}
