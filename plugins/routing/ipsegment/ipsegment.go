// Package ipsegment is the routing strategy routing/ipsegment: the node that serves a terminal follows from the range that the
// terminal's address is in.
package ipsegment

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
	segments []segment
	now      func() time.Time
}

var _ routing.Strategy = (*Plugin)(nil)

// New returns the strategy without segments.
func New() *Plugin { return &Plugin{now: time.Now} }

// Info is part of plugin.Plugin.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{Kind: plugin.KindRouting, Name: "ipsegment", Version: "1.0.0", Keys: keys()}
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

// Route is part of routing.Strategy. A subscriber's live sessions are tried in their order; a push to an address needs no session.
// Without an address this strategy knows nothing.
func (p *Plugin) Route(_ context.Context, r push.RouteRequest) (push.Route, error) {
	candidates := r.Subscriber.Sessions
	if t := r.Subscriber.Address.Type; len(candidates) == 0 && (t == push.IPv4 || t == push.IPv6) {
		addr, err := netip.ParseAddr(r.Subscriber.Address.Value)
		if err != nil {
			return push.Route{}, &push.Error{Code: 2002, Text: "the address is no IP address", Cause: err.Error()}
		}
		candidates = []push.Session{{Address: addr}}
	}
	if len(candidates) == 0 {
		return push.Route{}, fmt.Errorf("%w: the subscriber has no address", push.ErrNotHere)
	}
	err := fmt.Errorf("%w: all sessions of the subscriber have expired", push.ErrNotHere)
	for _, s := range candidates {
		if !s.Expires.IsZero() && !p.now().Before(s.Expires) {
			continue
		}
		var found segment
		if found, err = p.find(s); err != nil {
			continue
		}
		s.GGSN = found.node
		if s.APN == "" {
			s.APN = found.apn
		}
		return push.Route{Node: found.node, APN: s.APN, IMSI: s.IMSI, Session: &s}, nil
	}
	return push.Route{}, err
}

// find returns the segment of a session: of those that hold its address the one with the longest prefix. Where the access
// point is not known and the range belongs to several, guessing would send the push to somebody else's terminal.
func (p *Plugin) find(s push.Session) (segment, error) {
	addr := s.Address.Unmap()
	var found []segment
	for _, seg := range p.segments {
		switch {
		case !seg.prefix.Contains(addr):
		case s.APN != "" && seg.apn != "" && !strings.EqualFold(seg.apn, s.APN):
		case len(found) > 0 && seg.prefix.Bits() < found[0].prefix.Bits():
			// a shorter prefix counts only where there is no longer one
		default:
			found = append(found, seg)
		}
	}
	switch {
	case len(found) == 0:
		return segment{}, fmt.Errorf("%w: %s is in no segment", push.ErrNotHere, addr)
	case len(found) > 1 && s.APN == "":
		return segment{}, fmt.Errorf("%w: %s is in segments of several access points, and its own is not known", push.ErrNotHere, addr)
	}
	return found[0], nil
}
