package integration

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// An activationCase is a terminal, what the network does with it, and what becomes of a push to it.
type activationCase struct {
	name       string
	terminal   double.Terminal
	subscriber *double.Subscriber // nil is attached
	sent       bool
	cause      node.Cause // "" is any
	gtp        gtp.Cause
	notified   int
	reported   bool // the register is told that it was not reached
}

// activationCases are those of one SGSN: what is answered by the SGSN, by the terminal, by the register, and by nobody.
func activationCases() []activationCase {
	at := netip.MustParseAddr(addressSGSN)
	cases := []activationCase{
		{name: "activates", sent: true, notified: 1},
		{name: "activates late", terminal: double.Terminal{After: 700 * time.Millisecond}, sent: true, notified: 1},
		{name: "activates too late", terminal: double.Terminal{After: 3 * time.Second}, cause: node.ActivationTimeout, notified: 1},
		{name: "does nothing", terminal: double.Terminal{Does: double.DoesNothing}, cause: node.ActivationTimeout, notified: 1},
		{name: "no resources at first", terminal: double.Terminal{Refuse: gtp.CauseNoResources, Times: 1}, sent: true, notified: 2},
		{name: "a collision at first", terminal: double.Terminal{Does: double.Rejects, Reject: gtp.CauseCollisionWithNetworkInit, Times: 1}, sent: true, notified: 2},
		{name: "the SGSN is silent", terminal: double.Terminal{Unanswered: true}, cause: node.SGSNSilent, notified: 1},
		{name: "the SGSN says detached", terminal: double.Terminal{Refuse: gtp.CauseMSDetached}, cause: node.NotAttached, gtp: 195, notified: 1, reported: true},
		{name: "rejects", terminal: double.Terminal{Does: double.Rejects}, cause: node.RejectedByTerminal, gtp: 197, notified: 1},
		{name: "rejects late", terminal: double.Terminal{Does: double.Rejects, After: 500 * time.Millisecond}, cause: node.RejectedByTerminal, gtp: 197, notified: 1},
		{name: "no answer to paging", terminal: double.Terminal{Does: double.Rejects, Reject: gtp.CauseMSNotResponding}, cause: node.NoPagingResponse, gtp: 196, notified: 1, reported: true},
		{name: "unknown to the register", subscriber: &double.Subscriber{Cause: gtp.CauseIMSINotKnown, MAPCause: 1}, cause: node.UnknownIMSI},
		{name: "nowhere", subscriber: &double.Subscriber{}, cause: node.NotAttached},
		{name: "the register is silent", subscriber: &double.Subscriber{Unanswered: true}, cause: node.HLRFailed},
		{name: "the register fails", subscriber: &double.Subscriber{Cause: gtp.CauseSystemFailure, MAPCause: 34}, cause: node.HLRFailed},
		{name: "at an SGSN that is none of ours", subscriber: &double.Subscriber{SGSN: netip.MustParseAddr("192.0.2.1")}, cause: node.RoamingRestriction},
	}
	// Of the reasons of a register, two do not end an activation (3GPP TS 23.060 §9.2.2.2).
	for reason := gtp.MSNotReachableReason(0); reason <= 13; reason++ {
		paging := reason == gtp.NoPagingResponseMSC || reason == gtp.NoPagingResponseSGSN
		c := activationCase{name: fmt.Sprintf("reason %d: %v", reason, reason), subscriber: &double.Subscriber{SGSN: at, Reason: &reason}}
		if paging {
			c.sent, c.notified = true, 1
		}
		cases = append(cases, c)
	}
	// Every cause, in the response to the notification and in the reject behind it.
	own := map[gtp.Cause]node.Cause{
		194: node.UnknownIMSI, 195: node.NotAttached, 196: node.NoPagingResponse, 197: node.RejectedByTerminal, 205: node.RoamingRestriction,
		222: node.NotSubscribed, 220: node.AddressRefused,
	}
	for cause := gtp.CauseNonExistent; cause <= 233; cause++ {
		refused := activationCase{name: fmt.Sprintf("refused with %d: %v", cause, cause), terminal: double.Terminal{Refuse: cause}, cause: own[cause], gtp: cause}
		rejected := activationCase{name: fmt.Sprintf("rejected with %d: %v", cause, cause), terminal: double.Terminal{Does: double.Rejects, Reject: cause}, cause: own[cause], gtp: cause}
		cases = append(cases, refused, rejected)
	}
	return cases
}

// Whatever the network does with a notification, the push has a result that says so, and nothing is sent that should not be.
func TestGGSNOutcomes(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		onLoopback(t, addressGGSN, addressSGSN, addressHLR)
		capture := wire.Start(t, "udp")
		diary := double.NewDiary()
		sgsn := startSGSN(t, double.Config{Observe: diary.Note}, addressSGSN)
		hlr := startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		n := startPushNode(t, pushGGSN{More: asksByGTP})
		cases := activationCases()
		imsi := func(i int) push.IMSI { return push.IMSI(fmt.Sprintf("240010000%06d", i)) }
		for i, c := range cases {
			sgsn.Behave(imsi(i), c.terminal)
			if c.subscriber != nil {
				hlr.Subscribe(imsi(i), *c.subscriber)
			}
			n.push(c.name, imsi(i))
		}
		contexts := 0
		for i, c := range cases {
			r := n.result(c.name)
			if r.Sent != c.sent || c.cause != "" && r.Cause != c.cause || r.GTPCause != uint8(c.gtp) || !r.Sent && r.Cause == "" {
				t.Errorf("%s: %+v, want sent %v, %q with cause %d", c.name, r, c.sent, c.cause, c.gtp)
			}
			notified := len(diary.Of(double.Notified, imsi(i)))
			if c.notified > 0 && notified != c.notified || c.subscriber != nil && !c.sent && notified != 0 {
				t.Errorf("%s: %d notifications, want %d", c.name, notified, c.notified)
			}
			if c.sent {
				contexts++
				if _, err := diary.Await(double.Delivered, imsi(i), 1, 5*time.Second); err != nil {
					t.Errorf("%s: %v", c.name, err)
				}
			} else if got := diary.Of(double.Delivered, imsi(i)); len(got) != 0 {
				t.Errorf("%s: the terminal got %v", c.name, got)
			}
			if reported := len(hlr.Reported(imsi(i))) > 0; c.reported && !reported {
				t.Errorf("%s: the register was told nothing", c.name)
			}
		}
		process.Eventually(t, 10*time.Second, "the Create that was too late is refused", func() bool { return len(diary.Of(double.Refused, imsi(2))) == 1 })
		if got := len(n.contexts()); got != contexts {
			t.Errorf("%d contexts, want %d", got, contexts)
		}
		checkPresentLater(t, n, sgsn, hlr, diary)
		checkBoundedQueue(t, n, sgsn, diary)
		n.stop()
		capture.Stop(t)
		all := wellFormed(t, capture)
		for name, fields := range map[string]map[string]string{
			"a refusal":                  {"gtp.message": notificationResponse, "gtp.cause": "195"},
			"a reject":                   {"gtp.message": notificationReject, "gtp.cause": "197", "gtp.apn": pushAPN},
			"its response":               {"gtp.message": rejectResponse, "gtp.cause": "128"},
			"a Failure Report":           {"gtp.message": failureReport, "e212.imsi": string(imsi(7))},
			"the return of the terminal": {"gtp.message": notePresent, "gtp.gsn_ipv4": addressSGSN},
		} {
			if len(having(all, fields)) == 0 {
				t.Errorf("tshark saw nowhere %s: %v", name, fields)
			}
		}
	})
}

// checkPresentLater: a terminal that did not answer paging is back, and the register tells the node, which tells the gateway; the next
// push arrives.
func checkPresentLater(t *testing.T, n *pushNode, sgsn *double.SGSN, hlr *double.HLR, diary *double.Diary) {
	t.Helper()
	const imsi push.IMSI = "240019000000001"
	sgsn.Behave(imsi, double.Terminal{Refuse: gtp.CauseMSNotResponding})
	n.push("away", imsi)
	if r := n.result("away"); r.Cause != node.NoPagingResponse {
		t.Errorf("to a terminal that does not answer: %+v", r)
	}
	process.Eventually(t, 10*time.Second, "the register hears of the failure", func() bool { return len(hlr.Reported(imsi)) == 1 })
	sgsn.Behave(imsi, double.Terminal{})
	if err := hlr.Present(imsi, netip.MustParseAddr(addressSGSN)); err != nil {
		t.Fatal(err)
	}
	n.awaitEvent(node.TerminalPresent, imsi)
	n.push("back", imsi)
	if r := n.result("back"); !r.Sent {
		t.Errorf("to a terminal that is back: %+v", r)
	}
	if _, err := diary.Await(double.Delivered, imsi, 1, 5*time.Second); err != nil {
		t.Error(err)
	}
}

// checkBoundedQueue: as many pushes as may wait for one terminal arrive when it is there; more are
// refused at once. The node's default is 32.
func checkBoundedQueue(t *testing.T, n *pushNode, sgsn *double.SGSN, diary *double.Diary) {
	t.Helper()
	const imsi, room, pushes = push.IMSI("240019000000002"), 32, 40
	sgsn.Behave(imsi, double.Terminal{After: 500 * time.Millisecond})
	for i := range pushes {
		n.push(fmt.Sprintf("queue%d", i), imsi)
	}
	sent, full := 0, 0
	for i := range pushes {
		switch r := n.result(fmt.Sprintf("queue%d", i)); {
		case r.Sent:
			sent++
		case r.Cause == node.QueueFull:
			full++
		default:
			t.Errorf("one of %d pushes to a terminal: %+v", pushes, r)
		}
	}
	if sent != room || full != pushes-room {
		t.Errorf("of %d pushes to one terminal %d were sent and %d refused, want %d sent", pushes, sent, full, room)
	}
	if _, err := diary.Await(double.Delivered, imsi, room, 5*time.Second); err != nil {
		t.Error(err)
	}
	if got := len(diary.Of(double.Notified, imsi)); got != 1 {
		t.Errorf("%d notifications for %d pushes", got, pushes)
	}
}

// A network that loses datagrams, an SGSN that restarts, and a node that does: no push is lost by it, and none arrives twice.
func TestGGSNFaults(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		const lossy, restarting = "10.23.0.4", "10.23.0.5"
		onLoopback(t, addressGGSN, lossy, restarting, addressHLR)
		diary := double.NewDiary()
		startSGSN(t, double.Config{
			Observe: diary.Note, ControlLink: double.Link{LoseSent: 6, LoseReceived: 6}, T3Response: 200 * time.Millisecond, N3Requests: 10,
		}, lossy)
		sgsn := startSGSN(t, double.Config{Observe: diary.Note, T3Response: 200 * time.Millisecond}, restarting)
		hlr := startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(lossy)})
		n := startPushNode(t, pushGGSN{More: asksByGTP, Patient: true})

		const terminals = 20
		imsi := func(i int) push.IMSI { return push.IMSI(fmt.Sprintf("240010000%06d", i)) }
		for i := range terminals {
			n.push(string(imsi(i)), imsi(i))
		}
		for i := range terminals {
			if r := n.result(string(imsi(i))); !r.Sent {
				t.Errorf("over a lossy link: %+v", r)
			}
			if _, err := diary.Await(double.Delivered, imsi(i), 1, 5*time.Second); err != nil {
				t.Error(err)
			}
			if d, a := len(diary.Of(double.Delivered, imsi(i))), len(diary.Of(double.Activated, imsi(i))); d != 1 || a != 1 {
				t.Errorf("over a lossy link: %d pushes, %d contexts", d, a)
			}
		}

		// The SGSN restarts while one terminal has a context and another one is being asked.
		const before, during, after push.IMSI = "240012000000001", "240012000000002", "240012000000003"
		for _, imsi := range []push.IMSI{before, during, after} {
			hlr.Subscribe(imsi, double.Subscriber{SGSN: netip.MustParseAddr(restarting)})
		}
		sgsn.Behave(during, double.Terminal{Does: double.DoesNothing, Times: 1})
		n.push("before", before)
		if r := n.result("before"); !r.Sent {
			t.Fatalf("before the restart: %+v", r)
		}
		n.push("during", during)
		if _, err := diary.Await(double.Notified, during, 1, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		if err := sgsn.Restart(); err != nil {
			t.Fatal(err)
		}
		n.push("after", after)
		for _, id := range []string{"after", "during"} {
			if r := n.result(id); !r.Sent {
				t.Errorf("%s the restart of the SGSN: %+v", id, r)
			}
		}
		n.push("again", before)
		if r := n.result("again"); !r.Sent || len(diary.Of(double.Notified, before)) != 2 {
			t.Errorf("to a terminal whose context is gone with the SGSN: %+v after %d notifications, want it sent after 2", r, len(diary.Of(double.Notified, before)))
		}

		checkNodeRestart(t, n, sgsn, diary, after)
	})
}

// checkNodeRestart kills the node. It forgets its contexts, says so to who still uses one, and activates a new one for the next push.
func checkNodeRestart(t *testing.T, n *pushNode, sgsn *double.SGSN, diary *double.Diary, imsi push.IMSI) {
	t.Helper()
	sgsn.Behave(imsi, double.Terminal{Does: double.DoesNothing})
	sgsn.Behave("240012000000004", double.Terminal{Does: double.DoesNothing})
	n.push("waiting", "240012000000004")
	if _, err := diary.Await(double.Notified, "240012000000004", 1, 5*time.Second); err != nil {
		t.Fatal(err)
	}
	n.process.Kill()
	if r := n.result("waiting"); r.Cause != node.NodeLost {
		t.Errorf("a push that waits in a node that is killed: %+v, want %s", r, node.NodeLost)
	}
	n.start()
	if err := sgsn.Send(imsi, 5000, netip.MustParseAddrPort("10.46.0.1:5000"), []byte("hello")); err != nil {
		t.Fatal(err)
	}
	if _, err := diary.Await(double.Released, imsi, 1, 5*time.Second); err != nil {
		t.Errorf("who uses a context that the node has lost: %v", err)
	}
	process.Eventually(t, 10*time.Second, "the gateway is connected again", func() bool { return n.client.Link().Up })
	sgsn.Behave(imsi, double.Terminal{})
	n.push("renewed", imsi)
	if r := n.result("renewed"); !r.Sent {
		t.Errorf("after the restart of the node: %+v", r)
	}
}

// A packet of anybody to a static address without a context wakes the terminal, too, and so does not one to an address of nobody.
func TestGGSNDownlinkPacket(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		onLoopback(t, addressGGSN, addressSGSN, addressHLR)
		diary := double.NewDiary()
		startSGSN(t, double.Config{Observe: diary.Note}, addressSGSN)
		startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		const imsi push.IMSI = "240010000000001"
		n := startPushNode(t, pushGGSN{More: asksByGTP + `
[tun]
name    = "push0"
address = "10.46.0.1/15"
[[static]]
imsi    = "` + string(imsi) + `"
address = "10.47.0.7"
`})
		outside, err := net.ListenPacket("udp4", "10.46.0.1:5000")
		if err != nil {
			t.Fatal(err)
		}
		defer outside.Close()
		for _, to := range []string{"10.47.0.8:2948", "10.47.0.7:2948", "10.47.0.7:2948"} {
			if _, err := outside.WriteTo(wspPush, net.UDPAddrFromAddrPort(netip.MustParseAddrPort(to))); err != nil {
				t.Fatal(err)
			}
		}
		for i := 1; i <= 2; i++ {
			e, err := diary.Await(double.Delivered, imsi, i, 10*time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if e.Datagram.From.String() != "10.46.0.1:5000" || e.Address.String() != "10.47.0.7" {
				t.Errorf("the terminal got %+v", e)
			}
		}
		if log := diary.String(); strings.Count(log, string(double.Notified)) != 1 {
			t.Errorf("one terminal was to be notified, and once:\n%s", log)
		}
		n.stop()
	})
}
