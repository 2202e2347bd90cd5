package pdp

import (
	"container/heap"
	"time"
)

// grain is what times of waiting are rounded up to, so that many sendings end with one alarm.
const grain = 20 * time.Millisecond

// A moment is a time at which sendings are looked at again, and those sendings, in the order they came.
type moment struct {
	chain
	at    time.Duration
	place int // in the heap
}

// moments are all that there are, with a heap of them: thousands of sendings that wait have some dozens of moments, so that to begin
// and to end waiting costs nearly nothing.
type moments struct {
	byTime map[time.Duration]*moment
	queue  momentQueue
}

func newMoments() moments { return moments{byTime: make(map[time.Duration]*moment)} }

// add has a sending wait, which waits for nothing else, until a time.
func (m *moments) add(s *sending, at time.Duration) {
	at = (at + grain - 1).Truncate(grain)
	w := m.byTime[at]
	if w == nil {
		w = &moment{chain: chain{kind: ofMoment}, at: at}
		m.byTime[at] = w
		heap.Push(&m.queue, w)
	}
	s.moment = w
	w.chain.add(s)
}

// remove ends the waiting of a sending, if it waits.
func (m *moments) remove(s *sending) {
	w := s.moment
	if w == nil {
		return
	}
	s.moment = nil
	w.chain.remove(s)
	if w.first == nil {
		delete(m.byTime, w.at)
		heap.Remove(&m.queue, w.place)
	}
}

// next is the first moment, nil if nothing waits.
func (m *moments) next() *moment {
	if len(m.queue) == 0 {
		return nil
	}
	return m.queue[0]
}

// momentQueue is a heap of moments by their time.
type momentQueue []*moment

func (q momentQueue) Len() int           { return len(q) }
func (q momentQueue) Less(a, b int) bool { return q[a].at < q[b].at }

func (q momentQueue) Swap(a, b int) {
	q[a], q[b] = q[b], q[a]
	q[a].place, q[b].place = a, b
}

// Push implements heap.Interface.
func (q *momentQueue) Push(x any) {
	w := x.(*moment)
	w.place = len(*q)
	*q = append(*q, w)
}

// Pop implements heap.Interface.
func (q *momentQueue) Pop() any {
	last := len(*q) - 1
	w := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return w
}
