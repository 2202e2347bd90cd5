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
	if r.Reserve("x", 0x1234) {
		t.Error("reserved twice")
	}
	if NewReferences(false).Reserve("x", 0x100) {
		t.Error("reserved 9 bits of 8")
	}
}

// What other allocators gave lies around what they are told to have given; what this one gave lies before its last one.
func TestReferencesBeginFarFromOthers(t *testing.T) {
	for _, tt := range []struct {
		name  string
		given func(r *References)
		want  uint16
	}{
		{"one that is reserved", func(r *References) { r.Reserve("x", 0x34) }, 0x34 + 0x80},
		{"one that must not be given", func(r *References) {
			n, _ := r.Take("x", 0x34)
			r.Release("x", n)
		}, 0x34 + 0x81},
		{"reserved later, the round goes on", func(r *References) {
			r.Reserve("x", 0xF0)
			r.Take("x") // 0x70
			r.Reserve("x", 0x60)
		}, 0x71},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := NewReferences(false)
			tt.given(r)
			if n, _ := r.Take("x"); n != tt.want {
				t.Errorf("then comes %#x, want %#x", n, tt.want)
			}
		})
	}
}

func TestExceptedReferencesAreNotGiven(t *testing.T) {
	r := NewReferences(false)
	for range 2 * 256 {
		n, ok := r.Take("x", 7, 8, 0x1FF)
		if !ok || n == 7 || n == 8 {
			t.Fatalf("reference %d, %v", n, ok)
		}
		r.Release("x", n)
	}
	var all []uint16
	for n := range uint16(256) {
		all = append(all, n)
	}
	if n, ok := r.Take("x", all...); ok {
		t.Errorf("reference %d was given of none", n)
	}
	if n, ok := r.Take("x", all[1:]...); !ok || n != 0 {
		t.Errorf("reference %d, %v, want the only one", n, ok)
	}
}

// Of terminals without a message nothing is remembered but the last reference, in memory that does not grow.
func TestReferencesForgetTerminals(t *testing.T) {
	r := NewReferences(true)
	for i := range 3 * remembered {
		terminal := fmt.Sprint(i)
		n, ok := r.Take(terminal)
		if !ok {
			t.Fatalf("terminal %d gets none", i)
		}
		r.Release(terminal, n)
	}
	if len(r.last) != remembered || len(r.taken) != 0 {
		t.Errorf("%d last references and %d taken ones are remembered", len(r.last), len(r.taken))
	}
	before, _ := r.Take("x")
	r.Release("x", before)
	if n, _ := r.Take("x"); n != before+1 {
		t.Errorf("a terminal of a moment ago gets %d after %d", n, before)
	}
}

// Terminals that share a place do not take references from each other.
func TestReferencesOfManyTerminals(t *testing.T) {
	r := NewReferences(false)
	for i := range 300 {
		if !r.Reserve(fmt.Sprint(i), 7) {
			t.Fatalf("terminal %d does not get a reference that others have", i)
		}
	}
}
