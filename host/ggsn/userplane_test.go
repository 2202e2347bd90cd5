package ggsn

import (
	"net/netip"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

func (p *peer) gpdu(teid gtp.TEID, payload []byte) {
	p.t.Helper()
	b, err := gtp.Append(nil, gtp.Header{TEID: teid}, &gtp.GPDU{Payload: payload})
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(p.user, p.toUser, b)
}

func TestUserPlaneEcho(t *testing.T) {
	_, p := serve(t)
	p.send(p.user, p.toUser, p.encode(0, new(gtp.EchoRequest)))
	got := p.parse(p.receive(p.user))
	if r, ok := got.Message.(*gtp.EchoResponse); !ok || r.Recovery != 0 || got.Header.Sequence != p.sequence {
		t.Errorf("answered with %+v", got)
	}
}

// A G-PDU for a tunnel that there is not is answered with an Error Indication, which names it.
func TestUnknownTunnel(t *testing.T) {
	g, p := serve(t)
	created := p.up(p.create(imsi2))
	unknown := *created.TEIDData ^ 1
	for _, teid := range []gtp.TEID{unknown, 0, *created.TEIDControl} {
		p.gpdu(teid, ipPacket(netip.MustParseAddr("10.46.0.1"), netip.MustParseAddr("192.0.2.1"), 17, []byte("12345678")))
		got := p.parse(p.receive(p.user))
		if e, ok := got.Message.(*gtp.ErrorIndication); !ok || e.TEIDData != teid || e.Address != loopback || got.Header.TEID != 0 {
			t.Errorf("for %x answered with %+v", teid, got)
		}
	}
	if n := counted(t, g, "error_indications_sent_total"); n != 3 || g.Contexts() != 1 {
		t.Errorf("%d are counted, %d contexts", n, g.Contexts())
	}
}

// Packets of terminals go nowhere without a TUN device, and those with another terminal's address never.
func TestUplink(t *testing.T) {
	g, p := serve(t)
	created := p.up(p.create(imsi2))
	own, elsewhere := created.EndUserAddress.IPv4, netip.MustParseAddr("192.0.2.1")
	rows := []struct {
		result string
		packet []byte
	}{
		{"dropped", ipPacket(own, elsewhere, 17, []byte("12345678"))},
		{"not_its_address", ipPacket(static1, elsewhere, 17, []byte("12345678"))},
		{"not_its_address", nil},
		{"not_its_address", ipPacket(own, elsewhere, 17, nil)[:19]},
		{"not_its_address", append([]byte{0x60}, make([]byte, 39)...)}, // IPv6
	}
	want := map[string]int{}
	for _, row := range rows {
		want[row.result]++
		p.gpdu(*created.TEIDData, row.packet)
		eventually(t, "it is "+row.result, func() bool { return counted(t, g, "uplink_packets_total", "result", row.result) == want[row.result] })
	}
	c, _ := g.table.ByIMSI(imsi2)
	if c.Traffic.UplinkPackets != uint32(len(rows)) || c.Traffic.UplinkOctets == 0 {
		t.Errorf("counted %+v", c.Traffic)
	}
}

// Every row is a datagram that nobody should send to the user plane.
func TestUserPlaneRefuses(t *testing.T) {
	rows := []struct {
		name, octets string
		answer       gtp.MessageType
		reason       string
	}{
		{"half a header", "30ff", 0, "malformed"},
		{"a lying length", "30ff00ff00000001" + "45", 0, "rejected"},
		{"GTP version 0", "1eff000000010000ffffffff0000000000000000", gtp.TypeVersionNotSupported, "version"},
		{"GTP version 2", "4801000400000100", gtp.TypeVersionNotSupported, "version"},
		{"a message of the control plane", "321a000600000000" + "00010000" + "0180", 0, "rejected"},
		{"an extension header that must be understood", "36ff000800000001" + "000100c1" + "01000000", 0, "rejected"},
		{"an Error Indication for a tunnel that there is not", "321a001000000000" + "00010000" + "10000000ff" + "8500047f000001", 0, "unexpected"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p := serve(t)
			p.up(p.create(imsi2))
			p.send(p.user, p.toUser, unhex(row.octets))
			if row.answer != 0 {
				if got := p.receive(p.user); gtp.MessageType(got[1]) != row.answer {
					t.Errorf("answered with %x", got)
				}
			}
			eventually(t, "it is counted as "+row.reason, func() bool {
				return counted(t, g, "dropped_total", "plane", "user", "reason", row.reason) == 1
			})
			p.send(p.user, p.toUser, p.encode(0, new(gtp.EchoRequest)))
			if got := p.receive(p.user); gtp.MessageType(got[1]) != gtp.TypeEchoResponse {
				t.Errorf("answered with %x", got)
			}
			if g.Contexts() != 1 {
				t.Error("the context is gone")
			}
		})
	}
}

// An Error Indication ends the context whose tunnel it names, and no other.
func TestErrorIndication(t *testing.T) {
	g, p := serve(t)
	m := p.create(imsi2)
	p.up(m)
	p.up(p.create(imsi1))
	indicate := func(teid gtp.TEID, a netip.Addr) {
		t.Helper()
		b, err := gtp.Append(nil, gtp.Header{Sequenced: true}, &gtp.ErrorIndication{TEIDData: teid, Address: a})
		if err != nil {
			t.Fatal(err)
		}
		p.send(p.user, p.toUser, b)
	}
	indicate(m.TEIDData, netip.MustParseAddr("192.0.2.7")) // of another node
	indicate(*m.TEIDControl, loopback)
	eventually(t, "both are dropped", func() bool {
		return counted(t, g, "dropped_total", "plane", "user", "reason", "unexpected") == 2
	})
	if g.Contexts() != 2 {
		t.Fatal("a context is gone")
	}
	indicate(m.TEIDData, loopback)
	eventually(t, "the context is gone", func() bool { return g.Contexts() == 1 })
	if _, ok := g.table.ByIMSI(imsi1); !ok {
		t.Error("another one ended")
	}
}

// ipPacket is one with a payload.
func ipPacket(from, to netip.Addr, protocol byte, payload []byte) []byte {
	b := []byte{0x45, 0, byte((20 + len(payload)) >> 8), byte(20 + len(payload)), 0, 0, 0, 0, 64, protocol, 0, 0}
	return append(append(append(b, from.AsSlice()...), to.AsSlice()...), payload...)
}
