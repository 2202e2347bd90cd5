package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/notify"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
)

// unreadable is a store that fails while it is loaded.
type unreadable struct{ store.Store }

func (unreadable) Load(context.Context, store.Lease, func(*store.Record) error, func(error)) error {
	return errors.New("disk error")
}

// A start that fails half way ends its dispatcher before the store is closed, so that no outcome comes too late.
func TestStopAfterAFailedStart(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	cl, log := clock.System(), hclog.NewNullLogger()
	st, err := sqlite.Open(sqlite.Options{Path: t.TempDir() + "/ppgbox.db", Host: "test", Clock: cl})
	if err != nil {
		t.Fatal(err)
	}
	g := &gatewayProcess{log: log, clock: cl, store: unreadable{st}}
	g.notifier = notify.New(notify.Options{Clock: cl, Store: g.store, Log: log})
	g.dispatcher = dispatch.New(dispatch.Options{Clock: cl, Store: g.store, Log: log, Notify: g.notifier.Add})
	g.run(&policy.Set{})
	if err := g.takeUp(t.Context()); err == nil {
		t.Fatal("the store was loaded")
	}
	g.stop(t.Context())
	st.Commit(nil, func(err error) {
		if !errors.Is(err, store.ErrClosed) {
			t.Errorf("the store is still open: %v", err)
		}
	})
}

// A Push Initiator that does not finish its request leaves time to what is on the air.
func TestSlowRequestLeavesTimeToStop(t *testing.T) {
	g := &gatewayProcess{log: hclog.NewNullLogger(), failed: make(chan error, 1)}
	begun := make(chan struct{})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	g.papServer = g.serve(limitConnections(l, 10, 0), http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		close(begun)
		_, _ = io.ReadAll(r.Body)
	}))
	body, slow := io.Pipe()
	defer slow.Close()
	go func() {
		if resp, err := http.Post(url, "text/plain", io.MultiReader(strings.NewReader("<pap>"), body)); err == nil {
			resp.Body.Close()
		}
	}()
	<-begun
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	g.hangUp(ctx)
	if ctx.Err() != nil {
		t.Error("all of the time is used up")
	}
}
