package integration

import (
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

var osmoHLRParts = []peers.Part{peers.Namespaces, peers.OsmocomHLR, peers.NodeSMPP, peers.Dumpcap, peers.Tshark}

// byControl has routing/hlr ask an OsmoHLR. No subscriber here attaches again after a purge, so that its mark can be trusted. The tries go
// on for longer than the pause before a register that was started again is connected to.
const byControl = `backend = "osmohlr"
within  = "9s"
attempt = "4s"
tries   = 5
pause   = "200ms"
sgsn = [{ sgsn = "10.23.0.2", node = "ggsn1", apn = "internet" }]
osmohlr = { address = %q, trust_purged = true, most_pause = "400ms" }`

// A push by the word of a real register: where SGSNs have told it that its subscribers are.
func TestHLRByControlInterface(t *testing.T) {
	t.Parallel()
	isolate(t, osmoHLRParts, func(t *testing.T) {
		hlr := peers.StartOsmoHLR(t, "127.0.0.1")
		capture := wire.Start(t, "tcp port 4259 or tcp port 4222")
		const imsi, number = "00101000000010%d", "4670212300%d"
		for i := range 5 {
			hlr.Subscribe(t, fmt.Sprintf(imsi, i), fmt.Sprintf(number, i), true)
		}
		near, far := newSGSN(t, hlr, "10.23.0.2"), newSGSN(t, hlr, "10.99.0.2")
		for i, at := range []*sgsn{near, far, near, near} {
			if err := at.attach(fmt.Sprintf(imsi, i)); err != nil {
				t.Fatal(err)
			}
		}
		near.purge(fmt.Sprintf(imsi, 2))
		hlr.Subscribe(t, fmt.Sprintf(imsi, 5), fmt.Sprintf(number, 5), false)
		if err := near.attach("001019999999999"); err == nil {
			t.Error("OsmoHLR took the location of a subscriber that it does not have")
		}

		attached := hlrCase{"attached", fmt.Sprintf(number, 0), []routed{{"hlr", "ggsn1", ""}}, overTheGGSN, "delivered"}
		gateway := newHLRGateway(t, fmt.Sprintf(byControl, hlr.Control))
		gateway.Start(t)
		cases := []hlrCase{
			attached,
			{
				"attached where no row is about", fmt.Sprintf(number, 1),
				[]routed{{"hlr", "", `no row is about the SGSN "10.99.0.2"`}, {"apn", "ggsn9", ""}},
				overTheRule, "delivered",
			},
			{
				"purged", fmt.Sprintf(number, 2),
				[]routed{{"hlr", "", "not attached: osmohlr: purged for GPRS"}},
				toTheSMSC, "delivered",
			},
			{
				"never attached", fmt.Sprintf(number, 4),
				[]routed{{"hlr", "", "not attached: osmohlr: no SGSN known"}},
				toTheSMSC, "delivered",
			},
			{
				"without packet-switched service", fmt.Sprintf(number, 5),
				[]routed{{"hlr", "", "not attached: osmohlr: no packet-switched service"}},
				toTheSMSC, "delivered",
			},
			{
				"unknown", "46709999999",
				[]routed{{"hlr", "", "unknown subscriber"}, {"apn", "ggsn9", ""}},
				overTheRule, "delivered",
			},
		}
		gateway.explain(t, cases)
		gateway.push(t, cases)

		// A register that is gone is an error, which this policy lets end the push; never a route, and never "not attached".
		hlr.Kill()
		gateway.push(t, []hlrCase{{
			"the register was killed", attached.to,
			[]routed{{"hlr", "", "register is down"}},
			nil, "undeliverable",
		}})

		// It is there again, with its locations, and is asked again by the plugin that lost it.
		pid := gateway.Plugin(t, "routing/hlr")
		hlr.Start(t)
		again := attached
		again.name = "the register is there again"
		gateway.push(t, []hlrCase{again})
		if now := gateway.Plugin(t, "routing/hlr"); now != pid {
			t.Errorf("routing/hlr is process %d and was %d: it ended with its register", now, pid)
		}
		gateway.Stop(t)
		capture.Stop(t)
		checkControl(t, capture, attached.to)
	})
}

// checkControl has tshark read all that the gateway and OsmoHLR, and the SGSNs and OsmoHLR, said to each other.
func checkControl(t *testing.T, capture *wire.Capture, number string) {
	t.Helper()
	all := wellFormed(t, capture, "tcp.port==4259,gsm_ipa")
	for _, kind := range []string{"4", "6", "5", "12", "14"} { // location update and its result and error, purge and its result
		if len(having(all, map[string]string{"gsup.msg_type": kind})) == 0 {
			t.Errorf("tshark saw no GSUP message of type %s", kind)
		}
	}
	asked := 0
	for _, p := range all {
		for _, text := range p.All("gsm_ipa.ctrl.data") {
			var id int
			var name string
			if n, _ := fmt.Sscanf(text, "GET %d %s", &id, &name); n == 2 && name == "subscriber.by-msisdn-"+number+".info" {
				asked++
			}
		}
	}
	if asked < 3 { // explain, the push, and the push after the restart
		t.Errorf("tshark saw %d questions about %s, want 3 or more", asked, number)
	}
}
