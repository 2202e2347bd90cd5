package integration

import (
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
)

// onlineByControl asks OsmoHLR, and knows by what name RADIUS calls the GGSN of the SGSN. The gateway is told of sessions.
const onlineByControl = `backend = "osmohlr"
within  = "9s"
attempt = "4s"
sgsn = [{ sgsn = "10.23.0.2", node = "ggsn1", apn = "internet", ggsn = "10.23.0.1" }]
osmohlr = { address = %q, trust_purged = true }

[[radius.client]]
source      = "127.0.0.0/8"
secret_file = "radius.secret"
`

// The register's word and the GGSN's together: an attached subscriber with a session gets his push at its address; one that the register
// does not know as attached gets it as a short message, whatever is remembered of his session.
func TestHLRLeadsToTheSession(t *testing.T) {
	t.Parallel()
	parts := append([]peers.Part{peers.Radclient}, osmoHLRParts...)
	isolate(t, parts, func(t *testing.T) {
		const imsi, number, address = "001010000000300", "46702123030", "127.0.0.50"
		hlr := peers.StartOsmoHLR(t, "127.0.0.1")
		hlr.Subscribe(t, imsi, number, true)
		at := newSGSN(t, hlr, "10.23.0.2")
		if err := at.attach(imsi); err != nil {
			t.Fatal(err)
		}
		gateway := newHLRGateway(t, fmt.Sprintf(onlineByControl, hlr.Control))
		gateway.Write(t, "radius.secret", radiusSecret)
		listenAt(t, gateway.Box, "radius", radiusGateway)
		gateway.Start(t)
		terminal, err := net.ListenPacket("udp", address+":2948")
		if err != nil {
			t.Fatal(err)
		}
		defer terminal.Close()

		offline := hlrCase{"attached, without a session", number, []routed{{"hlr", "ggsn1", "offline"}}, overTheGGSN, "delivered"}
		gateway.push(t, []hlrCase{offline})
		peers.Account(t, radiusGateway, radiusSecret, peers.Accounting{
			Status: "Start", Session: "0A17000100000033", GGSN: "10.23.0.1", APN: "internet", Address: address, MSISDN: number, IMSI: imsi,
		})
		online := hlrCase{"attached, with a session", number, []routed{{"hlr", "ggsn1", "online"}}, []string{"pdp via ggsn1"}, "delivered"}
		gateway.explain(t, []hlrCase{online})
		gateway.push(t, []hlrCase{online})
		if got, _ := datagram(t, terminal); !strings.Contains(string(got), online.name) {
			t.Errorf("the terminal got %q, want the push %q", got, online.name)
		}

		at.purge(imsi)
		gateway.push(t, []hlrCase{{
			"purged, with a session", number,
			[]routed{{"hlr", "", "not attached: osmohlr: purged for GPRS"}},
			toTheSMSC, "delivered",
		}})
		gateway.Stop(t)
	})
}
