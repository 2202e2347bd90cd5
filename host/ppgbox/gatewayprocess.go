package main

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/go-hclog"

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
)

// A gatewayProcess is everything that "ppgbox serve" runs, put together in the order in which a push passes it:
// pap, gateway, store, dispatch, plugins, notify.
type gatewayProcess struct {
	log   hclog.Logger
	clock clock.Clock

	metrics    *metrics.Metrics
	backup     func(ctx context.Context, path string) error
	store      store.Store
	plugins    *pluginhost.Host
	dispatcher *dispatch.Dispatcher
	notifier   *notify.Notifier
	gateway    *gateway.Gateway
	initiators *pap.Initiators
	pushServer pushServer

	papListener, adminListener net.Listener
	papServer, adminServer     *http.Server
	papURL, adminURL           string
	papTLS                     papTLS

	failed  chan error // what ends the process from within
	running bool       // the dispatcher is

	stopping atomic.Bool

	started   *config.Config // what the sections hold that only a start reads
	reloading sync.Mutex
	config    *config.Config
	stopLease context.CancelFunc
	leaseDone chan struct{}

	stopRetention func()
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
	g := &gatewayProcess{log: log, clock: clock.System(), started: cfg, config: cfg, failed: make(chan error, 4)}
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
	if err := g.bind(cfg); err != nil {
		return nil, err
	}
	if g.store, err = openStore(cfg, g.clock); err != nil {
		return nil, err
	}
	g.metrics = metrics.New(g.standing())
	g.backup = g.store.(backuper).Backup
	g.store = g.metrics.Store(g.store)
	if err := g.openPushServer(ctx, cfg); err != nil {
		return nil, err
	}
	g.notifier = notify.New(notify.Options{
		Clock: g.clock, Store: g.store, Log: log.Named("notify"), Sender: cfg.Gateway.Name, Timeout: cfg.Notify.Timeout,
		FirstPause: cfg.Notify.RetryMin, MaxPause: cfg.Notify.RetryMax, Parallel: cfg.Notify.Parallel,
	})
	g.dispatcher = dispatch.New(dispatch.Options{
		Clock: g.clock, Store: g.store, Plugins: g.plugins, Log: log.Named("dispatch"),
		NotifyFor: cfg.Notify.GiveUp, Notify: g.notifier.Add, Subscribers: g.pushServer.directory,
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
	g.servePushServer()
	g.stopRetention = g.startRetention()
	return g, g.listen(cfg, set)
}

func (g *gatewayProcess) run(set *policy.Set) {
	g.running = true
	go g.dispatcher.Run(set)
}

// stop ends in an order in which nothing accepted is lost: take nothing more, start nothing more, bring to an end what is on the
// air, record it, close. What is not finished goes on at the next start.
func (g *gatewayProcess) stop(ctx context.Context) {
	g.stopping.Store(true)
	if g.gateway != nil {
		g.gateway.Close()
	}
	g.hangUp(ctx)
	if g.dispatcher != nil {
		g.dispatcher.Quiesce() // before nobody hears any more who has which address
	}
	var hungUp sync.WaitGroup
	hungUp.Go(func() { g.hangUpPushServer(ctx) }) // beside the plugins: a RADIUS server that does not answer takes none of their time
	if g.plugins != nil {
		g.plugins.Stop(ctx)
	}
	hungUp.Wait()
	g.hangUpAdmin()
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
	if g.stopRetention != nil {
		g.stopRetention()
	}
	if g.pushServer.directory != nil {
		g.pushServer.directory.Close()
	}
	if g.store != nil {
		if err := g.store.Close(); err != nil {
			g.log.Error("closing the store", "error", err)
		}
	}
}
