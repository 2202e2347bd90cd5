package ggsn

import (
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/accounting"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// Why contexts end, for metrics and the log.
const (
	endedDeleted       = "deleted"         // by the SGSN
	endedReplaced      = "replaced"        // by a further context of the terminal
	endedTunnelReused  = "tunnel_reused"   // the SGSN has given its tunnel to another one
	endedSGSNRestarted = "sgsn_restarted"  // and lost it
	endedIndicated     = "error_indicated" // the SGSN does not know its tunnel
	endedIdle          = "idle"            // nothing went through it for too long
)

// begun tells everybody of a context that the SGSN was just answered about.
func (g *GGSN) begun(c contexts.Context) {
	g.account(accounting.Start, c, false)
	g.event(g.about(node.ContextUp, c))
	if g.engine != nil {
		g.engine.ContextUp(g.live(c))
	}
}

// end removes a context, if it is still there, and tells everybody.
func (g *GGSN) end(control gtp.TEID, why string) {
	c, ok := g.table.Remove(control)
	if !ok {
		return
	}
	kind := node.AddressReleased
	if _, static := g.book.Static(c.IMSI); static {
		kind = node.ContextReleased
	}
	g.book.Release(c.IMSI, c.Address)
	g.metrics.ended.WithLabelValues(why).Inc()
	g.account(accounting.Stop, c, why != endedDeleted)
	g.event(g.about(kind, c))
	if g.engine != nil {
		g.engine.ContextDown(c.IMSI, string(c.APN))
	}
	if g.relay != nil {
		g.relay.ContextDown(c)
	}
}

// about is an event of a context.
func (g *GGSN) about(kind node.EventKind, c contexts.Context) node.Event {
	return node.Event{
		Kind: kind, IMSI: c.IMSI, MSISDN: c.MSISDN, GGSN: g.config.ggsn, APN: string(c.APN), Address: c.Address,
	}
}

// event tells the gateways.
func (g *GGSN) event(e node.Event) {
	if g.server != nil {
		g.server.Event(e)
	}
}

// account tells the accounting server of a context, if there is one.
func (g *GGSN) account(status accounting.Status, c contexts.Context, lost bool) {
	if g.accounting == nil {
		return
	}
	g.accounting.Tell(accounting.Record{
		Status: status, At: g.clock.Wall(), IMSI: c.IMSI, MSISDN: c.MSISDN, APN: string(c.APN), Address: c.Address,
		SGSN: c.SGSN.Signalling, NSAPI: c.NSAPI, RATType: uint8(c.RATType), ChargingID: c.ChargingID, Since: g.clock.Elapsed() - c.Created,
		UplinkOctets: c.Traffic.UplinkOctets, DownlinkOctets: c.Traffic.DownlinkOctets,
		UplinkPackets: c.Traffic.UplinkPackets, DownlinkPackets: c.Traffic.DownlinkPackets, Lost: lost,
	})
}

// beat is how often contexts are looked through.
const beat = time.Second

// look does what comes with time: contexts that are idle end, those that last are told of again, SGSNs are asked for a sign of life.
func (g *GGSN) look() {
	now := g.clock.Elapsed()
	if g.config.idle > 0 && now > g.config.idle {
		for _, control := range g.table.Idle(now - g.config.idle) {
			if c, ok := g.table.ByControl(control); ok {
				g.end(control, endedIdle)
				g.tellDeleted(c)
			}
		}
	}
	if g.accounting != nil && g.config.interim > 0 {
		for _, control := range g.table.Due(g.config.interim, time.Duration(g.looked.Load()), now) {
			if c, ok := g.table.ByControl(control); ok {
				g.account(accounting.Interim, c, false)
			}
		}
	}
	if g.config.echo > 0 && now-g.echoed >= g.config.echo {
		g.echoed = now
		g.echo()
	}
	g.looked.Store(int64(now))
}
