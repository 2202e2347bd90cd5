// Package apn is the routing strategy routing/apn: the operator's preset rules, which give a subscriber an access point and the node
// that serves it.
package apn

import (
	"context"
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// Plugin is the strategy. New makes one.
type Plugin struct {
	rules []rule
	now   func() time.Time
}

var _ routing.Strategy = (*Plugin)(nil)

// New returns the strategy without rules.
func New() *Plugin { return &Plugin{now: time.Now} }

// Info is part of plugin.Plugin.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{Kind: plugin.KindRouting, Name: "apn", Version: "1.1.0", Keys: keys()}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	rules, err := parseConfig(c)
	if err != nil {
		return err
	}
	p.rules = rules
	return nil
}

// Route is part of routing.Strategy. The first rule that takes the subscriber answers.
func (p *Plugin) Route(_ context.Context, r push.RouteRequest) (push.Route, error) {
	for _, rule := range p.rules {
		if !rule.takes(r.Subscriber) {
			continue
		}
		session, err := p.session(rule, r.Subscriber)
		if err != nil {
			return push.Route{}, err
		}
		route := push.Route{Node: rule.node, APN: rule.apn, IMSI: r.Subscriber.IMSI, Session: session}
		if route.IMSI == "" && session != nil {
			route.IMSI = session.IMSI
		}
		return route, nil
	}
	return push.Route{}, notHere("no rule is about this subscriber")
}

func notHere(format string, args ...any) error {
	return fmt.Errorf("%w: %s", push.ErrNotHere, fmt.Sprintf(format, args...))
}
