package integration

import (
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

var diameterParts = []peers.Part{peers.Namespaces, peers.FreeDiameter, peers.NodeSMPP, peers.Dumpcap, peers.Tshark}

// bySh has routing/hlr ask an HSS. It takes the address of its peer and the peer's name. The tries go on for longer than the pause before a
// peer that was started again is connected to.
const bySh = `backend = "sh"
within  = "9s"
attempt = "4s"
tries   = 6
pause   = "300ms"
sgsn = [{ sgsn = "46701000001", node = "ggsn1", apn = "internet" }]
[plugin.hlr.config.sh]
address           = %q
peer_host         = %q
origin_host       = "ppg.test.example"
origin_realm      = "test.example"
destination_realm = "test.example"
user_state        = true
least_pause       = "100ms"
most_pause        = "500ms"
`

// States of a user in the packet-switched network (3GPP TS 29.328, tPSUserState).
const (
	shDetached    = 0
	shUnpageable  = 1
	shAttached    = 2
	shConnected   = 4
	shNumberOfOne = "\x91\x64\x07\x01\x00\x00\xf1" // 46701000001, as an address string of 3GPP TS 29.002
)

// location is an answer of the HSS's: an SGSN, "" for none, and a state.
func location(sgsn string, state int) string {
	if sgsn != "" {
		sgsn = "<PSLocationInformation><SGSNNumber>" + sgsn + "</SGSNNumber><CurrentLocationRetrieved>0</CurrentLocationRetrieved>" +
			"<AgeOfLocationInformation>3</AgeOfLocationInformation></PSLocationInformation>"
	}
	return fmt.Sprintf("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Sh-Data>%s<PSUserState>%d</PSUserState></Sh-Data>\n", sgsn, state)
}

// shUsers are the users of the HSS, and shCases what becomes of pushes to them.
func shUsers() (users map[string]string, cases []hlrCase) {
	add := func(name, answer string, routes []routed, bearers []string, state string) {
		number := fmt.Sprintf("4670212301%d", len(cases))
		users[number] = answer
		cases = append(cases, hlrCase{name, number, routes, bearers, state})
	}
	users = map[string]string{}
	one, other := "<Address>"+base64.StdEncoding.EncodeToString([]byte(shNumberOfOne))+"</Address>", "46701000009"
	add("attached", location(one, shAttached), []routed{{"hlr", "ggsn1", ""}}, overTheGGSN, "delivered")
	add("connected, the number in digits", location("46701000001", shConnected), []routed{{"hlr", "ggsn1", ""}}, overTheGGSN, "delivered")
	add("attached where no row is about", location(other, shAttached),
		[]routed{{"hlr", "", `no row is about the SGSN "46701000009"`}, {"apn", "ggsn9", ""}}, overTheRule, "delivered")
	add("detached, and the SGSN is still known", location(one, shDetached),
		[]routed{{"hlr", "", "not attached: sh: GPRS detached"}}, toTheSMSC, "delivered")
	add("not reachable for paging", location(one, shUnpageable),
		[]routed{{"hlr", "", "not attached: sh: attached, not reachable for paging"}}, toTheSMSC, "delivered")
	add("no SGSN known", location("", 5), []routed{{"hlr", "", "not attached: sh: no SGSN known"}}, toTheSMSC, "delivered")
	add("the HSS does not know what is asked", "!5100", []routed{{"hlr", "", "10415/5100"}}, nil, "undeliverable")
	add("an answer that can not be read", "<Sh-Data><PSLocationInformation>", []routed{{"hlr", "", "answered garbage"}}, nil, "undeliverable")
	cases = append(cases, hlrCase{
		"unknown", "46709999999", []routed{{"hlr", "", "unknown subscriber"}, {"apn", "ggsn9", ""}}, overTheRule, "delivered",
	})
	return users, cases
}

// A push by the word of an HSS: freeDiameter, with the users of a table.
func TestHLRBySh(t *testing.T) {
	t.Parallel()
	isolate(t, diameterParts, func(t *testing.T) {
		hss := peers.StartHSS(t)
		checkSh(t, hss, &hss.DiameterNode, "hss.test.example")
	})
}

// The same through a relay, which adds to what it passes on, and which is the one that goes and comes.
func TestHLRByShThroughRelay(t *testing.T) {
	t.Parallel()
	isolate(t, diameterParts, func(t *testing.T) {
		hss := peers.StartHSS(t)
		checkSh(t, hss, peers.StartDiameterRelay(t), "relay.test.example")
	})
}

func checkSh(t *testing.T, hss *peers.HSS, peer *peers.DiameterNode, name string) {
	users, cases := shUsers()
	hss.SetUsers(t, users)
	capture := wire.Start(t, "tcp port 3868 or tcp port 3878")
	gateway := newHLRGateway(t, fmt.Sprintf(bySh, peer.Address, name))
	gateway.explain(t, cases) // before the gateway runs: a peer takes one connection of an Origin-Host (RFC 6733 §5.6)
	gateway.Start(t)
	gateway.push(t, cases)

	peer.Kill()
	attached := cases[0]
	gateway.push(t, []hlrCase{{"the peer was killed", attached.to, []routed{{"hlr", "", "register is down"}}, nil, "undeliverable"}})

	pid := gateway.Plugin(t, "routing/hlr")
	peer.Start(t)
	attached.name = "the peer is there again"
	gateway.push(t, []hlrCase{attached})
	users[attached.to] = location("", shDetached)
	hss.SetUsers(t, users)
	gateway.push(t, []hlrCase{{
		"detached by now", attached.to, []routed{{"hlr", "", "not attached: sh: GPRS detached"}}, toTheSMSC, "delivered",
	}})
	if now := gateway.Plugin(t, "routing/hlr"); now != pid {
		t.Errorf("routing/hlr is process %d and was %d: it ended with its peer", now, pid)
	}
	gateway.Stop(t)
	capture.Stop(t)
	checkUserData(t, capture, port(t, peer.Address), cases)
}

// checkUserData has tshark read all that the gateway and its peer, and the relay and the HSS, said to each other.
func checkUserData(t *testing.T, capture *wire.Capture, port string, cases []hlrCase) {
	t.Helper()
	var asked, answered []wire.Packet
	for _, p := range wellFormed(t, capture, "tcp.port==3868,diameter", "tcp.port==3878,diameter") {
		for _, m := range p.Split("diameter") {
			request := m.Show("diameter.flags.request") == "1"
			switch toPeer := p.Show("tcp.dstport") == port; {
			case m.Show("diameter.cmd.code") != "306":
			case request && toPeer:
				asked = append(asked, m)
			case !request && !toPeer:
				answered = append(answered, m)
			}
		}
	}
	if len(asked) < 2*len(cases) { // by explain and by the push
		t.Errorf("tshark saw %d User-Data-Requests, want %d or more", len(asked), 2*len(cases))
	}
	for _, c := range cases {
		got := having(asked, map[string]string{"e164.msisdn": c.to})
		if len(got) < 2 {
			t.Errorf("%s: tshark saw %d User-Data-Requests about %s, want 2 or more", c.name, len(got), c.to)
		}
		for _, m := range got {
			if app, references := m.Show("diameter.applicationId"), m.Show("diameter.Data-Reference"); app != "16777217" || references != "14,15" {
				t.Errorf("%s: tshark shows application %s and Data-Reference %s, want 16777217 and 14,15", c.name, app, references)
			}
		}
	}
	for _, code := range []string{"5001", "5100"} {
		if len(having(answered, map[string]string{"diameter.Experimental-Result-Code": code})) == 0 {
			t.Errorf("tshark saw no User-Data-Answer with Experimental-Result-Code %s", code)
		}
	}
	if len(having(answered, map[string]string{"diameter.Result-Code": "2001"})) == 0 {
		t.Error("tshark saw no User-Data-Answer with success")
	}
}
