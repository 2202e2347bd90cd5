package integration

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
)

// wakesByPackets takes the address that pushes come from and that of an SMSC: a packet wakes terminals with static addresses.
const wakesByPackets = `
[radius]
[[radius.client]]
source      = "127.0.0.0/8"
secret_file = "radius.secret"

[plugin.apn]
use = "routing/apn"
[plugin.apn.config]
rule = [{ apn = "internet", node = "foreign", ggsn = "10.23.0.1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "50ms"
static_file       = "static.csv"
activation_wait   = "500ms"
node = [{ name = "foreign", source = %q, activation = "packet" }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "10s"
link   = [{ address = %q, system_id = "ppgbox" }]

[[policy]]
name  = "woken by a packet, or else by SMS"
match = { address_type = "PLMN" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["apn"]
within  = "10s"
retry   = { times = 3, after = "500ms" }
[[policy.attempt]]
bearer = "sms"
within = "20s"
`

// A GGSN of somebody else activates a context for a packet to a static address, and tells of the session by RADIUS; here the packet is
// all that there is of the GGSN.
func TestWokenByPacket(t *testing.T) {
	t.Parallel()
	isolate(t, []peers.Part{peers.Namespaces, peers.Radclient}, func(t *testing.T) {
		c := &accounting{handsets: newHandsets(t), notifications: initiator.Listen(t)}
		const third = "10.45.0.4"
		for _, address := range []string{gatewayPDP, firstPDP, secondPDP, third} {
			peers.Own().IP(t, "addr", "add", address+"/32", "dev", "lo")
			socket, err := net.ListenPacket("udp", address+terminalPort)
			if err != nil {
				t.Fatal(err)
			}
			c.handsets.online(t, address, socket)
		}
		// Nobody is at the third terminal's discard port: its kernel answers.
		packets := map[string]net.PacketConn{}
		for _, address := range []string{firstPDP, secondPDP} {
			socket, err := net.ListenPacket("udp", address+":9")
			if err != nil {
				t.Fatal(err)
			}
			defer socket.Close()
			packets[address] = socket
		}
		came := func(address string) {
			t.Helper()
			_ = packets[address].SetReadDeadline(time.Now().Add(10 * time.Second))
			if _, _, err := packets[address].ReadFrom(make([]byte, 100)); err != nil {
				t.Fatalf("no packet for %s: %v", address, err)
			}
		}
		c.gateway = newAccountedBox(t, fmt.Sprintf(wakesByPackets, gatewayPDP, c.handsets.smsc))
		c.gateway.Write(t, "static.csv", fmt.Sprintf("+%s,%s,foreign\n+%s,%s\n+%s,%s\n", anna, firstPDP, bert, secondPDP, carl, third))
		c.gateway.Start(t)

		text, id := c.submit(t, anna, "")
		came(firstPDP)
		c.start(t, annaFirst)
		c.came(t, "after the context came", text, id, anna, firstPDP)
		c.push(t, "while she is online", anna, firstPDP)

		text, id = c.submit(t, bert, "")
		came(secondPDP)
		came(secondPDP)
		c.came(t, "after nothing came", text, id, bert, "")

		text, id = c.submit(t, carl, "")
		c.came(t, "after the terminal answered itself", text, id, carl, third)
		c.gateway.Stop(t)
	})
}
