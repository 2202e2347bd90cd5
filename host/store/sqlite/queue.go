package sqlite

import "sync"

// Limits of what waits for the writer, and of one transaction.
const (
	queueCalls = 4096
	queueBytes = 64 << 20
	batchCalls = 1024
	batchBytes = 16 << 20
)

// A call is one Commit, or a task of the store itself, on its way to the disk and back.
type call struct {
	changes []change
	task    func() error // runs in a transaction of its own; changes is empty
	size    int          // octets, about
	err     error
	done    func(error)
}

// queue is what waits for the writer, first in, first out.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	freed  sync.Cond
	calls  []*call
	bytes  int
	woken  bool
	closed bool
}

func newQueue() *queue {
	q := &queue{}
	q.filled.L, q.freed.L = &q.mu, &q.mu
	return q
}

// put blocks while the queue is full. It returns false if the queue is closed. A call larger than the whole queue passes
// when nothing else waits.
func (q *queue) put(c *call) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.closed && len(q.calls) > 0 && (len(q.calls) >= queueCalls || q.bytes+c.size > queueBytes) {
		q.freed.Wait()
	}
	if q.closed {
		return false
	}
	q.calls = append(q.calls, c)
	q.bytes += c.size
	q.filled.Signal()
	return true
}

// wake makes take return although nothing waits.
func (q *queue) wake() {
	q.mu.Lock()
	q.woken = true
	q.mu.Unlock()
	q.filled.Signal()
}

// close lets nothing more in.
func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.filled.Broadcast()
	q.freed.Broadcast()
}

// take waits for something to do and returns what queued up, at most as much as one transaction takes. ok is false when the
// queue is closed and empty.
func (q *queue) take() (batch []*call, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.calls) == 0 && !q.woken {
		if q.closed {
			return nil, false
		}
		q.filled.Wait()
	}
	q.woken = false
	n, size := 0, 0
	for n < len(q.calls) && n < batchCalls && (n == 0 || size+q.calls[n].size <= batchBytes) {
		size += q.calls[n].size
		n++
	}
	if n == len(q.calls) {
		batch, q.calls = q.calls, nil
	} else {
		batch = append(batch, q.calls[:n]...)
		rest := copy(q.calls, q.calls[n:])
		clear(q.calls[rest:])
		q.calls = q.calls[:rest]
	}
	q.bytes -= size
	q.freed.Broadcast()
	return batch, true
}
