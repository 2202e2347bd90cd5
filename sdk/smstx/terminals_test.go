package smstx

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The table of terminals against a map, over random steps. Hashes are few, so that chains are long and different names meet in them.
func TestTerminalsAgainstAModel(t *testing.T) {
	rnd := rand.New(rand.NewPCG(3, 4))
	h := newTerminals()
	const names = 4 * fewestChains
	name := func(i int) string { return fmt.Sprint(i) }
	hash := func(i int) uint32 { return uint32(i % 100) }
	of := func(i int) *transaction { return &transaction{message: &Message{Terminal: name(i)}, hash: hash(i)} }
	model := make(map[int]*transaction)
	for step := range 20000 {
		i := rnd.IntN(names)
		switch has := model[i]; {
		case has == nil:
			model[i] = of(i)
			h.put(model[i])
		case rnd.IntN(3) == 0:
			next := of(i)
			h.replace(has, next)
			model[i] = next
		default:
			h.remove(has)
			delete(model, i)
		}
		for i := range names {
			if got := h.get(name(i), hash(i)); got != model[i] {
				t.Fatalf("step %d: %v has the terminal %d, want %v", step, got, i, model[i])
			}
		}
		if h.count != len(model) {
			t.Fatalf("step %d: %d terminals, want %d", step, h.count, len(model))
		}
	}
	all := 0
	h.all(func(*transaction) { all++ })
	if all != len(model) || len(h.chains) == fewestChains {
		t.Errorf("all are %d, want %d, in %d chains", all, len(model), len(h.chains))
	}
}
