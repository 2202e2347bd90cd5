package ggsn

import (
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A testRegister is the GSN of a test that asks the HLR.
type testRegister struct {
	p    *peer
	conn *net.UDPConn
}

func newTestRegister(p *peer) *testRegister {
	p.t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { conn.Close() })
	return &testRegister{p, conn}
}

// section is what the configuration has of it.
func (r *testRegister) section() string {
	return fmt.Sprintf("[hlr]\nbackend = \"gtp\"\n[hlr.gtp]\naddress = \"127.0.0.1:%d\"\necho = \"0s\"", port(r.conn))
}

// serveWaking starts a GGSN that asks a register of the test over GTP.
func serveWaking(t *testing.T, more ...string) (*GGSN, *peer, *testRegister) {
	t.Helper()
	p := newPeer(t)
	r := newTestRegister(p)
	return p.start(p.configuration(append(more, r.section())...), clock.System()), p, r
}

// answer answers the next request with the address of the test's SGSN, or with whatever else.
func (r *testRegister) answer(m gtp.Message) gtp.Packet {
	r.p.t.Helper()
	b := make([]byte, 1<<16)
	_ = r.conn.SetReadDeadline(time.Now().Add(patience))
	n, from, err := r.conn.ReadFromUDP(b)
	if err != nil {
		r.p.t.Fatal(err)
	}
	asked := r.p.parse(b[:n])
	b, err = gtp.Append(nil, asked.Header, m)
	if err != nil {
		r.p.t.Fatal(err)
	}
	r.p.send(r.conn, from, b)
	return asked
}

// notified takes the PDU Notification Request and answers it.
func (p *peer) notified(cause gtp.Cause) *gtp.PDUNotificationRequest {
	p.t.Helper()
	got := p.parse(p.receive(p.control))
	m, ok := got.Message.(*gtp.PDUNotificationRequest)
	if !ok {
		p.t.Fatalf("the SGSN gets %v", got.Header.Type)
	}
	b, err := gtp.Append(nil, gtp.Header{TEID: m.TEIDControl, Sequence: got.Header.Sequence}, &gtp.PDUNotificationResponse{Cause: cause})
	if err != nil {
		p.t.Fatal(err)
	}
	p.send(p.control, p.to, b)
	return m
}

func located(imsi push.IMSI) gtp.Message {
	return &gtp.SendRouteingInfoResponse{Cause: gtp.CauseRequestAccepted, IMSI: imsi, GSNAddress: loopback}
}

// The whole way: a push to a terminal without a context asks the HLR, notifies the SGSN, waits for the Create, and arrives. One that comes
// meanwhile goes with it. Nobody but who was asked may have a context here.
func TestWake(t *testing.T) {
	rows := []struct {
		name, variant string
		imsi          push.IMSI
		offered       gtp.EndUserAddress
		asks          func(offered gtp.EndUserAddress) gtp.EndUserAddress
		has           netip.Addr // not valid: any of the pool
	}{
		{"static", "dynamic", imsi1, gtp.StaticAddress(static1), same, static1},
		{"static, asked for without it", "dynamic", imsi1, gtp.StaticAddress(static1), blank, static1},
		{"dynamic", "dynamic", imsi2, gtp.DynamicAddress(gtp.PDPIPv4), blank, netip.Addr{}},
		{"preallocated", "preallocated", imsi2, gtp.StaticAddress(netip.MustParseAddr("10.46.0.1")), same, netip.MustParseAddr("10.46.0.1")},
		{"network", "network", imsi2, gtp.DynamicAddress(gtp.PDPIPv4), blank, netip.Addr{}},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p, r := serveWaking(t, "[push]\nlisten_for_errors = \"1ms\"", "[ggsn]\nunsolicited = \"refuse\"", "[activation]\nvariant = \""+row.variant+"\"")
			for i, imsi := range []push.IMSI{imsi1, imsi2} {
				if c := p.ask(0, p.create(imsi)).Message.(*gtp.CreatePDPContextResponse).Cause; c != gtp.CauseAPNAccessDenied {
					t.Errorf("a terminal that nobody asked gets %v (%d)", c, i)
				}
			}
			first := pushed(g, aPush(func(p *node.Push) { p.IMSI = row.imsi }))
			if asked := r.answer(located(row.imsi)).Message.(*gtp.SendRouteingInfoRequest); asked.IMSI != row.imsi {
				t.Errorf("the HLR is asked for %s", asked.IMSI)
			}
			m := p.notified(gtp.CauseRequestAccepted)
			if m.IMSI != row.imsi || m.APN != "push.example" || m.EndUserAddress != row.offered || m.GGSNSignalling != loopback || m.TEIDControl == 0 {
				t.Errorf("the notification is %+v", m)
			}
			second := pushed(g, aPush(func(p *node.Push) { // the same access point, as an SGSN may call it
				p.IMSI, p.ID, p.APN = row.imsi, "second", "Push.Example.mnc001.mcc240.gprs"
			}))
			create := p.create(row.imsi)
			create.EndUserAddress = row.asks(m.EndUserAddress)
			created := p.up(create)
			if own := created.EndUserAddress.IPv4; row.has.IsValid() && own != row.has || !own.Is4() {
				t.Errorf("the address is %v, want %v", own, row.has)
			}
			for range 2 {
				if got := p.parse(p.receive(p.user)); got.Header.TEID != create.TEIDData {
					t.Errorf("a push goes to TEID %d", got.Header.TEID)
				}
			}
			for _, results := range []<-chan node.Result{first, second} {
				if r := result(t, results); !r.Sent {
					t.Errorf("the result is %+v", r)
				}
			}
			if c, ok := g.table.ByIMSI(row.imsi); !ok || !c.Notified {
				t.Errorf("the context is %+v", c)
			}
		})
	}
}

// The Create of a terminal that was notified may be the first that is heard of a restart of its SGSN (§7.3.1, Recovery).
func TestWakeBySGSNThatRestarted(t *testing.T) {
	g, p, r := serveWaking(t, "[push]\nlisten_for_errors = \"1ms\"", "[ggsn]\nunsolicited = \"refuse\"")
	for counter, imsi := range []push.IMSI{imsi2, imsi3} {
		results := pushed(g, aPush(func(p *node.Push) { p.IMSI = imsi }))
		r.answer(located(imsi))
		p.notified(gtp.CauseRequestAccepted)
		m := p.create(imsi)
		m.Recovery = new(uint8)
		*m.Recovery = uint8(counter)
		p.up(m)
		p.receive(p.user)
		if r := result(t, results); !r.Sent {
			t.Errorf("the result is %+v", r)
		}
	}
	if n := counted(t, g, "sgsn_restarts_total"); n != 1 || g.Contexts() != 1 {
		t.Errorf("%v restarts are counted, %d contexts", n, g.Contexts())
	}
}

func same(a gtp.EndUserAddress) gtp.EndUserAddress { return a }

func blank(gtp.EndUserAddress) gtp.EndUserAddress { return gtp.DynamicAddress(gtp.PDPIPv4) }

// A terminal that asks for another address than it was offered gets none, and its push is told of that.
func TestWakeWithAnotherAddress(t *testing.T) {
	for _, variant := range []string{"dynamic", "preallocated"} {
		t.Run(variant, func(t *testing.T) {
			imsi := map[string]push.IMSI{"dynamic": imsi1, "preallocated": imsi2}[variant] // imsi1 has a static one
			g, p, r := serveWaking(t, "[activation]\nvariant = \""+variant+"\"")
			results := pushed(g, aPush(func(p *node.Push) { p.IMSI = imsi }))
			r.answer(located(imsi))
			p.notified(gtp.CauseRequestAccepted)
			m := p.create(imsi)
			m.EndUserAddress = gtp.StaticAddress(netip.MustParseAddr("10.46.0.4"))
			if c := p.ask(0, m).Message.(*gtp.CreatePDPContextResponse).Cause; c != gtp.CauseUnknownPDPAddressOrType {
				t.Errorf("the cause is %v", c)
			}
			if r := result(t, results); r.Cause != node.AddressRefused {
				t.Errorf("the result is %+v", r)
			}
			if n := g.book.Counts(); n.Reserved != 0 || n.Free != 6 {
				t.Errorf("the addresses are %+v", n)
			}
		})
	}
}

// A static address that only the push names is the terminal's if it is nobody else's.
func TestWakeWithNamedAddress(t *testing.T) {
	foreign := netip.MustParseAddr("10.48.0.9")
	g, p, r := serveWaking(t, "[activation]\nvariant = \"static\"", "[push]\nlisten_for_errors = \"0s\"", "[ggsn]\nunsolicited = \"refuse\"")
	results := pushed(g, aPush(func(p *node.Push) { p.Address = foreign }))
	r.answer(located(imsi2))
	if m := p.notified(gtp.CauseRequestAccepted); m.EndUserAddress != gtp.StaticAddress(foreign) {
		t.Errorf("offered is %v", m.EndUserAddress)
	}
	m := p.create(imsi2)
	m.EndUserAddress = gtp.StaticAddress(foreign)
	if r := p.up(m); r.EndUserAddress != gtp.StaticAddress(foreign) {
		t.Errorf("the address is %v", r.EndUserAddress)
	}
	if r := result(t, results); !r.Sent {
		t.Errorf("the result is %+v", r)
	}
}

// A node that refuses the context which it asked for says so to the push: the pool is empty.
func TestWakeWithoutAddress(t *testing.T) {
	g, p, r := serveWaking(t)
	for i := range 6 {
		p.up(p.create(push.IMSI(fmt.Sprintf("24001000000010%d", i))))
	}
	results := pushed(g, aPush(nil))
	r.answer(located(imsi2))
	p.notified(gtp.CauseRequestAccepted)
	if c := p.ask(0, p.create(imsi2)).Message.(*gtp.CreatePDPContextResponse).Cause; c != gtp.CauseAllAddressesOccupied {
		t.Errorf("the cause is %v", c)
	}
	if r := result(t, results); r.Cause != node.NoAddressLeft {
		t.Errorf("the result is %+v", r)
	}
}

// The terminal says no: the SGSN rejects the notification, at the TEID that it was given.
func TestWakeRejected(t *testing.T) {
	g, p, r := serveWaking(t)
	results := pushed(g, aPush(nil))
	r.answer(located(imsi2))
	m := p.notified(gtp.CauseRequestAccepted)
	got := p.ask(m.TEIDControl, &gtp.PDUNotificationRejectRequest{
		Cause: gtp.CauseMSRefuses, TEIDControl: 0x99, EndUserAddress: m.EndUserAddress, APN: m.APN,
	})
	if r := got.Message.(*gtp.PDUNotificationRejectResponse); !r.Cause.Accepted() || got.Header.TEID != 0x99 {
		t.Errorf("the reject is answered with %v at TEID %d", r.Cause, got.Header.TEID)
	}
	if r := result(t, results); r.Cause != node.RejectedByTerminal || r.GTPCause != uint8(gtp.CauseMSRefuses) {
		t.Errorf("the result is %+v", r)
	}
}

// Only SGSNs of the configuration are notified, by address or by name.
func TestWakeAtNobody(t *testing.T) {
	g, _, r := serveWaking(t)
	results := pushed(g, aPush(nil))
	r.answer(&gtp.SendRouteingInfoResponse{Cause: gtp.CauseRequestAccepted, IMSI: imsi2, GSNAddress: netip.MustParseAddr("192.0.2.77")})
	if r := result(t, results); r.Sent || r.Cause == "" {
		t.Errorf("the result is %+v", r)
	}
}

// The HLR is told of a terminal that did not answer, and tells when it is back, which the gateways hear of.
func TestWakeNoPaging(t *testing.T) {
	g, p, r := serveWaking(t)
	results := pushed(g, aPush(nil))
	r.answer(located(imsi2))
	m := p.notified(gtp.CauseRequestAccepted)
	p.ask(m.TEIDControl, &gtp.PDUNotificationRejectRequest{
		Cause: gtp.CauseMSNotResponding, TEIDControl: 0x99, EndUserAddress: m.EndUserAddress, APN: m.APN,
	})
	if r := result(t, results); r.Cause != node.NoPagingResponse {
		t.Errorf("the result is %+v", r)
	}
	if report, ok := r.answer(&gtp.FailureReportResponse{Cause: gtp.CauseRequestAccepted}).Message.(*gtp.FailureReportRequest); !ok || report.IMSI != imsi2 {
		t.Errorf("the HLR gets %+v", report)
	}
}

// What the terminal says of a push that waited for its context becomes the result, too.
func TestWakeComplaint(t *testing.T) {
	g, p, r := serveWaking(t, "[push]\nlisten_for_errors = \"1m\"")
	results := pushed(g, aPush(func(p *node.Push) { p.Within = time.Hour }))
	r.answer(located(imsi2))
	p.notified(gtp.CauseRequestAccepted)
	created := p.up(p.create(imsi2))
	quoted := p.parse(p.receive(p.user)).Message.(*gtp.GPDU).Payload[:28]
	p.gpdu(*created.TEIDData, ipPacket(created.EndUserAddress.IPv4, g.config.source, 1, icmp(3, 3, quoted)))
	if r := result(t, results); r.Sent || r.Cause != node.NotListening || len(r.Exchanges) == 0 {
		t.Errorf("the result is %+v", r)
	}
}

// A push for a number at an address that is by now somebody else's is not sent there, although an HLR could be asked.
func TestPushAtSomebodyElsesAddress(t *testing.T) {
	g, p, _ := serveWaking(t, "[push]\nlisten_for_errors = \"0s\"")
	m := p.create(imsi2)
	m.MSISDN = "46702222222"
	own := p.up(m).EndUserAddress.IPv4
	r := result(t, pushed(g, aPush(func(p *node.Push) { p.IMSI, p.MSISDN, p.Address = "", "46709999999", own })))
	if r.Sent || r.Cause != node.AddressRefused {
		t.Errorf("the result is %+v", r)
	}
	if c, _ := g.table.ByIMSI(imsi2); c.Traffic.DownlinkPackets != 0 {
		t.Errorf("%d packets went to the terminal", c.Traffic.DownlinkPackets)
	}
}
