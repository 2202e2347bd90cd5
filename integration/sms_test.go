package integration

import (
	"encoding/xml"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// A service indication that needs two segments: 134 octets fit beside a header with ports and 8-bit concatenation.
const (
	siHref   = "http://www.example.com/mail/inbox?message=4711"
	siID     = "4711@mail.example.com"
	siAction = "signal-high"
	siText   = "You have 4 new messages from Åsa, Björn and others: the minutes of Monday, lunch on Friday, and two invoices"
)

// Kannel's test_ppg submits, npm's smpp or Perl's Net::SMPP is the SMSC, tshark and libwbxml say what was on the wire.
func TestServiceIndicationOverSMS(t *testing.T) {
	smscs := map[string]func(testing.TB) *peers.SMSC{"npm smpp": peers.StartNodeSMSC, "Net::SMPP": peers.StartPerlSMSC}
	for name, start := range smscs {
		t.Run(name, func(t *testing.T) {
			peers.Need(t, peers.TestPPG, peers.Dumpcap, peers.Tshark, peers.Libwbxml)
			smsc := start(t)
			notifications := initiator.Listen(t)
			gateway := newBox(t, smsc.Address)
			capture := wire.Start(t, "tcp port "+port(t, smsc.Address))
			gateway.Start(t)

			push := initiator.Push{ID: "si-1@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+46702123456")}}
			username, password := gateway.Credentials()
			peers.SubmitByTestPPG(t, peers.Push{
				URL: gateway.PAP, Username: username, Password: password,
				Kind: "si", Control: push.Control(), Content: initiator.SI(siHref, siID, siAction, siText),
			})

			n := notifications.Await(t, push.ID, 30*time.Second)
			if n.State != "delivered" || n.Code != "1000" || n.QoS.DeliveryMethod != "confirmed" {
				t.Errorf("result notification %+v, want delivered, 1000, confirmed", n)
			}
			if len(n.Addresses) != 1 || n.Addresses[0].Value != push.To[0] {
				t.Errorf("result notification for %v, want %v", n.Addresses, push.To)
			}
			status := gateway.Client().Status(t, push.ID)
			if len(status) != 1 || status[0].State != "delivered" || status[0].Code != "1000" {
				t.Errorf("status %+v, want delivered, 1000", status)
			}
			gateway.Stop(t)
			capture.Stop(t)

			smpp := "tcp.port==" + port(t, smsc.Address) + ",smpp"
			segments := capture.Packets(t, "smpp.command_id == 4", smpp)
			if len(segments) != 2 {
				t.Fatalf("tshark saw %d packets with submit_sm, want 2", len(segments))
			}
			for i, segment := range segments {
				more := "" // more_messages_to_send left out or 0: nothing follows
				if i == 0 {
					more = "1"
				}
				if got := strings.Trim(segment.Show("smpp.more_messages_to_send"), "0"); got != more {
					t.Errorf("segment %d: tshark shows more_messages_to_send %q, want %q", i+1, got, more)
				}
				for field, want := range map[string]string{
					"smpp.destination_addr":    "46702123456",
					"smpp.source_addr":         "46700000001",
					"smpp.esm.submit.msg_mode": "0x02", // transaction mode, "forward" in SMPP 3.4 §5.2.12
					"smpp.esm.submit.features": "0x01", // UDHI
					"smpp.data_coding":         "0xf5", // 8-bit data, class 1 (3GPP TS 23.038 §4)
					"gsm_sms.destination_port": "2948",
					"gsm_sms.originator_port":  "9200",
					"gsm_sms.udh.mm.msg_parts": "2",
					"gsm_sms.udh.mm.msg_part":  strconv.Itoa(i + 1),
				} {
					if got := segment.Show(field); got != want {
						t.Errorf("segment %d: tshark shows %s %q, want %q", i+1, field, got, want)
					}
				}
			}
			pushes := capture.Packets(t, "wbxml", smpp)
			if len(pushes) != 1 {
				t.Fatalf("tshark put %d pushes together, want 1", len(pushes))
			}
			if got := pushes[0].Show("gsm_sms_ud.fragment.count"); got != "2" {
				t.Errorf("tshark put the push together from %s segments, want 2", got)
			}
			checkWSP(t, pushes[0], "application/vnd.wap.sic")
			checkSI(t, pushes[0])
		})
	}
}

func checkWSP(t *testing.T, p wire.Packet, contentType string) {
	t.Helper()
	if got := p.Show("wsp.pdu_type"); got != "0x06" {
		t.Errorf("tshark shows WSP PDU type %q, want Push", got)
	}
	if got := p.Show("wsp.header.content_type"); got != contentType {
		t.Errorf("tshark shows content type %q, want %q", got, contentType)
	}
	if got := p.Show("wsp.header.x_wap_application_id"); !strings.HasSuffix(got, "wml.ua") {
		t.Errorf("tshark shows application %q, want wml.ua", got)
	}
}

// checkSI compares what tshark and libwbxml read with what was submitted.
func checkSI(t *testing.T, p wire.Packet) {
	t.Helper()
	checkIndication(t, p, siText)
}

// checkIndication is checkSI for a service indication with another text.
func checkIndication(t *testing.T, p wire.Packet, text string) {
	t.Helper()
	document, err := p.Document()
	if err != nil {
		t.Fatal(err)
	}
	if len(document.Elements) != 2 || document.Elements[0].Name != "si" || document.Elements[1].Name != "indication" {
		t.Fatalf("tshark rendered %+v, want si with an indication", document.Elements)
	}
	indication := document.Elements[1]
	for name, want := range map[string]string{"href": siHref, "si-id": siID, "action": siAction} {
		if got := indication.Attributes[name]; got != want {
			t.Errorf("tshark rendered %s %q, want %q", name, got, want)
		}
	}
	if indication.Text != text {
		t.Errorf("tshark rendered the text %q, want %q", indication.Text, siText)
	}

	var si struct {
		Indication struct {
			Href   string `xml:"href,attr"`
			ID     string `xml:"si-id,attr"`
			Action string `xml:"action,attr"`
			Text   string `xml:",chardata"`
		} `xml:"indication"`
	}
	rendered := peers.DecodeByLibwbxml(t, document.Octets)
	if err := xml.Unmarshal([]byte(rendered), &si); err != nil {
		t.Fatalf("libwbxml's %s: %v", rendered, err)
	}
	if i := si.Indication; i.Href != siHref || i.ID != siID || i.Action != siAction || i.Text != text {
		t.Errorf("libwbxml decoded %+v", i)
	}
}

// A temporary failure of one segment is answered by sending that segment again, not the push.
func TestSegmentSentAgainAfterTemporaryFailure(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	notifications := initiator.Listen(t)
	gateway := newBox(t, smsc.Address)
	gateway.Start(t)
	const systemError = 0x08 // ESME_RSYSERR, SMPP 3.4 §5.1.3
	smsc.Next(t, peers.Answer{}, peers.Answer{Status: systemError}, peers.Answer{})

	push := initiator.Push{
		ID: "si-2@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+46702123456")},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, siText),
	}
	accept(t, gateway.Client(), push)
	if n := notifications.Await(t, push.ID, 30*time.Second); n.State != "delivered" || n.QoS.DeliveryMethod != "confirmed" {
		t.Errorf("result notification %+v, want delivered, confirmed", n)
	}
	submits := smsc.Submits()
	if len(submits) != 3 {
		t.Fatalf("the SMSC got %d submissions, want 3: %+v", len(submits), submits)
	}
	if submits[1].UDH != submits[2].UDH || submits[1].Text != submits[2].Text {
		t.Errorf("the second segment was sent again as something else: %+v, %+v", submits[1], submits[2])
	}
}

// What the SMSC refuses for good is reported as undeliverable and not tried again.
func TestRefusedBySMSC(t *testing.T) {
	smsc := peers.StartNodeSMSC(t)
	notifications := initiator.Listen(t)
	gateway := newBox(t, smsc.Address)
	gateway.Start(t)
	const invalidDestination = 0x0b // ESME_RINVDSTADR, SMPP 3.4 §5.1.3
	smsc.Always(t, peers.Answer{Status: invalidDestination})
	notifications.Deny(2)

	push := initiator.Push{
		ID: "si-3@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+46702123456")},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, "short"),
	}
	accept(t, gateway.Client(), push)
	n := notifications.Await(t, push.ID, 30*time.Second)
	if n.State != "undeliverable" || n.Code == "1000" {
		t.Errorf("result notification %+v, want undeliverable", n)
	}
	if got := len(notifications.Of(push.ID)); got != 3 {
		t.Errorf("%d result notifications, want 3: two denied, one acknowledged", got)
	}
	if got := len(smsc.Submits()); got != 1 {
		t.Errorf("the SMSC got %d submissions, want 1", got)
	}
}

// accept submits a push and fails the test unless it is accepted for processing.
func accept(t *testing.T, client *initiator.Client, push initiator.Push) {
	t.Helper()
	answer, err := client.Submit(push)
	if err != nil {
		t.Fatal(err)
	}
	if answer.HTTP != 202 || answer.Code() != "1001" {
		t.Fatalf("%s: HTTP %d, want 202 with code 1001:\n%s", push.ID, answer.HTTP, answer.Body)
	}
}
