package ggsn

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// updateOf is an Update PDP Context Request of a context, to new ends at the same SGSN.
func (p *peer) updateOf() *gtp.UpdatePDPContextRequest {
	p.teid += 2
	data, control := p.teid, p.teid+1
	return &gtp.UpdatePDPContextRequest{
		TEIDData: &data, TEIDControl: &control, NSAPI: 5, SGSNSignalling: loopback, SGSNUser: loopback, QoS: []byte{0, 0x0B, 0x92, 0x1F},
	}
}

func TestUpdate(t *testing.T) {
	rows := []struct {
		name   string
		teid   bool // one that was never given out
		change func(*gtp.UpdatePDPContextRequest)
		want   gtp.Cause
	}{
		{name: "to new ends", want: gtp.CauseRequestAccepted},
		{name: "the control plane stays", change: func(m *gtp.UpdatePDPContextRequest) { m.TEIDControl = nil }, want: gtp.CauseRequestAccepted},
		{name: "a TEID that was never given out", teid: true, want: gtp.CauseNonExistent},
		{name: "another NSAPI", change: func(m *gtp.UpdatePDPContextRequest) { m.NSAPI = 6 }, want: gtp.CauseNonExistent},
		{name: "another IMSI", change: func(m *gtp.UpdatePDPContextRequest) { m.IMSI = imsi3 }, want: gtp.CauseNonExistent},
		{name: "no TEID for data", change: func(m *gtp.UpdatePDPContextRequest) { m.TEIDData = nil }, want: gtp.CauseMandatoryIEMissing},
		{name: "no QoS", change: func(m *gtp.UpdatePDPContextRequest) { m.QoS = nil }, want: gtp.CauseMandatoryIEMissing},
		{name: "TEID 0 for data", change: func(m *gtp.UpdatePDPContextRequest) { m.TEIDData = new(gtp.TEID) }, want: gtp.CauseMandatoryIEIncorrect},
		{name: "TEID 0 for control", change: func(m *gtp.UpdatePDPContextRequest) { m.TEIDControl = new(gtp.TEID) }, want: gtp.CauseMandatoryIEIncorrect},
		{name: "to somebody who is no SGSN", change: func(m *gtp.UpdatePDPContextRequest) {
			m.SGSNUser = netip.MustParseAddr("192.0.2.1")
		}, want: gtp.CauseMandatoryIEIncorrect},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p := serve(t)
			created := p.create(imsi2)
			teid := *p.up(created).TEIDControl
			m := p.updateOf()
			if row.change != nil {
				row.change(m)
			}
			if row.teid {
				teid ^= 0x5555
			}
			got := p.ask(teid, m)
			r := got.Message.(*gtp.UpdatePDPContextResponse)
			if r.Cause != row.want {
				t.Fatalf("the cause is %v, want %v", r.Cause, row.want)
			}
			want := created
			c, _ := g.table.ByIMSI(imsi2)
			if row.want.Accepted() {
				want.TEIDData = *m.TEIDData
				if m.TEIDControl != nil {
					want.TEIDControl = m.TEIDControl
				}
				if got.Header.TEID != *want.TEIDControl || r.TEIDControl == nil || *r.TEIDControl != c.Control || r.GSNUser != loopback {
					t.Errorf("the answer is %+v at TEID %d", r, got.Header.TEID)
				}
			}
			if c.SGSN.Data != want.TEIDData || c.SGSN.Control != *want.TEIDControl {
				t.Errorf("the ends are %+v, want %v and %v", c.SGSN, want.TEIDData, *want.TEIDControl)
			}
		})
	}
}

func TestDelete(t *testing.T) {
	rows := []struct {
		name  string
		teid  func(own gtp.TEID) gtp.TEID
		nsapi uint8
		want  gtp.Cause
	}{
		{"its own", func(own gtp.TEID) gtp.TEID { return own }, 5, gtp.CauseRequestAccepted},
		{"a TEID that was never given out", func(own gtp.TEID) gtp.TEID { return own ^ 1 }, 5, gtp.CauseNonExistent},
		{"TEID 0", func(gtp.TEID) gtp.TEID { return 0 }, 5, gtp.CauseNonExistent},
		{"another NSAPI", func(own gtp.TEID) gtp.TEID { return own }, 6, gtp.CauseNonExistent},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			g, p := serve(t)
			m := p.create(imsi2)
			created := p.up(m)
			teardown := true
			got := p.ask(row.teid(*created.TEIDControl), &gtp.DeletePDPContextRequest{NSAPI: row.nsapi, Teardown: &teardown})
			if r := got.Message.(*gtp.DeletePDPContextResponse); r.Cause != row.want {
				t.Errorf("the cause is %v, want %v", r.Cause, row.want)
			}
			if row.want.Accepted() && got.Header.TEID != *m.TEIDControl {
				t.Errorf("the answer has TEID %d, want the SGSN's, %d", got.Header.TEID, *m.TEIDControl)
			}
			eventually(t, "the context is as the answer says", func() bool { return (g.Contexts() == 0) == row.want.Accepted() })
		})
	}
	t.Run("the TEID of its user plane", func(t *testing.T) {
		g, p := serve(t)
		created := p.up(p.create(imsi2))
		p.ask(*created.TEIDData, &gtp.DeletePDPContextRequest{NSAPI: 5})
		if g.Contexts() != 1 {
			t.Error("the context is gone")
		}
	})
}

// A context through which nothing goes is deleted, and its SGSN is told.
func TestIdle(t *testing.T) {
	k := clock.NewFake(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	p := newPeer(t)
	g := p.start(p.configuration("[ggsn]\nidle = \"1m\"", "[gtp]\necho = \"0s\""), k)
	m := p.create(imsi2)
	p.up(m)
	p.up(p.create(imsi1))
	used, _ := g.table.WayTo(imsi1, "", netip.Addr{})
	for range 70 { // the clock of the table counts seconds
		pass(t, g, k, 1)
		g.table.Downlink(k.Elapsed(), contexts.Sent{Way: used, Octets: 100})
	}
	eventually(t, "the idle context ends", func() bool { return g.Contexts() == 1 })
	got := p.parse(p.receive(p.control))
	if d, ok := got.Message.(*gtp.DeletePDPContextRequest); !ok || got.Header.TEID != *m.TEIDControl || d.NSAPI != 5 {
		t.Errorf("the SGSN gets %+v", got)
	}
	if _, ok := g.table.ByIMSI(imsi1); !ok {
		t.Error("the context that is used ended, too")
	}
}

// SGSNs with contexts are asked for a sign of life, and one that restarted has none any more.
func TestPeerRestart(t *testing.T) {
	k := clock.NewFake(time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC))
	p := newPeer(t)
	g := p.start(p.configuration(), k)
	m := p.create(imsi2)
	m.Recovery = new(uint8)
	*m.Recovery = 7
	p.up(m)
	echo := func(counter uint8) {
		t.Helper()
		pass(t, g, k, 60)
		got := p.parse(p.receive(p.control))
		if _, ok := got.Message.(*gtp.EchoRequest); !ok {
			t.Fatalf("the SGSN gets %v", got.Header.Type)
		}
		b, err := gtp.Append(nil, got.Header, &gtp.EchoResponse{Recovery: counter})
		if err != nil {
			t.Fatal(err)
		}
		p.send(p.control, p.to, b)
		p.ask(0, new(gtp.EchoRequest)) // and what was sent before it is read
	}
	echo(7)
	if g.Contexts() != 1 {
		t.Fatal("the context is gone, and the SGSN did not restart")
	}
	echo(8)
	eventually(t, "the contexts of the SGSN are gone", func() bool { return g.Contexts() == 0 })

	// A Create with another counter ends the earlier contexts and not its own.
	p.up(p.create(imsi1))
	m = p.create(imsi2)
	m.Recovery = new(uint8)
	*m.Recovery = 9
	p.up(m)
	if _, ok := g.table.ByIMSI(imsi2); !ok || g.Contexts() != 1 {
		t.Errorf("%d contexts, want the new one", g.Contexts())
	}
	if n := counted(t, g, "sgsn_restarts_total"); n != 2 {
		t.Errorf("%d restarts are counted", n)
	}
}
