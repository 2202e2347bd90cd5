package integration

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// builtBinary is the variable that tells an isolated test where ppgbox is.
const builtBinary = "PPGBOX_TEST_BINARY"

// isolate runs a test in a network of its own: a packet network needs addresses, routes and fixed ports.
func isolate(t *testing.T, needs []peers.Part, body func(t *testing.T)) {
	t.Helper()
	peers.Need(t, needs...)
	var environment []string
	if os.Getenv(builtBinary) == "" {
		binary, err := build()
		if err != nil {
			t.Fatal(err)
		}
		environment = []string{builtBinary + "=" + binary}
	}
	peers.Isolate(t, environment, body)
}

// newIsolatedBox is newPlainBox in an isolated test.
func newIsolatedBox(t *testing.T, configuration string) *box.Box {
	t.Helper()
	return box.New(t, os.Getenv(builtBinary), impatient+configuration)
}

// What the mobiles of the packet networks here get their addresses from.
var (
	pool     = netip.MustParsePrefix("10.45.0.0/24")
	poolIPv6 = netip.MustParsePrefix("2001:db8:45::/56") // 3GPP TS 29.061 §11.2.1.3: a /64 of it for each
)

// A packetNetwork is a real one: OsmoGGSN, with an SGSN behind it. The test, and with it the gateway, is in the namespace of the GGSN.
type packetNetwork struct {
	ggsn *peers.OsmoGGSN
	sgsn *peers.Namespace
}

func newPacketNetwork(t *testing.T, pool netip.Prefix) *packetNetwork {
	t.Helper()
	n := &packetNetwork{sgsn: peers.NewNamespace(t, "sgsn")}
	peers.Cable(t, peers.End{In: peers.Own(), Interface: "gn0", Address: "10.23.0.1/24"}, peers.End{In: n.sgsn, Interface: "gn0", Address: "10.23.0.2/24"})
	n.ggsn = peers.StartOsmoGGSN(t, peers.GGSN{In: peers.Own(), Address: "10.23.0.1", APN: "internet", Pool: pool, Tun: "gtp0"})
	return n
}

// mobile brings the n-th mobile online.
func (n *packetNetwork) mobile(t *testing.T, number int) *peers.Online {
	t.Helper()
	address := fmt.Sprintf("10.23.0.%d", 10+number) // of an SGSN of its own: the ports of GTP are fixed
	n.sgsn.IP(t, "addr", "add", address+"/24", "dev", "gn0")
	return peers.Activate(t, peers.Mobile{
		SGSN: n.sgsn, Address: address, GGSN: n.ggsn, In: peers.NewNamespace(t, fmt.Sprintf("ms%d", number)),
		IMSI: fmt.Sprintf("24001012345678%d", number), MSISDN: fmt.Sprintf("4670212345%d", number),
	})
}

// packets is what of a capture belongs to a packet network.
const packets = "udp or icmp or icmp6"

// datagram waits for a datagram at a terminal's socket, and returns it with its sender.
func datagram(t *testing.T, terminal net.PacketConn) ([]byte, net.Addr) {
	t.Helper()
	if err := terminal.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 1<<16)
	n, from, err := terminal.ReadFrom(buffer)
	if err != nil {
		t.Fatalf("nothing came to the terminal: %v", err)
	}
	return buffer[:n], from
}

// indication is a service indication with a text of its own.
func indication(gateway *box.Box, id, notify, to, text string) initiator.Push {
	return initiator.Push{
		ID: id + "@pi.example", NotifyTo: notify, To: []string{to},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, text),
	}
}

// wellFormed returns the packets of a capture, and fails for each that tshark finds malformed or in error.
func wellFormed(t *testing.T, capture *wire.Capture, dissect ...string) []wire.Packet {
	t.Helper()
	all := capture.Packets(t, "frame", dissect...)
	for _, problem := range malformed(all) {
		t.Error(problem)
	}
	return all
}

// malformed says which packets tshark finds malformed or in error.
func malformed(all []wire.Packet) []string {
	const severityError = 0x00800000 // of an expert item; a warning is less
	var problems []string
	for _, p := range all {
		where := fmt.Sprintf("tshark on packet %s (%s): ", p.Show("frame.number"), p.Show("frame.protocols"))
		for i, severity := range p.All("_ws.expert.severity") {
			if level, err := strconv.Atoi(severity); err != nil || level >= severityError {
				problems = append(problems, where+p.All("_ws.expert.message")[i])
			}
		}
		if len(p.All("_ws.malformed")) > 0 {
			problems = append(problems, where+"malformed")
		}
	}
	return problems
}

// What the tests of the packet network say of well-formed messages holds only if tshark finds the others.
func TestPeersTsharkFindsMalformed(t *testing.T) {
	messages := []struct{ name, protocol, octets string }{
		{"whole", "gtp", "320100040000000000010000"},                            // Echo Request
		{"the IMSI is cut off", "gtp", "3210000c0000000000010000" + "02420021"}, // Create PDP Context Request
		{"an element is longer than the message", "gtp", "3210000b0000000000010000" + "830044"},
		{"whole", "radius", "0407001a" + strings.Repeat("00", 16) + "280600000001"},
		{"an attribute is longer than the message", "radius", "0407001a" + strings.Repeat("00", 16) + "280900000001"},
	}
	sinks := map[string]net.PacketConn{}
	var filters, dissect []string
	for _, protocol := range []string{"gtp", "radius"} {
		sink, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer sink.Close()
		_, port, _ := net.SplitHostPort(sink.LocalAddr().String())
		sinks[protocol], filters, dissect = sink, append(filters, "udp port "+port), append(dissect, "udp.port=="+port+","+protocol)
	}
	capture := wire.Start(t, strings.Join(filters, " or "))
	for _, m := range messages {
		octets, err := hex.DecodeString(m.octets)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := sinks[m.protocol].WriteTo(octets, sinks[m.protocol].LocalAddr()); err != nil {
			t.Fatal(err)
		}
	}
	capture.Stop(t)
	packets := capture.Packets(t, "gtp or radius", dissect...)
	if len(packets) != len(messages) {
		t.Fatalf("tshark shows %d packets, want %d", len(packets), len(messages))
	}
	for i, m := range messages {
		if found := malformed(packets[i : i+1]); len(found) > 0 != (m.name != "whole") {
			t.Errorf("%s, %s: tshark finds %v", m.protocol, m.name, found)
		}
	}
}

// having returns the packets in which tshark shows each of these fields so; "" is any value.
func having(packets []wire.Packet, fields map[string]string) []wire.Packet {
	var found []wire.Packet
	for _, p := range packets {
		all := true
		for field, want := range fields {
			shown := p.All(field)
			all = all && (want == "" && len(shown) > 0 || slices.Contains(shown, want))
		}
		if all {
			found = append(found, p)
		}
	}
	return found
}
