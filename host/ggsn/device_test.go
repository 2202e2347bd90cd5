package ggsn

import (
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A fakeDevice is a TUN device whose other side is the test.
type fakeDevice struct {
	in, out chan []byte
	closed  chan struct{}
}

func (d *fakeDevice) Read(b []byte) (int, error) {
	select {
	case in := <-d.in:
		return copy(b, in), nil
	case <-d.closed:
		return 0, os.ErrClosed
	}
}

func (d *fakeDevice) Write(b []byte) (int, error) {
	d.out <- append([]byte(nil), b...)
	return len(b), nil
}

func (d *fakeDevice) Close() error { close(d.closed); return nil }

// serveDevice starts a GGSN with a device and a register.
func serveDevice(t *testing.T) (*GGSN, *peer, *testRegister, *fakeDevice) {
	t.Helper()
	d := &fakeDevice{in: make(chan []byte), out: make(chan []byte, 10), closed: make(chan struct{})}
	open := func(string, netip.Prefix, int) (device, error) { return d, nil }
	p := newPeer(t)
	r := newTestRegister(p)
	c, err := Load(p.configuration(r.section(), "[tun]\nname = \"push0\"", "[push]\nlisten_for_errors = \"0s\""))
	if err != nil {
		t.Fatal(err)
	}
	g := newGGSN(c, nil, clock.System())
	g.openDevice = open
	if err := g.begin(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	p.know(g)
	return g, p, r, d
}

var elsewhere = netip.MustParseAddr("192.0.2.1")

// Packets go both ways between the device and a terminal.
func TestDevice(t *testing.T) {
	g, p, _, d := serveDevice(t)
	m := p.create(imsi2)
	created := p.up(m)
	own := created.EndUserAddress.IPv4
	down := ipPacket(elsewhere, own, 6, []byte("to the terminal"))
	d.in <- down
	got := p.parse(p.receive(p.user))
	if b := got.Message.(*gtp.GPDU).Payload; got.Header.TEID != m.TEIDData || string(b) != string(down) {
		t.Errorf("TEID %d gets %x", got.Header.TEID, b)
	}
	up := ipPacket(own, elsewhere, 6, []byte("from the terminal"))
	p.gpdu(*created.TEIDData, up)
	if b := <-d.out; string(b) != string(up) {
		t.Errorf("the device gets %x", b)
	}
	// What is for nobody goes nowhere.
	for i, b := range [][]byte{ipPacket(elsewhere, netip.MustParseAddr("10.46.0.6"), 6, nil), ipPacket(elsewhere, elsewhere, 6, nil)} {
		d.in <- b
		eventually(t, "it is dropped", func() bool { return counted(t, g, "downlink_packets_total", "result", "no_context") == i+1 })
	}
	d.in <- append([]byte{0x60}, make([]byte, 39)...)
	eventually(t, "IPv6 is dropped", func() bool { return counted(t, g, "downlink_packets_total", "result", "not_ipv4") == 1 })
	// An ICMP error about a push that nobody listens for is a packet like any other.
	p.gpdu(*created.TEIDData, ipPacket(own, g.config.source, 1, icmp(3, 3, ipPacket(g.config.source, own, 17, []byte("12345678")))))
	if b := <-d.out; b[9] != 1 {
		t.Errorf("the device gets %x", b)
	}
}

// A packet to a static address without context wakes the terminal, and arrives. A push that comes meanwhile goes with it.
func TestDeviceWakes(t *testing.T) {
	_, p, r, d := serveDevice(t)
	packet := ipPacket(elsewhere, static1, 17, []byte("12345678 wakes"))
	d.in <- packet
	r.answer(located(imsi1))
	if n := p.notified(gtp.CauseRequestAccepted); n.IMSI != imsi1 || n.EndUserAddress != gtp.StaticAddress(static1) {
		t.Errorf("the notification is %+v", n)
	}
	m := p.create(imsi1)
	m.EndUserAddress = gtp.StaticAddress(static1)
	p.up(m)
	got := p.parse(p.receive(p.user))
	if b := got.Message.(*gtp.GPDU).Payload; got.Header.TEID != m.TEIDData || string(b) != string(packet) {
		t.Errorf("TEID %d gets %x", got.Header.TEID, b)
	}
}

// The result of a push is there in time, also if it waited for most of that.
func TestWakeInTime(t *testing.T) {
	k := clock.NewFake(time.Unix(0, 0).UTC())
	p := newPeer(t)
	r := newTestRegister(p)
	g := p.start(p.configuration(r.section(), "[push]\nlisten_for_errors = \"5s\"", "[gtp]\necho = \"0s\""), k)
	results := pushed(g, aPush(func(p *node.Push) { p.Within = 10 * time.Second }))
	r.answer(located(imsi2))
	p.notified(gtp.CauseRequestAccepted)
	pass(t, g, k, 6)
	p.up(p.create(imsi2))
	if r := result(t, results); !r.Sent { // no time is left to listen, so it is there at once
		t.Errorf("the result is %+v", r)
	}
}
