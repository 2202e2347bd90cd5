package integration

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// plainSMSC is a push SMSC with one ESME; the first value is the address of the delivery side.
const plainSMSC = `[[esme]]
system_id     = "ppgbox"
password_file = "esme.password"

[[delivery]]
address   = %q
system_id = "ppgbox"

[transaction]
window = "3s"
`

// The push SMSC towards networks that others wrote: the gateway leaves a service indication to it, by either request, with the ports
// as parameters; the terminal's segments are put together by tshark, and the PI is told.
func TestForeignDeliverySides(t *testing.T) {
	t.Parallel()
	networks := map[string]func(testing.TB) *peers.SMSC{"npm smpp": peers.StartNodeSMSC, "Net::SMPP": peers.StartPerlSMSC}
	for name, start := range networks {
		for _, request := range []string{"data_sm", "submit_sm"} {
			t.Run(name+" "+request, func(t *testing.T) {
				t.Parallel()
				peers.Need(t, peers.Dumpcap, peers.Tshark, peers.Libwbxml)
				network := start(t)
				smsc := newSMSC(t, fmt.Sprintf(plainSMSC, network.Address))
				smsc.Start(t)
				notifications := initiator.Listen(t)
				gateway := newPlainBox(t, fmt.Sprintf(chainBearer, fmt.Sprintf("submit = %q\n", request)+delegateTo(smsc, "10s"), "30s"))
				capture := wire.Start(t, "tcp port "+port(t, network.Address)+" or tcp port "+port(t, smsc.Address))
				gateway.Start(t)
				push := initiator.Push{
					ID: "delegated@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+" + chainNumber(0))},
					Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, longText),
				}
				accept(t, gateway.Client(), push)
				if n := notifications.Await(t, push.ID, 30*time.Second); n.State != "delivered" || n.Code != "1000" || n.QoS.DeliveryMethod != "confirmed" {
					t.Errorf("result notification %+v, want delivered, 1000, confirmed", n)
				}
				capture.Stop(t)
				process.Eventually(t, 5*time.Second, "the network tells of three segments", func() bool { return len(network.Submits()) >= 3 })
				network.Settle(t)
				submits := network.Submits()
				checkBackToBack(t, submits)
				if in := inboxOf(t, submits, chainNumber(0)); len(submits) != 3 || len(in.whole) != 1 {
					t.Errorf("%d segments made %d messages, want 3 and 1", len(submits), len(in.whole))
				}
				smpp := []string{"tcp.port==" + port(t, network.Address) + ",smpp", "tcp.port==" + port(t, smsc.Address) + ",smpp"}
				checkDelegated(t, capture.Packets(t, "smpp && tcp.port=="+port(t, smsc.Address), smpp...), request)
				whole := pushesByNumber(capture.Packets(t, "wbxml && tcp.port=="+port(t, network.Address), smpp...))[chainNumber(0)]
				if len(whole) != 1 {
					t.Fatalf("tshark put %d pushes together from what the network got, want 1", len(whole))
				}
				checkIndication(t, whole[0], longText)
			})
		}
	}
}

// checkDelegated holds the link between the gateway and the push SMSC against what it is meant to carry: one request with the whole
// push, in transaction mode, its ports as parameters, and one answer.
func checkDelegated(t *testing.T, packets []wire.Packet, request string) {
	t.Helper()
	commands := map[string][2]string{"submit_sm": {"0x00000004", "0x80000004"}, "data_sm": {"0x00000103", "0x80000103"}}[request]
	requests, answers := 0, 0
	for _, packet := range packets {
		for _, pdu := range packet.Split("smpp") {
			switch pdu.Show("smpp.command_id") {
			case commands[0]:
				requests++
				for field, want := range map[string]string{
					"smpp.esm.submit.msg_mode": "0x02", "smpp.esm.submit.features": "0x00",
					"smpp.source_port": "0x23f0", "smpp.destination_port": "0x0b84",
				} {
					if got := pdu.Show(field); got != want {
						t.Errorf("%s: tshark shows %s %q, want %q", request, field, got, want)
					}
				}
				checkIndication(t, pdu, longText)
			case commands[1]:
				answers++
				if got := pdu.Show("smpp.command_status"); got != "0x00000000" {
					t.Errorf("%s was answered with %s", request, got)
				}
			}
		}
	}
	if requests != 1 || answers != 1 {
		t.Errorf("tshark shows %d %s and %d answers, want one each", requests, request, answers)
	}
}

// wholePush is a push of three segments as an ESME submits it: the example of WAP-167 §8.3 behind its WSP header, in a document
// that other content follows.
func wholePush(t *testing.T) []byte {
	t.Helper()
	message, err := hex.DecodeString("250603aeaf82" + siOfSpecification)
	if err != nil {
		t.Fatal(err)
	}
	return append(message, make([]byte, 300)...)
}

// ESMEs that others wrote submit whole pushes to the push SMSC, with either request, and read its answers: success, and a failure
// with its parameters.
func TestForeignESMEs(t *testing.T) {
	t.Parallel()
	esmes := map[string]func(t testing.TB, smsc, systemID, password string) *peers.ESME{
		"npm smpp": peers.StartNodeESME, "Net::SMPP": peers.StartPerlESME,
	}
	for name, start := range esmes {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			network := peers.StartNodeSMSC(t)
			smsc := newSMSC(t, fmt.Sprintf(plainSMSC, network.Address))
			smsc.Start(t)
			capture := wire.Start(t, "tcp port "+port(t, network.Address))
			esme := start(t, smsc.Address, "ppgbox", box.ESMEPassword)
			const good, absent, unknown = "46702300001", "46702300002", "46702300003"
			network.AlwaysTo(t, absent, peers.Answer{Status: 0xfe, Reason: new(0), Network: "03001b"}) // GSM 27, absent subscriber
			network.AlwaysTo(t, unknown, peers.Answer{Status: 0xfe, Reason: new(1)})                   // destination address invalid
			cases := []struct {
				to      string
				status  int
				reason  *int
				network string
			}{
				{good, 0, nil, ""},
				{absent, 0xfe, new(0), "03001b"},
				{unknown, 0xfe, new(1), ""},
			}
			push := wholePush(t)
			for _, command := range []string{"submit_sm", "data_sm"} {
				for _, c := range cases {
					began := time.Now()
					got := esme.Submit(t, peers.Message{
						Command: command, Source: "46700000001", Destination: c.to, Payload: hex.EncodeToString(push), Ports: [2]int{9200, 2948},
					}, 20*time.Second)
					if got.Command != command+"_resp" || got.Status != c.status || got.Network != c.network ||
						(got.Reason == nil) != (c.reason == nil) || got.Reason != nil && *got.Reason != *c.reason {
						t.Errorf("%s to %s was answered %+v, want status %#x, reason %v, network %q", command, c.to, got, c.status, c.reason, c.network)
					}
					if (got.MessageID != "") != (c.status == 0) || (got.Text != "") != (c.status != 0) {
						t.Errorf("%s to %s: message_id %q and text %q with status %#x", command, c.to, got.MessageID, got.Text, got.Status)
					}
					if c.to == absent && time.Since(began) < 2*time.Second {
						t.Errorf("%s to %s: given up after %v, want the window of 3 s", command, c.to, time.Since(began))
					}
				}
			}
			capture.Stop(t)
			network.Settle(t)
			submits := network.Submits()
			checkBackToBack(t, submits)
			in := inboxOf(t, submits, good)
			if len(in.whole) != 2 || in.incomplete > 0 {
				t.Fatalf("the terminal has %d messages and %d incomplete, want 2 whole", len(in.whole), in.incomplete)
			}
			for _, whole := range in.whole {
				if string(whole) != string(push) {
					t.Errorf("the terminal has %x, want %x", whole, push)
				}
			}
			whole := pushesByNumber(capture.Packets(t, "wbxml", "tcp.port=="+port(t, network.Address)+",smpp"))[good]
			if len(whole) != 2 {
				t.Fatalf("tshark put %d pushes together, want 2", len(whole))
			}
			for _, p := range whole {
				document, err := p.Document()
				if err != nil {
					t.Fatal(err)
				}
				if got := document.Elements[1].Text; got != "You have 4 new emails" {
					t.Errorf("tshark rendered the text %q", got)
				}
			}
			smsc.Stop(t)
		})
	}
}
