package integration

import (
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// overlapping is a gateway beside two GGSNs that hand out the same addresses, at different access points. Its pushes leave by the
// interface of the one or of the other.
const overlapping = `
[radius]
[[radius.client]]
source      = "127.0.0.0/8"
secret_file = "radius.secret"

[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [
  { cidr = %[1]q, apn = "internet", node = "north" },
  { cidr = %[1]q, apn = "mms", node = "south" },
]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "500ms"
node = [
  { name = "north", source = "10.23.0.2", interface = "north0" },
  { name = "south", source = "10.24.0.2", interface = "south0" },
]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "10s"
link   = [{ address = %[2]q, system_id = "ppgbox" }]

[[policy]]
name  = "addresses"
match = { address_type = "IPv4" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "5s"

[[policy]]
name  = "online, or else by SMS"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "10s"
[[policy.attempt]]
bearer = "sms"
within = "20s"
`

// A site is a GGSN in a namespace of its own, one hop from the gateway, with a mobile that is online there.
type site struct {
	name   string
	ggsn   *peers.OsmoGGSN
	mobile *peers.Online
	told   peers.Accounting
}

// newSite makes the n-th site. The SGSN is beside the gateway, so that a capture there sees what is in the tunnel, too.
func newSite(t *testing.T, n int, name, apn, msisdn string) *site {
	t.Helper()
	s := &site{name: name}
	in := peers.NewNamespace(t, name)
	in.Forward(t)
	ours, its := fmt.Sprintf("10.%d.0.2", 22+n), fmt.Sprintf("10.%d.0.1", 22+n)
	device := name + "0"
	peers.Cable(t, peers.End{In: peers.Own(), Interface: device, Address: ours + "/24"}, peers.End{In: in, Interface: "gi0", Address: its + "/24"})
	// One destination, two ways: which one is taken follows from the interface that a push leaves by.
	peers.Own().IP(t, "route", "add", pool.String(), "via", its, "dev", device, "metric", fmt.Sprint(n))
	s.ggsn = peers.StartOsmoGGSN(t, peers.GGSN{In: in, Address: its, APN: apn, Pool: pool, Tun: "gtp0"})
	s.mobile = peers.Activate(t, peers.Mobile{
		SGSN: peers.Own(), Address: ours, GGSN: s.ggsn, In: peers.NewNamespace(t, "ms-"+name),
		IMSI: fmt.Sprintf("24001012345678%d", n), MSISDN: msisdn,
	})
	s.told = peers.Accounting{
		GGSN: its, Session: fmt.Sprintf("0A%02X000100000001", 22+n), MSISDN: msisdn, IMSI: s.mobile.IMSI, APN: apn, Address: s.mobile.PDP.String(),
	}
	return s
}

// Two mobiles have the same address, at the access points of two OsmoGGSNs. Each gets its own pushes, told apart by what RADIUS says of
// the access point, and one that does not listen gets its push by SMS.
func TestOverlappingNetworks(t *testing.T) {
	t.Parallel()
	isolate(t, append([]peers.Part{peers.Radclient}, packetParts...), func(t *testing.T) {
		c := &accounting{handsets: newHandsets(t), notifications: initiator.Listen(t)}
		c.gateway = newAccountedBox(t, fmt.Sprintf(overlapping, pool, c.handsets.smsc))
		capture := wire.StartOn(t, "any", packets)
		north, south := newSite(t, 1, "north", "internet", anna), newSite(t, 2, "south", "mms", bert)
		if north.mobile.PDP != south.mobile.PDP {
			t.Fatalf("the mobiles have the addresses %v and %v, want the same", north.mobile.PDP, south.mobile.PDP)
		}
		c.handsets.online(t, north.name, north.mobile.Listen(t))
		deaf := c.handsets.online(t, south.name, south.mobile.Listen(t))
		c.gateway.Start(t)

		c.push(t, "before anything was told", anna, "")
		for _, s := range []*site{north, south} {
			c.tell(t, "Start", s.told)
		}
		c.push(t, "at the one access point", anna, north.name)
		c.push(t, "at the other", bert, south.name)
		// The address alone is nobody's.
		ambiguous := indication(c.gateway, "ambiguous", c.notifications.URL, c.gateway.Address(north.mobile.PDP.String()), "whose?")
		accept(t, c.gateway.Client(), ambiguous)
		checkOutcome(t, c.notifications, ambiguous.ID, "undeliverable", "4000", "")
		if got := c.handsets.of("whose?"); len(got) > 0 {
			t.Errorf("a push to an address that two mobiles have came to %v", got)
		}
		// One that does not listen says so, through tunnel and GGSN, and the plan goes on.
		deaf()
		c.push(t, "at one that does not listen", bert, "")
		c.push(t, "at the one that does", anna, north.name)
		north.mobile.Deactivate(t)
		c.tell(t, "Stop", north.told)
		c.push(t, "at one that has gone", anna, "")
		c.gateway.Stop(t)
		capture.Stop(t)

		var inTunnel []string
		for _, p := range having(wellFormed(t, capture), map[string]string{"gtp.message": gPDU, "wbxml": ""}) {
			if len(p.All("icmp.type")) > 0 {
				continue
			}
			document, err := p.Document()
			if err != nil {
				t.Fatal(err)
			}
			inTunnel = append(inTunnel, p.All("ip.src")[0]+": "+document.Elements[len(document.Elements)-1].Text)
		}
		want := []string{"10.23.0.1: push 2 for " + anna, "10.24.0.1: push 3 for " + bert, "10.24.0.1: push 4 for " + bert, "10.23.0.1: push 5 for " + anna}
		if fmt.Sprint(inTunnel) != fmt.Sprint(want) {
			t.Errorf("tshark reads in the tunnels %q, want %q", inTunnel, want)
		}
	})
}
