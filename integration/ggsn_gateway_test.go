package integration

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// offlineThenSMS takes the address of the push GGSN for gateways, and that of an SMSC: a push wakes the terminal, and goes out as a short
// message where that fails. A link goes over the woken terminal alone, and waits for it.
const offlineThenSMS = `
[subscribers]
push_domains = ["push.example"]

[[radius.client]]
source      = "10.23.0.0/24"
secret_file = "radius.secret"

[plugin.apn]
use = "routing/apn"
[plugin.apn.config]
rule = [{ apn = "push.example", node = "push" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "50ms"
node = [{ name = "push", push_node = %q, token_file = "node.token" }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "20s"
link   = [{ address = %q, system_id = "ppgbox" }]

[[policy]]
name  = "links wait for the terminal"
match = { content_type = "text/vnd.wap.sl" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["apn"]
within  = "10m"
retry   = { times = 3, after = "2m" }

[[policy]]
name  = "offline, or else by SMS"
match = { address_type = ["PLMN", "USER"] }
[[policy.attempt]]
bearer  = "pdp"
routing = ["apn"]
within  = "12s"
[[policy.attempt]]
bearer = "sms"
within = "30s"
`

// toGateway has the push GGSN tell the gateway of sessions.
const toGateway = `
[radius]
server      = "` + addressGateway + `:1813"
secret_file = "radius"
`

const addressGateway = "10.23.0.9"

// A wakeCase is a subscriber, what the network does to wake the terminal, and how the push ends.
type wakeCase struct {
	name       string
	terminal   double.Terminal
	subscriber *double.Subscriber
	sms        bool // it goes out as a short message
}

func wakeCases() []wakeCase {
	return []wakeCase{
		{name: "activates"},
		{name: "activates late", terminal: double.Terminal{After: 500 * time.Millisecond}},
		{name: "refuses", terminal: double.Terminal{Does: double.Rejects}, sms: true},
		{name: "does not answer paging", terminal: double.Terminal{Does: double.Rejects, Reject: gtp.CauseMSNotResponding}, sms: true},
		{name: "is detached, says the SGSN", terminal: double.Terminal{Refuse: gtp.CauseMSDetached}, sms: true},
		{name: "is detached, says the register", subscriber: &double.Subscriber{Reason: new(gtp.MSNotReachableReason(6))}, sms: true},
		{name: "is unknown to the register", subscriber: &double.Subscriber{Cause: gtp.CauseIMSINotKnown, MAPCause: 1}, sms: true},
		{name: "has an SGSN that is silent", terminal: double.Terminal{Unanswered: true}, sms: true},
		{name: "comes with another address", terminal: double.Terminal{Wants: double.WantsOther, Wanted: netip.MustParseAddr("10.46.9.9")}, sms: true},
		{name: "is asked and does nothing", terminal: double.Terminal{Does: double.DoesNothing}, sms: true},
		{name: "does not listen for pushes", terminal: double.Terminal{Deaf: true}, sms: true},
	}
}

// A wakingGateway is a gateway before a push GGSN, with a subscriber for each case.
type wakingGateway struct {
	*box.Box
	notifications *initiator.Listener
	smsc          *peers.SMSC
	node          *pushNode
	sgsn          *double.SGSN
	hlr           *double.HLR
	diary         *double.Diary
}

func numberOf(i int) string { return fmt.Sprintf("4670212400%d", 10+i) }

func imsiOfSubscriber(i int) push.IMSI { return push.IMSI(fmt.Sprintf("2400102400000%d", 10+i)) }

func newWakingGateway(t *testing.T, cases []wakeCase) *wakingGateway {
	t.Helper()
	onLoopback(t, addressGGSN, addressSGSN, addressHLR, addressGateway)
	w := &wakingGateway{notifications: initiator.Listen(t), smsc: peers.StartNodeSMSC(t), diary: double.NewDiary()}
	w.sgsn = startSGSN(t, double.Config{Observe: w.diary.Note}, addressSGSN)
	w.hlr = startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
	w.node = startPushNode(t, pushGGSN{More: asksByGTP + toGateway, Secret: radiusSecret})
	w.Box = newIsolatedBox(t, fmt.Sprintf(offlineThenSMS, w.node.address, w.smsc.Address))
	w.Write(t, "radius.secret", radiusSecret)
	w.Write(t, "node.token", strings.ReplaceAll(nodeToken, " ", "-"))
	listenAt(t, w.Box, "radius", addressGateway+":1813")
	w.Start(t)
	for i, c := range cases {
		w.sgsn.Behave(imsiOfSubscriber(i), c.terminal)
		if c.subscriber != nil {
			w.hlr.Subscribe(imsiOfSubscriber(i), *c.subscriber)
		}
		if _, err := w.Command("", "subscriber", "add", fmt.Sprintf("user%d@push.example", i), "--admin", w.Admin,
			"--terminal", fmt.Sprintf("+%s/%s", numberOf(i), imsiOfSubscriber(i))); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// A push to a number goes to the terminal over a context that is made for it, or to the SMSC; the Push Initiator learns the end.
func TestGGSNBehindGateway(t *testing.T) {
	t.Parallel()
	isolate(t, append([]peers.Part{peers.NodeSMPP}, doubleParts...), func(t *testing.T) {
		cases := wakeCases()
		w := newWakingGateway(t, cases)
		capture := wire.Start(t, "udp")
		pushes := make([]initiator.Push, len(cases))
		for i, c := range cases {
			to := w.Address("+" + numberOf(i))
			if i%2 == 1 { // by the number, and by the user identifier
				to = fmt.Sprintf("WAPPUSH=user%d%%40push.example/TYPE=USER@ppg.example.net", i)
			}
			pushes[i] = indication(w.Box, fmt.Sprintf("wake%d", i), w.notifications.URL, to, "For who "+c.name)
			accept(t, w.Client(), pushes[i])
		}
		for i, c := range cases {
			method := overIP
			if c.sms {
				method = bySMS
			}
			n := checkOutcome(t, w.notifications, pushes[i].ID, "delivered", "1000", method)
			if t.Failed() {
				t.Logf("%s: %+v", c.name, n)
			}
			over := w.diary.Of(double.Delivered, imsiOfSubscriber(i))
			if (len(over) == 1) == c.sms || len(over) > 1 {
				t.Errorf("%s: %d pushes in the tunnel, by SMS %v", c.name, len(over), c.sms)
			}
			for _, e := range over {
				if !bytes.Contains(e.Datagram.Payload, []byte("For who "+c.name)) {
					t.Errorf("%s: the terminal got %x", c.name, e.Datagram.Payload)
				}
			}
		}
		w.smsc.Settle(t)
		checkShortMessages(t, w.smsc, cases)
		checkOnline(t, w)
		checkWaits(t, w)
		checkNodeDown(t, w)
		w.node.stop() // with the gateway still there to hear that all sessions are over
		w.Stop(t)
		capture.Stop(t)
		for _, p := range having(wellFormed(t, capture), map[string]string{"gtp.message": gPDU}) {
			if p.Show("wsp.header.content_type") == "application/vnd.wap.sic" && len(p.All("wbxml")) > 0 {
				return
			}
		}
		t.Error("tshark shows no service indication in a tunnel")
	})
}

// checkShortMessages: a short message for each who was not woken, and for nobody else.
func checkShortMessages(t *testing.T, smsc *peers.SMSC, cases []wakeCase) {
	t.Helper()
	texts := map[string]string{}
	for _, s := range smsc.Submits() {
		b, err := hex.DecodeString(s.Text)
		if err != nil {
			t.Fatal(err)
		}
		texts[s.Destination] += string(b)
	}
	for i, c := range cases {
		if got, is := texts[numberOf(i)]; is != c.sms || is && !strings.Contains(got, "For who "+c.name) {
			t.Errorf("%s: a short message %v, want %v", c.name, is, c.sms)
		}
	}
}

// checkOnline: of the context that was activated the gateway hears by accounting. The next push takes it, and asks nobody.
func checkOnline(t *testing.T, w *wakingGateway) {
	t.Helper()
	imsi := imsiOfSubscriber(0)
	asked, notified := w.hlr.Asked(imsi), len(w.diary.Of(double.Notified, imsi))
	again := indication(w.Box, "online", w.notifications.URL, w.Address("+"+numberOf(0)), "you are here")
	accept(t, w.Client(), again)
	checkOutcome(t, w.notifications, again.ID, "delivered", "1000", overIP)
	if _, err := w.diary.Await(double.Delivered, imsi, 2, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if a, n := w.hlr.Asked(imsi), len(w.diary.Of(double.Notified, imsi)); a != asked || n != notified {
		t.Errorf("for a terminal that is online the register was asked %d times more, and it was notified %d times more", a-asked, n-notified)
	}
}

// checkWaits: a push that may wait, to a terminal that does not answer paging, arrives when the register tells that it is back.
func checkWaits(t *testing.T, w *wakingGateway) {
	t.Helper()
	const away = 3 // of the cases, the one that does not answer paging
	imsi := imsiOfSubscriber(away)
	link := initiator.Push{
		ID: "waits@pi.example", NotifyTo: w.notifications.URL, To: []string{w.Address("+" + numberOf(away))},
		Type: "text/vnd.wap.sl", Content: `<?xml version="1.0"?><!DOCTYPE sl PUBLIC "-//WAPFORUM//DTD SL 1.0//EN" "http://www.wapforum.org/DTD/sl.dtd"><sl href="http://www.example.com/"/>`,
	}
	before := len(w.diary.Of(double.Rejected, imsi))
	accept(t, w.Client(), link)
	if _, err := w.diary.Await(double.Rejected, imsi, before+1, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	process.Eventually(t, 10*time.Second, "the register hears of the failure", func() bool { return len(w.hlr.Reported(imsi)) > 0 })
	w.sgsn.Behave(imsi, double.Terminal{})
	if err := w.hlr.Present(imsi, netip.MustParseAddr(addressSGSN)); err != nil {
		t.Fatal(err)
	}
	checkOutcome(t, w.notifications, link.ID, "delivered", "1000", overIP)
	if _, err := w.diary.Await(double.Delivered, imsi, 1, 10*time.Second); err != nil {
		t.Error(err)
	}
}

// checkNodeDown: while the push GGSN is not there, pushes go out as short messages.
func checkNodeDown(t *testing.T, w *wakingGateway) {
	t.Helper()
	w.node.process.Kill()
	// A push that it is given before it is known to be dead may have been sent.
	process.Eventually(t, 20*time.Second, "the gateway knows that the push node is down", func() bool {
		return strings.Contains(w.Log(), "push node is down")
	})
	down := indication(w.Box, "down", w.notifications.URL, w.Address("+"+numberOf(1)), "nobody wakes you")
	accept(t, w.Client(), down)
	checkOutcome(t, w.notifications, down.ID, "delivered", "1000", bySMS)
	w.node.start()
}
