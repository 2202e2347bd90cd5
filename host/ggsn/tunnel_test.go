package ggsn

import (
	"net"
	"net/netip"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

var loopback2 = netip.MustParseAddr("127.0.0.2")

// from gives the peer sockets at another address, as another SGSN has.
func (p *peer) from(a netip.Addr) *peer {
	p.t.Helper()
	q := *p
	for _, conn := range []**net.UDPConn{&q.control, &q.user} {
		c, err := net.ListenUDP("udp", &net.UDPAddr{IP: a.AsSlice()})
		if err != nil {
			p.t.Fatal(err)
		}
		p.t.Cleanup(func() { c.Close() })
		*conn = c
	}
	q.sequence += 1000
	q.teid += 1000
	return &q
}

const bothSGSNs = "[gtp]\nsgsns = [\"127.0.0.1\", \"127.0.0.2\"]"

// An Error Indication of another SGSN ends nothing, though it names a tunnel that there is.
func TestErrorIndicationOfAnotherSGSN(t *testing.T) {
	g, p := serve(t, bothSGSNs)
	m := p.create(imsi2)
	p.up(m)
	b, err := gtp.Append(nil, gtp.Header{Sequenced: true}, &gtp.ErrorIndication{TEIDData: m.TEIDData, Address: loopback})
	if err != nil {
		t.Fatal(err)
	}
	other := p.from(loopback2)
	other.send(other.user, p.toUser, b)
	eventually(t, "it is dropped", func() bool { return counted(t, g, "dropped_total", "plane", "user", "reason", "unexpected") == 1 })
	if g.Contexts() != 1 {
		t.Error("the context is gone")
	}
}

// An SGSN that names another one's tunnel as its own is refused, and that one keeps its context.
func TestTunnelOfAnotherSGSN(t *testing.T) {
	g, p := serve(t, bothSGSNs)
	m := p.create(imsi2)
	p.up(m)
	other := p.from(loopback2)
	for _, signalling := range []netip.Addr{loopback2, loopback} {
		c := other.create(imsi3)
		c.SGSNSignalling, c.TEIDData = signalling, m.TEIDData
		if r := other.ask(0, c).Message.(*gtp.CreatePDPContextResponse); r.Cause != gtp.CauseMandatoryIEIncorrect {
			t.Errorf("with control at %v the Create is answered with %v", signalling, r.Cause)
		}
	}
	c := other.create(imsi3)
	c.SGSNSignalling, c.SGSNUser = loopback2, loopback2
	created := other.up(c)
	u := other.updateOf()
	u.SGSNSignalling, u.TEIDData = loopback2, &m.TEIDData
	if r := other.ask(*created.TEIDControl, u).Message.(*gtp.UpdatePDPContextResponse); r.Cause != gtp.CauseMandatoryIEIncorrect {
		t.Errorf("the Update is answered with %v", r.Cause)
	}
	if _, ok := g.table.ByIMSI(imsi2); !ok || g.Contexts() != 2 {
		t.Errorf("the context is gone, there are %d", g.Contexts())
	}
	// The terminal itself may come by another SGSN.
	c = other.create(imsi2)
	c.SGSNSignalling, c.TEIDData = loopback2, m.TEIDData
	other.up(c)
}
