package sgsn_test

import (
	"encoding/hex"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	loopback = "127.0.0.1:0"
	apn      = "push.operator"
	imsi     = push.IMSI("240010123456789")
	patience = 5 * time.Second
)

var terminal = netip.MustParseAddr("10.45.0.7")

// A ggsn is as much of one as the SGSN can be tried with.
type ggsn struct {
	t             *testing.T
	path          *gtp.Path
	control, user *net.UDPConn
	restarts      chan [2]uint8

	mu       sync.Mutex
	creates  []*gtp.CreatePDPContextRequest
	rejects  []gtp.Packet
	deletes  []gtp.Header
	refuse   gtp.Cause
	control1 gtp.TEID // of the last context, at the SGSN
	data     gtp.TEID
	presents []push.IMSI
	eager    func(gtp.TEID) // called with the tunnel of a Create before its answer
}

func socket(t *testing.T) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(loopback)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func newGGSN(t *testing.T) *ggsn {
	t.Helper()
	g := &ggsn{t: t, control: socket(t), user: socket(t), restarts: make(chan [2]uint8, 10)}
	g.path = gtp.NewPath(g.control, gtp.Config{
		T3Response: 100 * time.Millisecond, RestartCounter: 3, Handler: g,
		Restarted: func(_ netip.Addr, before, now uint8, _ gtp.Message) { g.restarts <- [2]uint8{before, now} },
	})
	var served sync.WaitGroup
	served.Go(func() { _ = g.path.Serve() })
	t.Cleanup(func() {
		_ = g.path.Close()
		served.Wait()
	})
	return g
}

func (g *ggsn) HandleRequest(r *gtp.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch m := r.Message.(type) {
	case *gtp.CreatePDPContextRequest:
		g.creates = append(g.creates, m)
		g.data, g.control1 = m.TEIDData, *m.TEIDControl
		if g.eager != nil {
			g.eager(g.data)
		}
		if g.refuse != 0 {
			_ = r.Answer(*m.TEIDControl, &gtp.CreatePDPContextResponse{Cause: g.refuse})
			return
		}
		address := m.EndUserAddress
		if address.Dynamic() {
			address = gtp.StaticAddress(terminal)
		}
		here := netip.MustParseAddr("127.0.0.1")
		_ = r.Answer(*m.TEIDControl, &gtp.CreatePDPContextResponse{
			Cause: gtp.CauseRequestAccepted, ReorderingRequired: new(false), Recovery: new(uint8(3)), TEIDData: new(gtp.TEID(0x101)), TEIDControl: new(gtp.TEID(0x102)),
			ChargingID: new(uint32(9)), EndUserAddress: address, GGSNSignalling: here, GGSNUser: here, QoS: m.QoS,
		})
	case *gtp.PDUNotificationRejectRequest:
		g.rejects = append(g.rejects, r.Packet)
		_ = r.Answer(m.TEIDControl, &gtp.PDUNotificationRejectResponse{Cause: gtp.CauseRequestAccepted})
	case *gtp.DeletePDPContextRequest:
		g.deletes = append(g.deletes, r.Header)
		_ = r.Answer(g.control1, &gtp.DeletePDPContextResponse{Cause: gtp.CauseRequestAccepted})
	case *gtp.UpdatePDPContextRequest:
		_ = r.Answer(0, &gtp.UpdatePDPContextResponse{Cause: gtp.CauseRequestAccepted})
	case *gtp.NoteMSGPRSPresentRequest:
		g.presents = append(g.presents, m.IMSI)
		_ = r.Answer(0, &gtp.NoteMSGPRSPresentResponse{Cause: gtp.CauseRequestAccepted})
	}
}

// newSGSN starts an SGSN before the GGSN. What observes it hears of an event before the diary has it.
func newSGSN(t *testing.T, g *ggsn, cfg sgsn.Config) (*sgsn.SGSN, *sgsn.Diary) {
	t.Helper()
	diary := sgsn.NewDiary()
	cfg.Control, cfg.User = netip.MustParseAddrPort(loopback), netip.MustParseAddrPort(loopback)
	cfg.GGSNControl, cfg.GGSNUser = port(g.control), port(g.user)
	before := cfg.Observe
	cfg.Observe = func(e sgsn.Event) {
		if before != nil {
			before(e)
		}
		diary.Note(e)
	}
	if cfg.T3Response == 0 {
		cfg.T3Response = 100 * time.Millisecond
	}
	s, err := sgsn.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, diary
}

func port(c *net.UDPConn) uint16 { return c.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// notify sends a PDU Notification Request and returns its answer.
func (g *ggsn) notify(s *sgsn.SGSN, address gtp.EndUserAddress) (gtp.Packet, error) {
	return g.path.Do(g.t.Context(), s.Control(), 0, &gtp.PDUNotificationRequest{
		IMSI: imsi, TEIDControl: 0x55, EndUserAddress: address, APN: apn, GGSNSignalling: netip.MustParseAddr("127.0.0.1"),
	})
}

// tunnels returns the tunnel endpoints of the last context, at the SGSN.
func (g *ggsn) tunnels() (data, control gtp.TEID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.data, g.control1
}

// send sends a packet to the terminal in its tunnel.
func (g *ggsn) send(s *sgsn.SGSN, packet []byte) {
	g.t.Helper()
	teid, _ := g.tunnels()
	g.sendTo(s, teid, packet)
}

func (g *ggsn) sendTo(s *sgsn.SGSN, teid gtp.TEID, packet []byte) {
	g.t.Helper()
	b, err := gtp.Append(nil, gtp.Header{TEID: teid}, &gtp.GPDU{Payload: packet})
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := g.user.WriteToUDPAddrPort(b, s.User()); err != nil {
		g.t.Fatal(err)
	}
}

// receive returns what comes in GTP-U.
func (g *ggsn) receive() gtp.Packet {
	g.t.Helper()
	_ = g.user.SetReadDeadline(time.Now().Add(patience))
	b := make([]byte, 1<<16)
	n, err := g.user.Read(b)
	if err != nil {
		g.t.Fatal(err)
	}
	p, err := gtp.Parse(b[:n])
	if err != nil {
		g.t.Fatal(err)
	}
	return p
}

// aPush is UDP from 10.45.0.1:9200 to 10.45.0.7:2948, as the kernel of Linux 6 sent it into a tunnel device.
const aPush = "45000026a1ab4000401184ba0a2d00010a2d000723f00b8400129bb8010603aeaf8202056a00"

func unhex(t *testing.T, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func await(t *testing.T, d *sgsn.Diary, kind sgsn.Kind, n int) sgsn.Event {
	t.Helper()
	e, err := d.Await(kind, imsi, n, patience)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
