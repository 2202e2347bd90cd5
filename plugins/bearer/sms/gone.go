package sms

// gone remembers the segments whose receipts are worth nothing any more, so that one that comes late or twice is acknowledged at once
// and does not wait for a delivery. What it remembers is bounded.
type gone struct {
	now, before map[goneKey]struct{}
}

type goneKey struct{ id, tail string }

// goneGeneration is how many are remembered before the older half is forgotten.
const goneGeneration = 1 << 14

func (g *gone) add(id, number string) {
	if len(g.now) >= goneGeneration {
		g.before, g.now = g.now, nil
	}
	if g.now == nil {
		g.now = make(map[goneKey]struct{})
	}
	g.now[goneKey{id, tail(number)}] = struct{}{}
}

// has says whether the receipt is of such a segment.
func (g *gone) has(r receipt) bool {
	for _, address := range r.parties {
		key := goneKey{plainID(r.id), tail(address)}
		if _, ok := g.now[key]; ok {
			return true
		}
		if _, ok := g.before[key]; ok {
			return true
		}
	}
	return false
}
