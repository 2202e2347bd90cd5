package ggsn

import (
	"context"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/relay"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// openRelay makes what passes registrations on, if there is a listener for them.
func (g *GGSN) openRelay() (err error) {
	if g.relayListener == nil {
		return nil
	}
	c := g.config.registration
	g.relay = relay.New(relay.Config{
		Gateway: registration.NewClient(c.client), GGSN: g.config.ggsn, Context: g.table.ByAddress, Lost: g.releaseLost,
		Event: func(kind node.EventKind, c contexts.Context) { g.event(g.about(kind, c)) },
	})
	// A release may ask the gateway twice.
	patience := 2*c.client.Timeout + time.Second
	g.registrations, err = registration.New(registration.Options{
		GGSN: g.config.ggsn, Forward: g.relay, Discreet: true, Timeout: patience, Metrics: g.metrics.registrations, Clock: g.clock, Log: g.log.Named("registration"),
	})
	return err
}

// serveRelay answers push clients until stopRelay.
func (g *GGSN) serveRelay() {
	ctx, cancel := context.WithCancel(context.Background())
	g.relaying = cancel
	g.relayEnded = make(chan struct{})
	g.run(func() error {
		defer close(g.relayEnded)
		return g.registrations.Serve(ctx, g.relayListener, g.config.registration.tls)
	})
}

// stopRelay closes the listener for push clients.
func (g *GGSN) stopRelay() {
	if g.relaying == nil {
		return
	}
	g.relaying()
	g.registrations.Hurry()
	<-g.relayEnded
}

// releaseLost tells the operator of a registration that ended here and not at the gateway. It ends there when it is not renewed.
func (g *GGSN) releaseLost(why string) {
	if fields, ok := g.drops.Allow("why", why); ok {
		g.log.Warn("a registration could not be released at the gateway", fields...)
	}
}
