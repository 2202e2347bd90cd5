package integration

import (
	"encoding/xml"
	"net"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// Kannel's test_ppg submits a service loading for an IPv4 address; a socket at port 2948 of that address is the terminal,
// tshark and libwbxml say what it was sent.
func TestServiceLoadingOverUDP(t *testing.T) {
	peers.Need(t, peers.TestPPG, peers.Dumpcap, peers.Tshark, peers.Libwbxml)
	const (
		href   = "https://www.example.org/app/start?session=17"
		action = "execute-high"
	)
	address := loopback(2)
	terminal, err := net.ListenPacket("udp", address+":2948") // WAP push, connectionless (WAP-259 §6)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	notifications := initiator.Listen(t)
	gateway := newBox(t, "")
	capture := wire.Start(t, "udp port 2948 and host "+address)
	gateway.Start(t)

	push := initiator.Push{ID: "sl-1@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address(address)}}
	username, password := gateway.Credentials()
	peers.SubmitByTestPPG(t, peers.Push{
		URL: gateway.PAP, Username: username, Password: password,
		Kind: "sl", Control: push.Control(), Content: initiator.SL(href, action),
	})
	// Nobody confirms a datagram, and the gateway does not claim it (OMA-TS-PAP §9.2.2).
	if n := notifications.Await(t, push.ID, 30*time.Second); n.State != "delivered" || n.Code != "1000" || n.QoS.DeliveryMethod != "unconfirmed" {
		t.Errorf("result notification %+v, want delivered, 1000, unconfirmed", n)
	}
	if err := terminal.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, _, err := terminal.ReadFrom(make([]byte, 1500)); err != nil {
		t.Fatalf("nothing came to the terminal: %v", err)
	}
	gateway.Stop(t)
	capture.Stop(t)

	pushes := capture.Packets(t, "wsp")
	if len(pushes) != 1 {
		t.Fatalf("tshark saw %d pushes, want 1", len(pushes))
	}
	for field, want := range map[string]string{"ip.dst": address, "udp.dstport": "2948"} {
		if got := pushes[0].Show(field); got != want {
			t.Errorf("tshark shows %s %q, want %q", field, got, want)
		}
	}
	checkWSP(t, pushes[0], "application/vnd.wap.slc")
	document, err := pushes[0].Document()
	if err != nil {
		t.Fatal(err)
	}
	if len(document.Elements) != 1 || document.Elements[0].Name != "sl" || document.Elements[0].Attributes["href"] != href || document.Elements[0].Attributes["action"] != action {
		t.Errorf("tshark rendered %+v, want sl with href %q and action %q", document.Elements, href, action)
	}
	checkSL(t, document.Octets, href, action)
}

// checkSL compares what libwbxml reads with what was submitted.
func checkSL(t *testing.T, octets []byte, href, action string) {
	t.Helper()
	var sl struct {
		Href   string `xml:"href,attr"`
		Action string `xml:"action,attr"`
	}
	text := peers.DecodeByLibwbxml(t, octets)
	if err := xml.Unmarshal([]byte(text), &sl); err != nil {
		t.Fatalf("libwbxml's %s: %v", text, err)
	}
	if sl.Href != href || sl.Action != action {
		t.Errorf("libwbxml decoded %+v, want href %q and action %q", sl, href, action)
	}
}
