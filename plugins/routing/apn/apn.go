// Package apn is the routing strategy routing/apn: the operator's preset rules, which give a subscriber an access point and the node
// that serves it.
package apn

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
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
	return plugin.Info{Kind: plugin.KindRouting, Name: "apn", Version: "1.0.0", Keys: keys()}
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
		route := push.Route{Node: rule.node, APN: rule.apn, IMSI: r.Subscriber.IMSI, Session: p.session(rule, r.Subscriber)}
		if route.IMSI == "" && route.Session != nil {
			route.IMSI = route.Session.IMSI
		}
		return route, nil
	}
	return push.Route{}, fmt.Errorf("%w: no rule is about this subscriber", push.ErrNotHere)
}

// session is the one to push to: of the subscriber's live sessions at the rule's access point the first, or the address that was
// pushed to; nil if there is none, which is no reason against the rule. A session at another access point, or whose own is not
// known, may have an address that belongs to somebody else there.
func (p *Plugin) session(r rule, of push.Subscriber) *push.Session {
	for _, s := range of.Sessions {
		live := s.Expires.IsZero() || p.now().Before(s.Expires)
		if live && strings.EqualFold(s.APN, r.apn) && (s.GGSN == "" || s.GGSN == r.node) {
			s.GGSN = r.node
			return &s
		}
	}
	if t := of.Address.Type; t == push.IPv4 || t == push.IPv6 {
		if addr, err := netip.ParseAddr(of.Address.Value); err == nil {
			return &push.Session{GGSN: r.node, APN: r.apn, Address: addr}
		}
	}
	return nil
}
