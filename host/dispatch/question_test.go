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

// TestAnswerOfAnEarlierTryIsNotUsed has a strategy answer after the try that asked it was over.
func TestAnswerOfAnEarlierTryIsNotUsed(t *testing.T) {
	b := newBench(t, one(policy.Attempt{
		Bearer: "sms", Routing: []string{"a"}, Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute},
	}))
	late := make(chan bool)
	times := 0
	b.plugins.route = func(string, push.RouteRequest) (push.Route, error) {
		if times++; times == 1 {
			<-late
			return push.Route{Node: "stale"}, nil
		}
		return push.Route{Node: "node1"}, nil
	}
	b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
		return r.Message, &push.Error{Temporary: true}
	}
	b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
	b.await("the first try to fail", func() bool { return len(b.store.all()) == 1 })
	b.settle()
	b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) { return r.Message, nil }
	late <- true
	b.advance(time.Minute)
	if s := b.nextSent(); s.Route.Node != "node1" {
		t.Errorf("the second try goes to %q, want node1", s.Route.Node)
	}
}
