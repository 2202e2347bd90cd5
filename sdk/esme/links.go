package esme

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Options say whom Links tell what. None of the functions may block; every one may be nil.
type Options struct {
	Log hclog.Logger // nil for none
	// Ready tells that a place may be free where there was none.
	Ready func()
	// Changed tells that a link was bound or lost, or is not bound for another reason: Places and Why may say something else.
	Changed func()
	// Receive gets the requests of SMSCs: deliver_sm, data_sm, alert_notification. It answers each by Request.Answer, at any time.
	// Without it they are taken and left aside.
	Receive func(*Link, *smpp.Request)
	// Late gets answers that came after their request was reported Unknown for its timeout.
	Late func(*Link, smpp.Result)
	// Batch is shared with other sessions of the owner; nil for none.
	Batch *smpp.Batch
	// Now is the clock of the machine if nil.
	Now func() time.Time
}

// Links are all links of one owner.
type Links struct {
	all []*Link
	o   Options

	stop    context.CancelFunc
	running sync.WaitGroup
	first   chan struct{} // closed when a link was bound or every bind has failed once
	failed  atomic.Int32  // binds whose first try failed
	binds   int
	settle  func() // closes first
}

// New returns links that are not bound yet, at most MaxLinks.
func New(configs []Config, o Options) *Links {
	ls := &Links{o: o.withDefaults(), stop: func() {}, first: make(chan struct{})}
	ls.settle = sync.OnceFunc(func() { close(ls.first) })
	for i, c := range configs {
		l := newLink(c, i, ls)
		ls.all = append(ls.all, l)
		ls.binds += len(l.keepers)
	}
	return ls
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.Ready == nil {
		o.Ready = func() {}
	}
	if o.Changed == nil {
		o.Changed = func() {}
	}
	if o.Receive == nil {
		o.Receive = func(_ *Link, r *smpp.Request) { _ = r.Answer(smpp.StatusOK, nil) }
	}
	if o.Late == nil {
		o.Late = func(*Link, smpp.Result) {}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Start begins to bind.
func (ls *Links) Start() {
	ctx, stop := context.WithCancel(context.Background())
	ls.stop = stop
	for _, l := range ls.all {
		for _, k := range l.keepers {
			ls.running.Go(func() { k.run(ctx) })
		}
	}
}

// settleTime is how long Settled waits for the first link.
const settleTime = time.Second

// Settled waits a moment for the first link, so that the owner knows places that are worth something. A link that is not there is
// no error.
func (ls *Links) Settled(ctx context.Context) {
	select {
	case <-ls.first:
	case <-time.After(settleTime):
	case <-ctx.Done():
	}
}

// firstFailed is told by each bind whose first try failed.
func (ls *Links) firstFailed() {
	if int(ls.failed.Add(1)) == ls.binds {
		ls.settle()
	}
}

// Places is the sum of what bound links take at once.
func (ls *Links) Places() int {
	n := 0
	for _, l := range ls.all {
		n += l.places()
	}
	return n
}

// Up says of every link, in the order of the configuration, whether it sends.
func (ls *Links) Up() []bool {
	up := make([]bool, len(ls.all))
	for i, l := range ls.all {
		up[i] = l.places() > 0
	}
	return up
}

// Why is for operators: what keeps the binds that are not there from it, by the one that tells most; "" if all are there.
func (ls *Links) Why() string {
	down, most := 0, downFor{}
	for _, l := range ls.all {
		for _, k := range l.keepers {
			if d := k.downFor(); d.text != "" {
				if down++; down == 1 || d.refused && !most.refused {
					most = d
				}
			}
		}
	}
	if down > 0 && ls.binds > 1 {
		return fmt.Sprintf("%d of %d links are not bound: %s", down, ls.binds, most.text)
	}
	return most.text
}

// Unbind ends the links in order, within the context.
func (ls *Links) Unbind(ctx context.Context) {
	ls.stop()
	var unbound sync.WaitGroup
	for _, l := range ls.all {
		for _, k := range l.keepers {
			unbound.Go(func() { k.unbind(ctx) })
		}
	}
	unbound.Wait()
	ls.Close()
}

// Close ends the links at once. Every request has its result when it returns.
func (ls *Links) Close() {
	ls.stop()
	for _, l := range ls.all {
		l.stop()
		for _, k := range l.keepers {
			k.close()
		}
	}
	ls.running.Wait()
}
