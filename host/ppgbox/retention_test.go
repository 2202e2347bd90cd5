package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/store"
)

// pruned is a store that says what it was asked to remove.
type pruned struct {
	store.Store
	left  int
	err   error
	asked chan prunedCall
}

type prunedCall struct {
	before      time.Time
	keep, limit int
}

func (p *pruned) Prune(_ context.Context, before time.Time, keep, limit int) (int, error) {
	n := min(p.left, limit)
	p.left -= n
	select {
	case p.asked <- prunedCall{before, keep, limit}:
	default:
	}
	return n, p.err
}

func TestPruneAsTheLimitsSay(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	st := &pruned{left: 2*retentionBatch + 1, asked: make(chan prunedCall, 10)}
	g := &gatewayProcess{clock: clock.NewFake(now), store: st}
	if err := g.prune(t.Context(), config.Limits{Keep: 48 * time.Hour, KeepPushes: 7}); err != nil || st.left != 0 {
		t.Errorf("%d are left, %v", st.left, err)
	}
	if want := (prunedCall{now.Add(-48 * time.Hour), 7, retentionBatch}); len(st.asked) != 3 || <-st.asked != want {
		t.Errorf("asked %d times, want 3 times %v", len(st.asked), want)
	}
	st.err = errors.New("the disk is gone")
	st.left = 10 * retentionBatch
	if err := g.prune(t.Context(), config.Limits{}); !errors.Is(err, st.err) || st.left != 9*retentionBatch {
		t.Errorf("%d are left, %v", st.left, err)
	}
}

func TestRetentionRunsUntilItIsStopped(t *testing.T) {
	st := &pruned{asked: make(chan prunedCall)}
	g := &gatewayProcess{clock: clock.System(), store: st, config: &config.Config{}, log: hclog.NewNullLogger()}
	stop := g.startRetention()
	asked := make(chan struct{})
	go func() {
		<-st.asked
		close(asked)
	}()
	select {
	case <-asked:
	case <-time.After(10 * time.Second):
		t.Error("the store was not asked")
	}
	stop()
}
