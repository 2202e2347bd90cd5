package bearer

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// hangGrace is how long after the end of its time a delivery may stay in Deliver before it is called hanging.
const hangGrace = 5 * time.Second

// window is how many deliveries a Bearer is given unanswered. Each that runs costs a goroutine; more at once is for Stream.
const window = 256

// errDrained is why deliveries end when the bearer is stopped.
var errDrained = errors.New("the bearer is being stopped")

// AsStream makes a Stream of a Bearer, as Serve does: every delivery that runs has a goroutine, deliveries of one lane run one
// after the other in order of Sequence, and at most 256 are unanswered at once.
//
// An error of Deliver becomes an outcome: a *push.Error that is not Temporary push.OutcomeRefused, any other one
// push.OutcomeFailedForNow, except that the context's own error after its end, and a panic, are push.OutcomeUnknown, since they
// do not say whether anything was sent. A delivery whose time ends or that is cancelled before its turn was not sent, and fails
// for now; one that is drained before its turn is push.Returned.
func AsStream(b Bearer) Stream {
	return &lanes{Bearer: b, log: plugin.Logger(), grace: hangGrace, runs: map[string]*run{}, lanes: map[string][]*run{}}
}

// lanes runs a Bearer.
type lanes struct {
	Bearer
	log   hclog.Logger
	grace time.Duration
	host  Host // since Open

	mu       sync.Mutex
	runs     map[string]*run   // by id
	lanes    map[string][]*run // the first of a lane runs
	draining bool
	idle     chan struct{} // closed when the last run ends, while draining
}

// A run is one delivery from Start to its result.
type run struct {
	delivery push.Delivery
	began    time.Time
	ctx      context.Context
	cancel   context.CancelCauseFunc
	stop     func() bool // of what ends a run that waits
	answered bool

	handing sync.Mutex    // so that tokens go out in the order of their numbers
	tokens  uint64        // numbers given
	safe    uint64        // the highest number that is stored, under lanes.mu
	stored  chan struct{} // closed when safe grows, under lanes.mu
}

func (l *lanes) Open(host Host) {
	l.host = host
	host.Window(window, "")
}

func (l *lanes) Start(d push.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.draining {
		l.host.Result(d.ID, push.Returned())
		return
	}
	ctx, stopTimer := context.WithTimeout(context.Background(), d.Timeout)
	ctx, cancel := context.WithCancelCause(ctx)
	r := &run{delivery: d, began: time.Now(), ctx: ctx, stored: make(chan struct{})}
	r.cancel = func(cause error) { cancel(cause); stopTimer() }
	l.runs[d.ID] = r
	queue := l.lanes[d.Lane]
	at := len(queue)
	for at > 1 && queue[at-1].delivery.Sequence > d.Sequence {
		at--
	}
	queue = append(queue, nil)
	copy(queue[at+1:], queue[at:])
	queue[at] = r
	l.lanes[d.Lane] = queue
	if len(queue) == 1 {
		go l.run(r)
		return
	}
	r.stop = context.AfterFunc(ctx, func() { l.giveUp(r) })
}

// run delivers r, which is the first of its lane, and starts the next one.
func (l *lanes) run(r *run) {
	o := l.deliver(r)
	r.cancel(nil)
	l.mu.Lock()
	r.answered = true
	delete(l.runs, r.delivery.ID)
	// The next one of the lane starts after this result is on its way.
	l.host.Result(r.delivery.ID, o)
	queue := l.lanes[r.delivery.Lane][1:]
	l.lanes[r.delivery.Lane] = queue
	for len(queue) > 0 && queue[0].stop != nil && !queue[0].stop() {
		// Its time is over and giveUp is about to answer it; answer here so that the lane goes on.
		l.answerWaiting(queue[0])
		queue = l.lanes[r.delivery.Lane]
	}
	if len(queue) > 0 {
		go l.run(queue[0])
	} else {
		delete(l.lanes, r.delivery.Lane)
	}
	l.ended()
	l.mu.Unlock()
}

func (l *lanes) deliver(r *run) (o push.Outcome) {
	hangs := time.AfterFunc(time.Until(r.began.Add(r.delivery.Timeout+l.grace)), func() { l.sayHanging(r) })
	defer hangs.Stop()
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("panic in the plugin", "call", "Deliver", plugin.LogPushID, r.delivery.PushID,
				"panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			o = push.Outcome{Kind: push.OutcomeUnknown, Cause: fmt.Sprintf("panic: %v", p)}
		}
	}()
	ctx := WithProgress(r.ctx, func(ctx context.Context, token []byte) error { return l.progress(ctx, r, token) })
	o, err := l.Deliver(ctx, r.delivery)
	if err != nil {
		return outcomeOf(r.ctx, err)
	}
	return o
}

// sayHanging tells of a delivery that did not mind the end of its context. What it does can not be stopped.
func (l *lanes) sayHanging(r *run) {
	l.log.Error("Deliver hangs: the delivery's time is over and it has not returned; its lane waits for it", plugin.LogPushID, r.delivery.PushID,
		"delivery", r.delivery.ID, "lane", r.delivery.Lane, "timeout", r.delivery.Timeout.String(), "for", time.Since(r.began).Round(time.Millisecond).String())
}

// outcomeOf is what an error of Deliver says about the delivery.
func outcomeOf(ctx context.Context, err error) push.Outcome {
	var e *push.Error
	if !errors.As(err, &e) && ctx.Err() != nil &&
		(errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return push.Outcome{Kind: push.OutcomeUnknown, Cause: err.Error()}
	}
	e = push.AsError(err)
	o := push.Outcome{Kind: push.OutcomeRefused, Code: e.Code, Text: e.Text, Cause: e.Cause}
	if e.Temporary {
		o.Kind = push.OutcomeFailedForNow
	}
	return o
}

// progress hands a token over and waits until it is on disk.
func (l *lanes) progress(ctx context.Context, r *run, token []byte) error {
	if len(token) > pluginrpc.MaxTokenSize {
		return fmt.Errorf("progress token of %d octets, the limit is %d", len(token), pluginrpc.MaxTokenSize)
	}
	r.handing.Lock()
	r.tokens++
	number := r.tokens
	l.host.Progress(r.delivery.ID, number, token)
	r.handing.Unlock()
	for {
		l.mu.Lock()
		safe, stored := r.safe, r.stored
		l.mu.Unlock()
		if safe >= number {
			return nil
		}
		select {
		case <-stored:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the token to be stored: %w", context.Cause(ctx))
		}
	}
}

func (l *lanes) Stored(id string, number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.runs[id]; r != nil && number > r.safe {
		r.safe = number
		close(r.stored)
		r.stored = make(chan struct{})
	}
}

func (l *lanes) Cancel(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := l.runs[id]; r != nil {
		r.cancel(context.Canceled)
	}
}

// giveUp answers a delivery that waited for its lane until its time was over or it was cancelled.
func (l *lanes) giveUp(r *run) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answerWaiting(r)
	l.ended()
}

// answerWaiting takes a delivery that did not run out of its lane: nothing was sent.
func (l *lanes) answerWaiting(r *run) {
	if r.answered {
		return
	}
	r.answered = true
	delete(l.runs, r.delivery.ID)
	queue := l.lanes[r.delivery.Lane]
	for i, q := range queue {
		if q == r {
			l.lanes[r.delivery.Lane] = append(queue[:i:i], queue[i+1:]...)
			break
		}
	}
	cause := context.Cause(r.ctx)
	r.cancel(nil)
	o := push.Outcome{Kind: push.OutcomeFailedForNow, Cause: fmt.Sprintf("ended before its turn in its lane: %v", cause)}
	if cause == errDrained {
		o = push.Returned()
	}
	l.host.Result(r.delivery.ID, o)
}

// Drain answers what waits for its lane, and gives what runs four fifths of the time; then it is cancelled, so that its
// results still find their way.
func (l *lanes) Drain(ctx context.Context) {
	l.mu.Lock()
	l.draining = true
	l.idle = make(chan struct{})
	idle := l.idle
	for _, r := range l.runs {
		if r.stop != nil && l.lanes[r.delivery.Lane][0] != r {
			r.stop()
			r.cancel(errDrained)
			l.answerWaiting(r)
		}
	}
	l.ended()
	l.mu.Unlock()

	var late <-chan time.Time
	if end, ok := ctx.Deadline(); ok {
		t := time.NewTimer(time.Until(end) * 4 / 5)
		defer t.Stop()
		late = t.C
	}
	for {
		select {
		case <-idle:
			return
		case <-ctx.Done():
			return
		case <-late:
			l.mu.Lock()
			for _, r := range l.runs {
				r.cancel(errDrained)
			}
			l.mu.Unlock()
		}
	}
}

// ended wakes Drain when nothing is left.
func (l *lanes) ended() {
	if l.idle != nil && len(l.runs) == 0 {
		close(l.idle)
		l.idle = nil
	}
}
