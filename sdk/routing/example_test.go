package routing_test

import (
	"context"
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// home sends everything for subscribers of one network through one node.
type home struct {
	Prefix string `toml:"prefix"`
	Node   string `toml:"node"`
}

func (*home) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindRouting, Name: "home", Version: "1.0",
		Keys: []plugin.Key{
			{Name: "prefix", Type: "string", Required: true, Doc: "First digits of the IMSI."},
			{Name: "node", Type: "string", Required: true, Doc: "Node of these subscribers."},
		},
	}
}

func (*home) Validate(c plugin.Config) error {
	var h home
	ps := c.Decode(&h)
	if h.Prefix == "" {
		ps.Addf("prefix", "missing")
	}
	if h.Node == "" {
		ps.Addf("node", "missing")
	}
	return ps.Err()
}

func (h *home) Configure(_ context.Context, c plugin.Config) error { return c.Decode(h).Err() }

func (h *home) Route(_ context.Context, r push.RouteRequest) (push.Route, error) {
	imsi := r.Subscriber.IMSI
	if len(imsi) < len(h.Prefix) || string(imsi[:len(h.Prefix)]) != h.Prefix {
		return push.Route{}, fmt.Errorf("%w: the IMSI does not begin with %s", push.ErrNotHere, h.Prefix)
	}
	return push.Route{Node: h.Node, IMSI: imsi}, nil
}

// The whole main.go of a plugin.
func ExampleServe() {
	main := func() { routing.Serve(&home{}) }
	_ = main
}
