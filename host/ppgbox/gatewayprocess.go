package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/net/netutil"

	"github.com/ppgbox/ppgbox/host/admin"
	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/gateway"
	"github.com/ppgbox/ppgbox/host/metrics"
	"github.com/ppgbox/ppgbox/host/notify"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/pluginhost"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
)

// A gatewayProcess is everything that "ppgbox serve" runs, put together in the order in which a push passes it:
// pap, gateway, store, dispatch, plugins, notify.
type gatewayProcess struct {
	log   hclog.Logger
	clock clock.Clock

	metrics    *metrics.Metrics
	store      store.Store
	plugins    *pluginhost.Host
	dispatcher *dispatch.Dispatcher
	notifier   *notify.Notifier
	gateway    *gateway.Gateway
	initiators *pap.Initiators

	servers  []*http.Server
	papURL   string
	adminURL string

	failed  chan error // what ends the process from within
	running bool       // the dispatcher is

	reloading sync.Mutex
	config    *config.Config
	stopLease context.CancelFunc
	leaseDone chan struct{}
}

// bearerSink hands what bearers report to a dispatcher that is made after the plugin host.
type bearerSink struct{ *dispatch.Dispatcher }

// open starts everything for the configuration at path, or nothing.
func open(ctx context.Context, path string, log hclog.Logger) (_ *gatewayProcess, err error) {
	cfg, err := load(path)
	if err != nil {
		return nil, err
	}
	return openConfig(ctx, cfg, log)
}

func openConfig(ctx context.Context, cfg *config.Config, log hclog.Logger) (_ *gatewayProcess, err error) {
	g := &gatewayProcess{log: log, clock: clock.System(), config: cfg, failed: make(chan error, 4)}
	defer func() {
		if err != nil {
			g.stop(context.Background())
		}
	}()
	sink := &bearerSink{}
	opts, err := pluginOptions(cfg, log)
	if err != nil {
		return nil, err
	}
	opts.Bearer = sink
	if g.plugins, err = pluginhost.New(opts); err != nil {
		return nil, err
	}
	if err := check(ctx, cfg, g.plugins); err != nil {
		return nil, err
	}
	if g.store, err = openStore(cfg, g.clock); err != nil {
		return nil, err
	}
	g.metrics = metrics.New(metrics.Standing{Counts: g.counts, Plugins: g.plugins.List})
	g.store = g.metrics.Store(g.store)
	g.notifier = notify.New(notify.Options{
		Clock: g.clock, Store: g.store, Log: log.Named("notify"), Sender: cfg.Gateway.Name, Timeout: cfg.Notify.Timeout,
		FirstPause: cfg.Notify.RetryMin, MaxPause: cfg.Notify.RetryMax, Parallel: cfg.Notify.Parallel,
	})
	g.dispatcher = dispatch.New(dispatch.Options{
		Clock: g.clock, Store: g.store, Plugins: g.plugins, Log: log.Named("dispatch"),
		NotifyFor: cfg.Notify.GiveUp, Notify: g.notifier.Add,
	})
	sink.Dispatcher = g.dispatcher
	if err := g.plugins.Start(ctx, instances(cfg)); err != nil {
		return nil, err
	}
	set, err := policies(cfg, g.plugins.Info)
	if err != nil {
		return nil, err
	}
	g.run(set)
	if err := g.takeUp(ctx); err != nil {
		return nil, err
	}
	return g, g.listen(cfg, set)
}

func openStore(cfg *config.Config, cl clock.Clock) (store.Store, error) {
	path, ok := strings.CutPrefix(cfg.Gateway.Store, "sqlite:")
	if !ok {
		return nil, fmt.Errorf("store %q: only sqlite:PATH is available yet", cfg.Gateway.Store)
	}
	name, err := os.Hostname()
	if err != nil {
		name = cfg.Gateway.Name
	}
	return sqlite.Open(sqlite.Options{Path: path, Host: name, Clock: cl})
}

// leaseTTL is how long the store's partitions belong to a host that has stopped renewing.
const leaseTTL = 30 * time.Second

func (g *gatewayProcess) run(set *policy.Set) {
	g.running = true
	go g.dispatcher.Run(set)
}

// takeUp claims the store and loads what is not finished: the host goes on where it was.
func (g *gatewayProcess) takeUp(ctx context.Context) error {
	lease, err := g.store.Claim(ctx, leaseTTL)
	if err != nil {
		return fmt.Errorf("claiming the store: %w", err)
	}
	pending := 0
	err = g.store.Load(ctx, lease, func(rec *store.Record) error {
		g.dispatcher.Add(rec)
		for _, d := range rec.Deliveries {
			if d.Result.State == store.Pending {
				pending++
			}
			for _, n := range rec.Notifications {
				if n.Delivery == d.ID && n.Ended.IsZero() {
					g.notifier.Add(rec.Push, d, n)
				}
			}
		}
		return nil
	}, func(err error) { g.log.Error("a row of the store is damaged and was left out", "error", err) })
	if err != nil {
		return fmt.Errorf("loading the store: %w", err)
	}
	g.log.Info("the store is loaded", "pending", pending, "notifications_owed", g.notifier.Owed())
	renew, cancel := context.WithCancel(context.Background())
	g.stopLease, g.leaseDone = cancel, make(chan struct{})
	go g.renewLease(renew)
	return nil
}

func (g *gatewayProcess) renewLease(ctx context.Context) {
	defer close(g.leaseDone)
	tick := time.NewTicker(leaseTTL / 3)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := g.store.Claim(ctx, leaseTTL); err != nil && ctx.Err() == nil {
			g.log.Error("the lease on the store could not be renewed", "error", err)
		}
	}
}

// listen opens the two listeners.
func (g *gatewayProcess) listen(cfg *config.Config, set *policy.Set) error {
	var err error
	if g.initiators, err = pap.NewInitiators(initiators(cfg)); err != nil {
		return err
	}
	g.gateway = gateway.New(gateway.Options{
		Clock: g.clock, Store: g.store, Dispatcher: g.dispatcher, Owed: g.notifier.OwedTo, Policies: set, Log: g.log.Named("gateway"),
		Limits: gateway.Limits{Recipients: cfg.Limits.Recipients, Pending: cfg.Limits.Pending, Lifetime: cfg.Limits.Lifetime},
	})
	g.gateway.SetPermits(permits(cfg))
	papHandler := pap.NewHandler(g.metrics.Gateway(g.gateway), pap.Options{
		Initiators: g.initiators, Name: cfg.Gateway.Name, Body: cfg.Limits.Body, Log: g.log.Named("pap"),
		Document: pap.Limits{Addresses: cfg.Limits.Recipients},
	})
	if g.papURL, err = g.serve(cfg.Listen.PAP, papHandler, cfg.Limits.Connections); err != nil {
		return fmt.Errorf("listen.pap: %w", err)
	}
	if cfg.Listen.Admin == "" {
		return nil
	}
	if g.adminURL, err = g.serve(cfg.Listen.Admin, admin.NewHandler(g.adminSource(cfg)), adminConnections); err != nil {
		return fmt.Errorf("listen.admin: %w", err)
	}
	return nil
}

// adminConnections is how many operators may ask at once.
const adminConnections = 64

func (g *gatewayProcess) adminSource(cfg *config.Config) admin.Source {
	return admin.Source{
		Profile: cfg.Listen.Profile,
		Find:    g.store.FindAny, Steps: g.dispatcher.Steps, Plugins: g.plugins.List, Reload: g.reload,
		Counts: g.counts, Metrics: g.metrics.Handler(),
	}
}

func (g *gatewayProcess) counts() (pending, owed int) {
	return g.dispatcher.Pending(), g.notifier.Owed()
}

// serve opens an HTTP listener and returns its URL.
func (g *gatewayProcess) serve(address string, h http.Handler, connections int) (string, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	s := &http.Server{
		Handler: h, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
		ErrorLog: g.log.StandardLogger(&hclog.StandardLoggerOptions{ForceLevel: hclog.Debug}),
	}
	g.servers = append(g.servers, s)
	go func() {
		if err := s.Serve(netutil.LimitListener(l, connections)); !errors.Is(err, http.ErrServerClosed) {
			g.failed <- fmt.Errorf("listener %s: %w", address, err)
		}
	}()
	return "http://" + l.Addr().String(), nil
}

// stop ends in an order in which nothing accepted is lost: take nothing more, start nothing more, bring to an end what is on the
// air, record it, close. What is not finished goes on at the next start.
func (g *gatewayProcess) stop(ctx context.Context) {
	if g.gateway != nil {
		g.gateway.Close()
	}
	g.hangUp(ctx)
	if g.dispatcher != nil {
		g.dispatcher.Quiesce()
	}
	if g.plugins != nil {
		g.plugins.Stop(ctx)
	}
	if g.running {
		g.dispatcher.Stop()
	}
	if g.leaseDone != nil {
		g.stopLease()
		<-g.leaseDone
	}
	if g.notifier != nil {
		g.notifier.Stop()
	}
	if g.store != nil {
		if err := g.store.Close(); err != nil {
			g.log.Error("closing the store", "error", err)
		}
	}
}

// hangUp closes the listeners and lets requests come to their end. A Push Initiator that is slow gets a quarter of the time: the
// rest is for what is on the air.
func (g *gatewayProcess) hangUp(ctx context.Context) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/4)
		defer cancel()
	}
	for _, s := range g.servers {
		if err := s.Shutdown(ctx); err != nil {
			_ = s.Close()
		}
	}
}
