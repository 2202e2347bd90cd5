package pluginrpc

import (
	"context"
	"runtime"
	"sync"
)

// outbox holds what one direction of a stream has to write. Anyone puts items in; one goroutine, run, writes them in batches:
// whatever queued up while the frame before was written, up to maxBatchItems or maxBatchSize. Nothing lingers.
type outbox[T any] struct {
	mu      sync.Mutex
	change  *sync.Cond
	queue   []entry[T]
	head    int
	writing bool
	closed  bool // what is queued is still written, nothing is added
	dead    bool // nothing is written any more
}

type entry[T any] struct {
	item T
	size int
}

func newOutbox[T any]() *outbox[T] {
	o := &outbox[T]{}
	o.change = sync.NewCond(&o.mu)
	return o
}

// put queues an item of the given size in octets. After close it does nothing and returns false.
func (o *outbox[T]) put(item T, size int) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.add(item, size)
}

// putSlow is put, but waits while more than limit items are queued.
func (o *outbox[T]) putSlow(item T, size, limit int) {
	o.mu.Lock()
	for len(o.queue)-o.head >= limit && !o.closed {
		o.change.Wait()
	}
	o.add(item, size)
	o.mu.Unlock()
}

func (o *outbox[T]) add(item T, size int) bool {
	if o.closed {
		return false
	}
	o.queue = append(o.queue, entry[T]{item, size})
	o.change.Broadcast()
	return true
}

// take fills buf with the next batch and waits for it if need be; false means that there will be none.
func (o *outbox[T]) take(buf []T) ([]T, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.writing = false
	o.change.Broadcast()
	if o.head == len(o.queue) && !o.closed {
		for o.head == len(o.queue) && !o.closed {
			o.change.Wait()
		}
		// Whoever is ready to run may put something in, too, before the frame is written. On a machine with nothing to do this
		// returns at once; on a busy one it makes fewer and larger frames.
		o.mu.Unlock()
		runtime.Gosched()
		o.mu.Lock()
	}
	if o.dead || o.head == len(o.queue) {
		return nil, false
	}
	size := 0
	for o.head < len(o.queue) && len(buf) < maxBatchItems {
		e := o.queue[o.head]
		if size += e.size; size > maxBatchSize && len(buf) > 0 {
			break
		}
		buf = append(buf, e.item)
		o.queue[o.head] = entry[T]{}
		o.head++
	}
	if o.head == len(o.queue) {
		o.queue, o.head = o.queue[:0], 0
	} else if o.head > 1024 && o.head > len(o.queue)/2 {
		n := copy(o.queue, o.queue[o.head:])
		clear(o.queue[n:])
		o.queue, o.head = o.queue[:n], 0
	}
	o.writing = true
	return buf, true
}

// run writes until the outbox is closed and empty, or until send fails. Batches are reused: send must not keep them.
func (o *outbox[T]) run(send func([]T) error) error {
	buf := make([]T, 0, maxBatchItems)
	for {
		batch, ok := o.take(buf[:0])
		if !ok {
			return nil
		}
		err := send(batch)
		clear(batch)
		if err != nil {
			o.kill()
			return err
		}
	}
}

// flush waits until all that was put is written, the outbox dies, or the context ends.
func (o *outbox[T]) flush(ctx context.Context) {
	stop := context.AfterFunc(ctx, func() {
		o.mu.Lock()
		o.change.Broadcast()
		o.mu.Unlock()
	})
	defer stop()
	o.mu.Lock()
	defer o.mu.Unlock()
	for (o.head < len(o.queue) || o.writing) && !o.dead && ctx.Err() == nil {
		o.change.Wait()
	}
}

// close lets run end once everything is written.
func (o *outbox[T]) close() {
	o.mu.Lock()
	o.closed = true
	o.change.Broadcast()
	o.mu.Unlock()
}

// kill lets run end; what is queued stays unwritten.
func (o *outbox[T]) kill() {
	o.mu.Lock()
	o.closed, o.dead = true, true
	o.change.Broadcast()
	o.mu.Unlock()
}

// unwritten returns what was still queued when the outbox was killed.
func (o *outbox[T]) unwritten() []T {
	o.mu.Lock()
	defer o.mu.Unlock()
	return each(o.queue[o.head:], func(e entry[T]) T { return e.item })
}
