package activation

import (
	"errors"
	"reflect"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// The engine calls the node without its lock, so that anything can happen meanwhile: an address that was reserved for an activation which
// has ended is given back.
func TestWhileAnAddressIsReserved(t *testing.T) {
	tests := []struct {
		name string
		what func(*bench)
		want node.Result
	}{
		{"a context comes up", func(b *bench) { b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN}) }, node.Result{ID: "a", Sent: true}},
		{"another push joins", func(b *bench) { b.push("b") }, node.Result{ID: "a", Sent: true}},
		{"the push is cancelled", func(b *bench) { b.e.Cancel("a") }, cancelled.of("a")},
		{"nothing is left, and a context comes up", func(b *bench) {
			b.nodes.err = errors.New("none")
			b.e.ContextUp(&tunnel{imsi: testIMSI, apn: testAPN})
		}, node.Result{ID: "a", Sent: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			b.plan = Plan{Variant: Preallocated}
			b.hlr.hold = make(chan struct{})
			p := b.push("a")
			b.await(func() bool { return b.hlr.asked() == 1 })
			b.nodes.during = func() {
				b.nodes.during = nil
				tt.what(b)
			}
			close(b.hlr.hold)
			b.await(func() bool {
				b.e.mu.Lock()
				defer b.e.mu.Unlock()
				return b.e.questions.asking == 0
			})
			b.up()
			r := b.result(p)
			if r.Exchanges = nil; !reflect.DeepEqual(r, tt.want) {
				t.Errorf("%+v, want %+v", r, tt.want)
			}
			b.left()
		})
	}
}

// of is the result of a push with that outcome.
func (o Outcome) of(id string) node.Result {
	r := o.plain().result()
	r.ID = id
	return r
}

// Between a push and its activation another one may begin the same, a context may come up, or the engine be closed.
func TestWhileAPushIsPlanned(t *testing.T) {
	tests := []struct {
		name string
		what func(*bench)
		then func(*bench)
		want node.Result
	}{
		{
			"another push begins", func(b *bench) { b.push("b") },
			func(b *bench) { b.notified(); b.quiet(); b.up().wants(b.t, "b", "a") },
			node.Result{ID: "a", Sent: true},
		},
		{"the engine is closed", func(b *bench) { b.e.Close() }, func(b *bench) { b.quiet() }, stopping.of("a")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t)
			plan, first := b.e.o.Plan, true
			b.e.o.Plan = func(imsi push.IMSI, apn string) (Plan, bool) {
				if first {
					first = false
					tt.what(b)
				}
				return plan(imsi, apn)
			}
			p := b.push("a")
			tt.then(b)
			r := b.result(p)
			if r.Exchanges = nil; !reflect.DeepEqual(r, tt.want) {
				t.Errorf("%+v, want %+v", r, tt.want)
			}
			b.left()
		})
	}
}

// A context comes up while the activation is to begin, so that two find it: its push is sent once.
func TestContextFoundTwice(t *testing.T) {
	b := newBench(t)
	var c *tunnel
	looks := 0
	b.nodes.during = func() {
		if looks++; looks == 2 {
			c = b.up()
		}
	}
	b.sent(b.push("a"))
	c.wants(t, "a")
	b.left()
}

// What was put back goes before what has its priority, and behind what goes before it.
func TestPutBack(t *testing.T) {
	b := newBench(t)
	with := func(p push.Priority) func(*node.Push) { return func(x *node.Push) { x.Priority = p } }
	first, _ := b.activated("a")
	all := []pushed{first, b.push("b")}
	c := &tunnel{imsi: testIMSI, apn: testAPN, err: ErrGone}
	c.before = func() { all = append(all, b.push("c", with(push.PriorityHigh)), b.push("d")) }
	b.e.ContextUp(c)
	b.notified().answer(gtp.CauseRequestAccepted)
	b.up().wants(t, "c", "a", "b", "d")
	for _, p := range all {
		b.sent(p)
	}
	b.left()
}

// Answers that are none.
func TestStrangeAnswers(t *testing.T) {
	t.Run("another message", func(t *testing.T) {
		b := newBench(t)
		p := b.push("a")
		b.notified().done(gtp.Packet{Message: &gtp.EchoResponse{}}, nil)
		b.failed(p, node.RefusedBySGSN)
		b.left()
	})
	t.Run("a cause that is none of a response", func(t *testing.T) {
		b := newBench(t)
		p := b.push("a")
		b.notified().answer(5)
		if r := b.failed(p, node.RefusedBySGSN); r.GTPCause != 5 {
			t.Errorf("%+v", r)
		}
		b.left()
	})
	t.Run("an error of the HLR that is of no kind", func(t *testing.T) {
		b := newBench(t)
		b.hlr.err = errors.New("test")
		b.failed(b.push("a"), node.HLRFailed)
		b.left()
	})
	t.Run("an error of the path that is of no kind", func(t *testing.T) {
		b := newBench(t)
		b.path.err = errors.New("test")
		b.failed(b.push("a"), node.Failed)
		b.left()
	})
	t.Run("the node refuses the address that it said it would take", func(t *testing.T) {
		b := newBench(t)
		p, _ := b.activated("a")
		b.e.CreateFailed(testIMSI, testAPN, gtp.CauseUnknownPDPAddressOrType, "test")
		b.failed(p, node.AddressRefused)
		b.left()
	})
}
