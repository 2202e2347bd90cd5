package integration

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// byGTP has routing/hlr ask a GSN that converts between GTP and MAP. It takes the GSN's address and further keys of its table. GTP asks by
// the IMSI, which the gateway knows of its subscribers.
const (
	byGTP = `backend = "gtp"
within  = "9s"
attempt = "4s"
sgsn = [{ sgsn = "10.23.0.2", node = "ggsn1", apn = "internet" }]
ggsn = [{ ggsn = "10.23.0.1", node = "ggsn1" }]
[plugin.hlr.config.gtp]
address     = %q
t3_response = "600ms"
%s
`
	ofSubscribers = `
[subscribers]
push_domains = ["push.example"]
`
)

// A push by the word of a register that is asked with Send Routeing Information for GPRS: the data of OsmoHLR, and where SGSNs told it that
// its subscribers are, behind a converter of ours. tshark is the judge of what both say.
func TestHLRByGTP(t *testing.T) {
	t.Parallel()
	isolate(t, osmoHLRParts, func(t *testing.T) {
		hlr := peers.StartOsmoHLR(t, "127.0.0.1")
		const imsi, number = "00101000000020%d", "4670212302%d"
		for i := range 5 {
			hlr.Subscribe(t, fmt.Sprintf(imsi, i), fmt.Sprintf(number, i), i != 4)
		}
		near, far := newSGSN(t, hlr, "10.23.0.2"), newSGSN(t, hlr, "10.99.0.2")
		for i, at := range []*sgsn{near, far, near} {
			if err := at.attach(fmt.Sprintf(imsi, i)); err != nil {
				t.Fatal(err)
			}
		}
		near.purge(fmt.Sprintf(imsi, 2))
		converter := newConverter(t, hlr, map[gtp.APN]netip.Addr{"push.example": netip.MustParseAddr("10.23.0.1")})
		capture := wire.Start(t, "udp port 2123")
		started := func(keys string) *hlrGateway {
			g := newHLRGateway(t, fmt.Sprintf(byGTP, converter.Address, keys)+ofSubscribers)
			g.Start(t)
			for i := range 6 {
				if _, err := g.Command("", "subscriber", "add", fmt.Sprintf("user%d@push.example", i), "--admin", g.Admin,
					"--terminal", fmt.Sprintf("+"+number+"/"+imsi, i, i)); err != nil {
					t.Fatal(err)
				}
			}
			return g
		}
		attached := hlrCase{"attached", fmt.Sprintf(number, 0), []routed{{"hlr", "ggsn1", ""}}, overTheGGSN, "delivered"}
		same := []hlrCase{
			attached,
			{
				"purged", fmt.Sprintf(number, 2),
				[]routed{{"hlr", "", "not attached: gtp: purged for GPRS"}},
				toTheSMSC, "delivered",
			},
			{
				"never attached", fmt.Sprintf(number, 3),
				[]routed{{"hlr", "", "not attached: gtp: absent subscriber"}},
				toTheSMSC, "delivered",
			},
			{
				"without packet-switched service", fmt.Sprintf(number, 4),
				[]routed{{"hlr", "", "not attached: gtp: deregistered in the HLR for GPRS"}},
				toTheSMSC, "delivered",
			},
			{
				"unknown to the register", fmt.Sprintf(number, 5),
				[]routed{{"hlr", "", "unknown subscriber"}, {"apn", "ggsn9", ""}},
				overTheRule, "delivered",
			},
			{"attached, by the user identifier", "user0@push.example", attached.routes, attached.bearers, "delivered"},
			{
				"not attached, by the user identifier", "user3@push.example",
				[]routed{{"hlr", "", "not attached: gtp: absent subscriber"}},
				toTheSMSC, "delivered",
			},
			{
				"unknown to the gateway", "46709999999",
				[]routed{{"hlr", "", "nothing is known of the subscriber that gtp can be asked by"}, {"apn", "ggsn9", ""}},
				overTheRule, "delivered",
			},
		}
		elsewhere := hlrCase{
			"attached where no row is about", fmt.Sprintf(number, 1),
			[]routed{{"hlr", "", `no row is about the SGSN "10.99.0.2"`}, {"apn", "ggsn9", ""}},
			overTheRule, "delivered",
		}

		// With the access point in the question: the GGSN counts, and where the SGSN is does not matter.
		named := started(`with_apn = "push.example"`)
		away := elsewhere
		away.routes, away.bearers = attached.routes, attached.bearers
		named.explain(t, append([]hlrCase{away}, same...))
		named.push(t, append([]hlrCase{away}, same...))
		named.Stop(t)
		// An access point that the converter knows no GGSN of: the SGSN counts.
		nameless := started(`with_apn = "mms.example"`)
		nameless.push(t, []hlrCase{attached, elsewhere})
		nameless.Stop(t)

		gateway := started("")
		gateway.explain(t, append([]hlrCase{elsewhere}, same...))
		gateway.push(t, append([]hlrCase{elsewhere}, same...))
		checkGoodFaults(t, gateway, converter, attached)
		capture.Stop(t)
		checkRouteing(t, capture)
		checkBadFaults(t, gateway, converter, attached)

		hlr.Kill()
		gateway.push(t, []hlrCase{{
			"the register was killed", attached.to,
			[]routed{{"hlr", "", "register refused the question: MAP error 34"}},
			nil, "undeliverable",
		}})
		hlr.Start(t)
		again := attached
		again.name = "the register is there again"
		gateway.push(t, []hlrCase{again})
		gateway.Stop(t)
	})
}

// checkGoodFaults: what the network may do to datagrams changes no answer.
func checkGoodFaults(t *testing.T, gateway *hlrGateway, converter *converter, attached hlrCase) {
	t.Helper()
	defer converter.answerWith(nil)
	lost := 0
	for _, fault := range []struct {
		name    string
		instead func([]byte) [][]byte
	}{
		{"answered twice, and differently", func(b []byte) [][]byte {
			second := bytes.Replace(b, []byte{10, 23, 0, 2}, []byte{10, 99, 0, 2}, 1)
			return [][]byte{b, second}
		}},
		{"the answers to two datagrams are lost", func(b []byte) [][]byte {
			if lost++; lost <= 2 {
				return nil
			}
			return [][]byte{b}
		}},
		{"another question's answer comes first", func(b []byte) [][]byte {
			other := bytes.Replace(b, []byte{10, 23, 0, 2}, []byte{10, 99, 0, 2}, 1)
			other[9] += 77
			return [][]byte{other, b}
		}},
	} {
		converter.answerWith(fault.instead)
		c := attached
		c.name = fault.name
		gateway.push(t, []hlrCase{c})
	}
	if lost < 3 {
		t.Errorf("a question went out %d times, want 3 or more", lost)
	}
	if log := gateway.Log(); !strings.Contains(log, "messages were dropped that are no answers to what was asked") {
		t.Error("the log has no line about dropped messages")
	}
}

// checkBadFaults: an answer that says nothing for sure is an error, and never a route.
func checkBadFaults(t *testing.T, gateway *hlrGateway, converter *converter, attached hlrCase) {
	t.Helper()
	defer converter.answerWith(nil)
	for _, fault := range []struct {
		name, why string
		instead   func([]byte) [][]byte
	}{
		{"the address lies about its length", "answered garbage", func(b []byte) [][]byte {
			b = slices.Clone(b)
			b[len(b)-5] = 9
			return [][]byte{b}
		}},
		{"the message lies about its length", "answered garbage", func(b []byte) [][]byte {
			b = slices.Clone(b)
			b[3]--
			return [][]byte{b}
		}},
		{"about another subscriber", "answered garbage", func(b []byte) [][]byte {
			b = slices.Clone(b)
			b[16] ^= 1 // in the IMSI, behind a header of 12 octets, two of the cause and one of its own type
			return [][]byte{b}
		}},
		{"for another question only", "did not answer in time", func(b []byte) [][]byte {
			b = slices.Clone(b)
			b[8] ^= 0x55
			return [][]byte{b}
		}},
		{"silence", "did not answer in time", func([]byte) [][]byte { return nil }},
	} {
		converter.answerWith(fault.instead)
		gateway.push(t, []hlrCase{{
			fault.name, attached.to,
			[]routed{{"hlr", "", fault.why}},
			nil, "undeliverable",
		}})
	}
}

// checkRouteing has tshark read all that routing/hlr and the converter said to each other.
func checkRouteing(t *testing.T, capture *wire.Capture) {
	t.Helper()
	const request, response = "0x20", "0x21"
	all := wellFormed(t, capture)
	for _, want := range []struct {
		name   string
		fields map[string]string
	}{
		{"a question", map[string]string{"gtp.message": request, "e212.imsi": "001010000000200", "gtp.teid": "0x00000000"}},
		{"a question with an access point", map[string]string{"gtp.message": request, "gtp.ext_id": "32473"}},
		{"an SGSN", map[string]string{"gtp.message": response, "gtp.cause": "128", "gtp.gsn_ipv4": "10.23.0.2"}},
		{"an SGSN and a GGSN", map[string]string{"gtp.message": response, "gtp.gsn_ipv4": "10.99.0.2", "gtp.ext_id": "32473"}},
		{"a reason", map[string]string{"gtp.message": response, "gtp.ms_reason": "8"}},
		{"an absent subscriber", map[string]string{"gtp.message": response, "gtp.map_cause": "27"}},
		{"an unknown subscriber", map[string]string{"gtp.message": response, "gtp.cause": "194", "gtp.map_cause": "1"}},
		{"our Echo Request", map[string]string{"gtp.message": "0x01"}},
		{"its response", map[string]string{"gtp.message": "0x02", "gtp.recovery": "7"}},
	} {
		if len(having(all, want.fields)) == 0 {
			t.Errorf("tshark saw nowhere %s: %v", want.name, want.fields)
		}
	}
}
