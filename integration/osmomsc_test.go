package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/mobile"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// longText makes a service indication of three segments.
const longText = siText + ". Today's sailing of the ferry at 17:15 is cancelled for high seas; the next one leaves at 19:45 from pier 2. " +
	"Tickets stay valid, seats are not kept, and the café on board is closed"

// memoryExceeded is the RP cause of a terminal that has no room (3GPP TS 24.011 §8.2.5.4).
const memoryExceeded = 22

// osmoCases are what can become of a push of three segments over a real MSC.
var osmoCases = []struct {
	name   string
	absent bool // not attached: the MSC does not know where he is
	next   []mobile.Reaction
	always mobile.Reaction

	state, code string // of the result notification
	text        string // in it
	receipts    []bool // per short message that came to the mobile: acknowledged
	atLeast     int    // instead of receipts: as many came, and all failed
	pagings     int    // at least
}{
	{
		name: "delivered", always: mobile.Reaction{Delay: 300 * time.Millisecond},
		state: "delivered", code: "1000", receipts: []bool{true, true, true}, pagings: 1,
	},
	{
		name: "one segment fails once", next: []mobile.Reaction{{}, {Cause: memoryExceeded}},
		state: "delivered", code: "1000", receipts: []bool{true, false, true, true}, pagings: 1,
	},
	{
		name: "no room all the time", always: mobile.Reaction{Cause: memoryExceeded},
		state: "undeliverable", atLeast: 4, pagings: 4,
	},
	{
		name: "back in the window", next: []mobile.Reaction{{Paging: mobile.Unreachable}},
		state: "delivered", code: "1000", receipts: []bool{true, true, true}, pagings: 2,
	},
	{
		name: "does not answer the paging", always: mobile.Reaction{Paging: mobile.Silent},
		state: "undeliverable", pagings: 1,
	},
	{
		name: "not in the VLR", absent: true,
		state: "undeliverable", code: "2003", text: "does not know",
	},
}

// A push of three segments over OsmoMSC in transaction mode: the answer to each segment is what the mobile said.
func TestOsmoMSC(t *testing.T) {
	t.Parallel()
	peers.Need(t, peers.OsmocomMSC, peers.OsmocomHLR, peers.CCompiler, peers.Dumpcap, peers.Tshark, peers.Libwbxml)
	msc := peers.StartOsmoMSC(t, loopback(20))
	checkOsmoMSC(t, msc, func(t *testing.T) *box.Box {
		return newPlainBox(t, fmt.Sprintf(osmoNumbers, fmt.Sprintf("window = \"13s\"\nlink = [{ address = %q, system_id = %q, password = %q }]",
			msc.SMPP, peers.OsmoSystemID, peers.OsmoPassword)))
	})
}

// The same where the gateway leaves the segments to "ppgbox smsc", which has the MSC for its delivery side.
func TestOsmoMSCBehindPushSMSC(t *testing.T) {
	t.Parallel()
	peers.Need(t, peers.OsmocomMSC, peers.OsmocomHLR, peers.CCompiler, peers.Dumpcap, peers.Tshark, peers.Libwbxml)
	msc := peers.StartOsmoMSC(t, loopback(21))
	smsc := newSMSC(t, fmt.Sprintf(osmoDelivery, msc.SMPP, peers.OsmoSystemID, peers.OsmoPassword))
	smsc.Start(t)
	checkOsmoMSC(t, msc, func(t *testing.T) *box.Box {
		return newPlainBox(t, fmt.Sprintf(osmoNumbers, delegateTo(smsc, "15s")))
	})
}

const osmoDelivery = `[[esme]]
system_id     = "ppgbox"
password_file = "esme.password"

[[delivery]]
address   = %q
system_id = %q
password  = %q

[transaction]
window = "13s"
`

// osmoNumbers takes the keys that say where the bearer submits. The windows leave time for one paging that fails, which OsmoMSC says
// after 10 s (timer Ts5, 3GPP TS 29.118 §10.1), and for a resend.
const osmoNumbers = `
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
within = "17s"
`

// checkOsmoMSC submits a push for every case at once to the gateway that start returns.
func checkOsmoMSC(t *testing.T, msc *peers.OsmoMSC, newGateway func(*testing.T) *box.Box) {
	mme := mobile.Connect(t, msc.SGs)
	mobiles := map[string]*mobile.Mobile{}
	number := func(i int) string { return fmt.Sprintf("4670212300%d", i) }
	for i, c := range osmoCases {
		imsi := fmt.Sprintf("00101000000010%d", i)
		msc.Subscribe(t, imsi, number(i))
		if !c.absent {
			mobiles[c.name] = mme.Attach(t, imsi)
			mobiles[c.name].Always(c.always)
			mobiles[c.name].Next(c.next...)
		}
	}
	notifications := initiator.Listen(t)
	gateway := newGateway(t)
	capture := wire.Start(t, "tcp port "+port(t, msc.SMPP)+" and host "+host(t, msc.SMPP))
	gateway.Start(t)
	for i := range osmoCases {
		accept(t, gateway.Client(), initiator.Push{
			ID: number(i) + "@pi.example", NotifyTo: notifications.URL, To: []string{gateway.Address("+" + number(i))},
			Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, longText),
		})
	}
	for i, c := range osmoCases {
		n := notifications.Await(t, number(i)+"@pi.example", 40*time.Second)
		if n.State != c.state || c.code != "" && n.Code != c.code || !strings.Contains(n.Desc, c.text) {
			t.Errorf("%s: result notification %+v, want %s, %s, %s", c.name, n, c.state, c.code, c.text)
		}
		if confirmed := n.QoS.DeliveryMethod == "confirmed"; confirmed != (c.state == "delivered") {
			t.Errorf("%s: %s with delivery-method %q", c.name, n.State, n.QoS.DeliveryMethod)
		}
	}
	capture.Stop(t) // the gateway is left to its end: its last submission is answered 10 s from here, by the paging timer
	smpp := "tcp.port==" + port(t, msc.SMPP) + ",smpp"
	submits := submitsByNumber(capture.Packets(t, "smpp", smpp))
	whole := pushesByNumber(capture.Packets(t, "wbxml", smpp))
	for i, c := range osmoCases {
		t.Run(c.name, func(t *testing.T) {
			if c.absent {
				if got := submits[number(i)]; len(got) != 1 || got[0].status != "0x0000000b" {
					t.Errorf("%+v, want one submission, answered with 0x0b", got)
				}
				return
			}
			receipts := mobiles[c.name].Receipts()
			checkReceipts(t, c.receipts, c.atLeast, receipts)
			if got := mobiles[c.name].Pagings(); got < c.pagings {
				t.Errorf("paged %d times, want %d at least", got, c.pagings)
			}
			checkAnswers(t, submits[number(i)], receipts)
			var tpdus [][]byte
			for _, r := range receipts {
				if r.Accepted {
					tpdus = append(tpdus, r.TPDU)
				}
			}
			if c.state != "delivered" {
				if len(tpdus) == 3 {
					t.Error("the mobile acknowledged the whole push")
				}
				return
			}
			pushes := wire.TPDUs(t, "wbxml", tpdus...)
			if len(pushes) != 1 {
				t.Fatalf("tshark put %d pushes together from what the mobile got, want 1", len(pushes))
			}
			if got := pushes[0].Show("gsm_sms.fragment.count"); got != "3" {
				t.Errorf("tshark put the push together from %s segments, want 3", got)
			}
			checkIndication(t, pushes[0], longText)
			if got := whole[number(i)]; len(got) != 1 {
				t.Errorf("tshark put %d pushes together from what the MSC got, want 1", len(got))
			} else {
				checkIndication(t, got[0], longText)
			}
		})
	}
}

func checkReceipts(t *testing.T, want []bool, atLeast int, got []mobile.Receipt) {
	t.Helper()
	var accepted []bool
	for _, r := range got {
		if r.Answered.IsZero() {
			t.Error("a short message was not answered")
		}
		accepted = append(accepted, r.Accepted)
	}
	if atLeast > 0 {
		if len(got) < atLeast || strings.Contains(fmt.Sprint(accepted), "true") {
			t.Errorf("the mobile got short messages and acknowledged %v, want at least %d and none acknowledged", accepted, atLeast)
		}
		return
	}
	if fmt.Sprint(accepted) != fmt.Sprint(want) {
		t.Errorf("the mobile got short messages and acknowledged %v, want %v", accepted, want)
	}
}

// checkAnswers holds the answers to the submissions against what the mobile did: none came before it had answered, and with the same
// verdict. What the mobile never got was answered late and as a failure, if at all.
func checkAnswers(t *testing.T, submits []submit, receipts []mobile.Receipt) {
	t.Helper()
	failed := len(submits) - len(receipts) // those that ended with a paging
	if failed < 0 {
		t.Fatalf("%d short messages came to the mobile from %d submissions", len(receipts), len(submits))
	}
	for i, s := range submits {
		if i < failed {
			if s.status == "0x00000000" {
				t.Errorf("submission %d did not reach the mobile and was answered with success", i+1)
			}
			continue
		}
		r := receipts[i-failed]
		want := "0x000000fe"
		if r.Accepted {
			want = "0x00000000"
		}
		if s.status != want {
			t.Errorf("submission %d was answered with %q, want %s as the mobile said", i+1, s.status, want)
		}
		if at := float64(r.Answered.UnixMicro()) / 1e6; s.answered < at {
			t.Errorf("submission %d was answered %.6f s before the mobile did", i+1, at-s.answered)
		}
	}
}
