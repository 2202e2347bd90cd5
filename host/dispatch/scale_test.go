package dispatch

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestSuspendedDeliveriesAreData holds very many deliveries at a bearer that does not answer, and as many that sleep: neither
// costs a goroutine or a timer of the clock.
func TestSuspendedDeliveriesAreData(t *testing.T) {
	const n = 20_000
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour}))
	b.Window("sms", n, "")
	before := runtime.NumGoroutine()
	for i := range n {
		b.accept(store.Push{PushID: fmt.Sprint("at the bearer ", i)}, fmt.Sprint(1_000_000+i))
		b.accept(store.Push{PushID: fmt.Sprint("asleep ", i), DeliverAfter: start.Add(time.Minute)}, fmt.Sprint(2_000_000+i))
	}
	b.await("all of them to be suspended", func() bool { b.settle(); return len(b.plugins.open()) == n })
	if after := runtime.NumGoroutine(); after > before+10 {
		t.Errorf("%d goroutines more than before, for %d suspended deliveries", after-before, 2*n)
	}
	if w := b.clock.Waiting(); w > 1 {
		t.Errorf("%d timers of the clock are set, want one for all", w)
	}
	for range n {
		s := b.nextSent()
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
	b.advance(time.Minute)
	b.await("the sleepers to be sent", func() bool { return len(b.plugins.open()) == n })
}
