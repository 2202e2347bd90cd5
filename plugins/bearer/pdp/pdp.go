// Package pdp is the bearer bearer/pdp: connectionless pushes over the packet network, as UDP to the address of a terminal.
package pdp

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

// Plugin is the bearer. New makes one.
type Plugin struct {
	config  config
	sockets sockets
	tid     atomic.Uint32
}

var _ bearer.Bearer = (*Plugin)(nil)

// New returns the bearer without nodes.
func New() *Plugin {
	c, err := parseConfig(plugin.Config{})
	if err != nil {
		panic("pdp: the defaults are wrong: " + err.Error())
	}
	return &Plugin{config: c}
}

// Info is part of plugin.Plugin. A telephone number or a user identifier needs a routing strategy that finds its session.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "pdp", Version: "1.0.0", Keys: keys(), Network: "GSM", Bearer: "GPRS",
		AddressTypes: []push.AddressType{push.IPv4, push.IPv6, push.PLMN, push.USER},
	}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin. Sockets are opened by the first push of their node, since a node's address may come up later
// than the gateway.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	parsed, err := parseConfig(c)
	if err != nil {
		return err
	}
	p.config = parsed
	return nil
}

// Deliver is part of bearer.Bearer. What was sent is push.OutcomeAccepted: UDP confirms nothing (OMA-TS-PushOTA, connectionless
// push).
func (p *Plugin) Deliver(_ context.Context, d push.Delivery) (push.Outcome, error) {
	to, ok := p.terminal(d)
	if !ok {
		return push.Outcome{
			Kind: push.OutcomeUnreachable, Text: "the terminal is not online",
			Cause: "no session, and this bearer can not activate one",
		}, nil
	}
	source, err := p.source(d.Route.Node)
	if err != nil {
		return push.Outcome{}, err
	}
	pdu, err := wsp.EncodePush(wsp.Push{
		TID: byte(p.tid.Add(1)), ContentType: d.Message.ContentType, Headers: airHeaders(d.Message.Headers), Data: d.Message.Body,
	}, 0)
	switch {
	case err != nil:
		return push.Outcome{}, &push.Error{Code: 3006, Text: "the push can not be written as a WSP PDU: " + err.Error()}
	case len(pdu) > p.config.maxOctets:
		return push.Outcome{
			Kind: push.OutcomeRefused, Text: "the push is too long for this bearer",
			Cause: fmt.Sprintf("%d octets, max_octets is %d", len(pdu), p.config.maxOctets),
		}, nil
	}
	return p.sockets.send(source, to, pdu), nil
}

// terminal is where a push goes: to the session that was routed, or to the address that was pushed to.
func (p *Plugin) terminal(d push.Delivery) (netip.AddrPort, bool) {
	if s := d.Route.Session; s != nil {
		live := s.Expires.IsZero() || time.Now().Before(s.Expires)
		return netip.AddrPortFrom(s.Address.Unmap(), p.config.terminalPort), live
	}
	if t := d.Terminal.Address.Type; t != push.IPv4 && t != push.IPv6 {
		return netip.AddrPort{}, false
	}
	addr, err := netip.ParseAddr(d.Terminal.Address.Value)
	return netip.AddrPortFrom(addr.Unmap(), p.config.terminalPort), err == nil
}

// source is the address and port that a node's pushes leave from.
func (p *Plugin) source(node string) (netip.AddrPort, error) {
	addr, ok := p.config.sources[node]
	if !ok && node != "" {
		return netip.AddrPort{}, &push.Error{Cause: fmt.Sprintf("node %q is not in the configuration of this bearer", node)}
	}
	return netip.AddrPortFrom(addr, p.config.sourcePort), nil
}

// airHeaders are those headers of a push that may go over the air.
func airHeaders(headers []push.Header) []wsp.Header {
	list := make([]wsp.Header, len(headers))
	for i, h := range headers {
		list[i] = wsp.Header(h)
	}
	return wsp.AirHeaders(list)
}
