package conformance

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/pluginrpc"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// RoutingSuite is what the suite has to know of a routing strategy.
type RoutingSuite struct {
	Plugin
	New func() routing.Strategy
	// Known are questions with their answers.
	Known []KnownRoute
	// Unknown are subscribers that the strategy does not know.
	Unknown []push.RouteRequest
	// Slow are questions that nobody answers, if there are any: the HLR is silent, say.
	Slow []push.RouteRequest
}

// A KnownRoute is a question and what a strategy must answer.
type KnownRoute struct {
	Request push.RouteRequest
	Route   push.Route
}

// Routing runs the suite on a routing strategy.
func Routing(t testing.TB, s RoutingSuite) {
	t.Helper()
	r := routingCases{s}
	suite(t, s.Plugin, plugin.KindRouting, func() (author, served plugin.Plugin) { p := s.New(); return p, p },
		describeCases, validateCases, documentCases, []testCase{
			{"route/finds", "A subscriber that the strategy knows gets its route, every time it is asked.", r.finds},
			{"route/not-here", "A subscriber that the strategy does not know is push.ErrNotHere, and no other error.", r.notHere},
			{"route/reason", "What is said with push.ErrNotHere is one line for operators that can be shown, 4 KiB at most.", r.reason},
			{"route/time-limit", "The context carries the time limit, and Route returns when it ends.", r.timeLimit},
		})
}

type routingCases struct{ RoutingSuite }

type routed struct {
	push.Route
	err error
}

func (r routingCases) open(t testing.TB, s *subject) func(push.RouteRequest) routed {
	t.Helper()
	stream, err := s.serveConfigured(t).OpenRouting(t.Context(), quiet{})
	if err != nil {
		t.Fatal(err)
	}
	return func(q push.RouteRequest) routed {
		ch := make(chan routed, 1)
		stream.Route(q, s.patience(), func(a push.Route, err error) { ch <- routed{a, err} })
		return <-ch
	}
}

func (r routingCases) finds(t testing.TB, s *subject) {
	route := r.open(t, s)
	if len(r.Known) == 0 {
		t.Error("the suite has no known subscriber")
	}
	for range 2 {
		for i, k := range r.Known {
			if got := route(k.Request); got.err != nil || !reflect.DeepEqual(got.Route, k.Route) {
				t.Errorf("known subscriber %d: got %+v, %v; want %+v", i, got.Route, got.err, k.Route)
			}
		}
	}
}

func (r routingCases) notHere(t testing.TB, s *subject) {
	route := r.open(t, s)
	if len(r.Unknown) == 0 {
		t.Error("the suite has no unknown subscriber")
	}
	for i, q := range r.Unknown {
		if got := route(q); !errors.Is(got.err, push.ErrNotHere) {
			t.Errorf("unknown subscriber %d: got %+v, %v", i, got.Route, got.err)
		}
	}
	// One of whom nothing at all is known may be routed by a rule for all, but is no failure.
	if got := route(push.RouteRequest{PushID: "conformance"}); got.err != nil && !errors.Is(got.err, push.ErrNotHere) {
		t.Errorf("a subscriber without any number or address: %v", got.err)
	}
}

// reason asks the strategy itself: on its way to the gateway a reason would be put right.
func (r routingCases) reason(t testing.TB, s *subject) {
	p := s.new().(routing.Strategy)
	if err := p.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	for i, q := range r.Unknown {
		ctx, cancel := context.WithTimeout(t.Context(), s.patience())
		_, err := p.Route(ctx, q)
		cancel()
		if !errors.Is(err, push.ErrNotHere) {
			continue // route/not-here tells
		}
		switch said := err.Error(); {
		case len(said) > pluginrpc.MaxTextSize:
			t.Errorf("unknown subscriber %d: the reason has %d octets, the gateway takes %d", i, len(said), pluginrpc.MaxTextSize)
		case !utf8.ValidString(said) || strings.ContainsFunc(said, unicode.IsControl):
			t.Errorf("unknown subscriber %d: the reason %q has control characters or is no UTF-8", i, said)
		}
	}
}

func (r routingCases) timeLimit(t testing.TB, s *subject) {
	p := s.new().(routing.Strategy)
	if err := p.Configure(t.Context(), s.config(t)); err != nil {
		t.Fatalf("Configure: %v", err)
	}
	requests := append([]push.RouteRequest(nil), r.Slow...)
	requests = append(requests, r.Unknown...)
	for _, k := range r.Known {
		requests = append(requests, k.Request)
	}
	for i, q := range requests {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		returned := make(chan struct{})
		go func() {
			defer close(returned)
			_, _ = p.Route(ctx, q)
		}()
		select {
		case <-returned:
		case <-time.After(s.grace()):
			t.Errorf("question %d is not answered %s after its time was over", i, s.grace())
		}
		cancel()
	}
}
