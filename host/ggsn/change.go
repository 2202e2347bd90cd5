package ggsn

import (
	"net/netip"

	"github.com/ppgbox/ppgbox/host/ggsn/accounting"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// update answers an Update PDP Context Request of an SGSN (§7.3.3): the terminal moved, or the SGSN has other ends for its tunnels.
func (g *GGSN) update(r *gtp.Request, m *gtp.UpdatePDPContextRequest) {
	c, cause := g.updated(r, m)
	g.metrics.updates.WithLabelValues(cause.String()).Inc()
	answer := &gtp.UpdatePDPContextResponse{Cause: cause}
	to := gtp.TEID(0)
	if m.TEIDControl != nil {
		to = *m.TEIDControl
	}
	if cause.Accepted() {
		to = c.SGSN.Control
		*answer = gtp.UpdatePDPContextResponse{
			Cause: cause, Recovery: &g.restart, TEIDData: &c.Data, TEIDControl: &c.Control, ChargingID: &c.ChargingID,
			GSNSignalling: g.controlAddress, GSNUser: g.userAddress, QoS: m.QoS,
		}
	}
	g.answer(r, to, answer)
	if cause.Accepted() {
		g.account(accounting.Interim, c, false)
	}
}

func (g *GGSN) updated(r *gtp.Request, m *gtp.UpdatePDPContextRequest) (contexts.Context, gtp.Cause) {
	c, ok := g.table.ByControl(r.Header.TEID)
	switch {
	case !ok || c.NSAPI != m.NSAPI || m.IMSI != "" && m.IMSI != c.IMSI:
		return contexts.Context{}, gtp.CauseNonExistent
	case !m.FromSGSN():
		return contexts.Context{}, gtp.CauseMandatoryIEMissing
	case g.ofAnother(r.From.Addr(), c.IMSI, m.SGSNUser, *m.TEIDData):
		return contexts.Context{}, gtp.CauseMandatoryIEIncorrect
	case *m.TEIDData == 0 || m.TEIDControl != nil && *m.TEIDControl == 0 || !g.reaches(m.SGSNSignalling, m.SGSNUser):
		return contexts.Context{}, gtp.CauseMandatoryIEIncorrect
	}
	to := contexts.Ends{Signalling: m.SGSNSignalling, User: m.SGSNUser, Control: c.SGSN.Control, Data: *m.TEIDData}
	if m.TEIDControl != nil {
		to.Control = *m.TEIDControl
	}
	if stale, ok := g.table.ByTunnel(to.User, to.Data); ok && stale.Control != c.Control {
		g.end(stale.Control, endedTunnelReused)
	}
	if c, ok = g.table.Move(c.Control, to, m.RATType); !ok {
		return contexts.Context{}, gtp.CauseNonExistent
	}
	return c, gtp.CauseRequestAccepted
}

// delete answers a Delete PDP Context Request (§7.3.5). A context ends by the TEID that was given out for it and its NSAPI, whoever
// asks; with Teardown all contexts of its address end, which is this one.
func (g *GGSN) delete(r *gtp.Request, m *gtp.DeletePDPContextRequest) {
	c, ok := g.table.ByControl(r.Header.TEID)
	ok = ok && c.NSAPI == m.NSAPI
	cause, to := gtp.CauseNonExistent, gtp.TEID(0)
	if ok {
		cause, to = gtp.CauseRequestAccepted, c.SGSN.Control
	}
	g.metrics.deletes.WithLabelValues(cause.String()).Inc()
	g.answer(r, to, &gtp.DeletePDPContextResponse{Cause: cause})
	if ok {
		g.end(c.Control, endedDeleted)
	}
}

// tellDeleted tells the SGSN that a context is gone. What it answers changes nothing here.
func (g *GGSN) tellDeleted(c contexts.Context) {
	m := &gtp.DeletePDPContextRequest{NSAPI: c.NSAPI, Teardown: new(bool)}
	*m.Teardown = true
	to := netip.AddrPortFrom(c.SGSN.Signalling, g.config.peerControl)
	if err := g.path.Send(to, c.SGSN.Control, m, func(gtp.Packet, error) {}); err != nil {
		g.log.Debug("an SGSN is not told of a context that ended", "sgsn", c.SGSN.Signalling, "error", err)
	}
}
