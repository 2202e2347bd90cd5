package integration

import (
	"bytes"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// siPush is a Push with the service indication of siXML: TID 1, three octets of headers, application/vnd.wap.sic in UTF-8.
var siPush = append([]byte{0x01, 0x06, 0x04, 0x03, 0xae, 0x81, 0xea}, unhexed(siOfSpecification)...)

// sgsnemu, which others wrote, is the SGSN and the mobile: what our SGSN takes as a notification, it activates; what the push GGSN sends
// in the tunnel, a socket of the kernel at the mobile reads. tshark reads the text out of the tunnel.
func TestGGSNWithSgsnemu(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Namespaces, peers.OsmocomGGSN, peers.Dumpcap, peers.Tshark}, func(t *testing.T) {
		far := peers.NewNamespace(t, "sgsn")
		peers.Cable(t, peers.End{In: peers.Own(), Interface: "gn0", Address: addressGGSN + "/24"}, peers.End{In: far, Interface: "gn0", Address: "10.23.0.11/24"})
		for _, a := range []string{addressSGSN, addressHLR} {
			peers.Own().IP(t, "addr", "add", a+"/32", "dev", "lo")
		}
		const imsi push.IMSI = "240010123456781"
		diary := double.NewDiary()
		startSGSN(t, double.Config{Observe: diary.Note, Everybody: double.Terminal{Does: double.DoesNothing}}, addressSGSN)
		startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		capture := wire.StartOn(t, "any", packets)
		n := startPushNode(t, pushGGSN{Patient: true, More: asksByGTP})

		// The notification comes to our SGSN, and sgsnemu does what it asks for. The terminal's socket is there before its address.
		in := peers.NewNamespace(t, "ms1")
		var terminal net.PacketConn
		in.Within(t, func() (err error) {
			terminal, err = net.ListenPacket("udp4", ":2948")
			return err
		})
		defer terminal.Close()
		n.pushOf("first", imsi, siPush)
		e, err := diary.Await(double.Notified, imsi, 1, 10*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		mobile := peers.Activate(t, peers.Mobile{
			SGSN: far, Address: "10.23.0.11", IMSI: string(imsi), MSISDN: "46702123451", In: in,
			GGSN: peers.OtherGGSN(e.Notification.GGSNSignalling.String(), string(e.Notification.APN), netip.MustParsePrefix("10.46.0.0/16")),
		})
		if r := n.result("first"); !r.Sent {
			t.Errorf("the push that the mobile was woken for: %+v", r)
		}
		if got, from := datagram(t, terminal); !bytes.Equal(got, siPush) || from.String() != "10.46.0.1:9200" {
			t.Errorf("the mobile got %x from %v, want %x", got, from, siPush)
		}
		shown := n.contexts()
		if len(shown) != 1 || shown[0].IMSI != imsi || shown[0].Address != mobile.PDP.String() || shown[0].SGSN != "10.23.0.11" {
			t.Errorf("the contexts are %+v, want one of %s with %v", shown, imsi, mobile.PDP)
		}
		n.push("second", imsi)
		if r := n.result("second"); !r.Sent {
			t.Errorf("a push to the context: %+v", r)
		}
		if got, _ := datagram(t, terminal); !bytes.Equal(got, wspPush) {
			t.Errorf("the mobile got %x, want %x", got, wspPush)
		}
		// Nobody listens: the mobile's kernel says so through the tunnel.
		terminal.Close()
		n.push("deaf", imsi)
		if r := n.result("deaf"); r.Sent || r.Cause != node.NotListening {
			t.Errorf("a push to a port without socket: %+v, want %s", r, node.NotListening)
		}
		mobile.Leave(t)
		process.Eventually(t, 25*time.Second, "the context is gone", func() bool { return len(n.contexts()) == 0 })
		n.awaitEvent(node.AddressReleased, imsi)
		n.stop()
		capture.Stop(t)
		checkEmulated(t, capture, mobile)
	})
}

// checkEmulated holds what tshark reads against what happened.
func checkEmulated(t *testing.T, capture *wire.Capture, mobile *peers.Online) {
	t.Helper()
	all := wellFormed(t, capture)
	for name, fields := range map[string]map[string]string{
		"a notification":    {"gtp.message": notificationRequest, "e212.imsi": mobile.IMSI},
		"a Create":          {"gtp.message": createRequest, "e212.imsi": mobile.IMSI, "gtp.apn": pushAPN},
		"its response":      {"gtp.message": createResponse, "gtp.cause": "128", "gtp.user_ipv4": mobile.PDP.String()},
		"a Delete":          {"gtp.message": deleteRequest},
		"its response, too": {"gtp.message": deleteResponse, "gtp.cause": "128"},
	} {
		if len(having(all, fields)) == 0 {
			t.Errorf("tshark saw nowhere %s: %v", name, fields)
		}
	}
	for _, p := range having(all, map[string]string{"gtp.message": gPDU, "wsp.header.content_type": "application/vnd.wap.sic"}) {
		if len(p.All("wbxml")) == 0 {
			continue
		}
		document, err := p.Document()
		if err != nil {
			t.Fatal(err)
		}
		last := document.Elements[len(document.Elements)-1]
		if strings.Contains(last.Text, "You have 4 new emails") {
			return
		}
	}
	t.Error("tshark shows in no G-PDU a push with the text")
}
