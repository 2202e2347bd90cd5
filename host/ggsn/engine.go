package ggsn

import (
	"fmt"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// newEngine makes the engine that wakes terminals; nil where no HLR is configured, and pushes go to contexts that are there alone.
func (g *GGSN) newEngine() (*activation.Engine, error) {
	if g.hlr == nil {
		return nil, nil
	}
	o := activation.Options{
		HLR: watchedHLR{g.hlr.finder, g}, Path: g.path, Contexts: book{g}, Plan: g.plan, APN: g.config.apns[0], Address: g.controlAddress, SGSN: g.sgsn,
		Name: g.traceName(), Extension: g.config.extension, Event: g.event, Limits: g.config.limits, Clock: g.clock,
	}
	if g.config.hlr.gtp.Address.IsValid() {
		o.Report = g.reportFailure
	}
	e, err := activation.New(o)
	if err != nil {
		return nil, fmt.Errorf("activation: %w", err)
	}
	return e, nil
}

// traceName is what the trace of a push calls this node.
func (g *GGSN) traceName() string { return "GGSN " + g.config.name }

// plan says how a terminal is asked for a context: with its static address if it has one, and else as the configuration says.
func (g *GGSN) plan(imsi push.IMSI, apn string) (activation.Plan, bool) {
	if !g.serves(gtp.APN(apn)) {
		return activation.Plan{}, false
	}
	if own, ok := g.book.Static(imsi); ok {
		return activation.Plan{Variant: activation.Static, Address: own}, true
	}
	return activation.Plan{Variant: g.config.variant}, true
}

// sgsn finds the address of an SGSN that the HLR names: an IP address, or a name of the configuration. Only those that are allowed to
// speak with this node are spoken to.
func (g *GGSN) sgsn(name string) (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(name)
	if err != nil || a.Zone() != "" {
		var ok bool
		if a, ok = g.config.names[sgsnName(name)]; !ok {
			return netip.AddrPort{}, false
		}
	}
	a = a.Unmap()
	return netip.AddrPortFrom(a, g.config.peerControl), g.allowed(a)
}

// sgsnName is a name as it is compared: a number with or without "+", a name in any case.
func sgsnName(name string) string { return strings.ToLower(strings.TrimPrefix(name, "+")) }

// reportFailure tells the HLR that a terminal did not answer, so that it tells us when that is back (§7.4.3). What the HLR says to that
// changes nothing.
func (g *GGSN) reportFailure(imsi push.IMSI) {
	m := &gtp.FailureReportRequest{IMSI: imsi}
	if err := g.path.Send(g.config.hlr.gtp.Address, 0, m, func(gtp.Packet, error) {}); err == nil {
		g.metrics.failureReports.Inc()
	}
}

// A book is the contexts and addresses as the engine sees them.
type book struct{ g *GGSN }

var _ activation.Contexts = book{}

// ByIMSI is part of activation.Contexts.
func (b book) ByIMSI(imsi push.IMSI, _ string) (activation.Context, bool) {
	c, ok := b.g.table.ByIMSI(imsi)
	if !ok {
		return nil, false
	}
	return b.g.live(c), true
}

// Owner is part of activation.Contexts.
func (b book) Owner(a netip.Addr, apn string) (push.IMSI, string, bool) {
	if c, ok := b.g.table.ByAddress(a); ok {
		return c.IMSI, string(c.APN), true
	}
	imsi, ok := b.g.book.Owner(a)
	if apn == "" {
		apn = b.g.config.apns[0]
	}
	return imsi, apn, ok
}

// Reserve is part of activation.Contexts.
func (b book) Reserve(imsi push.IMSI, _ string) (netip.Addr, error) { return b.g.book.Reserve(imsi) }

// Unreserve is part of activation.Contexts.
func (b book) Unreserve(imsi push.IMSI, _ string) { b.g.book.Unreserve(imsi) }

// A live is a context as the engine knows it.
type live struct {
	g       *GGSN
	imsi    push.IMSI
	msisdn  push.MSISDN
	apn     string
	control gtp.TEID
}

var _ activation.Context = live{}

func (g *GGSN) live(c contexts.Context) live {
	return live{g, c.IMSI, c.MSISDN, string(c.APN), c.Control}
}

// IMSI is part of activation.Context.
func (l live) IMSI() push.IMSI { return l.imsi }

// APN is part of activation.Context.
func (l live) APN() string { return l.apn }

// MSISDN is part of activation.Context.
func (l live) MSISDN() push.MSISDN { return l.msisdn }

// Push is part of activation.Context. What is heard of the push is kept until the engine gives its result.
func (l live) Push(p node.Push) error {
	way, ok := l.g.table.WayOf(l.control)
	if !ok {
		return activation.ErrGone
	}
	d := l.g.datagram(way, p)
	heard := l.g.listening.begin(way.Address, d.ID)
	err := l.g.transmit(way, d)
	if err == nil && heard != nil {
		l.g.sent.Store(p.ID, heard)
	}
	return err
}

// Packet is part of activation.Context.
func (l live) Packet(packet []byte) error {
	way, ok := l.g.table.WayOf(l.control)
	if !ok {
		return activation.ErrGone
	}
	return l.g.user.send(way, append(make([]byte, headerGPDU, headerGPDU+len(packet)), packet...))
}
