package integration

import (
	"bytes"
	"net/netip"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var doubleParts = []peers.Part{peers.Namespaces, peers.Dumpcap, peers.Tshark}

// A push to a terminal without a context makes the network activate one, in each of the ways that the configuration has, and comes out
// of its tunnel. tshark is the judge of what the notification offered and of what was activated.
func TestGGSNVariants(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		onLoopback(t, addressGGSN, addressSGSN, addressHLR)
		capture := wire.Start(t, "udp")
		diary := double.NewDiary()
		other := netip.MustParseAddr("10.46.7.7")
		sgsn := startSGSN(t, double.Config{Observe: diary.Note}, addressSGSN)
		startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		variants := []struct {
			name, variant    string
			good, bad, twice push.IMSI
			static           string // the address of the good one, "" for one of the pool
			offered          bool   // an address is in the notification
			indication       string // the value of the private extension, "" for none
		}{
			{name: "static", variant: "dynamic", good: "240010000000001", bad: "240010000000002", twice: "240010000000003", static: "10.47.0.1", offered: true},
			{name: "blank", variant: "dynamic", good: "240010000000011", bad: "240010000000012", twice: "240010000000013"},
			{name: "allocated before", variant: "preallocated", good: "240010000000021", bad: "240010000000022", twice: "240010000000023", offered: true, indication: "03:00"},
			{name: "blank, by the network", variant: "network", good: "240010000000031", bad: "240010000000032", twice: "240010000000033", indication: "04:00"},
		}
		for _, v := range variants {
			more := asksByGTP
			if v.static != "" {
				more += `
[[static]]
imsi = "` + string(v.good) + `"
address = "` + v.static + `"
[[static]]
imsi = "` + string(v.bad) + `"
address = "10.47.0.2"
[[static]]
imsi = "` + string(v.twice) + `"
address = "10.47.0.3"
`
			}
			n := startPushNode(t, pushGGSN{Variant: v.variant, More: more})
			sgsn.Behave(v.bad, double.Terminal{Wants: double.WantsOther, Wanted: other})
			n.push("good", v.good)
			n.push("bad", v.bad)
			n.push("first", v.twice) // two pushes and one activation
			n.push("second", v.twice)
			for _, id := range []string{"good", "first", "second"} {
				if r := n.result(id); !r.Sent {
					t.Errorf("%s, %s: %+v, want it sent", v.name, id, r)
				}
			}
			if r := n.result("bad"); r.Sent || r.Cause != node.AddressRefused {
				t.Errorf("%s: after a Create with another address: %+v, want %s", v.name, r, node.AddressRefused)
			}
			for imsi, count := range map[push.IMSI]int{v.good: 1, v.twice: 2} {
				e, err := diary.Await(double.Delivered, imsi, count, 10*time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(e.Datagram.Payload, wspPush) || e.Datagram.From.String() != "10.46.0.1:9200" {
					t.Errorf("%s: the terminal %s got %+v", v.name, imsi, e.Datagram)
				}
				if got := len(diary.Of(double.Notified, imsi)); got != 1 {
					t.Errorf("%s: the terminal %s was notified %d times", v.name, imsi, got)
				}
			}
			if v.static != "" {
				if got := diary.Of(double.Activated, v.good)[0].Address.String(); got != v.static {
					t.Errorf("%s: activated with %s", v.name, got)
				}
			}
			if got := len(n.contexts()); got != 2 {
				t.Errorf("%s: %d contexts, want 2", v.name, got)
			}
			n.stop()
		}
		capture.Stop(t)
		all := wellFormed(t, capture)
		for _, v := range variants {
			checkVariant(t, all, v.name, v.good, v.offered, v.indication)
		}
	})
}

// checkVariant holds what tshark shows of an activation against the variant: what the notification offers, and that the Create asks for
// the same.
func checkVariant(t *testing.T, all []wire.Packet, name string, imsi push.IMSI, offered bool, indication string) {
	t.Helper()
	notifications := having(all, map[string]string{"gtp.message": notificationRequest, "e212.imsi": string(imsi)})
	creates := having(all, map[string]string{"gtp.message": createRequest, "e212.imsi": string(imsi)})
	if len(notifications) != 1 || len(creates) != 1 {
		t.Fatalf("%s: tshark saw %d notifications and %d Creates of %s, want one of each", name, len(notifications), len(creates), imsi)
	}
	notification, create := notifications[0], creates[0]
	address := notification.Show("gtp.user_ipv4")
	if (address != "") != offered {
		t.Errorf("%s: the notification has the End User Address %q", name, address)
	}
	if got := create.Show("gtp.user_ipv4"); got != address {
		t.Errorf("%s: the notification has %q, the Create %q", name, address, got)
	}
	if got := notification.Show("gtp.ext_val"); got != indication {
		t.Errorf("%s: the notification has the private extension %q, want %q", name, got, indication)
	}
	if indication != "" && notification.Show("gtp.ext_id") != "32473" {
		t.Errorf("%s: the private extension is one of %s", name, notification.Show("gtp.ext_id"))
	}
	if got := notification.Show("gtp.apn"); got != pushAPN || create.Show("gtp.apn") != pushAPN {
		t.Errorf("%s: the notification is for %q, the Create for %q", name, got, create.Show("gtp.apn"))
	}
	if got := notification.Show("gtp.gsn_ipv4"); got != addressGGSN {
		t.Errorf("%s: the notification comes from the GGSN %q", name, got)
	}
}

// startHLR starts a register at addressHLR, in an isolated test. everybody is how it answers for those that it was not told of.
func startHLR(t *testing.T, everybody *double.Subscriber) *double.HLR {
	t.Helper()
	h, err := double.StartHLR(double.HLRConfig{
		Address: netip.AddrPortFrom(netip.MustParseAddr(addressHLR), double.PortControl), Everybody: everybody, T3Response: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// Further message types of GTP as tshark shows them.
const (
	notificationRequest  = "0x1b"
	notificationResponse = "0x1c"
	notificationReject   = "0x1d"
	rejectResponse       = "0x1e"
	failureReport        = "0x22"
	notePresent          = "0x24"
)
