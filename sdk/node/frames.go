package node

import (
	"sync"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

// frames is what a server has to write to one gateway. Anyone puts something in; one goroutine, run, writes it in frames: whatever
// came while the frame before was written. Nothing goes out before the hello.
type frames struct {
	mu       sync.Mutex
	change   *sync.Cond
	first    *pb.NodeHello
	met      bool
	newest   *pb.Window // nil if it was written
	answers  []*pb.Result
	events   []*pb.Event
	dropped  uint64 // events, since the hello
	told     uint64 // of them
	closed   bool   // what is there is still written, nothing is added
	dead     bool   // nothing is written any more
	unsent   int    // results that are there or being written
	unsentIn int    // of them in the frame that is being written
	pace     pace   // of run
}

func newFrames() *frames {
	f := &frames{}
	f.change = sync.NewCond(&f.mu)
	return f
}

func (f *frames) hello(h *pb.NodeHello, w *pb.Window) {
	f.put(func() { f.first, f.met, f.newest = h, true, w })
}

// window replaces one that was not written yet. The hello brings the first.
func (f *frames) window(w *pb.Window) {
	f.put(func() {
		if f.met {
			f.newest = w
		}
	})
}

func (f *frames) result(r *pb.Result) {
	f.put(func() {
		f.answers = append(f.answers, r)
		f.unsent++
	})
}

func (f *frames) event(e *pb.Event) {
	f.put(func() {
		switch {
		case !f.met: // it knows of nothing yet that has changed
		case len(f.events) >= maxEvents:
			f.dropped++
		default:
			f.events = append(f.events, e)
		}
	})
}

func (f *frames) put(what func()) {
	f.mu.Lock()
	if !f.closed {
		what()
		f.change.Signal()
	}
	f.mu.Unlock()
}

// results is how many are not written.
func (f *frames) results() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.unsent
}

// lost is how many events were thrown away.
func (f *frames) lost() uint64 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.dropped
}

// run writes until frames are closed and empty, or killed, or writing fails.
func (f *frames) run(send func(*pb.NodeFrame) error) {
	out := &pb.NodeFrame{}
	for f.next(out) {
		if send(out) != nil {
			f.kill()
			return
		}
	}
}

// next fills a frame and waits for something to be there; false means that there is nothing any more.
func (f *frames) next(out *pb.NodeFrame) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.unsent -= f.unsentIn
	f.unsentIn = 0
	for f.empty() && !f.closed {
		f.change.Wait()
	}
	if !f.closed {
		n := len(f.answers) + len(f.events)
		f.mu.Unlock()
		f.pace.await(n)
		f.mu.Lock()
	}
	if f.dead || f.empty() {
		return false
	}
	out.Hello, out.Window, out.EventsLost = f.first, f.newest, 0
	f.first, f.newest = nil, nil
	size := 0
	out.Results = batch(&f.answers, out.Results[:0], &size)
	out.Events = batch(&f.events, out.Events[:0], &size)
	f.unsentIn = len(out.Results)
	if f.told != f.dropped {
		f.told, out.EventsLost = f.dropped, f.dropped
	}
	return true
}

func (f *frames) empty() bool {
	return f.first == nil && f.newest == nil && len(f.answers) == 0 && len(f.events) == 0 && f.told == f.dropped
}

// batch takes from a queue what fits the frame, and at least one item.
func batch[T interface{ SizeVT() int }](queue *[]T, into []T, size *int) []T {
	n := 0
	for n < len(*queue) && n < maxItems && *size < maxBatch {
		*size += (*queue)[n].SizeVT()
		n++
	}
	into = append(into, (*queue)[:n]...)
	left := copy(*queue, (*queue)[n:])
	clear((*queue)[left:])
	*queue = (*queue)[:left]
	return into
}

// close lets run end once everything is written.
func (f *frames) close() {
	f.mu.Lock()
	f.closed = true
	f.change.Signal()
	f.mu.Unlock()
}

// kill lets run end; what is there stays unwritten.
func (f *frames) kill() {
	f.mu.Lock()
	f.closed, f.dead = true, true
	f.change.Signal()
	f.mu.Unlock()
}
