package peers

import (
	"net"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// A Mobile says who is to activate a PDP context, and where.
type Mobile struct {
	SGSN    *Namespace // with nothing else of GTP at Address
	Address string     // of the SGSN, for GTP
	GGSN    *OsmoGGSN
	IMSI    string     // without a zero in front: sgsnemu would drop it
	MSISDN  string     // without "+"
	In      *Namespace // where the interface of the mobile is to be
}

// An Online is a mobile with a PDP context, by sgsnemu. What is sent to its address comes out of an interface of the kernel in its
// namespace.
type Online struct {
	Mobile
	// PDP is the address that the GGSN gave it.
	PDP     netip.Addr
	process *process.Process
}

// Activate has a mobile activate a PDP context.
func Activate(t testing.TB, m Mobile) *Online {
	t.Helper()
	Need(t, OsmocomGGSN)
	// Lines as they come, not when a buffer is full.
	cmd := m.SGSN.Command("stdbuf", "-oL", "sgsnemu", "-l", m.Address, "-r", m.GGSN.Address, "-a", m.GGSN.APN, "-i", m.IMSI, "-m", m.MSISDN,
		"-t", pdpType(m.GGSN.Pool), "--nsapi", "5", "--createif", "--tun-device", "pdp0", "--netns", m.In.name, "--defaultroute", "--statedir", ".", "--pidfile", "./sgsnemu.pid")
	cmd.Dir = t.TempDir()
	o := &Online{Mobile: m, process: process.Start(t, "sgsnemu "+m.IMSI, cmd, nil)}
	process.Eventually(t, 20*time.Second, "the mobile "+m.IMSI+" has an address", func() bool {
		select {
		case <-o.process.Done():
			t.Fatal("sgsnemu has ended")
		default:
		}
		address, ok := o.address(t)
		o.PDP = address
		// The interface gets it a moment later, and the default route after that.
		return ok && strings.Contains(m.In.IP(t, family(address), "route"), "default via ")
	})
	return o
}

// address returns what sgsnemu has said of the mobile's address: an IPv4 one comes in the answer of the GGSN, an IPv6 one is made from
// its Router Advertisement (3GPP TS 29.061 §11.2.1.3).
func (o *Online) address(t testing.TB) (netip.Addr, bool) {
	t.Helper()
	before := "received EUA with IP address: "
	if o.GGSN.Pool.Addr().Is6() {
		before = "Adding addr "
	}
	_, text, ok := strings.Cut(o.process.Log(), before)
	if !ok {
		return netip.Addr{}, false
	}
	address, err := netip.ParseAddr(strings.Fields(text)[0])
	if err != nil {
		t.Fatalf("sgsnemu's address: %v", err)
	}
	return address, true
}

func family(address netip.Addr) string {
	if address.Is6() {
		return "-6"
	}
	return "-4"
}

// Deactivate has the mobile give its PDP context up, and returns when the GGSN has deleted it. sgsnemu ends some seconds later; it has
// nothing more to say then.
func (o *Online) Deactivate(t testing.TB) {
	t.Helper()
	o.process.Signal(syscall.SIGTERM)
	process.Eventually(t, 20*time.Second, "the GGSN has deleted the PDP context of "+o.IMSI, func() bool {
		return !strings.Contains(o.GGSN.Contexts(t), o.IMSI)
	})
}

// Listen opens the socket that a terminal has for pushes, connectionless (WAP-259 §6). It is closed with the test.
func (o *Online) Listen(t testing.TB) net.PacketConn {
	t.Helper()
	var terminal net.PacketConn
	o.In.Within(t, func() (err error) {
		terminal, err = net.ListenPacket("udp", netip.AddrPortFrom(o.PDP, 2948).String())
		return err
	})
	t.Cleanup(func() { terminal.Close() })
	return terminal
}
