package integration

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

var packetParts = []peers.Part{peers.Namespaces, peers.OsmocomGGSN, peers.Dumpcap, peers.Tshark, peers.Libwbxml}

// onlineBehindGGSN sends to the mobiles of a packet network from the GGSN's own address among them.
const onlineBehindGGSN = `
[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [{ cidr = %q, apn = "internet", node = "ggsn1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
node = [{ name = "ggsn1", source = %q }]

[[policy]]
name  = "online terminals"
match = { address_type = ["IPv4", "IPv6"] }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "10s"
`

// siXML is the example of WAP-167 §8.3, whose WBXML is siOfSpecification.
const siXML = `<?xml version="1.0"?>
<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">
<si><indication href="http://www.xyz.com/email/123/abc.wml" created="1999-06-25T15:23:15Z" si-expires="1999-06-30T00:00:00Z">You have 4 new emails</indication></si>`

// A push to the address of a mobile goes through OsmoGGSN and its tunnel to a socket of the kernel at the mobile. What becomes of it
// where the mobile does not listen, and where it has gone, is what the network tells.
func TestOnlinePush(t *testing.T) {
	t.Parallel()
	isolate(t, packetParts, func(t *testing.T) { checkOnlinePush(t, pool) })
}

// The same with IPv6: the mobile makes its address from what OsmoGGSN advertises.
func TestOnlinePushIPv6(t *testing.T) {
	t.Parallel()
	isolate(t, packetParts, func(t *testing.T) { checkOnlinePush(t, poolIPv6) })
}

func checkOnlinePush(t *testing.T, pool netip.Prefix) {
	network := newPacketNetwork(t, pool)
	notifications := initiator.Listen(t)
	gateway := newIsolatedBox(t, fmt.Sprintf(onlineBehindGGSN, pool, network.ggsn.Gateway()))
	gateway.Start(t)
	capture := wire.StartOn(t, "any", packets)
	mobile := network.mobile(t, 1)
	terminal := mobile.Listen(t)

	push := initiator.Push{
		ID: "online@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address(mobile.PDP.String())},
		Type: "text/vnd.wap.si", Content: siXML,
	}
	accept(t, gateway.Client(), push)
	got, from := datagram(t, terminal)
	// Push, four octets of headers: application/vnd.wap.sic in UTF-8 (WAP-230 §8.2.4.1, §8.4.2.24). A push without an application
	// is for wml.ua (WAP-251 §6.2.2.1).
	if want := "060403ae81ea" + siOfSpecification; len(got) == 0 || hex.EncodeToString(got[1:]) != want {
		t.Errorf("the mobile got %x, want a TID and %s", got, want)
	}
	if want := netip.AddrPortFrom(network.ggsn.Gateway(), 9200).String(); from.String() != want {
		t.Errorf("the push came from %v, want %s", from, want)
	}
	checkOutcome(t, notifications, push.ID, "delivered", "1000", "unconfirmed")

	// Nobody listens at the port: the mobile's kernel says so, and what it says comes back through the tunnel.
	terminal.Close()
	deaf := indication(gateway, "deaf", notifications.URL, push.To[0], "nobody listens")
	accept(t, gateway.Client(), deaf)
	n := checkOutcome(t, notifications, deaf.ID, "undeliverable", "4000", "")
	if !strings.Contains(n.Desc, "does not listen") {
		t.Errorf("the reason is told as %q, want that the terminal does not listen", n.Desc)
	}

	// The mobile has given its address up. OsmoGGSN drops what comes for it and tells nobody, so that a datagram that was sent is all
	// that the gateway knows, and all that it claims. That the session is over is known by RADIUS accounting (TestRADIUS…).
	mobile.Deactivate(t)
	gone := indication(gateway, "gone", notifications.URL, push.To[0], "nobody there")
	accept(t, gateway.Client(), gone)
	checkOutcome(t, notifications, gone.ID, "delivered", "1000", "unconfirmed")
	if got := network.ggsn.Dropped(mobile.PDP); got != 1 {
		t.Errorf("OsmoGGSN dropped %d packets for %v, want 1", got, mobile.PDP)
	}
	gateway.Stop(t)
	capture.Stop(t)
	checkTunnel(t, capture, mobile, got)
}

// checkOutcome waits for the result notification of a push and returns it.
func checkOutcome(t *testing.T, notifications *initiator.Listener, id, state, code, method string) initiator.Notification {
	t.Helper()
	n := notifications.Await(t, id, 30*time.Second)
	if n.State != state || n.Code != code || method != "" && n.QoS.DeliveryMethod != method {
		t.Errorf("%s: result notification %+v, want %s, %s, %s", id, n, state, code, method)
	}
	return n
}

// checkTunnel holds what tshark reads of GTP (3GPP TS 29.060) against what happened: a context created and deleted, and in between in a
// G-PDU to the mobile the push that it got, in another the push that it did not listen for, and its ICMP error for that one.
func checkTunnel(t *testing.T, capture *wire.Capture, mobile *peers.Online, push []byte) {
	t.Helper()
	all := wellFormed(t, capture)
	for message, name := range map[string]string{createRequest: "Create PDP Context Request", createResponse: "its response", deleteRequest: "Delete PDP Context Request", deleteResponse: "its response"} {
		got := having(all, map[string]string{"gtp.message": message})
		if len(got) != 1 {
			t.Errorf("tshark saw %d × %s (%s), want 1", len(got), name, message)
		}
		for _, p := range got {
			if imsi := p.Show("e212.imsi"); message == createRequest && imsi != mobile.IMSI {
				t.Errorf("tshark shows a context for IMSI %q, want %q", imsi, mobile.IMSI)
			}
		}
	}
	var pushes []wire.Packet
	errors := 0
	for _, p := range having(all, map[string]string{"gtp.message": gPDU}) {
		from, _ := inner(p)
		switch {
		case from != mobile.PDP.String():
		case p.Show("icmp.type")+p.Show("icmp.code") == "33", p.Show("icmpv6.type")+p.Show("icmpv6.code") == "14": // port unreachable (RFC 792, RFC 4443 §3.1)
			errors++
		}
		switch {
		case len(p.All("icmp.type"))+len(p.All("icmpv6.type")) > 0:
		case len(p.All("wbxml")) > 0:
			pushes = append(pushes, p)
		}
	}
	if errors != 1 {
		t.Errorf("tshark saw %d errors of the mobile in the tunnel, want 1", errors)
	}
	if len(pushes) != 2 {
		t.Fatalf("tshark saw %d pushes in the tunnel, want 2", len(pushes))
	}
	first := pushes[0]
	if kind, content := first.Show("wsp.pdu_type"), first.Show("wsp.header.content_type"); kind != "0x06" || content != "application/vnd.wap.sic" {
		t.Errorf("tshark shows WSP PDU type %q with %q, want Push with application/vnd.wap.sic", kind, content)
	}
	if _, to := inner(first); first.All("ip.dst")[0] != mobile.Address || to != mobile.PDP.String() {
		t.Errorf("tshark shows the push going to %s and in it to %s, want %s and %v", first.All("ip.dst")[0], to, mobile.Address, mobile.PDP)
	}
	if got := strings.ReplaceAll(first.Show("udp.payload"), ":", ""); !strings.HasSuffix(got, hex.EncodeToString(push)) {
		t.Errorf("tshark shows %s in the tunnel, want at its end %x", got, push)
	}
	document, err := first.Document()
	if err != nil {
		t.Fatal(err)
	}
	if got := document.Elements[len(document.Elements)-1].Text; got != "You have 4 new emails" {
		t.Errorf("tshark rendered the text %q", got)
	}
	if text := peers.DecodeByLibwbxml(t, document.Octets); !strings.Contains(text, "You have 4 new emails") {
		t.Errorf("libwbxml decoded %s", text)
	}
}

// inner returns source and destination of what is in a tunnel over IPv4.
func inner(p wire.Packet) (from, to string) {
	sources, destinations := p.All("ip.src"), p.All("ip.dst")
	if six := p.All("ipv6.src"); len(six) > 0 {
		return six[0], p.All("ipv6.dst")[0]
	}
	if len(sources) < 2 {
		return "", ""
	}
	return sources[1], destinations[1]
}

// Message types of GTP as tshark shows them (3GPP TS 29.060 §7.1).
const (
	createRequest  = "0x10"
	createResponse = "0x11"
	deleteRequest  = "0x14"
	deleteResponse = "0x15"
	gPDU           = "0xff"
)
