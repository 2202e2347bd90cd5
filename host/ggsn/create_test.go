package ggsn

import (
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestCreate(t *testing.T) {
	g, p := serve(t)
	m := p.create(imsi2)
	r := p.up(m)
	c, ok := g.table.ByIMSI(imsi2)
	switch {
	case !ok:
		t.Fatal("there is no context")
	case r.TEIDControl == nil || *r.TEIDControl != c.Control || r.TEIDData == nil || *r.TEIDData != c.Data || c.Control == 0 || c.Data == 0:
		t.Errorf("the TEIDs are %v and %v in the answer, %v and %v in the table", r.TEIDControl, r.TEIDData, c.Control, c.Data)
	case r.EndUserAddress != gtp.StaticAddress(c.Address) || !netip.MustParsePrefix("10.46.0.0/29").Contains(c.Address):
		t.Errorf("the address is %v in the answer, %v in the table", r.EndUserAddress, c.Address)
	case r.Recovery == nil || *r.Recovery != g.restart || r.ChargingID == nil || *r.ChargingID == 0 || r.ReorderingRequired == nil:
		t.Errorf("recovery %v, charging ID %v, reordering %v", r.Recovery, r.ChargingID, r.ReorderingRequired)
	case r.GGSNSignalling != loopback || r.GGSNUser != loopback || string(r.QoS) != string(m.QoS):
		t.Errorf("addresses %v and %v, QoS %x", r.GGSNSignalling, r.GGSNUser, r.QoS)
	case c.SGSN.Data != m.TEIDData || c.SGSN.Control != *m.TEIDControl || c.NSAPI != 5 || c.MSISDN != "46702123456" || c.APN != "push.example":
		t.Errorf("the context is %+v", c)
	}
}

// Every row is a Create that is answered, with what comes of it.
func TestCreateIsJudged(t *testing.T) {
	static := func(a string) gtp.EndUserAddress { return gtp.StaticAddress(netip.MustParseAddr(a)) }
	rows := []struct {
		name   string
		more   string
		teid   gtp.TEID
		change func(*gtp.CreatePDPContextRequest)
		want   gtp.Cause
	}{
		{name: "as it should be", want: gtp.CauseRequestAccepted},
		{name: "the access point in capitals and with the operator's part", change: func(m *gtp.CreatePDPContextRequest) {
			m.APN = "PUSH.Example.mnc001.mcc240.gprs"
		}, want: gtp.CauseRequestAccepted},
		{name: "an access point that only begins like ours", change: func(m *gtp.CreatePDPContextRequest) { m.APN = "push.example.net" }, want: gtp.CauseMissingOrUnknownAPN},
		{name: "another access point", change: func(m *gtp.CreatePDPContextRequest) { m.APN = "internet" }, want: gtp.CauseMissingOrUnknownAPN},
		{name: "no access point", change: func(m *gtp.CreatePDPContextRequest) { m.APN = "" }, want: gtp.CauseMandatoryIEMissing},
		{name: "no IMSI", change: func(m *gtp.CreatePDPContextRequest) { m.IMSI = "" }, want: gtp.CauseMandatoryIEMissing},
		{name: "no selection mode", change: func(m *gtp.CreatePDPContextRequest) { m.SelectionMode = nil }, want: gtp.CauseMandatoryIEMissing},
		{name: "no TEID for control", change: func(m *gtp.CreatePDPContextRequest) { m.TEIDControl = nil }, want: gtp.CauseMandatoryIEMissing},
		{name: "TEID 0 for control", change: func(m *gtp.CreatePDPContextRequest) { m.TEIDControl = new(gtp.TEID) }, want: gtp.CauseMandatoryIEIncorrect},
		{name: "TEID 0 for data", change: func(m *gtp.CreatePDPContextRequest) { m.TEIDData = 0 }, want: gtp.CauseMandatoryIEIncorrect},
		{name: "no address at all", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress = gtp.EndUserAddress{} }, want: gtp.CauseMandatoryIEMissing},
		{name: "IPv6", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress = gtp.DynamicAddress(gtp.PDPIPv6) }, want: gtp.CauseUnknownPDPAddressOrType},
		{name: "PPP", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress.Type = gtp.PDPPPP }, want: gtp.CauseUnknownPDPAddressOrType},
		{name: "IPv4v6 becomes IPv4", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress.Type = gtp.PDPIPv4v6 }, want: gtp.CauseNewPDPTypeNetwork},
		{name: "0.0.0.0 is any", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress = static("0.0.0.0") }, want: gtp.CauseRequestAccepted},
		{name: "an address of the pool", change: func(m *gtp.CreatePDPContextRequest) { m.EndUserAddress = static("10.46.0.3") }, want: gtp.CauseUnknownPDPAddressOrType},
		{name: "the static address of somebody else", change: func(m *gtp.CreatePDPContextRequest) {
			m.EndUserAddress = gtp.StaticAddress(static1)
		}, want: gtp.CauseUnknownPDPAddressOrType},
		{name: "its own static address", change: func(m *gtp.CreatePDPContextRequest) {
			m.IMSI, m.EndUserAddress = imsi1, gtp.StaticAddress(static1)
		}, want: gtp.CauseRequestAccepted},
		{name: "another one than its static address", change: func(m *gtp.CreatePDPContextRequest) {
			m.IMSI, m.EndUserAddress = imsi1, static("10.47.0.8")
		}, want: gtp.CauseUnknownPDPAddressOrType},
		{name: "a secondary context", change: func(m *gtp.CreatePDPContextRequest) { m.LinkedNSAPI = 6 }, want: gtp.CauseServiceNotSupported},
		{name: "a TEID that was never given out", teid: 0xDEADBEEF, want: gtp.CauseNonExistent},
		{name: "an SGSN that names somebody else's address", change: func(m *gtp.CreatePDPContextRequest) {
			m.SGSNSignalling = netip.MustParseAddr("192.0.2.1")
		}, want: gtp.CauseMandatoryIEIncorrect},
		{name: "user traffic to somebody else", change: func(m *gtp.CreatePDPContextRequest) {
			m.SGSNUser = netip.MustParseAddr("192.0.2.1")
		}, want: gtp.CauseMandatoryIEIncorrect},
		{name: "user traffic to an RNC", more: "[gtp]\nrncs = [\"192.0.2.0/24\"]", change: func(m *gtp.CreatePDPContextRequest) {
			m.SGSNUser = netip.MustParseAddr("192.0.2.1")
		}, want: gtp.CauseRequestAccepted},
		{name: "user traffic over IPv6", more: "[gtp]\nrncs = [\"2001:db8::/32\"]", change: func(m *gtp.CreatePDPContextRequest) {
			m.SGSNUser = netip.MustParseAddr("2001:db8::1")
		}, want: gtp.CauseMandatoryIEIncorrect},
		{name: "nobody asked for it", more: "[ggsn]\nunsolicited = \"refuse\"", want: gtp.CauseAPNAccessDenied},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			var more []string
			if row.more != "" {
				more = append(more, row.more)
			}
			g, p := serve(t, more...)
			m := p.create(imsi2)
			if row.change != nil {
				row.change(m)
			}
			got := p.ask(row.teid, m)
			r := got.Message.(*gtp.CreatePDPContextResponse)
			if r.Cause != row.want {
				t.Errorf("the cause is %v, want %v", r.Cause, row.want)
			}
			if n := g.Contexts(); (n == 1) != row.want.Accepted() {
				t.Errorf("there are %d contexts", n)
			}
			if row.want.Accepted() && !r.EndUserAddress.IPv4.Is4() {
				t.Errorf("the address is %v", r.EndUserAddress)
			}
			if n := counted(t, g, "creates_total", "cause", row.want.String()); n != 1 {
				t.Errorf("counted %d times", n)
			}
		})
	}
}

// A static address comes to its terminal whether or not it asks for it.
func TestCreateStatic(t *testing.T) {
	_, p := serve(t)
	if r := p.up(p.create(imsi1)); r.EndUserAddress != gtp.StaticAddress(static1) {
		t.Errorf("the address is %v, want %v", r.EndUserAddress, static1)
	}
}

// A terminal has one context. Its next one takes the place of the last.
func TestCreateAgain(t *testing.T) {
	g, p := serve(t)
	first := p.create(imsi2)
	before := p.up(first)
	after := p.up(p.create(imsi2)) // the same NSAPI: the SGSN has forgotten the first
	if g.Contexts() != 1 || *after.TEIDControl == *before.TEIDControl || *after.TEIDData == *before.TEIDData {
		t.Errorf("%d contexts, TEIDs %v then %v", g.Contexts(), *before.TEIDControl, *after.TEIDControl)
	}
	if after.EndUserAddress != before.EndUserAddress {
		t.Errorf("the terminal has another address, %v after %v", after.EndUserAddress, before.EndUserAddress)
	}
	// With another NSAPI the SGSN still has the earlier one, and is told.
	m := p.create(imsi2)
	m.NSAPI = 6
	b := p.encode(*after.TEIDControl, m) // a further context of a terminal may name the first one's TEID
	p.send(p.control, p.to, b)
	var asked *gtp.DeletePDPContextRequest
	var created *gtp.CreatePDPContextResponse
	for range 2 {
		got := p.parse(p.receive(p.control))
		switch message := got.Message.(type) {
		case *gtp.DeletePDPContextRequest:
			asked = message
			if got.Header.TEID != p.teid-1 {
				t.Errorf("the Delete has TEID %d, want the one of the earlier context", got.Header.TEID)
			}
		case *gtp.CreatePDPContextResponse:
			created = message
		}
	}
	if asked == nil || asked.NSAPI != 5 || created == nil || !created.Cause.Accepted() || g.Contexts() != 1 {
		t.Errorf("the Delete is %+v, the answer %+v, %d contexts", asked, created, g.Contexts())
	}
	if n := counted(t, g, "contexts_ended_total", "why", endedReplaced); n != 2 {
		t.Errorf("%d contexts were replaced, want 2", n)
	}
}

// The TEID of another terminal's context is nothing that a Create may name.
func TestCreateOfSomebodyElse(t *testing.T) {
	g, p := serve(t)
	other := p.up(p.create(imsi2))
	if r := p.ask(*other.TEIDControl, p.create(imsi3)).Message.(*gtp.CreatePDPContextResponse); r.Cause != gtp.CauseNonExistent {
		t.Errorf("the cause is %v", r.Cause)
	}
	if _, ok := g.table.ByIMSI(imsi2); !ok || g.Contexts() != 1 {
		t.Errorf("%d contexts", g.Contexts())
	}
}

// An SGSN that gives a tunnel out a second time has lost the first one, and no push may take it.
func TestCreateReusesTunnel(t *testing.T) {
	g, p := serve(t)
	m := p.create(imsi2)
	p.up(m)
	again := p.create(imsi3)
	again.TEIDData = m.TEIDData
	p.up(again)
	if _, ok := g.table.ByIMSI(imsi2); ok || g.Contexts() != 1 {
		t.Errorf("the first context is still there, of %d", g.Contexts())
	}
}

// The pool has six addresses.
func TestCreateBeyondPool(t *testing.T) {
	g, p := serve(t)
	for i := range 6 {
		p.up(p.create(push.IMSI("24001000000010" + strconv.Itoa(i))))
	}
	if r := p.ask(0, p.create(imsi3)).Message.(*gtp.CreatePDPContextResponse); r.Cause != gtp.CauseAllAddressesOccupied {
		t.Errorf("the seventh is answered with %v", r.Cause)
	}
	p.up(p.create(imsi1)) // has a static one
	if g.Contexts() != 7 {
		t.Errorf("%d contexts", g.Contexts())
	}
}

func TestCreateBeyondContexts(t *testing.T) {
	_, p := serve(t, "[ggsn]\ncontexts = 1")
	p.up(p.create(imsi2))
	if r := p.ask(0, p.create(imsi3)).Message.(*gtp.CreatePDPContextResponse); r.Cause != gtp.CauseNoResources {
		t.Errorf("the second is answered with %v", r.Cause)
	}
	p.up(p.create(imsi2)) // the same terminal
}

// What an SGSN asks too often is refused, and taken again later.
func TestCreateFlood(t *testing.T) {
	k := clock.NewFake(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	p := newPeer(t)
	g := p.start(p.configuration("[gtp]\ncreate_rate = \"1/s\"\ncreate_burst = 2"), k)
	for i, want := range []gtp.Cause{gtp.CauseRequestAccepted, gtp.CauseRequestAccepted, gtp.CauseNoResources, gtp.CauseNoResources} {
		if r := p.ask(0, p.create(imsi2)).Message.(*gtp.CreatePDPContextResponse); r.Cause != want {
			t.Errorf("request %d is answered with %v, want %v", i+1, r.Cause, want)
		}
	}
	k.Advance(time.Second)
	p.up(p.create(imsi2))
	if g.Contexts() != 1 {
		t.Errorf("%d contexts", g.Contexts())
	}
}

// An SGSN repeats what was not answered in time: the same answer comes again, and nothing happens twice.
func TestCreateReplayed(t *testing.T) {
	g, p := serve(t)
	b := p.encode(0, p.create(imsi2))
	p.send(p.control, p.to, b)
	first := p.receive(p.control)
	p.send(p.control, p.to, b)
	if again := p.receive(p.control); string(again) != string(first) {
		t.Errorf("answered with\n%x, then\n%x", first, again)
	}
	if n := counted(t, g, "creates_total", "cause", gtp.CauseRequestAccepted.String()); n != 1 || g.Contexts() != 1 {
		t.Errorf("%d Creates, %d contexts", n, g.Contexts())
	}
}
