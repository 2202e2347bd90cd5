package integration

import (
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/peers"
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
