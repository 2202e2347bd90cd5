package pluginrpc

import (
	"sync"
	"testing"
	"time"
)

// The timer is set for the first deadline of all, also when it comes last, and again after it went off for one that is gone.
func TestDeadlinesComeDue(t *testing.T) {
	var mu sync.Mutex
	over := make(chan string, 10)
	d := &deadlines{}
	d.fire = func() {
		mu.Lock()
		defer mu.Unlock()
		for _, e := range d.due(time.Now()) {
			over <- e.owner.(string)
		}
	}
	add := func(name string, in time.Duration) *deadline {
		e := &deadline{at: time.Now().Add(in), owner: name}
		mu.Lock()
		defer mu.Unlock()
		d.add(e)
		return e
	}
	gone := add("gone", 20*time.Millisecond)
	mu.Lock()
	d.remove(gone)
	mu.Unlock()
	add("last", 60*time.Millisecond)
	add("second", 40*time.Millisecond)
	add("first", time.Millisecond)
	for _, want := range []string{"first", "second", "last"} {
		if got := next(t, want, over); got != want {
			t.Errorf("%s came due, want %s", got, want)
		}
	}
	add("after a pause", time.Millisecond)
	next(t, "one after a pause", over)
}
