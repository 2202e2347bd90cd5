package pluginrpc

import (
	"sync"
	"testing"
)

// However many items are held up, the others are done.
func TestWorkersHoldNobodyUp(t *testing.T) {
	const held = 3 * keptWorkers
	goOn, done := make(chan struct{}), make(chan int, 1000)
	w := &workers[int]{}
	w.do = func(i int) {
		if i < held {
			<-goOn
		}
		done <- i
	}
	defer w.end()
	for range 2 { // the second time with workers that slept
		for i := range held {
			w.give([]int{i})
		}
		w.give([]int{1000, 1001, 1002})
		seen := map[int]bool{}
		for range 3 {
			seen[next(t, "item beside those that are held up", done)] = true
		}
		if !seen[1000] || !seen[1001] || !seen[1002] {
			t.Errorf("done: %v", seen)
		}
		for range held {
			goOn <- struct{}{}
			delete(seen, next(t, "item that was held up", done))
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := len(w.idle); n > keptWorkers {
		t.Errorf("%d idle workers are kept, want %d at most", n, keptWorkers)
	}
}

func TestWorkersDoEachItemOnce(t *testing.T) {
	const givers, each = 4, 2000
	var mu sync.Mutex
	times := map[int]int{}
	all := make(chan struct{})
	w := &workers[int]{do: func(i int) {
		mu.Lock()
		defer mu.Unlock()
		if times[i]++; len(times) == givers*each {
			close(all)
		}
	}}
	for g := range givers {
		go func() {
			for i := 0; i < each; i += 2 {
				w.give([]int{g*each + i, g*each + i + 1})
			}
		}()
	}
	next(t, "last item", all)
	w.end()
	mu.Lock()
	defer mu.Unlock()
	for i, n := range times {
		if n != 1 {
			t.Errorf("item %d was done %d times", i, n)
		}
	}
}
