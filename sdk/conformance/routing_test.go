package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

type soundRouting struct {
	*sound
	route func(context.Context, push.RouteRequest) (push.Route, error)
}

func (r *soundRouting) Route(ctx context.Context, q push.RouteRequest) (push.Route, error) {
	return r.route(ctx, q)
}

// table knows one subscriber; the register that knows 358000 is silent.
func table(ctx context.Context, q push.RouteRequest) (push.Route, error) {
	switch q.Subscriber.MSISDN {
	case "358401":
		return push.Route{Node: "ggsn1", Session: &push.Session{APN: "internet"}}, nil
	case "358000":
		<-ctx.Done()
		return push.Route{}, ctx.Err()
	}
	return push.Route{}, fmt.Errorf("%w: the table has no row of %s", push.ErrNotHere, q.Subscriber.MSISDN)
}

func routingSuite(route func(context.Context, push.RouteRequest) (push.Route, error)) RoutingSuite {
	of := func(n push.MSISDN) push.RouteRequest {
		return push.RouteRequest{Subscriber: push.Subscriber{MSISDN: n}}
	}
	return RoutingSuite{
		Plugin:  about(plugin.KindRouting),
		New:     func() routing.Strategy { return &soundRouting{(&sound{}).of(plugin.KindRouting), route} },
		Known:   []KnownRoute{{of("358401"), push.Route{Node: "ggsn1", Session: &push.Session{APN: "internet"}}}},
		Unknown: []push.RouteRequest{of("358999")},
		Slow:    []push.RouteRequest{of("358000")},
	}
}

// because is table with a reason.
func because(why string) func(context.Context, push.RouteRequest) (push.Route, error) {
	return func(ctx context.Context, q push.RouteRequest) (push.Route, error) {
		r, err := table(ctx, q)
		if errors.Is(err, push.ErrNotHere) {
			err = fmt.Errorf("%w: %s", err, why)
		}
		return r, err
	}
}

func TestSoundRouting(t *testing.T) { Routing(t, routingSuite(table)) }

func TestRoutingFaults(t *testing.T) {
	t.Parallel() // runs when those that count descriptors are over
	rows := []struct {
		name  string
		route func(context.Context, push.RouteRequest) (push.Route, error)
		want  string
	}{
		{"another node", func(ctx context.Context, q push.RouteRequest) (push.Route, error) {
			r, err := table(ctx, q)
			r.Node += "x"
			return r, err
		}, "route/finds"},
		{"a default for all", func(ctx context.Context, q push.RouteRequest) (push.Route, error) {
			r, err := table(ctx, q)
			if errors.Is(err, push.ErrNotHere) {
				return push.Route{Node: "default"}, nil
			}
			return r, err
		}, "route/not-here"},
		{"unknown is an error", func(ctx context.Context, q push.RouteRequest) (push.Route, error) {
			r, err := table(ctx, q)
			if errors.Is(err, push.ErrNotHere) {
				err = errors.New("not found")
			}
			return r, err
		}, "route/not-here"},
		{"a reason of two lines", because("not in the register\nof ggsn1"), "route/reason"},
		{"a reason that is a page", because(strings.Repeat("x", pluginrpc.MaxTextSize)), "route/reason"},
		{"never gives up", func(ctx context.Context, q push.RouteRequest) (push.Route, error) {
			if q.Subscriber.MSISDN == "358000" {
				time.Sleep(2 * selfGrace) // what a library without contexts does
			}
			return table(ctx, q)
		}, "route/time-limit"},
	}
	recs := together(t, "route/", len(rows), func(i int, rec *recorder) { Routing(rec, routingSuite(rows[i].route)) })
	for i, r := range rows {
		t.Run(r.name, func(t *testing.T) { recs[i].mustFail(t, r.want) })
	}
}
