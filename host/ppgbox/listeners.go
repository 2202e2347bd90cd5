package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/gateway"
	"github.com/ppgbox/ppgbox/host/metrics"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/policy"
)

// bind takes the two addresses. It comes first: a gateway whose port is taken has not bound to an SMSC under its name.
func (g *gatewayProcess) bind(cfg *config.Config) (err error) {
	if g.papListener, err = net.Listen("tcp", cfg.Listen.PAP); err != nil {
		return fmt.Errorf("listen.pap: %w", err)
	}
	if cfg.Listen.Admin == "" {
		return nil
	}
	if g.adminListener, err = net.Listen("tcp", cfg.Listen.Admin); err != nil {
		return fmt.Errorf("listen.admin: %w", err)
	}
	return nil
}

// listen answers what comes at the two addresses.
func (g *gatewayProcess) listen(cfg *config.Config, set *policy.Set) error {
	var err error
	if g.initiators, err = pap.NewInitiators(initiators(cfg)); err != nil {
		return err
	}
	g.gateway = gateway.New(gateway.Options{
		Clock: g.clock, Store: g.store, Dispatcher: g.dispatcher, Owed: g.notifier.OwedTo, Policies: set, Log: g.log.Named("gateway"),
		Subscribers: g.pushServer.directory,
		Limits:      gateway.Limits{Recipients: cfg.Limits.Recipients, Pending: cfg.Limits.Pending, Lifetime: cfg.Limits.Lifetime},
	})
	g.gateway.SetPermits(permits(cfg))
	papHandler := pap.NewHandler(g.metrics.Gateway(g.gateway), pap.Options{
		Initiators: g.initiators, Name: cfg.Gateway.Name, Body: cfg.Limits.Body, Log: g.log.Named("pap"),
		Document: pap.Limits{Addresses: cfg.Limits.Recipients, Octets: documentSize(cfg.Limits.Recipients)},
	})
	connections := limitConnections(g.papListener, cfg.Limits.Connections, spareConnections)
	connections.patient = true
	g.papTLS.use(cfg)
	overTLS, scheme := g.papTLS.over(connections)
	failed := newHandshakes(g.log.Named("pap"))
	g.metrics.Register(failed.failed)
	g.papServer = g.serveLogging(overTLS, g.metrics.Requests(refuseExcess(papHandler, g.log.Named("pap"))), failed.logger())
	g.papURL = scheme + connections.Addr().String()
	if g.adminListener != nil {
		adminHandler := refuseExcess(admin.NewHandler(g.adminSource(cfg)), g.log.Named("admin"))
		g.adminServer = g.serve(limitConnections(g.adminListener, adminConnections, spareConnections), adminHandler)
		g.adminURL = "http://" + g.adminListener.Addr().String()
	}
	return nil
}

// documentSize is how long a control document may be, in octets: long enough for the recipients that a push may have.
func documentSize(recipients int) int { return 64<<10 + 256*recipients }

// adminConnections is how many operators may ask at once.
const adminConnections = 64

func (g *gatewayProcess) adminSource(cfg *config.Config) admin.Source {
	return admin.Source{
		Profile: cfg.Listen.Profile,
		Find:    g.store.FindAny, Waiting: g.dispatcher.Waiting, Oldest: g.dispatcher.Oldest, Plugins: g.plugins.List, Reload: g.reload, Backup: g.backup,
		Subscribers: g.pushServer.directory, Configuration: g.configuration,
		Counts: g.counts, Metrics: g.metrics.Handler(),
		Bearers: g.dispatcher.Bearers, StoreError: g.metrics.StoreError, Stopping: g.stopping.Load,
	}
}

// standing is what the metrics ask for. It is made before the dispatcher, and used after it.
func (g *gatewayProcess) standing() metrics.Standing {
	return metrics.Standing{
		Counts: g.counts, Plugins: g.plugins.List,
		States:  func(ctx context.Context) map[string]int { return g.dispatcher.States(ctx) },
		Bearers: func(ctx context.Context) ([]dispatch.Bearer, error) { return g.dispatcher.Bearers(ctx) },
	}
}

func (g *gatewayProcess) counts() (pending, owed int) {
	return g.dispatcher.Pending(), g.notifier.Owed()
}

// serve answers HTTP requests at a listener.
func (g *gatewayProcess) serve(l net.Listener, h http.Handler) *http.Server {
	return g.serveLogging(l, h, g.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}))
}

func (g *gatewayProcess) serveLogging(l net.Listener, h http.Handler, failures *log.Logger) *http.Server {
	s := &http.Server{
		Handler: h, ConnContext: withConnection, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: failures,
	}
	go func() {
		if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			g.failed <- fmt.Errorf("listener %s: %w", l.Addr(), err)
		}
	}()
	return s
}

// hangUp closes the PAP listener and lets requests come to their end. A Push Initiator that is slow gets a quarter of the time:
// the rest is for what is on the air.
func (g *gatewayProcess) hangUp(ctx context.Context) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/4)
		defer cancel()
	}
	closeListener(ctx, g.papServer, g.papListener)
}

// hangUpAdmin closes the admin listener, which answers until nothing is on the air any more: an operator sees what the gateway
// waits for when it stops.
func (g *gatewayProcess) hangUpAdmin() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	closeListener(ctx, g.adminServer, g.adminListener)
}

func closeListener(ctx context.Context, s *http.Server, l net.Listener) {
	if s != nil {
		if err := s.Shutdown(ctx); err != nil {
			_ = s.Close()
		}
	}
	if l != nil { // closed before, unless the start failed
		_ = l.Close()
	}
}
