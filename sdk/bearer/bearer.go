package bearer

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Bearer is the simple form of a bearer.
type Bearer interface {
	plugin.Plugin
	// Deliver sends one message and returns when its outcome is known. It may block; deliveries of different lanes run at the
	// same time, deliveries of one lane one after the other. The context ends at the delivery's time limit or when the host
	// cancels it; what is not known by then is push.OutcomeUnknown, never a failure, unless nothing was sent at all.
	//
	// An error instead of an outcome means that nothing was sent: temporary ones are tried again, others end the attempt as
	// refused. Never answer push.OutcomeDelivered without a confirmation from the network or the terminal.
	//
	// A delivery may come a second time with the token that was last reported for it (Progress): then the host did not learn
	// how the first start ended, and the bearer goes on from there as well as it can. While such a delivery waits, others to the
	// terminal pass it, and its token comes with them (OtherTokens): what it says that the delivery has at the terminal must not
	// be given to them, also by a process that was started since.
	Deliver(context.Context, push.Delivery) (push.Outcome, error)
}

// Stream is the form for bearers that hold many suspended deliveries as data.
type Stream interface {
	plugin.Plugin
	// Open gives the bearer the host that it reports to, once, after Configure and before the first Start. Before it returns
	// the bearer calls Host.Window: with 0 and why, if its network takes nothing yet. No delivery comes before a window.
	Open(Host)
	// Start begins a delivery and returns without waiting for anything. It is called from one goroutine, for the deliveries of
	// one lane in order. Every started delivery gets exactly one Host.Result, from any goroutine, also from within Start.
	Start(push.Delivery)
	// Stored tells that the token that Host.Progress gave this number, or a later one of this delivery, is safe on disk.
	Stored(id string, number uint64)
	// Cancel asks to give up a delivery. What is on the air may finish; the result says what is known. An unknown id is not an
	// error: the result may be on its way.
	Cancel(id string)
	// Drain asks to bring everything to an end before the bearer is stopped: what is not on the air is answered at once as
	// push.Returned, the rest within the context. No Start follows.
	Drain(context.Context)
}

// Host is what a Stream bearer reports to. Its methods do not block for long and may be called from any goroutine.
type Host interface {
	// Result ends a delivery. A second result of the same delivery is ignored and logged.
	Result(id string, o push.Outcome)
	// Progress hands over an opaque token, 4 KiB at most, which the host stores and gives back if the delivery is started
	// again after a crash or a restart. A later token replaces an earlier one. The other deliveries that are started for the
	// terminal before are told of it, too (push.Delivery.OtherTokens). The number is the bearer's to choose, higher
	// for each token of a delivery; Stored tells it back.
	Progress(id string, number uint64, token []byte)
	// Event tells what the bearer learned beside its deliveries.
	Event(push.Event)
	// Window says how many deliveries may be unanswered from now on, down to 0 when the network takes nothing, and tells
	// operators why it is not more, as in "192.0.2.1:2775: connection refused, next try in 8s"; "" when all is well. What is why
	// appears beside the bearer in the gateway's commands. It is called when one of the two changes, not for every delivery.
	Window(n int, why string)
}

// Progress hands over a token from within Deliver and returns when the host has it on disk. See Host.Progress for its size.
func Progress(ctx context.Context, token []byte) error {
	p, ok := ctx.Value(progressKey{}).(func(context.Context, []byte) error)
	if !ok {
		return nil
	}
	return p(ctx, token)
}

// WithProgress returns a context in which Progress calls f. The SDK uses it to serve a Bearer; tests of a bearer may too.
func WithProgress(ctx context.Context, f func(context.Context, []byte) error) context.Context {
	return context.WithValue(ctx, progressKey{}, f)
}

type progressKey struct{}
