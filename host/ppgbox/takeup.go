package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
)

func openStore(cfg *config.Config, cl clock.Clock) (store.Store, error) {
	path, ok := strings.CutPrefix(cfg.Gateway.Store, "sqlite:")
	if !ok {
		return nil, fmt.Errorf("store %q: only sqlite:PATH is available yet", cfg.Gateway.Store)
	}
	name, err := os.Hostname()
	if err != nil {
		name = cfg.Gateway.Name
	}
	s, err := sqlite.Open(sqlite.Options{Path: path, Host: name, Clock: cl})
	if err != nil {
		return nil, err // and no store: a nil one would not be nil in the interface
	}
	return s, nil
}

// leaseTTL is how long the store's partitions belong to a host that has stopped renewing.
const leaseTTL = 30 * time.Second

// takeUp claims the store and loads what is not finished: the host goes on where it was.
func (g *gatewayProcess) takeUp(ctx context.Context) error {
	lease, err := g.store.Claim(ctx, leaseTTL)
	if err != nil {
		return fmt.Errorf("claiming the store: %w", err)
	}
	pending := 0
	begin := g.dispatcher.Hold() // a delivery has to know what else waits for its terminal
	defer begin()
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
