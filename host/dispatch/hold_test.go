package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// What was never begun is told of what was, also if it is loaded first and goes first.
func TestHeldWhileLoading(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}})
	b := newBench(t, p)
	later := b.accept(store.Push{DeliverAfter: start.Add(time.Second)}, number)
	begun := b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Progress("sms", s.ID, 1, []byte("ref 9"))
	b.settle()
	b.Stop()
	b.clock.Advance(time.Second)
	b.open(p)
	release := b.Hold()
	b.Add(b.store.record(later))
	b.noneSent()
	b.Add(b.store.record(begun))
	b.noneSent()
	release()
	s = b.nextSent()
	if s.PushID != later.Push.PushID || len(s.OtherTokens) != 1 || string(s.OtherTokens[0]) != "ref 9" {
		t.Errorf("%s was sent and told of %q, want the one that was accepted first, told of the other", s.PushID, s.OtherTokens)
	}
}

// TestManyAreReleasedInTurns has each lane go on, whatever its turn, and in the order of acceptance.
func TestManyAreReleasedInTurns(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour}))
	const n = 2*releasedAtOnce + 1
	b.Window("sms", 2*n, "")
	release := b.Hold()
	for i := range n {
		b.accept(store.Push{PushID: fmt.Sprint("first ", i)}, fmt.Sprint(1_000_000+i))
	}
	for i := range n {
		b.accept(store.Push{PushID: fmt.Sprint("second ", i)}, fmt.Sprint(1_000_000+i))
	}
	b.noneSent()
	release()
	for i := range n { // results come between the turns, too
		s := b.nextSent()
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
		if i < releasedAtOnce && s.PushID != fmt.Sprint("first ", i) {
			t.Fatalf("%s is sent as number %d", s.PushID, i)
		}
	}
	for range n {
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
	b.await("nothing pending", func() bool { return b.Pending() == 0 })
}
