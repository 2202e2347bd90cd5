package dispatch

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
)

func TestStanding(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour}))
	b.Window("sms", 1, "the other link is down")
	b.Window("old", 7, "")
	b.accept(store.Push{PushID: "on the air"}, number)
	b.nextSent()
	b.accept(store.Push{PushID: "behind"}, number)
	b.accept(store.Push{PushID: "held", DeliverAfter: start.Add(time.Hour)}, number)
	b.accept(store.Push{PushID: "no place"}, "1000001")
	b.settle()
	got, err := b.Bearers(t.Context())
	want := []Bearer{
		{Instance: "old", Window: 7},
		{Instance: "pdp", Window: 100},
		{Instance: "sms", Used: true, Window: 1, Why: "the other link is down", InFlight: 1, Queued: 1},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("bearers %+v, %v; want %+v", got, err, want)
	}
	states := map[string]int{
		"waiting": 1, "sleeping": 1, "encoding": 0, "routing": 0, "ready": 1, "sent": 1, "overdue": 0, "finished": 0, "left": 0,
	}
	if got := b.States(t.Context()); !reflect.DeepEqual(got, states) {
		t.Errorf("states %v, want %v", got, states)
	}
}

func TestBearersOfASilentDispatcher(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	release := make(chan struct{})
	b.box.post(func() { <-release })
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if list, err := b.Bearers(ctx); err == nil {
		t.Errorf("a dispatcher that hangs says %+v", list)
	}
	if states := b.States(ctx); len(states) != 0 {
		t.Errorf("a dispatcher that hangs counts %v", states)
	}
}
