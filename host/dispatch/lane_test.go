package dispatch

import (
	"slices"
	"testing"
)

// TestSleepersLeaveInAnyOrder takes jobs out from the front, the middle and the end.
func TestSleepersLeaveInAnyOrder(t *testing.T) {
	for _, order := range [][]int{{0, 3, 1, 2}, {1, 3, 0, 2}, {3, 0, 2, 1}, {2, 0, 3, 1}} {
		var s sleepers
		jobs := []*job{{}, {}, {}, {}}
		for _, j := range jobs {
			s.add(j)
		}
		for n, i := range order {
			s.remove(jobs[i])
			if len(s) != len(jobs)-n-1 || slices.Contains(s, jobs[i]) {
				t.Errorf("%v: after number %d of them %d sleep", order, n, len(s))
			}
			for at, j := range s {
				if int(j.queued) != at {
					t.Errorf("%v: the job at %d says that it is at %d", order, at, j.queued)
				}
			}
		}
	}
}
