package integration

import (
	"slices"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

// checkAccounting holds what tshark reads of RADIUS against what has to be: nothing malformed, every request to the gateway answered
// except for those with another secret, and what came with Proxy-State answered with it (RFC 2865 §5.33).
func checkAccounting(t *testing.T, capture *wire.Capture) {
	t.Helper()
	const request, response = "4", "5" // RFC 2866 §4
	type exchange struct {
		session           string
		states            []string // Proxy-State of the requests and of the answers, "" without
		requests, answers int
	}
	all := map[string]*exchange{} // by the sender with its port, and the identifier
	for _, p := range having(wellFormed(t, capture), map[string]string{"radius.code": ""}) {
		id := " " + p.Show("radius.id")
		from, to := p.Show("ip.src")+":"+p.Show("udp.srcport"), p.Show("ip.dst")+":"+p.Show("udp.dstport")
		switch code := p.Show("radius.code"); {
		case code == request && to == radiusGateway:
			if all[from+id] == nil {
				all[from+id] = &exchange{session: p.Show("radius.Acct_Session_Id")}
			}
			x := all[from+id]
			x.requests++
			x.states = append(x.states, p.Show("radius.Proxy_State"))
		case code == response && from == radiusGateway:
			x := all[to+id]
			if x == nil {
				t.Errorf("the gateway answered %s, which had not asked", to)
				continue
			}
			x.answers++
			x.states = append(x.states, p.Show("radius.Proxy_State"))
		}
	}
	refused, proxied, repeated := 0, 0, 0
	for from, x := range all {
		switch {
		case x.answers == 0:
			refused++
		case x.answers > x.requests:
			t.Errorf("%s asked %d times and was answered %d times", from, x.requests, x.answers)
		case x.requests > 1:
			repeated++
		}
		if slices.ContainsFunc(x.states, func(s string) bool { return s != x.states[0] }) {
			t.Errorf("%s: Proxy-State %q in requests and answers", from, x.states)
		}
		if x.states[0] != "" {
			proxied++
		}
	}
	if refused != 2 || proxied != 2 || repeated != 2 {
		t.Errorf("%d requests without an answer, %d through the proxy, %d repeated; want 2 each", refused, proxied, repeated)
	}
}

// checkForwarded holds what the next server wrote down against what the gateway was told and answered: the same, once.
func (c *accounting) checkForwarded(t *testing.T, next *peers.FreeRADIUSServer) {
	t.Helper()
	var got []string
	for _, r := range next.Records(t) {
		got = append(got, attribute(r, "Acct-Status-Type")+" "+attribute(r, "Acct-Session-Id")+" "+attribute(r, "Framed-IP-Address")+" "+attribute(r, "3GPP-IMSI"))
	}
	var want []string
	for _, a := range c.told {
		want = append(want, a.Status+" "+a.Session+" "+a.Address+" "+a.IMSI)
	}
	if !slices.Equal(got, want) {
		t.Errorf("the next server got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// attribute returns the value of an attribute in a record as FreeRADIUS writes it.
func attribute(record, name string) string {
	_, value, _ := strings.Cut(record, "\t"+name+" = ")
	value, _, _ = strings.Cut(value, "\n")
	return strings.Trim(value, `"`)
}
