package ggsn

import (
	"encoding/binary"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// aPush is one for a terminal.
func aPush(change func(*node.Push)) node.Push {
	p := node.Push{
		ID: "id", PushID: "push", IMSI: imsi2, Payload: []byte("\x01\x06\x03\xae\xaf\x82 a push"), SourcePort: 9200, TerminalPort: 2948, Within: time.Minute,
	}
	if change != nil {
		change(&p)
	}
	return p
}

// pushed hands a push over and returns the channel of its result.
func pushed(g *GGSN, p node.Push) <-chan node.Result {
	results := make(chan node.Result, 2)
	g.Push(p, func(r node.Result) { results <- r })
	g.Flush()
	return results
}

func result(t testing.TB, results <-chan node.Result) node.Result {
	t.Helper()
	select {
	case r := <-results:
		return r
	case <-time.After(patience):
		t.Fatal("there is no result")
		return node.Result{}
	}
}

// A push to a terminal with a context is a G-PDU of its tunnel with the datagram.
func TestPush(t *testing.T) {
	g, p := serve(t, "[push]\nlisten_for_errors = \"1ms\"")
	m := p.create(imsi2)
	created := p.up(m)
	results := pushed(g, aPush(nil))
	got := p.parse(p.receive(p.user))
	b := got.Message.(*gtp.GPDU).Payload
	want := aPush(nil)
	switch {
	case got.Header.TEID != m.TEIDData || got.Header.Sequenced:
		t.Errorf("the header is %+v, want TEID %d", got.Header, m.TEIDData)
	case len(b) != 28+len(want.Payload) || b[0] != 0x45 || b[9] != 17 || b[8] == 0:
		t.Errorf("the packet is %x", b)
	case netip.AddrFrom4([4]byte(b[12:])) != g.config.source || netip.AddrFrom4([4]byte(b[16:])) != created.EndUserAddress.IPv4:
		t.Errorf("it goes from %v to %v", b[12:16], b[16:20])
	case binary.BigEndian.Uint16(b[20:]) != 9200 || binary.BigEndian.Uint16(b[22:]) != 2948 || string(b[28:]) != string(want.Payload):
		t.Errorf("the datagram is %x", b[20:])
	}
	if r := result(t, results); !r.Sent || r.ID != "id" || r.Cause != "" {
		t.Errorf("the result is %+v", r)
	}
	if c, _ := g.table.ByIMSI(imsi2); c.Traffic.DownlinkPackets != 1 || c.Traffic.DownlinkOctets != uint64(len(b)) {
		t.Errorf("counted %+v", c.Traffic)
	}
}

// Who gets a push is who it is for, by everything that it says of the terminal.
func TestPushFinds(t *testing.T) {
	rows := []struct {
		name   string
		change func(p *node.Push, own netip.Addr) // imsi2 has a context with own, imsi1 one with static1
		to     string
		cause  node.Cause
	}{
		{"by IMSI", func(p *node.Push, _ netip.Addr) {}, "imsi2", ""},
		{"by address", func(p *node.Push, own netip.Addr) { p.IMSI, p.Address = "", own }, "imsi2", ""},
		{"by a static address", func(p *node.Push, _ netip.Addr) { p.IMSI, p.Address = "", static1 }, "imsi1", ""},
		{"by IMSI and its address", func(p *node.Push, own netip.Addr) { p.Address = own }, "imsi2", ""},
		{"by IMSI, and an address that it has no more", func(p *node.Push, _ netip.Addr) { p.Address = static1 }, "imsi2", ""},
		{"by number and the address of somebody else", func(p *node.Push, own netip.Addr) {
			p.IMSI, p.MSISDN, p.Address = "", "46709999999", own
		}, "", node.NotAttached},
		{"an IMSI without context", func(p *node.Push, own netip.Addr) { p.IMSI, p.Address = imsi3, own }, "", node.NotAttached},
		{"the access point in capitals", func(p *node.Push, _ netip.Addr) { p.APN = "PUSH.example" }, "imsi2", ""},
		{"another access point", func(p *node.Push, _ netip.Addr) { p.APN = "internet" }, "", node.NotServed},
		{"no time left", func(p *node.Push, _ netip.Addr) { p.Within = 0 }, "", node.Expired},
		{"longer than a datagram", func(p *node.Push, _ netip.Addr) { p.Payload = make([]byte, 65_508) }, "", node.TooLong},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p := serve(t, "[push]\nlisten_for_errors = \"0s\"")
			tunnels := map[gtp.TEID]string{}
			m := p.create(imsi2)
			m.MSISDN = "46702222222"
			own := p.up(m).EndUserAddress.IPv4
			tunnels[m.TEIDData] = "imsi2"
			m = p.create(imsi1)
			p.up(m)
			tunnels[m.TEIDData] = "imsi1"
			r := result(t, pushed(g, aPush(func(p *node.Push) { row.change(p, own) })))
			if r.Sent != (row.to != "") || r.Cause != row.cause {
				t.Errorf("the result is %+v", r)
			}
			if row.to != "" {
				if to := tunnels[p.parse(p.receive(p.user)).Header.TEID]; to != row.to {
					t.Errorf("it went to %s", to)
				}
			}
		})
	}
}

// A push that is longer than a packet goes in fragments.
func TestPushInFragments(t *testing.T) {
	g, p := serve(t, "[push]\nmtu = 576\nlisten_for_errors = \"0s\"")
	p.up(p.create(imsi2))
	payload := strings.Repeat("0123456789", 200)
	result(t, pushed(g, aPush(func(p *node.Push) { p.Payload = []byte(payload) })))
	var datagram []byte
	var id uint16
	for more := true; more; {
		b := p.parse(p.receive(p.user)).Message.(*gtp.GPDU).Payload
		if len(b) > 576 || int(binary.BigEndian.Uint16(b[6:])&0x1FFF)*8 != len(datagram) {
			t.Fatalf("a fragment of %d octets at %d", len(b), binary.BigEndian.Uint16(b[6:])&0x1FFF*8)
		}
		if of := binary.BigEndian.Uint16(b[4:]); len(datagram) == 0 {
			id = of
		} else if of != id {
			t.Fatalf("identification %d, then %d", id, of)
		}
		more = b[6]&0x20 != 0
		datagram = append(datagram, b[20:]...)
	}
	if string(datagram[8:]) != payload || int(binary.BigEndian.Uint16(datagram[4:])) != len(datagram) {
		t.Errorf("%d octets arrived", len(datagram))
	}
}

// What the terminal says of a push within the time becomes its result.
func TestPushComplaint(t *testing.T) {
	rows := []struct {
		name      string
		kind      byte
		code      byte
		change    func(quoted []byte)
		complains bool
		cause     node.Cause
	}{
		{"port unreachable", 3, 3, nil, true, node.NotListening},
		{"host unreachable", 3, 1, nil, true, node.Failed},
		{"another packet", 3, 3, func(q []byte) { q[5]++ }, false, ""},
		{"a packet to somebody else", 3, 3, func(q []byte) { q[19]++ }, false, ""},
		{"a packet of TCP", 3, 3, func(q []byte) { q[9] = 6 }, false, ""},
		{"an echo", 8, 0, nil, false, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			k := clock.NewFake(time.Unix(0, 0).UTC())
			p := newPeer(t)
			g := p.start(p.configuration("[push]\nlisten_for_errors = \"1s\""), k)
			created := p.up(p.create(imsi2))
			results := pushed(g, aPush(nil))
			quoted := append([]byte(nil), p.parse(p.receive(p.user)).Message.(*gtp.GPDU).Payload[:28]...)
			if row.change != nil {
				row.change(quoted)
			}
			p.gpdu(*created.TEIDData, ipPacket(created.EndUserAddress.IPv4, g.config.source, 1, icmp(row.kind, row.code, quoted)))
			eventually(t, "the packet is read", func() bool {
				return counted(t, g, "uplink_packets_total", "result", "complaint")+counted(t, g, "uplink_packets_total", "result", "dropped") == 1
			})
			k.Advance(time.Second)
			r := result(t, results)
			if r.Sent == row.complains || r.Cause != row.cause || r.ID != "id" {
				t.Errorf("the result is %+v", r)
			}
			select {
			case r := <-results:
				t.Errorf("and a second one, %+v", r)
			default:
			}
		})
	}
}

// A push that the SGSN has no tunnel for was not sent.
func TestPushContextLost(t *testing.T) {
	g, p := serve(t, "[push]\nlisten_for_errors = \"1m\"")
	m := p.create(imsi2)
	p.up(m)
	results := pushed(g, aPush(func(p *node.Push) { p.Within = time.Hour }))
	p.receive(p.user)
	b, err := gtp.Append(nil, gtp.Header{Sequenced: true}, &gtp.ErrorIndication{TEIDData: m.TEIDData, Address: loopback})
	if err != nil {
		t.Fatal(err)
	}
	p.send(p.user, p.toUser, b)
	if r := result(t, results); r.Sent || r.Cause != node.ContextLost {
		t.Errorf("the result is %+v", r)
	}
}

// Whoever listens when the node stops gets the answer that there is.
func TestStop(t *testing.T) {
	g, p := serve(t, "[push]\nlisten_for_errors = \"1m\"")
	p.up(p.create(imsi2))
	results := pushed(g, aPush(func(p *node.Push) { p.Within = time.Hour }))
	p.receive(p.user)
	g.Stop(t.Context())
	if r := result(t, results); !r.Sent {
		t.Errorf("the result is %+v", r)
	}
	if r := result(t, pushed(g, aPush(nil))); r.Cause != node.NodeStopping {
		t.Errorf("a push after it has %+v", r)
	}
}

// icmp is a message with a checksum about a packet.
func icmp(kind, code byte, quoted []byte) []byte {
	b := append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, quoted...)
	var sum uint32
	for i := 0; i < len(b); i += 2 {
		sum += uint32(b[i])<<8 | uint32(b[i+1])
	}
	for sum > 0xFFFF {
		sum = sum>>16 + sum&0xFFFF
	}
	binary.BigEndian.PutUint16(b[2:], ^uint16(sum))
	return b
}
