package integration

import (
	"bytes"
	"fmt"
	"net/netip"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// wokenByPacket is a gateway before a GGSN that it does not know as a push node: a packet to a terminal's static address has that GGSN
// activate a context.
const wokenByPacket = `
[[radius.client]]
source      = "10.23.0.0/24"
secret_file = "radius.secret"
ggsn        = "foreign" # the name that the route has

[plugin.apn]
use = "routing/apn"
[plugin.apn.config]
rule = [{ apn = "push.example", node = "foreign" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "100ms"
activation_wait   = "1s"
static_file       = "static.csv"
node = [{ name = "foreign", source = "10.46.0.1", activation = "packet" }]

[[policy]]
name  = "over IP"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["apn"]
within  = "20s"
retry   = { times = 3, after = "1s" }
`

// The gateway wakes a terminal by a packet to its static address, through a GGSN that does network-requested activation without being
// asked. The push follows when the terminal has shown itself, by its own answer or by the GGSN's accounting, and goes out once; it does not
// where the terminal shows itself in neither way.
func TestGGSNWokenByPacket(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		onLoopback(t, addressGGSN, addressSGSN, addressHLR, addressGateway)
		diary := double.NewDiary()
		sgsn := startSGSN(t, double.Config{Observe: diary.Note}, addressSGSN)
		startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		cases := []struct {
			name     string
			terminal double.Terminal
			state    string
		}{
			{"answers itself", double.Terminal{}, "delivered"},
			{"is told of by accounting alone", double.Terminal{Mute: true}, "delivered"},
			{"rejects", double.Terminal{Does: double.Rejects}, "undeliverable"},
		}
		imsi := func(i int) push.IMSI { return push.IMSI(fmt.Sprintf("24001025000000%d", i)) }
		address := func(i int) string { return fmt.Sprintf("10.47.0.%d", 11+i) }
		number := func(i int) string { return fmt.Sprintf("4670212500%d", i) }
		static, more := "", ""
		for i, c := range cases {
			sgsn.Behave(imsi(i), withNumber(c.terminal, number(i)))
			static += "+" + number(i) + "," + address(i) + ",foreign\n"
			more += fmt.Sprintf("[[static]]\nimsi = %q\naddress = %q\n", imsi(i), address(i))
		}
		n := startPushNode(t, pushGGSN{Secret: radiusSecret, More: asksByGTP + toGateway + `
[tun]
name    = "push0"
address = "10.46.0.1/15"
` + more})
		notifications := initiator.Listen(t)
		gateway := newIsolatedBox(t, wokenByPacket)
		gateway.Write(t, "radius.secret", radiusSecret)
		gateway.Write(t, "static.csv", static)
		listenAt(t, gateway, "radius", addressGateway+":1813")
		gateway.Start(t)
		for i, c := range cases {
			accept(t, gateway.Client(), indication(gateway, fmt.Sprintf("packet%d", i), notifications.URL, gateway.Address("+"+number(i)), "For who "+c.name))
		}
		for i, c := range cases {
			got := notifications.Await(t, fmt.Sprintf("packet%d@pi.example", i), 30*time.Second)
			if got.State != c.state {
				t.Errorf("%s: %+v, want %s", c.name, got, c.state)
			}
			delivered := diary.Of(double.Delivered, imsi(i))
			if c.state != "delivered" {
				if len(delivered) != 0 {
					t.Errorf("%s: the terminal got %v", c.name, delivered)
				}
				continue
			}
			if len(delivered) != 1 || !bytes.Contains(delivered[0].Datagram.Payload, []byte("For who "+c.name)) || delivered[0].Address.String() != address(i) {
				t.Errorf("%s: the terminal got %+v, want the push once", c.name, delivered)
			}
			for _, e := range diary.Of(double.Unwanted, imsi(i)) {
				if len(e.Datagram.Payload) != 1 {
					t.Errorf("%s: the terminal was woken with %d octets", c.name, len(e.Datagram.Payload))
				}
			}
		}
		n.stop()
		gateway.Stop(t)
	})
}

func withNumber(t double.Terminal, number string) double.Terminal {
	t.MSISDN = push.MSISDN(number)
	return t
}
