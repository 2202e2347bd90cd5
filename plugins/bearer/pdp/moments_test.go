package pdp

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// Sendings that begin, move and end waiting in any order come due by their time, and nothing is left of those that ended.
func TestMoments(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	m := newMoments()
	waiting := map[*sending]time.Duration{}
	for range 20_000 {
		at := time.Duration(random.IntN(400)) * time.Millisecond
		switch random.IntN(3) {
		case 0:
			s := &sending{}
			m.add(s, at)
			waiting[s] = at
		case 1:
			for s := range waiting {
				m.remove(s)
				m.add(s, at)
				waiting[s] = at
				break
			}
		case 2:
			for s := range waiting {
				m.remove(s)
				m.remove(s) // the second does nothing
				delete(waiting, s)
				break
			}
		}
	}
	if len(waiting) == 0 {
		t.Fatal("nothing is left to come due")
	}
	var due []time.Duration
	for w := m.next(); w != nil; w = m.next() {
		for w.first != nil {
			s := w.first
			at, ok := waiting[s]
			if late := w.at - at; !ok || late < 0 || late >= grain {
				t.Fatalf("a sending that waits until %s (%t) is due at %s", at, ok, w.at)
			}
			due = append(due, w.at)
			m.remove(s)
			delete(waiting, s)
		}
	}
	if len(waiting) > 0 || len(m.byTime) > 0 {
		t.Errorf("%d sendings and %d moments are left", len(waiting), len(m.byTime))
	}
	if !slices.IsSorted(due) {
		t.Error("a later one was due before an earlier one")
	}
}

func TestMomentKeepsTheOrder(t *testing.T) {
	m := newMoments()
	a, b, c := &sending{id: "a"}, &sending{id: "b"}, &sending{id: "c"}
	for _, s := range []*sending{a, b, c} {
		m.add(s, time.Millisecond)
	}
	m.remove(b)
	m.add(b, 2*time.Millisecond)
	order := ""
	for s := range m.next().all() {
		order += s.id
	}
	if order != "acb" {
		t.Errorf("the order is %s", order)
	}
}
