package smstx

import (
	"fmt"
	"testing"
)

func TestReferencesGoRound(t *testing.T) {
	r := NewReferences(false)
	first, ok := r.Take("x")
	if !ok {
		t.Fatal("no reference")
	}
	r.Release("x", first)
	last := first
	for i := range 255 {
		n, ok := r.Take("x")
		if !ok || n != (last+1)&0xFF {
			t.Fatalf("reference %d is %d after %d", i, n, last)
		}
		r.Release("x", n)
		last = n
	}
	if n, _ := r.Take("x"); n != first {
		t.Errorf("after 256 references comes %d, want %d", n, first)
	}
}

func TestReferencesAreTakenOnce(t *testing.T) {
	r := NewReferences(false)
	seen := map[uint16]bool{}
	for range 256 {
		n, ok := r.Take("x")
		if !ok || seen[n] || n > 0xFF {
			t.Fatalf("reference %d, %v after %d", n, ok, len(seen))
		}
		seen[n] = true
	}
	if n, ok := r.Take("x"); ok {
		t.Errorf("reference %d is taken twice", n)
	}
	if _, ok := r.Take("y"); !ok {
		t.Error("another terminal gets none")
	}
	if r.Reserve("x", 7) {
		t.Error("reserved what is taken")
	}
	r.Release("x", 7)
	if n, ok := r.Take("x"); !ok || n != 7 {
		t.Errorf("reference %d, %v, want the only free one", n, ok)
	}
}

func TestReserve(t *testing.T) {
	r := NewReferences(true)
	if !r.Reserve("x", 0x1234) {
		t.Fatal("not reserved")
	}
	if n, _ := r.Take("x"); n != 0x1235 {
		t.Errorf("reference %#x after the one reserved", n)
	}
	if NewReferences(false).Reserve("x", 0x100) {
		t.Error("reserved 9 bits of 8")
	}
}

// Memory of terminals is bounded, and the younger half keeps its place.
func TestReferencesForgetOldTerminals(t *testing.T) {
	r := NewReferences(true)
	for i := range 3 * generation {
		terminal := fmt.Sprint(i)
		n, _ := r.Take(terminal)
		r.Release(terminal, n)
	}
	if n := len(r.last) + len(r.earlier); n > 2*generation || len(r.taken) != 0 {
		t.Errorf("%d terminals and %d references are remembered", n, len(r.taken))
	}
	recent := fmt.Sprint(3*generation - 1)
	before := r.last[recent]
	if n, _ := r.Take(recent); n != before+1 {
		t.Errorf("a terminal of a moment ago gets %d after %d", n, before)
	}
}
