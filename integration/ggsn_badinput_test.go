package integration

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	double "github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// What nobody should send to a GGSN is answered or dropped as 3GPP TS 29.060 §11.1 says, makes no context and takes none away, and the
// pushes to others go on.
func TestGGSNBadInput(t *testing.T) {
	t.Parallel()
	isolate(t, doubleParts, func(t *testing.T) {
		const attackers, stranger = "10.23.0.6", "10.23.0.200" // of the latter's network no SGSN is
		onLoopback(t, addressGGSN, addressSGSN, addressHLR, attackers, stranger)
		diary := double.NewDiary()
		sgsn := startSGSN(t, double.Config{Observe: diary.Note}, addressSGSN)
		startHLR(t, &double.Subscriber{SGSN: netip.MustParseAddr(addressSGSN)})
		const online push.IMSI = "240010000000001"
		n := startPushNode(t, pushGGSN{More: asksByGTP + `
[[static]]
imsi    = "` + string(online) + `"
address = "10.47.0.7"
`})
		pushes := 0
		arrives := func(what string) {
			t.Helper()
			pushes++
			id := fmt.Sprintf("push %d", pushes)
			n.push(id, online)
			if r := n.result(id); !r.Sent {
				t.Fatalf("after %s: %+v", what, r)
			}
			if _, err := diary.Await(double.Delivered, online, pushes, 5*time.Second); err != nil {
				t.Fatalf("after %s: %v", what, err)
			}
		}
		arrives("nothing")
		before := n.contexts()

		control, user := netip.MustParseAddrPort(addressGGSN+":2123"), netip.MustParseAddrPort(addressGGSN+":2152")
		attacker, outside := attackFrom(t, attackers, 0), attackFrom(t, stranger, 0)
		userAttacker := attackFrom(t, attackers, 2152) // where an Error Indication goes, whoever sent the packet (3GPP TS 29.281 §4.4.2)
		victim := double.Victim{IMSI: "240010000000099", APN: pushAPN, Attacker: netip.MustParseAddr(attackers), Terminal: netip.MustParseAddr("10.47.0.7")}
		attacks := append(victim.ControlAttacks(), victim.UserAttacks()...)
		for i, a := range attacks {
			from, to := attacker, control
			if a.User {
				from, to = userAttacker, user
			}
			if err := a.Run(from, to, uint16(i)<<4); err != nil {
				t.Error(err)
			}
			for _, d := range a.Datagrams {
				if _, err := outside.WriteToUDPAddrPort(d, to); err != nil {
					t.Fatal(err)
				}
			}
		}
		if got := n.contexts(); len(got) != 1 || got[0] != before[0] {
			t.Errorf("after the attacks there are the contexts %+v, before there were %+v", got, before)
		}
		arrives("the attacks")

		// The flood of Creates of one SGSN is bounded, and does not hurt the other. Each is another one: nothing is a repetition.
		flood := double.Victim{IMSI: "240010000000098", APN: pushAPN, Attacker: victim.Attacker}
		sent := flood.Flood(attacker, control, 5000)
		arrives(fmt.Sprintf("a flood of %d Creates", sent))
		if got := n.contexts(); len(got) != 1 {
			t.Errorf("after the flood there are %d contexts", len(got))
		}

		// Somebody with the right to ask, but for the context of somebody else.
		c, ok := sgsn.Context(online)
		if !ok {
			t.Fatal("the context is gone")
		}
		steal, err := gtp.Append(nil, gtp.Header{TEID: c.GGSNControl, Sequence: 4711}, &gtp.CreatePDPContextRequest{
			IMSI: victim.IMSI, SelectionMode: new(gtp.SelectionVerified), TEIDData: 3, TEIDControl: new(gtp.TEID(4)), NSAPI: 5, APN: pushAPN,
			EndUserAddress: gtp.StaticAddress(c.Address), SGSNSignalling: victim.Attacker, SGSNUser: victim.Attacker, QoS: []byte{2, 0x0b, 0x92, 0x1f},
		})
		if err != nil {
			t.Fatal(err)
		}
		theft := double.Attack{Name: "Create with the tunnel of another terminal", Datagrams: [][]byte{steal}, Answers: []double.Answer{
			{Type: gtp.TypeCreatePDPContextResponse, Cause: double.CauseAny},
		}}
		if err := theft.Run(attackFrom(t, attackers, 0), control, 4711); err != nil {
			t.Error(err)
		}
		arrives("an attempt to steal the context")

		// The stranger got nothing, and everything was counted.
		if err := outside.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		if got, _, err := outside.ReadFromUDPAddrPort(make([]byte, 1500)); err == nil {
			t.Errorf("who is no SGSN was answered with %d octets", got)
		}
		metrics := n.metrics()
		for _, reason := range []string{"not_allowed", "malformed", "unexpected"} {
			if !strings.Contains(metrics, `reason="`+reason+`"`) {
				t.Errorf("nothing is counted with the reason %s:\n%s", reason, metrics)
			}
		}
		if lines := strings.Count(n.process.Log(), "\n"); lines > 500 {
			t.Errorf("%d lines were logged: %d attacks, and a flood of %d", lines, len(attacks), sent)
		}
		n.stop()
	})
}

// attackFrom opens a socket at an address. Port 0 is any.
func attackFrom(t *testing.T, address string, port uint16) *net.UDPConn {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), port)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// metrics returns what the node says of itself.
func (n *pushNode) metrics() string {
	n.t.Helper()
	var text string
	process.Eventually(n.t, 10*time.Second, "the node's metrics", func() bool {
		response, err := http.Get("http://" + n.admin + "/metrics")
		if err != nil {
			return false
		}
		defer response.Body.Close()
		b, err := io.ReadAll(response.Body)
		text = string(b)
		return err == nil
	})
	return text
}
