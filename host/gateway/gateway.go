package gateway

import (
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
)

// Dispatcher brings what was accepted to its end (host/dispatch).
type Dispatcher interface {
	Add(*store.Record)
	Pending() int
}

// Limits bound what the gateway takes.
type Limits struct {
	// Recipients of one push.
	Recipients int
	// Pending deliveries, of all Push Initiators together.
	Pending int
}

// Options are what a Gateway needs. All are required.
type Options struct {
	Clock      clock.Clock
	Store      store.Store
	Dispatcher Dispatcher
	Policies   *policy.Set
	Limits     Limits
	Log        hclog.Logger
}

// Gateway implements pap.Gateway.
type Gateway struct {
	opts     Options
	policies atomic.Pointer[policy.Set]
	incoming atomic.Int64 // deliveries on their way to the store
	closed   atomic.Bool
}

// New returns a gateway that takes pushes at once.
func New(o Options) *Gateway {
	g := &Gateway{opts: o}
	g.policies.Store(o.Policies)
	return g
}

// SetPolicies decides on later pushes by another set.
func (g *Gateway) SetPolicies(s *policy.Set) { g.policies.Store(s) }

// Close refuses later pushes as unavailable. Status queries are answered until the store is closed.
func (g *Gateway) Close() { g.closed.Store(true) }

// retryAfter is what a Push Initiator is told to wait when the gateway can not take its push now.
const retryAfter = 5 * time.Second
