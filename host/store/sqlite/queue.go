package sqlite

import (
	"sync"
	"time"
)

// Limits of what waits for the writer, and of one transaction.
const (
	queueCalls = 4096
	queueBytes = 64 << 20
	batchCalls = 1024
	batchBytes = 16 << 20
)

// How long, and how much, waits at most for a call that is urgent.
//
// A transaction costs some 100 µs of CPU time for its sync and the first pages, and more where a processor has to be woken for
// it. At 1000 pushes a second, an urgent call comes within a millisecond: the ends of deliveries that wait for it need no
// transaction of their own. At a lower rate nobody minds what they cost. Longer would save next to nothing, and is what a crash
// may undo.
const (
	linger      = 2 * time.Millisecond
	lingerCalls = 64
	lingerBytes = 256 << 10
)

// A call is one Commit, or a task of the store itself, on its way to the disk and back.
type call struct {
	changes []change
	task    func() error // runs in a transaction of its own; changes is empty
	size    int          // octets, about
	patient bool         // it may wait for company (linger)
	err     error
	done    func(error)
}

// queue is what waits for the writer, first in, first out. The writer is woken for the first call that is urgent, or when what
// is patient has waited for long enough or become much; it takes everything then.
type queue struct {
	mu     sync.Mutex
	filled sync.Cond
	freed  sync.Cond
	calls  []*call
	bytes  int
	due    bool // there is something to write
	woken  bool
	closed bool

	linger time.Duration
	since  time.Time   // when the first of calls came, if it is patient
	timer  *time.Timer // calls ripen
	ticks  bool        // the timer runs
}

// newQueue takes how long what is patient waits.
func newQueue(linger time.Duration) *queue {
	q := &queue{linger: linger}
	q.filled.L, q.freed.L = &q.mu, &q.mu
	q.timer = time.AfterFunc(time.Hour, q.ripen)
	q.timer.Stop()
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
	if len(q.calls) == 0 && c.patient {
		q.since = time.Now()
	}
	q.calls = append(q.calls, c)
	q.bytes += c.size
	switch {
	case q.due: // the writer knows, or is busy
	case !c.patient || len(q.calls) >= lingerCalls || q.bytes >= lingerBytes:
		q.due = true
		q.filled.Signal()
	case !q.ticks:
		q.ticks = true
		q.timer.Reset(q.linger)
	}
	return true
}

// ripen is called by the timer. It is not stopped when the calls it was started for are taken, as starting it may cost a
// system call: it looks for how long the oldest of those that are there now has waited.
func (q *queue) ripen() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.ticks = false
	if q.due || q.closed || len(q.calls) == 0 {
		return
	}
	if left := q.linger - time.Since(q.since); left > 0 {
		q.ticks = true
		q.timer.Reset(left)
		return
	}
	q.due = true
	q.filled.Signal()
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
	q.timer.Stop()
	q.mu.Unlock()
	q.filled.Broadcast()
	q.freed.Broadcast()
}

// take waits for something to do and returns what queued up, at most as much as one transaction takes: what is patient goes
// along. ok is false when the queue is closed and empty.
func (q *queue) take() (batch []*call, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.due && !q.woken {
		if q.closed {
			if len(q.calls) > 0 {
				break
			}
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
		batch, q.calls, q.due = q.calls, nil, false
	} else { // the rest is as due as what is taken
		batch = append(batch, q.calls[:n]...)
		rest := copy(q.calls, q.calls[n:])
		clear(q.calls[rest:])
		q.calls, q.due = q.calls[:rest], true
	}
	q.bytes -= size
	q.freed.Broadcast()
	return batch, true
}
