package ggsn

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2866"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// secretFile writes a secret where a configuration finds it.
func secretFile(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// Accounting tells of everything that happens to a context, between On and Off.
func TestAccounting(t *testing.T) {
	server, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	next := func(want rfc2866.AcctStatusType) *radius.Packet {
		t.Helper()
		b := make([]byte, 4096)
		_ = server.SetReadDeadline(time.Now().Add(patience))
		n, from, err := server.ReadFromUDP(b)
		if err != nil {
			t.Fatal(err)
		}
		p, err := radius.Parse(b[:n], []byte("testing123"))
		if err != nil {
			t.Fatal(err)
		}
		if got := rfc2866.AcctStatusType_Get(p); got != want {
			t.Fatalf("it is told of %v, want %v", got, want)
		}
		answer, err := p.Response(radius.CodeAccountingResponse).Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := server.WriteToUDP(answer, from); err != nil {
			t.Fatal(err)
		}
		return p
	}
	k := clock.NewFake(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	p := newPeer(t)
	g := p.start(p.configuration("[gtp]\necho = \"0s\"",
		fmt.Sprintf("[radius]\nserver = %q\nsecret_file = %q\ninterim = \"1m\"", server.LocalAddr(), secretFile(t, "testing123"))), k)
	next(rfc2866.AcctStatusType_Value_AccountingOn)
	created := p.up(p.create(imsi2))
	start := next(rfc2866.AcctStatusType_Value_Start)
	session := rfc2866.AcctSessionID_GetString(start)
	if a := rfc2865.FramedIPAddress_Get(start); a.String() != created.EndUserAddress.IPv4.String() || rfc2865.CallingStationID_GetString(start) != "46702123456" ||
		rfc2865.CalledStationID_GetString(start) != "push.example" || session == "" {
		t.Errorf("the Start is of %v, session %q", a, session)
	}
	p.ask(*created.TEIDControl, p.updateOf())
	next(rfc2866.AcctStatusType_Value_InterimUpdate)
	pass(t, g, k, 60)
	if again := next(rfc2866.AcctStatusType_Value_InterimUpdate); rfc2866.AcctSessionID_GetString(again) != session ||
		rfc2866.AcctSessionTime_Get(again) != 60 {
		t.Errorf("the session is %q since %v", rfc2866.AcctSessionID_GetString(again), rfc2866.AcctSessionTime_Get(again))
	}
	p.ask(*created.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
	if stop := next(rfc2866.AcctStatusType_Value_Stop); rfc2866.AcctSessionID_GetString(stop) != session {
		t.Errorf("the Stop is of session %q", rfc2866.AcctSessionID_GetString(stop))
	}
	p.up(p.create(imsi2))
	if second := rfc2866.AcctSessionID_GetString(next(rfc2866.AcctStatusType_Value_Start)); second == session {
		t.Errorf("two contexts have the session %q", session)
	}
	stopped := make(chan struct{})
	go func() { g.Stop(t.Context()); close(stopped) }()
	next(rfc2866.AcctStatusType_Value_AccountingOff)
	<-stopped
}

// A gateway that shows the token pushes and hears of contexts, over the real stream.
func TestGateway(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	const token = "0123456789abcdef"
	p := newPeer(t)
	g := p.start(p.configuration("[push]\nlisten_for_errors = \"0s\"",
		fmt.Sprintf("[node]\nlisten = \"127.0.0.1:0\"\ntoken_file = %q", secretFile(t, "another-token-of-it\n"+token))), clock.System())
	events := make(chan node.Event, 10)
	client, err := node.Dial(g.NodeAddress(), node.DialOptions{
		Credentials: func() (node.Credentials, error) { return node.Credentials{Token: token}, nil },
		OnEvent:     func(e node.Event) { events <- e },
	})
	if err != nil {
		t.Fatal(err)
	}
	event := func(want node.EventKind, imsi push.IMSI, a netip.Addr) {
		t.Helper()
		select {
		case e := <-events:
			if e.Kind != want || e.IMSI != imsi || e.Address != a || a.IsValid() && (e.APN != "push.example" || e.GGSN != "127.0.0.1") {
				t.Errorf("the gateway hears %v: %+v", e.Kind, e)
			}
		case <-time.After(patience):
			t.Fatalf("the gateway never hears %v", want)
		}
	}
	eventually(t, "the gateway is connected", func() bool { return g.health().Gateways == 1 && client.Link().Window > 0 })
	m := p.create(imsi2)
	created := p.up(m)
	own := created.EndUserAddress.IPv4
	event(node.ContextUp, imsi2, own)
	results := make(chan node.Result, 1)
	client.Push(aPush(nil), func(r node.Result) { results <- r })
	if got := p.parse(p.receive(p.user)); got.Header.TEID != m.TEIDData {
		t.Errorf("the push goes to TEID %d", got.Header.TEID)
	}
	if r := result(t, results); !r.Sent || len(r.Exchanges) != 1 {
		t.Errorf("the result is %+v", r)
	}
	p.ask(*created.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
	event(node.AddressReleased, imsi2, own)
	static := p.up(p.create(imsi1))
	event(node.ContextUp, imsi1, static1)
	p.ask(*static.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
	event(node.ContextReleased, imsi1, static1)
	p.ask(0, &gtp.NoteMSGPRSPresentRequest{IMSI: imsi2, GSNAddress: loopback})
	event(node.TerminalPresent, imsi2, netip.Addr{})
	client.Close()
	g.Stop(t.Context())
}

// What stands beside has to be there at the start, and a start that fails leaves nothing open.
func TestStartFails(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	p := newPeer(t)
	for _, row := range []struct{ more, says string }{
		{"[ggsn]\nadmin = \"" + taken.Addr().String() + "\"", "ggsn.admin"},
		{fmt.Sprintf("[gtp]\nuser = \"127.0.0.1:%d\"", port(p.user)), "gtp.user"},
		{"[ggsn]\nstate = \"ggsn.toml\"", "restart counter"},
	} {
		c, err := Load(p.configuration(row.more))
		if err != nil {
			t.Fatal(err)
		}
		if g, err := Start(c, nil); err == nil || !contained(err, row.says) || !contained(err, "ggsn.toml") {
			t.Errorf("%s: %v, %v", row.more, g, err)
		}
	}
}

func contained(err error, text string) bool { return strings.Contains(err.Error(), text) }
