package smstx

import "hash/maphash"

// terminals are the transactions that have the turn at their terminal, by its name: a table of chains through the transactions
// themselves. Every message comes and goes here, and a map would hash its name for each of that, and keep a copy of it.
type terminals struct {
	seed   maphash.Seed
	chains []*transaction // a power of two
	count  int
}

// fewestChains is the size of the table for few terminals.
const fewestChains = 64

func newTerminals() terminals {
	return terminals{seed: maphash.MakeSeed(), chains: make([]*transaction, fewestChains)}
}

// hash is where a terminal is looked for.
func (h *terminals) hash(name string) uint32 { return uint32(maphash.String(h.seed, name)) }

func (h *terminals) chain(hash uint32) **transaction { return &h.chains[hash&uint32(len(h.chains)-1)] }

// get is the transaction that has a terminal, nil without.
func (h *terminals) get(name string, hash uint32) *transaction {
	t := *h.chain(hash)
	for t != nil && (t.hash != hash || t.message.Terminal != name) {
		t = t.chained
	}
	return t
}

// put gives a terminal that nobody has to a transaction.
func (h *terminals) put(t *transaction) {
	if h.count++; h.count > len(h.chains) {
		h.grow()
	}
	first := h.chain(t.hash)
	t.chained, *first = *first, t
}

// remove takes a transaction out that has its terminal.
func (h *terminals) remove(t *transaction) {
	at := h.chain(t.hash)
	for *at != t {
		at = &(*at).chained
	}
	*at, t.chained = t.chained, nil
	h.count--
}

// replace gives the terminal of a transaction to the next one, which has the same.
func (h *terminals) replace(t, next *transaction) {
	at := h.chain(t.hash)
	for *at != t {
		at = &(*at).chained
	}
	next.chained, t.chained, *at = t.chained, nil, next
}

func (h *terminals) grow() {
	old := h.chains
	h.chains = make([]*transaction, 2*len(old))
	for _, t := range old {
		for t != nil {
			next, first := t.chained, h.chain(t.hash)
			t.chained, *first = *first, t
			t = next
		}
	}
}

// all calls f with every transaction that has a terminal.
func (h *terminals) all(f func(*transaction)) {
	for _, t := range h.chains {
		for ; t != nil; t = t.chained {
			f(t)
		}
	}
}
