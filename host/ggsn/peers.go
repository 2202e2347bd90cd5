package ggsn

import (
	"errors"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// perPeer bounds how often each SGSN may ask. It is used by one goroutine.
type perPeer struct {
	limit rate.Limit
	burst int
	begun time.Time // stands for the beginning of the clock
	peers map[netip.Addr]*rate.Limiter
}

// mostPeers bounds the SGSNs that are told apart. When there are more, all begin anew: who floods from so many addresses is allowed
// every one of them.
const mostPeers = 10_000

func newPerPeer(perSecond float64, burst int) *perPeer {
	return &perPeer{limit: rate.Limit(perSecond), burst: burst, begun: time.Unix(0, 0), peers: make(map[netip.Addr]*rate.Limiter)}
}

// allow reports whether a peer may ask once more now. A limit of 0 is none.
func (p *perPeer) allow(peer netip.Addr, now time.Duration) bool {
	if p.limit == 0 {
		return true
	}
	l := p.peers[peer]
	if l == nil {
		if len(p.peers) >= mostPeers {
			clear(p.peers)
		}
		l = rate.NewLimiter(p.limit, p.burst)
		p.peers[peer] = l
	}
	return l.AllowN(p.begun.Add(now), 1)
}

// echo asks the SGSNs that have contexts here for a sign of life, which tells of those that restarted (§7.2.1). One that is silent keeps its
// contexts: they may come back with it, and end by their own ways if not.
func (g *GGSN) echo() {
	for _, sgsn := range g.table.SGSNs() {
		err := g.path.Send(netip.AddrPortFrom(sgsn, g.config.peerControl), 0, new(gtp.EchoRequest), func(_ gtp.Packet, err error) {
			if errors.Is(err, gtp.ErrNoResponse) {
				g.metrics.silent.Inc()
				g.log.Warn("an SGSN does not answer", "sgsn", sgsn)
			}
		})
		if err != nil {
			g.log.Debug("an SGSN is not asked for a sign of life", "sgsn", sgsn, "error", err)
		}
	}
}
