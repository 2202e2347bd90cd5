package gtp

import "time"

// A queue holds what waits for a time, in the order in which it was added: all wait equally long.
type queue[T any] struct {
	items []queued[T]
	head  int
}

type queued[T any] struct {
	due  time.Duration // by the clock
	item T
}

func (q *queue[T]) add(due time.Duration, item T) { q.items = append(q.items, queued[T]{due, item}) }

func (q *queue[T]) len() int { return len(q.items) - q.head }

func (q *queue[T]) empty() bool { return q.len() == 0 }

// first is the one that is due next, of a queue that is not empty.
func (q *queue[T]) first() queued[T] { return q.items[q.head] }

func (q *queue[T]) drop() {
	q.items[q.head] = queued[T]{}
	q.head++
	if q.head*2 > len(q.items) { // half of it is gone: what is left moves to the front
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
}
