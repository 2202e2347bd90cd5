package activation

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A context that ends while pushes are sent over it loses none: what was not sent has another one activated.
func TestContextReleasedWhilePushesAreSent(t *testing.T) {
	tests := []struct {
		name string
		end  func(b *bench, c *tunnel) // before the second push
		sent []string                  // over the first context
	}{
		{"the push finds it gone", func(b *bench, c *tunnel) {
			b.nodes.remove(c)
			c.err = ErrGone
		}, []string{"a"}},
		{"the node says so", func(b *bench, c *tunnel) {
			b.nodes.remove(c)
			b.e.ContextDown(c.imsi, c.apn)
		}, []string{"a", "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			first, n := b.activated("a")
			all := []pushed{first, b.push("b"), b.push("c")}
			c := &tunnel{imsi: testIMSI, apn: testAPN}
			pushes := 0
			c.before = func() {
				if pushes++; pushes == 2 {
					tt.end(b, c)
				}
			}
			b.nodes.add(c)
			b.e.ContextUp(c)
			c.wants(t, tt.sent...)
			if got := n.reject(b.e, gtp.CauseMSRefuses); got != gtp.CauseNonExistent {
				t.Errorf("a reject after the context: %v", got)
			}
			b.notified().answer(gtp.CauseRequestAccepted)
			b.up().wants(t, []string{"a", "b", "c"}[len(tt.sent):]...)
			for _, p := range all {
				b.sent(p)
			}
			b.left()
		})
	}
}

// A context that took the place of the one that ended is used at once.
func TestContextReplacedWhilePushesAreSent(t *testing.T) {
	b := newBench(t)
	p, _ := b.activated("a")
	next := &tunnel{imsi: testIMSI, apn: testAPN}
	c := &tunnel{imsi: testIMSI, apn: testAPN, err: ErrGone}
	c.before = func() {
		b.nodes.add(next)
		b.e.ContextUp(next)
	}
	b.nodes.add(c)
	b.e.ContextUp(c)
	b.sent(p)
	next.wants(t, "a")
	b.quiet()
	b.left()
}

// What joins while others are sent is sent over the same context, behind them.
func TestPushWhileOthersAreSent(t *testing.T) {
	b := newBench(t)
	p, _ := b.activated("a")
	second := b.push("b")
	c := &tunnel{imsi: testIMSI, apn: testAPN}
	var third pushed
	c.before = func() {
		if third == nil {
			third = b.push("c")
		}
	}
	b.nodes.add(c)
	b.e.ContextUp(c)
	c.wants(t, "a", "b", "c")
	for _, p := range []pushed{p, second, third} {
		b.sent(p)
	}
	b.left()
}

// A push whose time ends while others are sent is not sent.
func TestTimeEndsWhileOthersAreSent(t *testing.T) {
	b := newBench(t)
	p, _ := b.activated("a")
	second := b.push("b", func(p *node.Push) { p.Within = time.Second })
	c := &tunnel{imsi: testIMSI, apn: testAPN, before: func() { b.clock.Advance(time.Second) }}
	b.nodes.add(c)
	b.e.ContextUp(c)
	c.wants(t, "a")
	b.sent(p)
	b.failed(second, node.Expired)
	b.left()
}

// The context that a push found is gone when it is sent.
func TestContextGoneAtOnce(t *testing.T) {
	b := newBench(t)
	c := b.up()
	c.before = func() { b.nodes.remove(c) }
	c.err = ErrGone
	p := b.push("a")
	b.notified().answer(gtp.CauseRequestAccepted)
	b.up().wants(t, "a")
	b.sent(p)
	b.left()
}

// A context comes up between the look for one and the begin of the activation.
func TestContextComesBetween(t *testing.T) {
	b := newBench(t)
	plan := b.e.o.Plan
	var c *tunnel
	b.e.o.Plan = func(imsi push.IMSI, apn string) (Plan, bool) {
		c = b.up()
		return plan(imsi, apn)
	}
	b.sent(b.push("a"))
	c.wants(t, "a")
	if b.hlr.asked() != 0 {
		t.Error("the HLR was asked")
	}
	b.left()
}

// A context of another subscriber is none.
func TestContextOfAnother(t *testing.T) {
	for _, other := range []*tunnel{{imsi: "001010000000002", apn: testAPN}, {imsi: testIMSI, apn: "another.operator"}} {
		b := newBench(t)
		b.nodes.up[keyOf(testIMSI, testAPN)] = other
		p := b.push("a")
		b.notified().answer(gtp.CauseMSRefuses)
		b.failed(p, node.RejectedByTerminal)
		other.wants(t)
	}
}

// A context that came and went while the HLR was asked: the terminal is looked for anew, and notified once.
func TestOldQuestionOfTheHLR(t *testing.T) {
	for name, queries := range map[string]int{"asked": 2, "waiting for its turn": 1} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, func(o *Options) { o.Limits.Queries = queries })
			b.hlr.hold = make(chan struct{})
			if queries == 1 {
				b.push("busy", func(p *node.Push) { p.IMSI = "001010000000002" })
			}
			p := b.push("a")
			b.await(func() bool { return b.hlr.asked() == 1 })
			b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN, err: ErrGone})
			b.await(func() bool { return b.hlr.asked() == queries })
			close(b.hlr.hold)
			b.await(func() bool {
				b.e.mu.Lock()
				defer b.e.mu.Unlock()
				return b.e.questions.asking == 0
			})
			if queries == 1 {
				b.notified()
			}
			b.notified().answer(gtp.CauseMSRefuses)
			b.quiet()
			b.failed(p, node.RejectedByTerminal)
		})
	}
}
