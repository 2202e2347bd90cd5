package integration

import (
	"bytes"
	"net"
	"net/netip"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/peers/gb"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The chain of OsmoHLR and OsmoSGSN before the push GGSN, with a mobile of ours at the Gb interface: it attaches, activates, gets a push
// by SNDCP. OsmoSGSN takes no notification: a push to the mobile without a context finds it by OsmoHLR, and ends there.
func TestGGSNBehindOsmoSGSN(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Namespaces, peers.OsmocomHLR, peers.OsmocomSGSN, peers.Dumpcap, peers.Tshark}, func(t *testing.T) {
		far := peers.NewNamespace(t, "sgsn")
		peers.Cable(t, peers.End{In: peers.Own(), Interface: "gn0", Address: addressGGSN + "/24"}, peers.End{In: far, Interface: "gn0", Address: addressSGSN + "/24"})
		hlr := peers.StartOsmoHLR(t, addressGGSN)
		const imsi push.IMSI = "001010000000101"
		hlr.Subscribe(t, string(imsi), "46702123456", true)
		at := peers.StartOsmoSGSN(t, peers.SGSN{In: far, Address: addressSGSN, GGSN: addressGGSN, HLR: hlr})
		capture := wire.StartOn(t, "any", packets)
		n := startPushNode(t, pushGGSN{Unsolicited: "accept", More: `
[hlr]
backend = "osmohlr"
[hlr.osmohlr]
address = "` + hlr.Control + `"
`})
		n.push("unattached", imsi)
		if r := n.result("unattached"); r.Sent || r.Cause != node.NotAttached {
			t.Errorf("before the mobile attached: %+v, want %s", r, node.NotAttached)
		}

		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.MustParseAddrPort(addressGGSN+":23001")))
		if err != nil {
			t.Fatal(err)
		}
		mobile, err := gb.Start(conn, gb.Config{SGSN: at, IMSI: string(imsi), APN: pushAPN})
		if err != nil {
			t.Fatal(err)
		}
		defer mobile.Close()
		awaitMobile(t, mobile, gb.Attached)
		n.push("inactive", imsi)
		if r := n.result("inactive"); r.Sent || r.Cause != node.SGSNSilent {
			t.Errorf("of an SGSN that takes no notifications: %+v, want %s", r, node.SGSNSilent)
		}
		mobile.Activate()
		address := awaitMobile(t, mobile, gb.Activated).Address
		if shown := n.contexts(); len(shown) != 1 || shown[0].IMSI != imsi || shown[0].Address != address.String() || shown[0].SGSN != addressSGSN {
			t.Errorf("the contexts are %+v, want one of %s with %v", shown, imsi, address)
		}
		n.pushOf("active", imsi, siPush)
		if r := n.result("active"); !r.Sent {
			t.Errorf("to the active mobile: %+v", r)
		}
		d, err := double.ParseUDP(awaitMobile(t, mobile, gb.Received).Packet)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(d.Payload, siPush) || d.To != netip.AddrPortFrom(address, 2948) {
			t.Errorf("the mobile got %x for %v, want %x", d.Payload, d.To, siPush)
		}
		mobile.Deactivate()
		awaitMobile(t, mobile, gb.Deactivated)
		process.Eventually(t, 10*time.Second, "the context is gone", func() bool { return len(n.contexts()) == 0 })
		n.stop()
		capture.Stop(t)
		all := wellFormed(t, capture, "udp.port==23000,gprs-ns")
		for name, fields := range map[string]map[string]string{
			"an Attach":                   {"gsm_a.dtap.msg_gmm_type": "0x01"},
			"an Activate PDP Context":     {"gsm_a.dtap.msg_sm_type": "0x41"},
			"a Create with where it is":   {"gtp.message": createRequest, "e212.imsi": string(imsi), "gtp.apn": pushAPN},
			"a push behind Gb":            {"sndcp.nsapib": "5", "wsp.header.content_type": "application/vnd.wap.sic"},
			"a push in the tunnel":        {"gtp.message": gPDU, "wsp.header.content_type": "application/vnd.wap.sic"},
			"a notification to the SGSN":  {"gtp.message": notificationRequest, "ip.dst": addressSGSN},
			"a Delete with an acceptance": {"gtp.message": deleteResponse, "gtp.cause": "128"},
		} {
			if len(having(all, fields)) == 0 {
				t.Errorf("tshark saw nowhere %s: %v", name, fields)
			}
		}
	})
}

// awaitMobile waits for an event of the mobile.
func awaitMobile(t *testing.T, m *gb.Mobile, kind gb.Kind) gb.Event {
	t.Helper()
	late := time.After(15 * time.Second)
	for {
		select {
		case e := <-m.Events():
			if e.Kind == kind {
				return e
			}
			t.Fatalf("the mobile saw %+v, and was to see that it is %s", e, kind)
		case <-late:
			t.Fatalf("the mobile is not %s", kind)
		}
	}
}
