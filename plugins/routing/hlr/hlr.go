// Package hlr is the routing strategy routing/hlr: a register of the network (an HLR or HSS) is asked which SGSN serves the
// subscriber, and a table says which node can talk to that SGSN.
package hlr

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// Plugin is the strategy. New makes one.
type Plugin struct {
	config  config
	backend backend
	finder  *register.Finder
	open    func(c config, notice func(string)) (backend, error)
	now     func() time.Time
	log     hclog.Logger
	// missing limits the lines about SGSNs that the table does not have.
	missing rate.Sometimes

	mu      sync.Mutex
	dropped register.Drops // as the log knows them
	quiet   time.Time      // until when it is told of no others
}

var _ routing.Strategy = (*Plugin)(nil)

// New returns the strategy without a register.
func New() *Plugin {
	return &Plugin{open: open, now: time.Now, missing: rate.Sometimes{Interval: time.Minute}}
}

// Info is part of plugin.Plugin.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{Kind: plugin.KindRouting, Name: "hlr", Version: "1.1.0", Keys: keys()}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin. A register that is down is no error here.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	parsed, err := parseConfig(c)
	if err != nil {
		return err
	}
	p.config, p.log = parsed, plugin.Logger()
	p.backend, err = p.open(parsed, func(text string) { p.log.Warn(text, "backend", parsed.backend) })
	if err != nil {
		return fmt.Errorf("backend %s: %w", parsed.backend, err)
	}
	p.finder = register.New(p.backend, parsed.finder)
	return nil
}

// Route is part of routing.Strategy. It asks the register, unless it was asked a moment ago.
func (p *Plugin) Route(ctx context.Context, r push.RouteRequest) (push.Route, error) {
	q, ok := question(p.config, r.Subscriber)
	if !ok {
		return push.Route{}, fmt.Errorf("%w: nothing is known of the subscriber that %s can be asked by", push.ErrNotHere, p.config.backend)
	}
	location, err := p.finder.Query(ctx, q)
	p.logDrops()
	switch {
	case errors.Is(err, register.ErrUnknownSubscriber):
		// Another register may know the subscriber, so the next strategy is asked.
		return push.Route{}, fmt.Errorf("%w: %w", push.ErrNotHere, err)
	case err != nil:
		return push.Route{}, &push.Error{
			Temporary: !errors.Is(err, register.ErrQuestion), Text: "where the subscriber is can not be found out", Cause: err.Error(),
		}
	case !location.Reachable():
		return push.Route{}, notAttached(location)
	}
	if r.Subscriber.IMSI == "" {
		r.Subscriber.IMSI = location.IMSI
	}
	if location.GGSN != "" {
		return p.route(p.ggsn(location.GGSN, r.Subscriber.Sessions), r.Subscriber), nil
	}
	place, ok := p.config.places.of(location.SGSN)
	if !ok {
		p.missing.Do(func() {
			p.log.Warn("a subscriber is at an SGSN that no row is about", "sgsn", location.SGSN, plugin.LogPushID, r.PushID)
		})
		return push.Route{}, fmt.Errorf("%w: no row is about the SGSN %q that serves the subscriber", push.ErrNotHere, location.SGSN)
	}
	return p.route(place, r.Subscriber), nil
}

// question names the subscriber as the backend can be asked.
func question(c config, of push.Subscriber) (q register.Question, ok bool) {
	if c.backend == backendGTP {
		return register.Question{IMSI: of.IMSI, APN: c.withAPN}, of.IMSI != ""
	}
	msisdn := of.MSISDN
	if msisdn == "" {
		msisdn = of.Address.MSISDN()
	}
	switch {
	case c.backend == backendSh && msisdn == "" && isPublicIdentity(of.Address):
		return register.Question{PublicIdentity: of.Address.Value}, true
	case c.backend != backendSh && of.IMSI != "":
		return register.Question{IMSI: of.IMSI}, true
	}
	return register.Question{MSISDN: msisdn}, msisdn != ""
}

// isPublicIdentity reports whether a user identifier is one that an HSS knows (3GPP TS 23.003 §13.4).
func isPublicIdentity(a push.Address) bool {
	scheme, _, found := strings.Cut(a.Value, ":")
	return a.Type == push.USER && found && (scheme == "sip" || scheme == "sips" || scheme == "tel")
}

// ggsn is the place of a GGSN that the register named. One that no row is about is called by its address. Sessions call it as the
// row's node, or by its address too.
func (p *Plugin) ggsn(address string, sessions []push.Session) place {
	to, ok := p.config.ggsns.of(address)
	if !ok {
		to = place{node: address, apn: p.config.withAPN}
	}
	if slices.ContainsFunc(sessions, func(s push.Session) bool { return s.GGSN == address }) {
		to.ggsn = address
	}
	return to
}

// logDrops says what the backend dropped since the last time, once a minute at most.
func (p *Plugin) logDrops() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.backend.Drops()
	if now == p.dropped || p.now().Before(p.quiet) {
		return
	}
	p.log.Warn("messages were dropped that are no answers to what was asked", "backend", p.config.backend,
		"late_twice_or_not_asked", now.Unasked-p.dropped.Unasked, "malformed", now.Malformed-p.dropped.Malformed,
		"of_strangers", now.Strangers-p.dropped.Strangers)
	p.dropped, p.quiet = now, p.now().Add(time.Minute)
}

func notAttached(l register.Location) error {
	reason := string(l.NotReachable)
	if reason == "" {
		reason = "the register gives no reason"
	}
	return fmt.Errorf("%w: %s: %s", push.ErrNotAttached, l.Source, reason)
}

// route is the way over a place, with the first of the subscriber's live sessions that is surely there, as the gateway knows it: it
// would not find another one again.
func (p *Plugin) route(to place, of push.Subscriber) push.Route {
	route := push.Route{Node: to.node, APN: to.apn, IMSI: of.IMSI}
	for _, s := range of.Sessions {
		live := s.Expires.IsZero() || p.now().Before(s.Expires)
		if !live || !to.holds(s) || of.IMSI != "" && s.IMSI != "" && s.IMSI != of.IMSI {
			continue // expired, elsewhere, or of another terminal of this user
		}
		route.Session, route.APN = &s, s.APN
		if route.IMSI == "" {
			route.IMSI = s.IMSI
		}
		break
	}
	return route
}
