package subscriber

import (
	"hash/maphash"

	"github.com/ppgbox/ppgbox/host/store"
)

// mostTombs is how many accounting sessions that are over are remembered.
const mostTombs = 1 << 17

// tombs remember the accounting sessions that are over, the last of them, so that what is told of one later, out of order, does not
// bring it back.
type tombs struct {
	seeds [2]maphash.Seed
	ring  []tomb
	next  int             // of the ring, when it is full
	index map[tomb]uint64 // when: the number of the Stop
	count uint64          // of Stops
}

// A tomb is 128 bits of hashes of a key and an accounting identifier.
type tomb [2]uint64

func newTombs() tombs {
	return tombs{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, index: map[tomb]uint64{}}
}

func (t *tombs) of(k store.SessionKey, accounting string) (x tomb) {
	for i, seed := range t.seeds {
		x[i] = maphash.Comparable(seed, struct {
			k          store.SessionKey
			accounting string
		}{k, accounting})
	}
	return x
}

func (t *tombs) add(k store.SessionKey, accounting string) {
	if accounting == "" {
		return
	}
	x := t.of(k, accounting)
	t.count++
	_, there := t.index[x]
	t.index[x] = t.count
	switch {
	case there:
	case len(t.ring) < mostTombs:
		t.ring = append(t.ring, x)
	default:
		delete(t.index, t.ring[t.next])
		t.ring[t.next] = x
		t.next = (t.next + 1) % mostTombs
	}
}

// has tells whether a session was stopped after as many Stops as that: a GGSN that begins anew may use identifiers again.
func (t *tombs) has(k store.SessionKey, accounting string, after uint64) bool {
	return t.index[t.of(k, accounting)] > after
}
