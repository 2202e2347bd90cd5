package main

import (
	"context"
	"time"

	"github.com/ppgbox/ppgbox/host/config"
)

// Retention of finished pushes.
const (
	retentionPause = time.Second
	retentionBatch = 500 // pushes for each call of the store
)

// startRetention removes finished pushes as the limits say (limits.keep, limits.keep_pushes), until what it returns is called.
func (g *gatewayProcess) startRetention() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(retentionPause)
		defer tick.Stop()
		failing := false
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			g.reloading.Lock()
			limits := g.config.Limits
			g.reloading.Unlock()
			err := g.prune(ctx, limits)
			if err != nil && !failing && ctx.Err() == nil { // said once, not every second
				g.log.Error("finished pushes could not be removed from the store", "error", err)
			}
			failing = err != nil
		}
	}()
	return func() {
		cancel()
		<-done
	}
}

// prune removes what is due now.
func (g *gatewayProcess) prune(ctx context.Context, limits config.Limits) error {
	for {
		n, err := g.store.Prune(ctx, g.clock.Wall().Add(-limits.Keep), limits.KeepPushes, retentionBatch)
		if err != nil || n < retentionBatch {
			return err
		}
	}
}
