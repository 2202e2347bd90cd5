package ggsn

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// HandleRequest is part of gtp.Handler. It is called by one goroutine: what changes contexts on behalf of SGSNs never runs beside itself.
func (g *GGSN) HandleRequest(r *gtp.Request) {
	switch m := r.Message.(type) {
	case *gtp.CreatePDPContextRequest:
		g.create(r, m)
	case *gtp.UpdatePDPContextRequest:
		g.update(r, m)
	case *gtp.DeletePDPContextRequest:
		g.delete(r, m)
	case *gtp.PDUNotificationRejectRequest:
		g.rejected(r, m)
	case *gtp.NoteMSGPRSPresentRequest:
		g.present(r, m)
	}
}

// A ggsnConn is the socket of the control plane without the requests that are an SGSN's or the HLR's to answer, and those about contexts
// that no SGSN sent. A message that is not expected is discarded (§11.1.4); as a request of the path it would keep a place among those that
// wait for their answers.
type ggsnConn struct {
	gtp.Conn
	g *GGSN
}

// ReadFromUDPAddrPort is part of gtp.Conn.
func (c ggsnConn) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	for {
		n, from, err := c.Conn.ReadFromUDPAddrPort(b)
		if err != nil || n < 2 || b[0]>>5 != 1 || !c.g.allowedControl(from.Addr().Unmap()) {
			return n, from, err
		}
		switch gtp.MessageType(b[1]) {
		case gtp.TypePDUNotificationRequest, gtp.TypeSendRouteingInfoRequest, gtp.TypeFailureReportRequest:
			c.g.dropped(planeControl, from, gtp.ErrUnexpected)
			continue
		case gtp.TypeCreatePDPContextRequest, gtp.TypeUpdatePDPContextRequest, gtp.TypeDeletePDPContextRequest, gtp.TypePDUNotificationRejectRequest:
			if !c.g.allowed(from.Addr().Unmap()) { // the GSN that speaks for the HLR, and has no contexts
				c.g.dropped(planeControl, from, gtp.ErrNotAllowed)
				continue
			}
		}
		return n, from, nil
	}
}

// answer sends a response. Ours can always be sent: an error would be a defect, which the operator hears of.
func (g *GGSN) answer(r *gtp.Request, teid gtp.TEID, m gtp.Message) {
	if err := r.Answer(teid, m); err != nil && !g.stopping.Load() {
		g.log.Error("an answer could not be sent", "message", m.Type().String(), "error", err)
	}
}

// rejected takes the word that a notification led to nothing (§7.3.10). Its header has the TEID of the notification.
func (g *GGSN) rejected(r *gtp.Request, m *gtp.PDUNotificationRejectRequest) {
	cause := gtp.CauseNonExistent
	if g.engine != nil {
		cause = g.engine.Rejected(r.From.Addr(), r.Header.TEID, m)
	}
	g.metrics.rejects.WithLabelValues(m.Cause.String()).Inc()
	g.answer(r, m.TEIDControl, &gtp.PDUNotificationRejectResponse{Cause: cause})
}

// present takes the word of the HLR that a terminal can be reached again (§7.4.5).
func (g *GGSN) present(r *gtp.Request, m *gtp.NoteMSGPRSPresentRequest) {
	g.answer(r, 0, &gtp.NoteMSGPRSPresentResponse{Cause: gtp.CauseRequestAccepted})
	g.metrics.present.Inc()
	if g.engine == nil {
		g.event(node.Event{Kind: node.TerminalPresent, IMSI: m.IMSI, Text: "Note MS GPRS Present"})
		return
	}
	g.engine.Present(m.IMSI)
}

// allowed reports whether an address is an SGSN's.
func (g *GGSN) allowed(a netip.Addr) bool { return contains(g.config.sgsns, a) }

// allowedControl is allowed for the control plane, with the GSN that speaks for the HLR.
func (g *GGSN) allowedControl(a netip.Addr) bool {
	return contains(g.config.sgsns, a) || a == g.config.hlr.gtp.Address.Addr()
}

// allowedUser is allowed for the user plane, where RNCs may speak for themselves (direct tunnel, 3GPP TS 23.060 §15.6).
func (g *GGSN) allowedUser(a netip.Addr) bool {
	return contains(g.config.sgsns, a) || contains(g.config.rncs, a)
}

func contains(list []netip.Prefix, a netip.Addr) bool {
	for _, p := range list {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// peerRestarted drops the contexts of an SGSN that has lost them (§7.2.2, 3GPP TS 23.007 §10.3.2). The terminal whose Create tells of the
// restart is about to get a new one.
func (g *GGSN) peerRestarted(peer netip.Addr, before, now uint8, by gtp.Message) {
	list := g.table.Of(peer)
	g.metrics.restarts.Inc()
	g.log.Warn("an SGSN restarted, its contexts are gone", "sgsn", peer, "counter_before", before, "counter", now, "contexts", len(list))
	for _, control := range list {
		g.end(control, endedSGSNRestarted)
	}
	if g.engine != nil {
		var creating push.IMSI
		if m, ok := by.(*gtp.CreatePDPContextRequest); ok {
			creating = m.IMSI
		}
		g.engine.SGSNRestarted(peer, creating)
	}
}
