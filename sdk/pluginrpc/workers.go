package pluginrpc

import "sync"

// keptWorkers is how many idle goroutines a stream keeps; more of them end when they have nothing to do.
const keptWorkers = 32

// workers has items done by goroutines that live on, so that not every item grows a stack of its own. There are as many as the
// items need: one alone does all of them if each is quick, and while one is held up the rest goes on, since an item that waits
// has always a worker on its way that holds no other item.
type workers[T any] struct {
	do func(T)

	mu     sync.Mutex
	queue  []T
	head   int
	coming bool            // a worker was woken for the queue and has not come yet
	idle   []chan struct{} // workers that sleep, the last to fall asleep last
	ended  bool
}

// give queues items. It never blocks.
func (w *workers[T]) give(items []T) {
	w.mu.Lock()
	w.queue = append(w.queue, items...)
	w.call()
	w.mu.Unlock()
}

// call has a worker come if there is something to do and none is coming.
func (w *workers[T]) call() {
	if w.coming || w.head == len(w.queue) {
		return
	}
	w.coming = true
	if n := len(w.idle); n > 0 {
		w.idle[n-1] <- struct{}{} // has room for one
		w.idle = w.idle[:n-1]
		return
	}
	go w.work()
}

func (w *workers[T]) work() {
	var sleep chan struct{}
	w.mu.Lock()
	w.coming = false
	for {
		if item, ok := w.next(); ok {
			w.call()
			w.mu.Unlock()
			w.do(item)
			w.mu.Lock()
			continue
		}
		if w.ended || len(w.idle) >= keptWorkers {
			w.mu.Unlock()
			return
		}
		if sleep == nil {
			sleep = make(chan struct{}, 1)
		}
		w.idle = append(w.idle, sleep)
		w.mu.Unlock()
		_, called := <-sleep
		if !called {
			return
		}
		w.mu.Lock()
		w.coming = false
	}
}

func (w *workers[T]) next() (item T, ok bool) {
	if w.head == len(w.queue) {
		return item, false
	}
	var none T
	item, w.queue[w.head] = w.queue[w.head], none
	if w.head++; w.head == len(w.queue) {
		w.queue, w.head = w.queue[:0], 0
	}
	return item, true
}

// end lets the workers go when there is nothing left to do. Nothing may be given afterwards.
func (w *workers[T]) end() {
	w.mu.Lock()
	w.ended = true
	for _, sleep := range w.idle {
		close(sleep)
	}
	w.idle = nil
	w.mu.Unlock()
}
