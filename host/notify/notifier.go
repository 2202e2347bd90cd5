package notify

import (
	"container/heap"
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Options are what a Notifier needs. Zero numbers take the defaults.
type Options struct {
	Clock clock.Clock
	Store store.Store
	Log   hclog.Logger
	// Sender is the gateway's name, which notifications carry as sender-name.
	Sender string
	// Parallel bounds the requests at one time, in all (default 64) and to one host (default 8), so that one Push Initiator
	// that does not answer leaves room for the others.
	Parallel, ParallelPerHost int
	// Timeout bounds one request (default 15 s).
	Timeout time.Duration
	// FirstPause is the pause after the first failure (default 5 s); it doubles up to MaxPause (default 5 min).
	FirstPause, MaxPause time.Duration
}

func (o Options) withDefaults() Options {
	def := func(n *int, v int) {
		if *n <= 0 {
			*n = v
		}
	}
	defTime := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&o.Parallel, 64)
	def(&o.ParallelPerHost, 8)
	defTime(&o.Timeout, 15*time.Second)
	defTime(&o.FirstPause, 5*time.Second)
	defTime(&o.MaxPause, 5*time.Minute)
	return o
}

// Notifier owes result notifications. What waits is data: an entry in a heap, or in the queue of its host.
type Notifier struct {
	opts   Options
	client *http.Client

	mu      sync.Mutex
	waiting pauses // before the next try
	hosts   map[string]*host
	running int
	owed    map[string]int // to each Push Initiator, by its name in the configuration
	ready   []*host        // hosts that have something to send and room for it, taken in turn
	alarm   func()
	closed  bool
	done    sync.WaitGroup
	ctx     context.Context
	cancel  context.CancelFunc
}

// A debt is one notification that is owed.
type debt struct {
	push     *store.Push
	delivery *store.Delivery
	n        store.Notification
	host     string
	due      time.Duration // Elapsed time of the next try
	until    time.Duration // Elapsed time when it is given up
}

// A host is a Push Initiator's server with what it is owed now.
type host struct {
	name    string
	queue   []*debt
	running int
	listed  bool // in ready
}

// New returns a notifier that owes nothing yet.
func New(o Options) *Notifier {
	o = o.withDefaults()
	ctx, cancel := context.WithCancel(context.Background())
	return &Notifier{
		opts: o, hosts: map[string]*host{}, owed: map[string]int{}, ctx: ctx, cancel: cancel,
		client: &http.Client{
			Transport: &http.Transport{
				Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: o.ParallelPerHost, IdleConnTimeout: 90 * time.Second,
				MaxResponseHeaderBytes: 16 << 10,
			},
			Timeout: o.Timeout,
			// A redirection is not an acknowledgement, and the gateway posts only where the Push Initiator asked it to.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// Add takes over a notification that is on disk. It does not block. One that was written for a time further off than the longest
// pause is tried after that: then it is the wall clock that has gone back.
func (n *Notifier) Add(p *store.Push, d *store.Delivery, nt *store.Notification) {
	now, wall := n.opts.Clock.Elapsed(), n.opts.Clock.Wall()
	light := *p // without what a notification does not say
	light.Message, light.Capabilities = push.Message{}, nil
	b := &debt{push: &light, delivery: d, n: *nt, host: hostOf(nt.URL)}
	b.due, b.until = now+min(nt.Next.Sub(wall), n.opts.MaxPause), now+nt.Until.Sub(wall)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.owed[p.Initiator]++
	if b.due > now {
		n.pause(b)
		return
	}
	n.enqueue(b)
	n.run()
}

// Owed is the number of notifications that are not acknowledged yet.
func (n *Notifier) Owed() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	owed := len(n.waiting) + n.running
	for _, h := range n.hosts {
		owed += len(h.queue)
	}
	return owed
}

// OwedTo is the number of notifications that a Push Initiator has not acknowledged yet, by its name in the configuration.
func (n *Notifier) OwedTo(initiator string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.owed[initiator]
}

// Stop ends without waiting for answers; what is not acknowledged is still owed in the store.
func (n *Notifier) Stop() {
	n.mu.Lock()
	n.closed = true
	if n.alarm != nil {
		n.alarm()
	}
	n.mu.Unlock()
	n.cancel()
	n.done.Wait()
	n.client.CloseIdleConnections()
}

func (n *Notifier) enqueue(b *debt) {
	h := n.hosts[b.host]
	if h == nil {
		h = &host{name: b.host}
		n.hosts[b.host] = h
	}
	h.queue = append(h.queue, b)
	n.list(h)
}

func (n *Notifier) list(h *host) {
	if !h.listed && len(h.queue) > 0 && h.running < n.opts.ParallelPerHost {
		h.listed = true
		n.ready = append(n.ready, h)
	}
}

// run starts what there is room for, one of each host in turn.
func (n *Notifier) run() {
	for n.running < n.opts.Parallel && len(n.ready) > 0 && !n.closed {
		h := n.ready[0]
		n.ready = n.ready[1:]
		h.listed = false
		b := h.queue[0]
		h.queue[0] = nil
		h.queue = h.queue[1:]
		h.running++
		n.running++
		n.list(h)
		n.done.Add(1)
		go n.tryOne(h, b)
	}
}

// tryOne posts one notification and settles what follows.
func (n *Notifier) tryOne(h *host, b *debt) {
	defer n.done.Done()
	err := n.post(b)
	if err != nil && n.ctx.Err() != nil {
		return
	}
	b.n.Tries++
	over := n.settle(b, err)
	n.mu.Lock()
	defer n.mu.Unlock()
	if over {
		if n.owed[b.push.Initiator]--; n.owed[b.push.Initiator] == 0 {
			delete(n.owed, b.push.Initiator)
		}
	}
	h.running--
	n.running--
	n.list(h)
	if h.running == 0 && len(h.queue) == 0 {
		delete(n.hosts, h.name)
	}
	n.run()
}

// settle records how a try ended: acknowledged, refused for good, out of time, or to be tried again. It returns whether that was
// the last.
func (n *Notifier) settle(b *debt, err error) (over bool) {
	wall, now := n.opts.Clock.Wall(), n.opts.Clock.Elapsed()
	log := func() hclog.Logger {
		return n.opts.Log.With("push_id", b.push.PushID, "initiator", b.push.Initiator, "delivery", b.n.Delivery, "url", ShownURL(b.n.URL))
	}
	ended := store.NotificationEnded{Notification: b.n.ID, Tries: b.n.Tries, At: wall, Acked: err == nil}
	var refused *refusedError
	pause := n.pauseAfter(b.n.Tries)
	switch {
	case err == nil:
		n.commit(ended, log)
		return true
	case errors.As(err, &refused):
		log().Warn("the result notification was refused", "error", err)
	case now+pause >= b.until:
		log().Error("the result notification is given up", "error", err, "tries", b.n.Tries)
	default:
		log().Debug("the result notification is tried again", "error", err, "tries", b.n.Tries, "pause", pause)
		b.due = now + pause
		n.commit(store.NotificationFailed{Notification: b.n.ID, Tries: b.n.Tries, Next: wall.Add(pause), LastError: err.Error()}, log)
		n.mu.Lock()
		n.pause(b)
		n.mu.Unlock()
		return false
	}
	ended.LastError = err.Error()
	n.commit(ended, log)
	return true
}

// commit writes without waiting. A failure is only logged: after a restart the Push Initiator is told once more, with the same
// push-id and address.
func (n *Notifier) commit(e store.Event, log func() hclog.Logger) {
	n.opts.Store.Commit([]store.Event{e}, func(err error) {
		if err != nil && !errors.Is(err, store.ErrClosed) {
			log().Error("the state of a result notification could not be recorded", "error", err)
		}
	})
}

func (n *Notifier) pauseAfter(tries int) time.Duration {
	p := n.opts.FirstPause
	for i := 1; i < tries && p < n.opts.MaxPause; i++ {
		p *= 2
	}
	return min(p, n.opts.MaxPause)
}

// pause lets a debt wait for its time. The caller holds n.mu.
func (n *Notifier) pause(b *debt) {
	heap.Push(&n.waiting, b)
	if n.waiting[0] == b {
		n.setAlarm()
	}
}

func (n *Notifier) setAlarm() {
	if n.alarm != nil {
		n.alarm()
		n.alarm = nil
	}
	if len(n.waiting) > 0 && !n.closed {
		n.alarm = n.opts.Clock.After(n.waiting[0].due-n.opts.Clock.Elapsed(), n.wake)
	}
}

func (n *Notifier) wake() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for now := n.opts.Clock.Elapsed(); len(n.waiting) > 0 && n.waiting[0].due <= now; {
		n.enqueue(heap.Pop(&n.waiting).(*debt))
	}
	n.setAlarm()
	n.run()
}

// pauses is a heap of debts by the time of their next try.
type pauses []*debt

func (p pauses) Len() int           { return len(p) }
func (p pauses) Less(a, b int) bool { return p[a].due < p[b].due }
func (p pauses) Swap(a, b int)      { p[a], p[b] = p[b], p[a] }

// Push implements heap.Interface.
func (p *pauses) Push(x any) { *p = append(*p, x.(*debt)) }

// Pop implements heap.Interface.
func (p *pauses) Pop() any {
	last := len(*p) - 1
	b := (*p)[last]
	(*p)[last] = nil
	*p = (*p)[:last]
	return b
}
