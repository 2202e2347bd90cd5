package dispatch

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestStopDecidesNothing stops the plugins while they have been asked: that their answers are missing says nothing of the push.
func TestStopDecidesNothing(t *testing.T) {
	gone := &push.Error{Temporary: true, Cause: "is draining"}
	tests := []struct {
		name string
		play func(b *bench, let chan struct{})
	}{
		{"an encoder", func(b *bench, let chan struct{}) {
			b.plugins.encode = func(push.EncodeRequest) (push.Message, error) { <-let; return push.Message{}, gone }
			b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
		}},
		{"a routing strategy", func(b *bench, let chan struct{}) {
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { <-let; return push.Route{}, gone }
			b.accept(store.Push{}, number)
		}},
		{"a bearer that takes nothing", func(b *bench, _ chan struct{}) {
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { return push.Route{}, nil }
			b.Window("sms", 0, "")
			b.accept(store.Push{}, number)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "sms", Routing: []string{"a"}, Within: time.Minute}))
			let := make(chan struct{})
			tt.play(b, let)
			b.Quiesce()
			b.settle()
			close(let)
			b.advance(time.Hour)
			b.Stop()
			if ev := b.store.all(); len(ev) != 0 {
				t.Errorf("it was decided: %+v", ev)
			}
		})
	}
}

func TestStopOfABearerThatCanGoOn(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms"})
	b := newBench(t, p)
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Progress("sms", s.ID, 1, []byte("ref 1"))
	b.Quiesce()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnknown, Cause: "the stream ended"})
	b.restart(rec, time.Second, p)
	if s := b.nextSent(); string(s.Token) != "ref 1" {
		t.Errorf("went on with token %q, want ref 1", s.Token)
	}
}
