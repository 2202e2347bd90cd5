package routing

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Strategy finds the way to a subscriber.
type Strategy interface {
	plugin.Plugin
	// Route answers where the subscriber is: a route; push.ErrNotHere if this strategy does not know, so that the next one is
	// asked; push.ErrNotAttached if the network says that the terminal is not attached, which ends the attempt. Any other
	// error, and no answer in time, follows the policy's on_error. It never sees the body of a push. It may be called from
	// many goroutines, and asking twice must be safe. The context carries the time limit.
	//
	// Wrap push.ErrNotHere and push.ErrNotAttached with the reason: fmt.Errorf("%w: no segment holds 10.0.0.1",
	// push.ErrNotHere). The text is for the operator and gets to the log, the trace of the push and explain, never to the Push
	// Initiator; it must not hold secrets. It is one line: control characters become blanks, and what is beyond 4 KiB is cut
	// off.
	Route(context.Context, push.RouteRequest) (push.Route, error)
}
