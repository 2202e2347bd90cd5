package dispatch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestWaitingSaysForWhat(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 3, After: time.Minute}}))
	b.Window("sms", 1, "")
	b.accept(store.Push{PushID: "on the air"}, number)
	s := b.nextSent()
	b.accept(store.Push{PushID: "behind"}, number)
	b.accept(store.Push{PushID: "held", DeliverAfter: start.Add(time.Hour)}, number)
	b.accept(store.Push{PushID: "no place"}, "1000001")
	b.settle()
	want := []struct{ pushID, says string }{
		{"on the air", "the outcome from bearer sms"},
		{"behind", "push on the air to the same terminal"},
		{"held", "its deliver-after-timestamp"},
		{"no place", "a place at bearer sms, which takes 1 at once and has 1"},
	}
	list := b.Oldest(t.Context(), 10)
	if len(list) != len(want) {
		t.Fatalf("%d deliveries wait, want %d: %+v", len(list), len(want), list)
	}
	for i, w := range want {
		if list[i].PushID != w.pushID || !strings.Contains(list[i].For, w.says) {
			t.Errorf("%q waits for %q; want %q for %q", list[i].PushID, list[i].For, w.pushID, w.says)
		}
	}
	if next := list[2].Next; !next.Equal(start.Add(time.Hour)) {
		t.Errorf("what is held goes on at %v, want %v", next, start.Add(time.Hour))
	}
	if got := b.Oldest(t.Context(), 2); len(got) != 2 || got[1].PushID != "behind" {
		t.Errorf("the two oldest are %+v", got)
	}
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	b.settle()
	id := list[0].Delivery
	w, ok := b.Waiting(t.Context(), id)
	if !ok || !strings.Contains(w.For, "the pause before it is tried again over sms") || !w.Next.Equal(start.Add(time.Minute)) {
		t.Errorf("after a failed try it waits for %q until %v", w.For, w.Next)
	}
	if _, ok := b.Waiting(t.Context(), -1); ok {
		t.Error("a delivery that does not exist waits")
	}
}

func TestOldestOfMany(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	for i := range 1000 {
		b.accept(store.Push{PushID: fmt.Sprint(i)}, fmt.Sprint(1_000_000+i))
	}
	b.settle()
	for i, w := range b.Oldest(t.Context(), 50) {
		if w.PushID != fmt.Sprint(i) {
			t.Fatalf("number %d of the oldest is %q", i, w.PushID)
		}
	}
}
