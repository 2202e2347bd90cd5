package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// A chain is the way of a push over SMS: a gateway whose bearer has the transactions itself (integrated) or leaves them to a push
// SMSC (delegate), and a network that others wrote.
type chain struct {
	gateway       *box.Box
	smsc          *box.SMSC // nil in mode integrated
	network       *peers.SMSC
	notifications *initiator.Listener
	capture       *wire.Capture
	pushes        map[string]string // text by push-id
}

// A patience is how long a chain waits: for all segments of a push, for one answer of the network, and for the push with all its
// attempts.
type patience struct{ window, answer, within string }

// chainSMSC is the push SMSC of a chain. It waits for the network as long as an integrated bearer does.
const chainSMSC = `[[esme]]
system_id     = "ppgbox"
password_file = "esme.password"

[[delivery]]
address   = %q
system_id = "ppgbox"
response_timeout = %q

[transaction]
window = %q
`

// chainBearer takes the mode with the keys that go with it, and the time for a push.
const chainBearer = `
[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
%s

[[policy]]
name  = "numbers"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer = "sms"
within = %q
retry  = { times = 5, after = "300ms" }
`

// chainModes are the ways in which a chain can be made.
var chainModes = []string{"integrated", "delegate"}

// newChain starts everything but the gateway. The capture is of the network's side.
func newChain(t *testing.T, mode string, p patience) *chain {
	t.Helper()
	peers.Need(t, peers.NodeSMPP, peers.Dumpcap, peers.Tshark)
	c := &chain{network: peers.StartNodeSMSC(t), notifications: initiator.Listen(t), pushes: map[string]string{}}
	var keys string
	switch mode {
	case "integrated":
		keys = fmt.Sprintf("window = %q\nlink = [{ address = %q, system_id = \"ppgbox\", response_timeout = %q }]", p.window, c.network.Address, p.answer)
	case "delegate":
		c.smsc = newSMSC(t, fmt.Sprintf(chainSMSC, c.network.Address, p.answer, p.window))
		c.smsc.Start(t)
		keys = delegateTo(c.smsc, "30s")
	}
	c.gateway = newPlainBox(t, fmt.Sprintf(chainBearer, keys, p.within))
	c.capture = wire.Start(t, "tcp port "+port(t, c.network.Address))
	return c
}

// delegateTo are the keys of a bearer that leaves its transactions to a push SMSC, and waits so long for it.
func delegateTo(smsc *box.SMSC, window string) string {
	return fmt.Sprintf("mode = \"delegate\"\nwindow = %q\nlink = [{ address = %q, system_id = \"ppgbox\", password = %q }]",
		window, smsc.Address, box.ESMEPassword)
}

func chainNumber(push int) string { return fmt.Sprintf("4670444%04d", push) }
func chainID(push int) string     { return fmt.Sprintf("chain-%d@pi.example", push) }

// submit has the gateway accept a push of three segments, each of which says which push it is of.
func (c *chain) submit(t *testing.T, push int) {
	t.Helper()
	c.submitText(t, push, fmt.Sprintf("push %03d", push)+strings.Repeat(fmt.Sprintf(", still push %03d", push), 16))
}

// submitText has the gateway accept a push.
func (c *chain) submitText(t *testing.T, push int, text string) {
	t.Helper()
	c.pushes[chainID(push)] = text
	accept(t, c.gateway.Client(), initiator.Push{
		ID: chainID(push), NotifyTo: c.notifications.URL, To: []string{c.gateway.Address("+" + chainNumber(push))},
		Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, text),
	})
}

// segments is how many segments of a push came to the network.
func (c *chain) segments(push int) int {
	n := 0
	for _, s := range c.network.Submits() {
		if s.Destination == chainNumber(push) {
			n++
		}
	}
	return n
}

// A fate is what became of a push: what its initiator was told, and what its terminal has.
type fate struct {
	initiator.Notification
	inbox
}

// fate waits for the result of a push and fails unless it is told once, a push that is reported as delivered is there, and what is
// there is what was submitted.
func (c *chain) fate(t *testing.T, push int) fate {
	t.Helper()
	f := fate{Notification: c.notifications.Await(t, chainID(push), 60*time.Second)}
	c.network.Settle(t)
	f.inbox = inboxOf(t, c.network.Submits(), chainNumber(push))
	for _, other := range c.notifications.Of(chainID(push)) {
		if other.State != f.State {
			t.Errorf("push %d: two final states, %q and %q", push, f.State, other.State)
		}
	}
	if f.State == "delivered" && (f.QoS.DeliveryMethod != "confirmed" || len(f.whole) == 0) {
		t.Errorf("push %d is reported as delivered, %s, and the terminal has it %d times", push, f.QoS.DeliveryMethod, len(f.whole))
	}
	if f.State != "delivered" && f.QoS.DeliveryMethod == "confirmed" {
		t.Errorf("push %d is reported as %s, confirmed", push, f.State)
	}
	for _, whole := range f.whole {
		if !strings.Contains(string(whole), "\x03"+c.pushes[chainID(push)]+"\x00") { // an inline string of WBXML
			t.Errorf("the terminal of push %d has %q", push, whole)
		}
	}
	return f
}

// checkTexts ends the capture and fails where tshark has put together for a terminal what is not its push.
func (c *chain) checkTexts(t *testing.T) {
	t.Helper()
	c.capture.Stop(t)
	whole := pushesByNumber(c.capture.Packets(t, "wbxml", "tcp.port=="+port(t, c.network.Address)+",smpp"))
	for id, text := range c.pushes {
		var push int
		if _, err := fmt.Sscanf(id, "chain-%d@", &push); err != nil {
			t.Fatal(err)
		}
		for _, p := range whole[chainNumber(push)] {
			document, err := p.Document()
			if err != nil {
				t.Fatal(err)
			}
			if got := document.Elements[len(document.Elements)-1].Text; got != text {
				t.Errorf("tshark put %q together for push %d", got, push)
			}
		}
		if f := c.notifications.Of(id); f[0].State == "delivered" && len(whole[chainNumber(push)]) == 0 {
			t.Errorf("tshark put nothing together for push %d", push)
		}
	}
}
