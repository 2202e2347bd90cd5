package activation

import (
	"net/netip"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// paged fails a push for paging.
func (b *bench) paged(id string, change ...func(*node.Push)) {
	b.t.Helper()
	p := b.push(id, change...)
	b.notified().answer(gtp.CauseMSNotResponding)
	b.failed(p, node.NoPagingResponse)
	if n := b.e.Stats().NotReachable; n != 1 {
		b.t.Fatalf("%d are not reachable", n)
	}
}

func TestPresent(t *testing.T) {
	b := newBench(t)
	b.paged("a", func(p *node.Push) { p.MSISDN = "358401234567" })
	b.e.Present(testIMSI)
	want := []node.Event{{Kind: node.TerminalPresent, IMSI: testIMSI, MSISDN: "358401234567", APN: testAPN, Text: "Note MS GPRS Present"}}
	if !slices.Equal(b.events, want) {
		t.Errorf("events %+v", b.events)
	}
	if n := b.e.Stats().NotReachable; n != 0 {
		t.Errorf("%d are not reachable", n)
	}
	if !slices.Equal(b.hlr.forgotten, []hlr.Question{{IMSI: testIMSI}}) {
		t.Errorf("the HLR's answers that were forgotten: %+v", b.hlr.forgotten)
	}
}

// A flag may have been lost with a restart of the node: the gateway hears all the same.
func TestPresentUnknown(t *testing.T) {
	b := newBench(t)
	b.e.Present(testIMSI)
	if len(b.events) != 1 || b.events[0].Kind != node.TerminalPresent || b.events[0].IMSI != testIMSI {
		t.Errorf("events %+v", b.events)
	}
}

func TestFlagIsCleared(t *testing.T) {
	for name, clear := range map[string]func(*bench){
		"by a push":    func(b *bench) { b.push("b"); b.notified() },
		"by a context": func(b *bench) { b.up() },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.paged("a")
			clear(b)
			if n := b.e.Stats().NotReachable; n != 0 {
				t.Errorf("%d are not reachable", n)
			}
		})
	}
}

func TestFlagsAreBounded(t *testing.T) {
	a := newAbsences(2)
	for i, imsi := range []push.IMSI{"1", "2", "1", "3"} {
		a.note(imsi, absence{flagged: i != 1})
	}
	if a.byIMSI["2"] != nil || a.byIMSI["1"] == nil || a.byIMSI["3"] == nil || a.flagged != 2 || a.order.Len() != 2 {
		t.Errorf("%+v", a)
	}
	a.forget("1")
	if a.forget("3"); a.flagged != 0 || a.order.Len() != 0 || len(a.byIMSI) != 0 {
		t.Errorf("%+v", a)
	}
}

// static makes testStatic the subscriber's.
func (b *bench) static() {
	b.nodes.owners = map[netip.Addr]key{testStatic: keyOf(testIMSI, testAPN)}
}

// A packet to a static address without a context activates one as a push does.
func TestDownlink(t *testing.T) {
	b := newBench(t)
	b.static()
	packet := []byte("one")
	if !b.e.Downlink(testStatic, packet) {
		t.Fatal("not kept")
	}
	copy(packet, "xxx")
	b.notified().answer(gtp.CauseRequestAccepted)
	p := b.push("a")
	if s := b.e.Stats(); s.Packets != 1 || s.PacketOctets != 3 || s.Pushes != 1 || s.Shared != 1 {
		t.Errorf("%+v", s)
	}
	b.up().wants(t, "packet one", "a")
	b.sent(p)
	b.left()
}

func TestDownlinkNotKept(t *testing.T) {
	tests := []struct {
		name  string
		to    netip.Addr
		given func(*bench)
	}{
		{"an address that is nobody's", testPooled, func(*bench) {}},
		{"a dynamic one", testStatic, func(b *bench) { b.plan = Plan{Variant: Dynamic} }},
		{"another than the subscriber's", testStatic, func(b *bench) { b.plan.Address = testPooled }},
		{"not served", testStatic, func(b *bench) { b.nodes.owners[testStatic] = keyOf(testIMSI, "another.operator") }},
		{"the flag is set", testStatic, func(b *bench) {
			b.paged("a")
			b.clock.Advance(time.Hour)
		}},
		{"soon after a failure", testStatic, func(b *bench) {
			p := b.push("a")
			b.notified().answer(gtp.CauseMSRefuses)
			b.failed(p, node.RejectedByTerminal)
			b.clock.Advance(b.e.limits.Hold - 1)
		}},
		{"too many", testStatic, func(b *bench) {
			b.e.limits.Packets = 1
			b.e.Downlink(testStatic, []byte("a"))
		}},
		{"too many octets", testStatic, func(b *bench) { b.e.limits.PacketOctets = 2 }},
		{"too many activations by packets", testStatic, func(b *bench) {
			b.e.limits.ByPackets = 1
			b.nodes.owners[testPooled] = keyOf("001010000000002", testAPN)
			b.plan.Address = testPooled
			b.e.Downlink(testPooled, []byte("a"))
			b.plan.Address = testStatic
		}},
		{"the engine is closed", testStatic, func(b *bench) { b.e.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.static()
			tt.given(b)
			dropped := b.e.Stats().PacketsDropped
			if b.e.Downlink(tt.to, []byte("one")) {
				t.Error("it was kept")
			}
			if got := b.e.Stats().PacketsDropped - dropped; got != 1 {
				t.Errorf("%d were counted", got)
			}
		})
	}
}

// A packet starts an activation again when the terminal is back, or some time after a failure that was none of paging.
func TestDownlinkAgain(t *testing.T) {
	for name, given := range map[string]func(*bench){
		"present": func(b *bench) {
			b.paged("a")
			b.e.Present(testIMSI)
		},
		"later": func(b *bench) {
			p := b.push("a")
			b.notified().answer(gtp.CauseMSRefuses)
			b.failed(p, node.RejectedByTerminal)
			b.clock.Advance(b.e.limits.Hold)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.static()
			given(b)
			if !b.e.Downlink(testStatic, []byte("one")) {
				t.Fatal("not kept")
			}
			b.notified().answer(gtp.CauseMSRefuses)
			if s := b.e.Stats(); s.PacketsDropped != 1 {
				t.Errorf("%+v", s)
			}
			b.left()
		})
	}
}

// Packets do not wait for ever.
func TestPacketsEnd(t *testing.T) {
	b := newBench(t)
	b.static()
	b.e.Downlink(testStatic, []byte("one"))
	n := b.notified()
	b.clock.Advance(b.e.limits.Activation)
	if s := b.e.Stats(); s.Packets != 0 || s.PacketsDropped != 1 || s.Activations != 1 {
		t.Errorf("%+v", s)
	}
	n.fail(gtp.ErrNoResponse)
	b.left()
}
