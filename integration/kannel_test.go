package integration

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// adopting is a push SMSC for a Kannel; the first value is the address of the delivery side.
const adopting = `[[esme]]
system_id     = "kannel"
password_file = "esme.password"
adopt         = true

[[delivery]]
address   = %q
system_id = "ppgbox"

[transaction]
window = "5s"
`

const (
	kannelPushes    = 50
	kannelTerminals = 25
)

// kannelText makes a service indication of three segments as Kannel encodes it.
func kannelText(push int) string {
	return fmt.Sprintf("Push %02d: today's sailing of the ferry at 17:15 is cancelled for high seas; the next one leaves at 19:45 from pier 2. "+
		"Tickets stay valid, seats are not kept, and the restaurant on board is closed.", push)
}

// An unchanged Kannel, whose segments are adopted: fifty pushes of three segments to half as many terminals, each of which takes its
// time. The SMSC holds the answers until a push is through, and Kannel, which leaves ten submissions unanswered and waits 60 s for an
// answer, sees nothing but success. Over two links Kannel deals the segments out in turns, so that those of several pushes mix.
func TestKannelIsAdopted(t *testing.T) {
	t.Parallel()
	for name, links := range map[string]int{"one link": 1, "two links": 2} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			peers.Need(t, peers.Bearerbox, peers.Dumpcap, peers.Tshark)
			network := peers.StartNodeSMSC(t)
			network.Always(t, peers.Answer{Delay: 100})
			smsc := newSMSC(t, fmt.Sprintf(adopting, network.Address))
			smsc.Start(t)
			// Two captures: tshark tells the segments of both sides apart by nothing but their references, which are the same.
			behind, before := wire.Start(t, "tcp port "+port(t, network.Address)), wire.Start(t, "tcp port "+port(t, smsc.Address))
			kannel := peers.StartKannel(t, smsc.Address, box.ESMEPassword, links)
			submitToKannel(t, kannel, kannelPushes)
			process.Eventually(t, time.Minute, "all segments are at the network", func() bool { return len(network.Submits()) >= 3*kannelPushes })
			awaitIdle(t, smsc)
			behind.Stop(t)
			before.Stop(t)

			network.Settle(t)
			submits := network.Submits()
			if len(submits) != 3*kannelPushes {
				t.Errorf("the network got %d segments, want %d", len(submits), 3*kannelPushes)
			}
			checkBackToBack(t, submits)
			for i := range kannelTerminals {
				in := inboxOf(t, submits, kannelNumber(i))
				if len(in.whole) != kannelPushes/kannelTerminals || in.incomplete > 0 {
					t.Errorf("terminal %d has %d messages and %d incomplete, want %d whole", i, len(in.whole), in.incomplete, kannelPushes/kannelTerminals)
				}
			}
			checkKannelTexts(t, pushesByNumber(behind.Packets(t, "wbxml", "tcp.port=="+port(t, network.Address)+",smpp")))
			answered, mixed := kannelSide(before.Packets(t, "smpp", "tcp.port=="+port(t, smsc.Address)+",smpp"))
			if len(answered) != 1 || answered["0x00000000"] != 3*kannelPushes {
				t.Errorf("Kannel's submissions were answered %v, want %d with success", answered, 3*kannelPushes)
			}
			if links > 1 && mixed == 0 {
				t.Error("Kannel did not mix the segments of its pushes: this test shows nothing")
			}
			t.Logf("%d of %d segments came between those of another push", mixed, 3*kannelPushes)
			checkKannelCalm(t, kannel, smsc, links)
		})
	}
}

func kannelNumber(terminal int) string { return fmt.Sprintf("4670200%04d", terminal) }

// submitToKannel submits pushes side by side, for the terminals in turn.
func submitToKannel(t *testing.T, kannel *peers.Kannel, pushes int) {
	t.Helper()
	client := initiator.NewClient(kannel.PPG, "", "")
	var submitting sync.WaitGroup
	for i := range pushes {
		submitting.Go(func() {
			answer, err := client.Submit(initiator.Push{
				ID: fmt.Sprintf("kannel-%d@pi.example", i), To: []string{"WAPPUSH=+" + kannelNumber(i%kannelTerminals) + "/TYPE=PLMN@ppg.example.net"},
				Type: "text/vnd.wap.si", Content: initiator.SI(siHref, siID, siAction, kannelText(i)),
			})
			if err != nil || answer.Code() != "1001" {
				t.Errorf("Kannel to push %d: %v, HTTP %d:\n%s", i, err, answer.HTTP, answer.Body)
			}
		})
	}
	submitting.Wait()
}

// awaitIdle returns when the SMSC has nothing that is not answered.
func awaitIdle(t *testing.T, smsc *box.SMSC) {
	t.Helper()
	process.Eventually(t, time.Minute, "the SMSC has answered all", func() bool {
		standing, ok := smsc.Standing()
		return ok && standing.Suspended == 0 && standing.Held == 0
	})
}

// checkKannelTexts holds what tshark has put together against what was submitted.
func checkKannelTexts(t *testing.T, whole map[string][]wire.Packet) {
	t.Helper()
	for terminal := range kannelTerminals {
		texts := map[string]bool{}
		for _, p := range whole[kannelNumber(terminal)] {
			document, err := p.Document()
			if err != nil {
				t.Fatal(err)
			}
			texts[document.Elements[len(document.Elements)-1].Text] = true
		}
		for push := terminal; push < kannelPushes; push += kannelTerminals {
			if !texts[kannelText(push)] {
				t.Errorf("tshark did not put push %d together for terminal %d: %v", push, terminal, texts)
			}
		}
	}
}

// kannelSide returns what the submissions of a Kannel were answered with, and how many of them came between the segments of
// another message.
func kannelSide(packets []wire.Packet) (answered map[string]int, mixed int) {
	answered = map[string]int{}
	last := ""
	for _, packet := range packets {
		for _, pdu := range packet.Split("smpp") {
			switch pdu.Show("smpp.command_id") {
			case "0x00000004":
				message := pdu.Show("smpp.destination_addr") + " " + pdu.Show("gsm_sms.udh.mm.msg_id")
				if message != last && pdu.Show("gsm_sms.udh.mm.msg_part") != "1" {
					mixed++
				}
				last = message
			case "0x80000004":
				answered[pdu.Show("smpp.command_status")]++
			}
		}
	}
	return answered, mixed
}

// trouble is what a Kannel writes when something is wrong with its link, beyond the refusal of a message.
var trouble = regexp.MustCompile(`.*(garbage|unpacking failed|wrong sequence number|Not ACKED|Couldn't|e-connecting|Unhandled|ignored\.|PANIC).*`)

// checkKannelCalm fails if Kannel saw a time-out or had to connect again.
func checkKannelCalm(t *testing.T, kannel *peers.Kannel, smsc *box.SMSC, links int) {
	t.Helper()
	if found := trouble.FindAllString(kannel.Log(t), -1); len(found) > 0 {
		t.Errorf("Kannel is not content:\n%s", strings.Join(found, "\n"))
	}
	if standing, ok := smsc.Standing(); !ok || standing.Binds != links {
		t.Errorf("the SMSC has %d binds, want %d", standing.Binds, links)
	}
	if got := strings.Count(smsc.Log(), "unbound"); got > 0 {
		t.Errorf("%d binds of Kannel have ended", got)
	}
}

// What an unchanged Kannel sees when a terminal fails: every segment of the push is answered with the common result, at once where
// the network says that it is final, at the end of the window where it does not. Kannel drops the push, its link stays, and the
// pushes to others go on.
func TestKannelSeesFailures(t *testing.T) {
	t.Parallel()
	peers.Need(t, peers.Bearerbox, peers.Dumpcap, peers.Tshark)
	const unknown, full, well = 0, 1, 2
	network := peers.StartNodeSMSC(t)
	network.AlwaysTo(t, kannelNumber(unknown), peers.Answer{Status: 0x0b})
	network.NextTo(t, kannelNumber(full), peers.Answer{}) // one segment gets through
	network.AlwaysTo(t, kannelNumber(full), peers.Answer{Status: 0xfe, Reason: new(3), Network: "030022"})
	smsc := newSMSC(t, fmt.Sprintf(adopting, network.Address))
	smsc.Start(t)
	capture := wire.Start(t, "tcp port "+port(t, smsc.Address))
	kannel := peers.StartKannel(t, smsc.Address, box.ESMEPassword, 1)
	submitToKannel(t, kannel, 3)
	process.Eventually(t, 30*time.Second, "the pushes are at the network", func() bool {
		got := map[string]bool{}
		for _, s := range network.Submits() {
			got[s.Destination] = true
		}
		return len(got) == 3
	})
	awaitIdle(t, smsc)
	process.Eventually(t, 10*time.Second, "Kannel has written of two refused pushes", func() bool {
		return strings.Count(kannel.Log(t), "SMSC returned error code") >= 6
	})
	capture.Stop(t)
	submits := submitsByNumber(capture.Packets(t, "smpp", "tcp.port=="+port(t, smsc.Address)+",smpp"))
	for terminal, want := range map[int]string{unknown: "0x0000000b", full: "0x000000fe", well: "0x00000000"} {
		got := submits[kannelNumber(terminal)]
		if len(got) != 3 {
			t.Errorf("Kannel submitted %d segments for terminal %d, want 3", len(got), terminal)
		}
		for i, s := range got {
			if s.status != want {
				t.Errorf("segment %d for terminal %d was answered with %s, want %s", i+1, terminal, s.status, want)
			}
		}
	}
	network.Settle(t)
	if got := len(inboxOf(t, network.Submits(), kannelNumber(well)).whole); got != 1 {
		t.Errorf("the terminal that is well has %d messages, want 1", got)
	}
	checkKannelCalm(t, kannel, smsc, 1)
}
