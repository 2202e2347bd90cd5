package pdp

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The list is a slice that things are appended to and taken out of.
func TestChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list chain
		var want []*sending
		for n := range 60 {
			switch {
			case len(want) == 0 || rapid.Bool().Draw(t, "add"):
				s := &sending{id: fmt.Sprint(n)}
				list.add(s)
				want = append(want, s)
			default:
				i := rapid.IntRange(0, len(want)-1).Draw(t, "which")
				gone := want[i]
				list.remove(gone)
				want = slices.Delete(want, i, i+1)
				if list.find(gone.id) != nil {
					t.Fatalf("%s is found", gone.id)
				}
			}
			if got := slices.Collect(list.all()); !slices.Equal(got, want) {
				t.Fatalf("%d are there, want %d", len(got), len(want))
			}
			if len(want) > 0 && list.find(want[len(want)/2].id) != want[len(want)/2] {
				t.Fatal("another one is found")
			}
		}
		for s := range list.all() {
			list.remove(s)
		}
		if list.first != nil || list.last != nil {
			t.Fatal("some are left")
		}
	})
}
