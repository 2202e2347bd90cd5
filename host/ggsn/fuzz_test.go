package ggsn

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/ggsn/activation"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A wire is a socket of the fuzz targets: what is put in is read, and what is written goes nowhere.
type wire struct {
	in     chan []byte
	read   chan struct{} // one for each datagram that was handled
	closed chan struct{}
	last   bool
}

var attacker = netip.MustParseAddrPort("127.0.0.2:2123")

func newWire() *wire {
	return &wire{in: make(chan []byte), read: make(chan struct{}), closed: make(chan struct{})}
}

func (w *wire) ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error) {
	if w.last {
		w.read <- struct{}{}
	}
	w.last = true
	select {
	case in := <-w.in:
		return copy(b, in), attacker, nil
	case <-w.closed:
		return 0, netip.AddrPort{}, net.ErrClosed
	}
}

func (w *wire) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) { return len(b), nil }

func (w *wire) Close() error { close(w.closed); return nil }

// An attacked is a GGSN that an SGSN sends anything to, while a terminal behind another SGSN has a context.
type attacked struct {
	g       *GGSN
	control *wire
	victim  gtp.TEID
}

func newAttacked(t testing.TB) *attacked {
	p := newPeer(t)
	c, err := Load(p.configuration("[gtp]\nsgsns = [\"127.0.0.0/30\"]\ncreate_rate = \"\"", "[ggsn]\ncontexts = 20", "[push]\nlisten_for_errors = \"0s\""))
	if err != nil {
		t.Fatal(err)
	}
	a := &attacked{g: newGGSN(c, nil, clock.NewFake(time.Unix(0, 0).UTC())), control: newWire()}
	a.g.user, a.g.path = newUserPlane(a.g, newWire()), a.g.newPath(a.control)
	a.g.outbox = &outbox{g: a.g, over: true} // what it does not take is sent at once
	m := p.create(imsi1)
	m.TEIDData, *m.TEIDControl = 0xC0FFEE01, 0xC0FFEE02
	own, cause := a.g.make(imsi1, netip.Addr{}, m, activation.Verdict{Cause: gtp.CauseRequestAccepted})
	if cause != 0 {
		t.Fatal(cause)
	}
	a.victim = own.Control
	served := make(chan error)
	go func() { served <- a.g.path.Serve() }()
	t.Cleanup(func() {
		_ = a.g.path.Close()
		<-served
	})
	return a
}

// check holds what has to be so whatever came.
func (a *attacked) check(t *testing.T) {
	t.Helper()
	if c, ok := a.g.table.ByControl(a.victim); !ok || c.SGSN.Data != 0xC0FFEE01 || c.Address != static1 {
		t.Fatalf("the context of another terminal is %+v, %t", c, ok)
	}
	list := a.g.table.First(100)
	if len(list) > 20 || len(list) != a.g.Contexts() {
		t.Fatalf("%d contexts", len(list))
	}
	for _, c := range list {
		if !a.g.allowed(c.SGSN.Signalling) || !a.g.allowedUser(c.SGSN.User) || c.Control == 0 || c.Data == 0 || c.SGSN.Data == 0 || !a.g.serves(c.APN) {
			t.Fatalf("a context that should not be: %+v", c)
		}
	}
	pool := a.g.book.Counts()
	if dynamic := len(list) - 1; pool.Given != dynamic || pool.Free+pool.Given+pool.Resting != 6 {
		t.Fatalf("%d contexts have addresses of the pool, of which %+v", dynamic, pool)
	}
	results := make(chan node.Result, 1)
	a.g.Push(aPush(func(p *node.Push) { p.IMSI = imsi1 }), func(r node.Result) { results <- r })
	if r := <-results; !r.Sent {
		t.Fatalf("a push to the terminal has %+v", r)
	}
}

// seeds are messages as they should be.
func seeds(f *testing.F) {
	f.Helper()
	p := &peer{t: f, teid: 0x1000}
	for _, m := range []gtp.Message{
		p.create(imsi2), p.updateOf(), &gtp.DeletePDPContextRequest{NSAPI: 5}, new(gtp.EchoRequest), &gtp.EchoResponse{Recovery: 1}, new(gtp.VersionNotSupported),
		&gtp.NoteMSGPRSPresentRequest{IMSI: imsi2, GSNAddress: loopback}, &gtp.GPDU{Payload: ipPacket(loopback, loopback, 17, []byte("12345678"))},
		&gtp.PDUNotificationRejectRequest{Cause: 5, TEIDControl: 1, EndUserAddress: gtp.DynamicAddress(gtp.PDPIPv4), APN: "push.example"},
		&gtp.ErrorIndication{TEIDData: 0x1002, Address: loopback}, &gtp.DeletePDPContextResponse{Cause: 128},
		&gtp.PDUNotificationResponse{Cause: 128}, &gtp.SendRouteingInfoRequest{IMSI: imsi2}, &gtp.FailureReportRequest{IMSI: imsi2},
	} {
		b, err := gtp.Append(nil, gtp.Header{TEID: 1, Sequence: 1}, m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(unhex("1e10000000010000ffffffff0000000000000000"))
	f.Add(unhex("4820000800000000" + "00000700"))
}

// FuzzControlPlane sends anything to GTP-C.
func FuzzControlPlane(f *testing.F) {
	seeds(f)
	a := newAttacked(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		a.control.in <- b
		<-a.control.read
		a.check(t)
	})
}

// FuzzUserPlane sends anything to GTP-U.
func FuzzUserPlane(f *testing.F) {
	seeds(f)
	a := newAttacked(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		a.g.user.receive(attacker, b)
		a.check(t)
	})
}
