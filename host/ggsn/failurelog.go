package ggsn

import (
	"errors"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// The planes, for metrics and the log.
const (
	planeControl = "control"
	planeUser    = "user"
)

// dropped counts a datagram that led to nothing or was refused, and tells the operator of it with a limit.
func (g *GGSN) dropped(plane string, from netip.AddrPort, err error) {
	reason := dropReason(err)
	g.metrics.drops.WithLabelValues(plane, reason).Inc()
	if fields, ok := g.drops.Allow("plane", plane, "from", from, "reason", reason, "error", err); ok {
		g.log.Warn("a message of GTP was dropped or refused", fields...)
	}
}

// dropReason is a word for an error of package gtp.
func dropReason(err error) string {
	var bad *gtp.ParseError
	switch {
	case errors.Is(err, gtp.ErrNotAllowed):
		return "not_allowed"
	case errors.Is(err, gtp.ErrFlood):
		return "flood"
	case !errors.As(err, &bad):
		return "unexpected"
	case bad.Action == gtp.RefuseVersion:
		return "version"
	case bad.Action == gtp.Discard:
		return "malformed"
	}
	return "rejected"
}

// logRefused tells the operator of a context that an SGSN was refused: at debug whose.
func (g *GGSN) logRefused(from netip.AddrPort, m *gtp.CreatePDPContextRequest, cause gtp.Cause) {
	if fields, ok := g.refusals.Allow("sgsn", from.Addr(), "apn", m.APN, "cause", cause.String()); ok {
		if g.log.IsDebug() {
			fields = append(fields, "imsi", m.IMSI)
		}
		g.log.Info("a context was refused", fields...)
	}
}
