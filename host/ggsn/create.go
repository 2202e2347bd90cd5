package ggsn

import (
	"errors"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/host/ggsn/address"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// create answers a Create PDP Context Request (§7.3.1). What follows from a context comes after the answer, so that the SGSN knows of
// it before a packet for it arrives.
func (g *GGSN) create(r *gtp.Request, m *gtp.CreatePDPContextRequest) {
	to := gtp.TEID(0)
	if m.TEIDControl != nil {
		to = *m.TEIDControl
	}
	c, cause := g.accept(r, m)
	g.metrics.creates.WithLabelValues(cause.String()).Inc()
	if !cause.Accepted() {
		g.answer(r, to, &gtp.CreatePDPContextResponse{Cause: cause})
		g.logRefused(r.From, m, cause)
		return
	}
	g.answer(r, to, &gtp.CreatePDPContextResponse{
		Cause: cause, ReorderingRequired: new(bool), Recovery: &g.restart, TEIDData: &c.Data, TEIDControl: &c.Control,
		ChargingID: &c.ChargingID, EndUserAddress: gtp.StaticAddress(c.Address), GGSNSignalling: g.controlAddress, GGSNUser: g.userAddress,
		QoS: m.QoS,
	})
	g.begun(c)
}

// accept makes the context that is asked for, or returns why not. A terminal has one context: a further one takes its place.
func (g *GGSN) accept(r *gtp.Request, m *gtp.CreatePDPContextRequest) (contexts.Context, gtp.Cause) {
	if g.stopping.Load() || !g.creates.allow(r.From.Addr(), g.clock.Elapsed()) {
		return contexts.Context{}, gtp.CauseNoResources
	}
	imsi, cause := g.whose(r, m)
	if cause != 0 {
		return contexts.Context{}, cause
	}
	if cause := g.suits(m); cause != 0 {
		return contexts.Context{}, cause
	}
	if g.ofAnother(r.From.Addr(), imsi, m.SGSNUser, m.TEIDData) {
		return contexts.Context{}, gtp.CauseMandatoryIEIncorrect
	}
	asked, accepted := m.EndUserAddress.IPv4, gtp.CauseRequestAccepted
	switch {
	case m.EndUserAddress.Type == gtp.PDPIPv4v6: // §7.3.2: the network's choice is IPv4
		accepted = gtp.CauseNewPDPTypeNetwork
	case m.EndUserAddress.Type != gtp.PDPIPv4:
		return contexts.Context{}, gtp.CauseUnknownPDPAddressOrType
	}
	if asked.IsValid() && asked.IsUnspecified() { // what some terminals say for "any"
		asked = netip.Addr{}
	}
	c, cause := g.expected(imsi, asked, m)
	if cause != 0 {
		return contexts.Context{}, cause
	}
	return c, accepted
}

// expected makes the context of a terminal that was asked for one, or, where the configuration lets it, that comes by itself.
func (g *GGSN) expected(imsi push.IMSI, asked netip.Addr, m *gtp.CreatePDPContextRequest) (contexts.Context, gtp.Cause) {
	v := activation.Verdict{Cause: gtp.CauseRequestAccepted}
	if g.engine != nil {
		if own, ok := g.book.Own(imsi); ok && !asked.IsValid() { // many terminals leave it blank, and get their own all the same
			asked = own
		}
		eua := gtp.DynamicAddress(gtp.PDPIPv4)
		if asked.IsValid() {
			eua = gtp.StaticAddress(asked)
		}
		v = g.engine.MayCreate(imsi, g.ownName(string(m.APN)), eua)
	}
	switch {
	case !v.Cause.Accepted():
		return contexts.Context{}, v.Cause
	case !v.Notified && !g.config.unsolicited:
		return contexts.Context{}, gtp.CauseAPNAccessDenied
	}
	c, cause := g.make(imsi, asked, m, v)
	if cause != 0 && v.Notified {
		g.engine.CreateFailed(imsi, g.ownName(string(m.APN)), cause, "Create PDP Context Request")
	}
	return c, cause
}

// make makes the context of a terminal that may have one.
func (g *GGSN) make(imsi push.IMSI, asked netip.Addr, m *gtp.CreatePDPContextRequest, v activation.Verdict) (contexts.Context, gtp.Cause) {
	// A static address that the push named, and that this node does not know to be somebody's.
	if v.Notified && v.Variant == activation.Static && v.Address.IsValid() && g.book.Foreign(v.Address) {
		g.replace(imsi, m)
		return g.add(imsi, v.Address, m, v.Notified)
	}
	if !g.book.May(imsi, asked) {
		return contexts.Context{}, gtp.CauseUnknownPDPAddressOrType
	}
	g.replace(imsi, m)
	own, err := g.book.Assign(imsi, asked)
	switch {
	case errors.Is(err, address.ErrNone):
		return contexts.Context{}, gtp.CauseAllAddressesOccupied
	case err != nil:
		return contexts.Context{}, gtp.CauseUnknownPDPAddressOrType
	}
	return g.add(imsi, own, m, v.Notified)
}

// whose says which terminal a Create is for. A TEID in its header is that of another context of the terminal, and then it may have no IMSI.
func (g *GGSN) whose(r *gtp.Request, m *gtp.CreatePDPContextRequest) (push.IMSI, gtp.Cause) {
	if m.TEIDControl == nil {
		return "", gtp.CauseMandatoryIEMissing
	}
	if r.Header.TEID == 0 {
		if m.IMSI == "" || m.SelectionMode == nil {
			return "", gtp.CauseMandatoryIEMissing
		}
		return m.IMSI, 0
	}
	c, ok := g.table.ByControl(r.Header.TEID)
	if !ok || m.IMSI != "" && m.IMSI != c.IMSI {
		return "", gtp.CauseNonExistent
	}
	return c.IMSI, 0
}

// suits says what is wrong with a Create whoever it is for, 0 for nothing.
func (g *GGSN) suits(m *gtp.CreatePDPContextRequest) gtp.Cause {
	switch {
	case m.LinkedNSAPI != 0: // a secondary context would share the address, and needs a traffic flow template
		return gtp.CauseServiceNotSupported
	case m.EndUserAddress == gtp.EndUserAddress{} || m.APN == "":
		return gtp.CauseMandatoryIEMissing
	case !g.serves(m.APN):
		return gtp.CauseMissingOrUnknownAPN
	case m.TEIDData == 0 || *m.TEIDControl == 0 || !g.reaches(m.SGSNSignalling, m.SGSNUser):
		return gtp.CauseMandatoryIEIncorrect
	}
	return 0
}

// reaches reports whether tunnels may end at these addresses: an SGSN that names somebody else's would have us send pushes there.
func (g *GGSN) reaches(signalling, user netip.Addr) bool {
	return g.allowed(signalling) && g.allowedUser(user) &&
		signalling.Is4() == g.controlAddress.Is4() && user.Is4() == g.userAddress.Is4()
}

// ofAnother reports whether a tunnel is that of another terminal, and not of the SGSN that says so. An SGSN that gives one of its own out
// anew has lost the earlier context; of another one's it can not know, and would end contexts that are none of its business.
func (g *GGSN) ofAnother(from netip.Addr, imsi push.IMSI, user netip.Addr, teid gtp.TEID) bool {
	c, ok := g.table.ByTunnel(user, teid)
	return ok && c.IMSI != imsi && c.SGSN.Signalling != from.Unmap()
}

// serves reports whether an access point is this node's.
func (g *GGSN) serves(apn gtp.APN) bool { return g.ownName(string(apn)) != "" }

// ownName is the name that the configuration has for an access point, with or without the operator's part of its name (3GPP TS 23.003
// §9.1), in any case of letters; the first one for "", and "" for one that is not this node's.
func (g *GGSN) ownName(apn string) string {
	if apn == "" {
		return g.config.apns[0]
	}
	name := strings.ToLower(apn)
	for _, own := range g.config.apns {
		rest, ok := strings.CutPrefix(name, own)
		if ok && (rest == "" || strings.HasPrefix(rest, ".mnc") && strings.HasSuffix(rest, ".gprs")) {
			return own
		}
	}
	return ""
}

// replace removes what the new context is instead of: the terminal's earlier one, and the one for which the SGSN had given out the same
// tunnel, which it can not have any more. One with the same NSAPI the SGSN has forgotten, too (§7.3.1); of another it is told.
func (g *GGSN) replace(imsi push.IMSI, m *gtp.CreatePDPContextRequest) {
	if old, ok := g.table.ByIMSI(imsi); ok {
		g.end(old.Control, endedReplaced)
		if old.NSAPI != m.NSAPI {
			g.tellDeleted(old)
		}
	}
	if stale, ok := g.table.ByTunnel(m.SGSNUser, m.TEIDData); ok {
		g.end(stale.Control, endedTunnelReused)
	}
}

// add enters the context. Its address is given back if there is no room.
func (g *GGSN) add(imsi push.IMSI, own netip.Addr, m *gtp.CreatePDPContextRequest, notified bool) (contexts.Context, gtp.Cause) {
	c, err := g.table.Add(contexts.Context{
		IMSI: imsi, MSISDN: m.MSISDN, NSAPI: m.NSAPI, APN: gtp.APN(g.ownName(string(m.APN))), Address: own,
		SGSN: contexts.Ends{
			Signalling: m.SGSNSignalling, User: m.SGSNUser, Control: *m.TEIDControl, Data: m.TEIDData,
		},
		ChargingID: g.chargingID(), RATType: m.RATType, Notified: notified, Created: g.clock.Elapsed(),
	})
	if err == nil {
		return c, 0
	}
	g.book.Release(imsi, own)
	switch {
	case errors.Is(err, contexts.ErrFull):
		return contexts.Context{}, gtp.CauseNoResources
	case errors.Is(err, contexts.ErrTaken): // an address that a push named, and somebody has
		return contexts.Context{}, gtp.CauseUnknownPDPAddressOrType
	}
	return contexts.Context{}, gtp.CauseSystemFailure
}

// chargingID is unique for as long as the restart counter and the count within a start do not come around together.
func (g *GGSN) chargingID() uint32 {
	g.charging++
	return uint32(g.restart)<<24 | g.charging&(1<<24-1)
}
