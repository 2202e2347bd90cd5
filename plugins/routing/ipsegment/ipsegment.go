// Package ipsegment is the routing strategy routing/ipsegment: the node that serves a terminal follows from the range that the
// terminal's address is in.
package ipsegment

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

// codeAddressError is the PAP code of a push to an address that is none (OMA-TS-PAP §9.13).
const codeAddressError = 2002

// Plugin is the strategy. New makes one.
type Plugin struct {
	segments segments
	now      func() time.Time
}

var _ routing.Strategy = (*Plugin)(nil)

// New returns the strategy without segments.
func New() *Plugin { return &Plugin{now: time.Now} }

// Info is part of plugin.Plugin.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{Kind: plugin.KindRouting, Name: "ipsegment", Version: "1.1.0", Keys: keys()}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	segments, err := parseConfig(c)
	if err != nil {
		return err
	}
	p.segments = segments
	return nil
}

// Route is part of routing.Strategy. A subscriber's live sessions are tried in their order, the newest first; a push to an address
// needs none. The answer has the session as it was, since its GGSN, access point and generation say which it is.
func (p *Plugin) Route(_ context.Context, r push.RouteRequest) (push.Route, error) {
	candidates, err := p.candidates(r.Subscriber)
	if err != nil {
		return push.Route{}, err
	}
	var reasons []string
	for _, s := range candidates {
		found, why := p.segments.find(s)
		if why != "" {
			reasons = append(reasons, why)
			continue
		}
		route := push.Route{Node: found.node, APN: s.APN, IMSI: s.IMSI, Session: &s}
		if route.APN == "" {
			route.APN = found.apn
		}
		return route, nil
	}
	if more := len(reasons) - maxReasons; more > 0 {
		reasons = append(reasons[:maxReasons], fmt.Sprintf("and %d sessions more", more))
	}
	return push.Route{}, notHere(strings.Join(reasons, "; "))
}

// maxReasons is how many sessions the operator is told of.
const maxReasons = 4

func notHere(why string) error { return fmt.Errorf("%w: %s", push.ErrNotHere, why) }

// candidates are the live sessions of a subscriber, or the one that has the address that is pushed to. Without any session that
// address is enough; with several at different places, each may be another terminal's.
func (p *Plugin) candidates(of push.Subscriber) ([]push.Session, error) {
	sessions := of.Sessions
	t := of.Address.Type
	toAddress := t == push.IPv4 || t == push.IPv6
	if toAddress {
		addr, err := netip.ParseAddr(of.Address.Value)
		if err != nil {
			return nil, &push.Error{Code: codeAddressError, Text: "the address is no IP address", Cause: err.Error()}
		}
		sessions = slices.DeleteFunc(slices.Clone(sessions), func(s push.Session) bool { return s.Address.Unmap() != addr.Unmap() })
		if len(sessions) == 0 {
			return []push.Session{{Address: addr}}, nil
		}
	}
	if len(sessions) == 0 {
		return nil, notHere("the subscriber has no address")
	}
	now := p.now()
	live := slices.DeleteFunc(slices.Clone(sessions), func(s push.Session) bool { return !s.Expires.IsZero() && !now.Before(s.Expires) })
	switch {
	case len(live) == 0:
		return nil, notHere("all sessions of the subscriber have expired")
	case toAddress && len(live) > 1:
		return nil, notHere(fmt.Sprintf("%d sessions have the address %s, as %s and %s", len(live), of.Address.Value, place(live[0]), place(live[1])))
	}
	return live, nil
}
