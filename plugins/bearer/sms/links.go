package sms

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// links are all links to the network. They share the load by their free places.
type links struct {
	all []*link
	now func() time.Time

	ready     func()              // a place may be free
	changed   func()              // a link was bound or lost, or is not bound for another reason
	reachable func(number string) // the network announced a number

	stop    context.CancelFunc
	running sync.WaitGroup
	first   chan struct{} // closed when a link was bound or every link has failed once
	failed  atomic.Int32  // links whose first try failed
	settle  func()        // closes first
}

func newLinks(c config, log hclog.Logger) *links {
	ls := &links{now: time.Now, first: make(chan struct{})}
	ls.settle = sync.OnceFunc(func() { close(ls.first) })
	for _, lc := range c.links {
		ls.all = append(ls.all, newLink(lc, ls, log.With("link", lc.address)))
	}
	return ls
}

// start begins to bind.
func (ls *links) start() {
	ctx, stop := context.WithCancel(context.Background())
	ls.stop = stop
	for _, l := range ls.all {
		ls.running.Go(func() { l.run(ctx) })
	}
}

// settleTime is how long the bearer waits for its first link when it starts.
const settleTime = time.Second

// settled waits a moment for the first link, so that the gateway learns a window that is worth something. A link that is not
// there is no error.
func (ls *links) settled(ctx context.Context) {
	select {
	case <-ls.first:
	case <-time.After(settleTime):
	case <-ctx.Done():
	}
}

// firstFailed is told by each link whose first try failed.
func (ls *links) firstFailed() {
	if int(ls.failed.Add(1)) == len(ls.all) {
		ls.settle()
	}
}

// places is the sum of what bound links take.
func (ls *links) places() int {
	n := 0
	for _, l := range ls.all {
		n += l.places()
	}
	return n
}

// why is for operators: what keeps the links that are not bound from it, by the one that tells most; "" if all are bound.
func (ls *links) why() string {
	down, most := 0, downFor{}
	for _, l := range ls.all {
		if d := l.downFor(); d.text != "" {
			if down++; down == 1 || d.refused && !most.refused {
				most = d
			}
		}
	}
	if down > 0 && len(ls.all) > 1 {
		return fmt.Sprintf("%d of %d links are not bound: %s", down, len(ls.all), most.text)
	}
	return most.text
}

// pick is the link for the next segment: the one that took the last segment of its message, since the network may hold the
// terminal there, or else the one with most free places; nil if there is no place.
func (ls *links) pick(last *link) (best *link, now time.Time) {
	now = ls.now()
	most := 0
	for _, l := range ls.all {
		free := l.free(now)
		if free > 0 && l == last {
			return l, now
		}
		if free > most {
			best, most = l, free
		}
	}
	return best, now
}

// unbind ends the links in order, within the context.
func (ls *links) unbind(ctx context.Context) {
	ls.stop()
	var unbound sync.WaitGroup
	for _, l := range ls.all {
		unbound.Go(func() { l.unbind(ctx) })
	}
	unbound.Wait()
	ls.close()
}

// close ends the links at once.
func (ls *links) close() {
	ls.stop()
	for _, l := range ls.all {
		l.close()
	}
	ls.running.Wait()
}
