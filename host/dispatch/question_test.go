package dispatch

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestStrategyIsAskedWhileTheEncoderWorks has either answer come first. The message is sent when both are there.
func TestStrategyIsAskedWhileTheEncoderWorks(t *testing.T) {
	si := push.Message{ContentType: "text/vnd.wap.si", Body: []byte("content")}
	for _, first := range []string{"encoder", "strategy"} {
		t.Run(first, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "sms", Routing: []string{"a"}}))
			asked, answer := make(chan string, 2), map[string]chan bool{"encoder": make(chan bool), "strategy": make(chan bool)}
			b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
				asked <- "encoder"
				<-answer["encoder"]
				return r.Message, nil
			}
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) {
				asked <- "strategy"
				<-answer["strategy"]
				return push.Route{Node: "node1"}, nil
			}
			rec := b.accept(store.Push{Message: si}, number)
			<-asked
			<-asked
			b.clock.Advance(time.Second)
			answer[first] <- true
			b.noneSent()
			b.clock.Advance(time.Second)
			for other, a := range answer {
				if other != first {
					a <- true
				}
			}
			s := b.nextSent()
			if s.Route.Node != "node1" {
				t.Errorf("the message goes to %q, want node1", s.Route.Node)
			}
			b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
			steps := b.final(rec.Deliveries[0]).Attempts[0].Steps
			if len(steps) != 5 || steps[1].Name != "encode" || steps[2].Name != "route" {
				t.Fatalf("the timeline is %+v", steps)
			}
			for _, st := range steps[1:3] {
				// What came first can only have taken a second, and the other one has taken two. Both began at the start.
				if !st.At.Equal(start) || st.Took < time.Second || st.Took > 2*time.Second {
					t.Errorf("%s began at %v and took %v", st.Name, st.At, st.Took)
				}
			}
		})
	}
}

// held keeps what routing strategies are asked, to be answered by the test.
type held struct {
	*scripted
	asked chan func(push.Route, error)
}

func (h *held) Route(_ string, _ push.RouteRequest, _ time.Duration, done func(push.Route, error)) {
	h.asked <- done
}

// TestLateAnswerIsOfItsOwnAttempt has the strategy of an attempt whose time is over answer while that of the next one is asked.
func TestLateAnswerIsOfItsOwnAttempt(t *testing.T) {
	b := newBench(t, one(
		policy.Attempt{Bearer: "pdp", Routing: []string{"a"}, Within: time.Minute},
		policy.Attempt{Bearer: "sms", Routing: []string{"b"}, Within: time.Hour},
	))
	b.settle()
	h := &held{b.plugins, make(chan func(push.Route, error), 2)}
	b.opts.Plugins = h
	b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
	b.await("the encoder's answer", func() bool { return b.States(t.Context())["routing"] == 1 })
	b.advance(time.Minute)
	b.await("the second strategy to be asked", func() bool { return len(h.asked) == 2 })
	first, second := <-h.asked, <-h.asked
	first(push.Route{Node: "late"}, nil)
	b.noneSent()
	second(push.Route{Node: "node1"}, nil)
	if s := b.nextSent(); s.bearer != "sms" || s.Route.Node != "node1" {
		t.Errorf("the message goes over %s to %q, want sms to node1", s.bearer, s.Route.Node)
	}
}
