package gateway

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Dispatcher brings what was accepted to its end (host/dispatch).
type Dispatcher interface {
	Add(*store.Record)
	Pending() int
	PendingOf(initiator string) int
}

// Limits bound what the gateway takes.
type Limits struct {
	// Recipients of one push.
	Recipients int
	// Pending deliveries, of all Push Initiators together. As many result notifications may wait for one Push Initiator.
	Pending int
	// Lifetime of a push that has no deliver-before-timestamp.
	Lifetime time.Duration
}

// A Permit is what one Push Initiator may do.
type Permit struct {
	// Applications are the application identifiers it may push to, none for any.
	Applications []string
	// Rate bounds its pushes, nil for no limit.
	Rate *rate.Limiter
	// Pending bounds its deliveries that are not final, 0 for no limit of its own.
	Pending int
}

// Permits are what the Push Initiators may do.
type Permits struct {
	// Applications are the registered application identifiers, none for any: nobody may push to another one.
	Applications []string
	// Initiators are the rights of each, by its name. One that is not among them may do everything.
	Initiators map[string]Permit
}

// Subscribers knows whom an address stands for (host/subscriber).
type Subscribers interface {
	// Resolve returns at least one terminal, subscriber.ErrForeign or subscriber.ErrUnknown. It does not block.
	Resolve(push.Address) ([]subscriber.Terminal, error)
}

// Options are what a Gateway needs. All but Subscribers are required.
type Options struct {
	Clock      clock.Clock
	Store      store.Store
	Dispatcher Dispatcher
	// Owed is the number of result notifications that a Push Initiator, by its name, has not acknowledged.
	Owed     func(initiator string) int
	Policies *policy.Set
	// Subscribers refuses pushes to user identifiers that nobody has; nil takes them all.
	Subscribers Subscribers
	Limits      Limits
	Log         hclog.Logger
}

// Gateway implements pap.Gateway.
type Gateway struct {
	opts     Options
	policies atomic.Pointer[policy.Set]
	permits  atomic.Pointer[Permits]
	incoming atomic.Int64 // deliveries on their way to the store
	closed   atomic.Bool
	waits    sync.Pool // of *wait
}

// New returns a gateway that takes pushes at once.
func New(o Options) *Gateway {
	g := &Gateway{opts: o}
	g.policies.Store(o.Policies)
	g.SetPermits(Permits{})
	return g
}

// SetPolicies decides on later pushes by another set.
func (g *Gateway) SetPolicies(s *policy.Set) { g.policies.Store(s) }

// SetPermits replaces what the Push Initiators may do.
func (g *Gateway) SetPermits(p Permits) { g.permits.Store(&p) }

// Close refuses later pushes as unavailable. Status queries are answered until the store is closed.
func (g *Gateway) Close() { g.closed.Store(true) }

// retryAfter is what a Push Initiator is told to wait when the gateway can not take its push now.
const retryAfter = 5 * time.Second
