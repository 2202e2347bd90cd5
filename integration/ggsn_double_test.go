package integration

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// What the SGSN of these tests says is taken by a GGSN that others wrote, and read without a complaint by tshark: a context, packets in
// both directions, its end, and the end of what it had before a restart.
func TestSGSNWithOsmoGGSN(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Namespaces, peers.OsmocomGGSN, peers.Dumpcap, peers.Tshark}, func(t *testing.T) {
		const address = "10.23.0.2"
		for _, a := range []string{"10.23.0.1/24", address + "/24"} {
			peers.Own().IP(t, "addr", "add", a, "dev", "lo")
		}
		ggsn := peers.StartOsmoGGSN(t, peers.GGSN{In: peers.Own(), Address: "10.23.0.1", APN: "internet", Pool: pool, Tun: "gtp0"})
		capture := wire.StartOn(t, "any", packets)
		diary := double.NewDiary()
		s := startSGSN(t, double.Config{Observe: diary.Note}, address)
		const imsi = push.IMSI("240010123456789")
		activation := double.Activation{
			IMSI: imsi, APN: "internet", Address: gtp.DynamicAddress(gtp.PDPIPv4), GGSN: netip.MustParseAddrPort("10.23.0.1:2123"),
		}
		c, err := s.Activate(activation)
		if err != nil {
			t.Fatal(err)
		}
		outside, err := net.ListenPacket("udp4", netip.AddrPortFrom(ggsn.Gateway(), 9200).String())
		if err != nil {
			t.Fatal(err)
		}
		defer outside.Close()
		if _, err := outside.WriteTo(wspPush, net.UDPAddrFromAddrPort(netip.AddrPortFrom(c.Address, 2948))); err != nil {
			t.Fatal(err)
		}
		e, err := diary.Await(double.Delivered, imsi, 1, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(e.Datagram.Payload, wspPush) {
			t.Errorf("the terminal got %x", e.Datagram.Payload)
		}
		if err := s.Send(imsi, 2948, netip.AddrPortFrom(ggsn.Gateway(), 9200), wspPush); err != nil {
			t.Fatal(err)
		}
		if got, from := datagram(t, outside); !bytes.Equal(got, wspPush) || from.String() != netip.AddrPortFrom(c.Address, 2948).String() {
			t.Errorf("from the terminal came %x of %v", got, from)
		}
		if cause, err := s.Detach(imsi); err != nil || cause != gtp.CauseRequestAccepted {
			t.Errorf("the context ended with %v, %v", cause, err)
		}

		// It hears of a restart by the next Create.
		if _, err := s.Activate(activation); err != nil {
			t.Fatal(err)
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		activation.IMSI = "240010123456780"
		if _, err := s.Activate(activation); err != nil {
			t.Fatal(err)
		}
		process.Eventually(t, 10*time.Second, "OsmoGGSN drops what was before the restart", func() bool {
			return ggsn.Restarts(address) == 1
		})
		capture.Stop(t)
		wellFormed(t, capture)
	})
}

// wspPush is a Push with a service indication that is empty, for what is to be well-formed: TID 1, two octets of headers, content type.
var wspPush = []byte{0x01, 0x06, 0x01, 0xae, 0x02, 0x05, 0x6a, 0x00, 0x05}

// startSGSN starts an SGSN at the ports of GTP, in an isolated test.
func startSGSN(t *testing.T, cfg double.Config, address string) *double.SGSN {
	t.Helper()
	at := netip.MustParseAddr(address)
	cfg.Control, cfg.User = netip.AddrPortFrom(at, double.PortControl), netip.AddrPortFrom(at, double.PortUser)
	s, err := double.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}
