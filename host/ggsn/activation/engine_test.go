package activation

import (
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestPushToAContextGoesOutAtOnce(t *testing.T) {
	b := newBench(t)
	c := b.up()
	b.sent(b.push("a"))
	c.wants(t, "a")
	if b.hlr.asked() != 0 {
		t.Error("the HLR was asked")
	}
	b.left()
}

func TestPushWaitsForTheContext(t *testing.T) {
	b := newBench(t)
	p, n := b.activated("a")
	if n.to.Addr() != testSGSN || n.to.Port() != 2123 || n.m.IMSI != testIMSI || n.m.APN != testAPN || n.m.GGSNSignalling != testGGSN || n.m.TEIDControl == 0 {
		t.Errorf("notification %+v to %v", n.m, n.to)
	}
	b.up().wants(t, "a")
	b.sent(p)
	b.left()
}

// All that waits shares one activation, and goes by priority, then as it came.
func TestPushesShareAnActivation(t *testing.T) {
	b := newBench(t)
	b.nodes.owners = map[netip.Addr]key{testStatic: keyOf(testIMSI, testAPN)}
	var all []pushed
	with := func(p push.Priority) func(*node.Push) { return func(x *node.Push) { x.Priority = p } }
	all = append(all, b.push("low", with(push.PriorityLow)), b.push("first"))
	n := b.notified()
	all = append(all, b.push("second"), b.push("high", with(push.PriorityHigh)))
	if !b.e.Downlink(testStatic, []byte("p")) {
		t.Error("the packet was not kept")
	}
	n.answer(gtp.CauseRequestAccepted)
	all = append(all, b.push("third", func(p *node.Push) { p.APN = "PUSH.Operator" }))
	b.up().wants(t, "high", "first", "second", "packet p", "third", "low")
	for _, p := range all {
		b.sent(p)
	}
	b.quiet()
	if s := b.e.Stats(); s.Asked != 1 || s.Notified != 1 || s.Shared != 4 {
		t.Errorf("%+v", s)
	}
	b.left()
}

// A Create may overtake the answer to the notification.
func TestContextBeforeTheAnswer(t *testing.T) {
	b := newBench(t)
	p := b.push("a")
	n := b.notified()
	b.up().wants(t, "a")
	b.sent(p)
	n.answer(gtp.CauseSystemFailure)
	b.left()
}

// A terminal that comes by itself needs no notification.
func TestContextWhileTheHLRIsAsked(t *testing.T) {
	b := newBench(t)
	b.hlr.hold = make(chan struct{})
	p := b.push("a")
	b.up().wants(t, "a")
	b.sent(p)
	close(b.hlr.hold)
	b.e.Close() // the answer came
	b.quiet()
	b.left()
}

func TestRefusalThatMayPassIsTriedOnceMore(t *testing.T) {
	b := newBench(t)
	p, n := b.activated("a")
	if c := n.reject(b.e, gtp.CauseNoResources); c != gtp.CauseRequestAccepted {
		t.Errorf("the reject was answered with %v", c)
	}
	if c := n.reject(b.e, gtp.CauseNoResources); c != gtp.CauseNonExistent {
		t.Errorf("a second one was answered with %v", c)
	}
	b.clock.Advance(999 * time.Millisecond)
	b.quiet()
	b.clock.Advance(time.Millisecond)
	n = b.notified()
	n.answer(gtp.CauseNoResources)
	r := b.failed(p, node.RefusedBySGSN)
	if r.GTPCause != uint8(gtp.CauseNoResources) || r.RetryAfter == 0 || r.ID != "a" {
		t.Errorf("%+v", r)
	}
	b.clock.Advance(time.Hour)
	b.quiet()
	b.left()
}
