package dispatch

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestEncodesOncePerPush(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.plugins.encode = func(push.EncodeRequest) (push.Message, error) {
		return push.Message{ContentType: "application/vnd.wap.sic", Body: []byte{1}}, nil
	}
	b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si", Body: []byte("<si/>")}}, "1000001", "1000002", "1000003")
	for range 3 {
		if s := b.nextSent(); s.Message.ContentType != "application/vnd.wap.sic" {
			t.Errorf("the bearer got %s, want what the encoder made", s.Message.ContentType)
		}
	}
	if b.plugins.encoded != 1 {
		t.Errorf("the encoder was called %d times for one push, want once", b.plugins.encoded)
	}
}

func TestContentThatCanNotBeEncoded(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "pdp"}, policy.Attempt{Bearer: "sms"}))
	b.plugins.encode = func(push.EncodeRequest) (push.Message, error) {
		return push.Message{}, &push.Error{Code: 3006, Text: "line 2: no such element"}
	}
	rec := b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
	got := b.final(rec.Deliveries[0])
	if got.Result.State != store.Undeliverable || got.Result.Code != 3006 || got.Result.Text != "line 2: no such element" {
		t.Errorf("result is %+v, want undeliverable 3006 with the encoder's text, and no second attempt", got.Result)
	}
	b.noneSent()
}

func TestEncoderThatIsDownIsAskedAgain(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1}}))
	down := true
	b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
		if down {
			down = false
			return push.Message{}, errors.New("no process")
		}
		return r.Message, nil
	}
	b.accept(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
	b.await("the first try to end", func() bool { return len(b.store.all()) > 0 })
	b.advance(time.Second)
	b.nextSent()
}

func TestRouting(t *testing.T) {
	online := push.Route{Node: "ggsn1", Session: &push.Session{Address: netip.MustParseAddr("10.45.0.7")}}
	boom := errors.New("no answer from the HLR")
	tests := []struct {
		name    string
		onError string
		answers map[string]error // of the strategies a and b; nil is a route
		asked   string
		want    push.OutcomeKind // of the attempt, if it ends without being sent
	}{
		{"the first route wins", "", map[string]error{"a": nil}, "a", -1},
		{"not here asks the next", "", map[string]error{"a": push.ErrNotHere, "b": nil}, "a b", -1},
		{"nobody knows", "", map[string]error{"a": push.ErrNotHere, "b": push.ErrNotHere}, "a b", push.OutcomeUnreachable},
		{"not attached ends at once", "", map[string]error{"a": fmt.Errorf("purged: %w", push.ErrNotAttached)}, "a", push.OutcomeUnreachable},
		{"an error asks the next", policy.OnErrorNext, map[string]error{"a": boom, "b": nil}, "a b", -1},
		{"an error ends the attempt", policy.OnErrorFail, map[string]error{"a": boom}, "a", push.OutcomeFailedForNow},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a", "b"}, OnError: tt.onError}))
			asked := ""
			b.plugins.route = func(name string, r push.RouteRequest) (push.Route, error) {
				if asked += " " + name; r.Subscriber.MSISDN != number {
					t.Errorf("asked for %+v", r.Subscriber)
				}
				return online, tt.answers[name]
			}
			rec := b.accept(store.Push{}, number)
			if tt.want < 0 {
				s := b.nextSent()
				if s.Route.Node != "ggsn1" || s.Route.Session == nil {
					t.Errorf("the bearer got the route %+v", s.Route)
				}
			} else if got := b.final(rec.Deliveries[0]); got.Attempts[0].Outcome.Kind != tt.want {
				t.Errorf("the attempt ended as %v, want %v", got.Attempts[0].Outcome.Kind, tt.want)
			}
			if asked != " "+tt.asked {
				t.Errorf("asked%s, want %s", asked, tt.asked)
			}
		})
	}
}

func TestOneMessageOnTheAirForEachTerminal(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.accept(store.Push{PushID: "1"}, number)
	b.accept(store.Push{PushID: "2"}, number)
	b.accept(store.Push{PushID: "other"}, "358400000000")
	b.accept(store.Push{PushID: "low", Priority: push.PriorityLow}, number)
	b.accept(store.Push{PushID: "3"}, number)
	b.accept(store.Push{PushID: "high", Priority: push.PriorityHigh}, number)
	b.settle()
	first, other := b.nextSent(), b.nextSent()
	if first.PushID != "1" || other.PushID != "other" {
		t.Fatalf("at the bearer: %s, %s; want 1 and other", first.PushID, other.PushID)
	}
	s := first
	for _, want := range []string{"high", "2", "3", "low"} {
		b.noneSent()
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
		if s = b.nextSent(); s.PushID != want {
			t.Errorf("then came %s, want %s", s.PushID, want)
		}
	}
}

func TestWhatWaitsLetsOthersPass(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1, After: 5 * time.Second}}))
	b.accept(store.Push{PushID: "later", DeliverAfter: start.Add(time.Hour)}, number)
	b.accept(store.Push{PushID: "retried"}, number)
	b.accept(store.Push{PushID: "next"}, number)
	s := b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	if s = b.nextSent(); s.PushID != "next" {
		t.Fatalf("%s is on the air, want next", s.PushID)
	}
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.advance(5 * time.Second)
	if s = b.nextSent(); s.PushID != "retried" {
		t.Fatalf("%s is on the air, want retried", s.PushID)
	}
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.advance(time.Hour - 5*time.Second - time.Millisecond)
	b.noneSent()
	b.advance(time.Millisecond)
	if s = b.nextSent(); s.PushID != "later" {
		t.Errorf("%s is on the air, want later", s.PushID)
	}
}

func TestTerminalIsBack(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 2 * time.Hour, Retry: policy.Retry{Times: 1, After: time.Hour}}))
	b.accept(store.Push{}, number)
	b.accept(store.Push{PushID: "later", DeliverAfter: start.Add(time.Hour)}, number)
	s := b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnreachable})
	b.noneSent()
	b.Event("sms", push.Event{Kind: push.EventReachable, Terminal: push.Subscriber{MSISDN: number}})
	if again := b.nextSent(); again.PushID != s.PushID {
		t.Errorf("%s is on the air, want the one that was waiting for the terminal", again.PushID)
	}
	b.noneSent()
}

func TestWindow(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Minute}))
	b.Window("sms", 2, "")
	for i := range 5 {
		b.accept(store.Push{PushID: fmt.Sprint(i), Priority: push.Priority(i%2 - 1)}, fmt.Sprint(1000000+i))
	}
	first := b.nextSent()
	b.nextSent()
	b.noneSent()
	b.Result("sms", first.ID, push.Outcome{Kind: push.OutcomeDelivered})
	if s := b.nextSent(); s.Priority < push.PriorityMedium {
		t.Errorf("%s with priority %d was sent first, want the higher priority", s.PushID, s.Priority)
	}
	b.noneSent()
	b.Window("sms", 10, "")
	b.nextSent()
	b.nextSent()
}

func TestBearerThatTakesNothing(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 20 * time.Second}, policy.Attempt{Bearer: "pdp"}))
	b.Window("sms", 0, "127.0.0.1:2775: connection refused")
	rec := b.accept(store.Push{}, number)
	b.settle()
	if w, _ := b.Waiting(t.Context(), rec.Deliveries[0].ID); !strings.Contains(w.For, "connection refused") {
		t.Errorf("it waits for %q, want why the bearer takes nothing", w.For)
	}
	b.advance(20 * time.Second)
	s := b.nextSent()
	if s.bearer != "pdp" {
		t.Errorf("went to %s, want the next attempt", s.bearer)
	}
	b.Result(s.bearer, s.ID, push.Outcome{Kind: push.OutcomeAccepted})
	if f := b.final(rec.Deliveries[0]); !strings.Contains(f.Attempts[0].Outcome.Cause, "connection refused") {
		t.Errorf("the first attempt ended because %q, want why the bearer took nothing", f.Attempts[0].Outcome.Cause)
	}
}

func TestDeliverBefore(t *testing.T) {
	tests := []struct {
		name string
		play func(b *bench)
	}{
		{"while it waits for deliver-after", func(b *bench) {
			b.accept(store.Push{PushID: "x", DeliverAfter: start.Add(2 * time.Minute), DeliverBefore: start.Add(time.Minute)}, number)
		}},
		{"while it waits behind another", func(b *bench) {
			b.accept(store.Push{PushID: "other"}, number)
			b.nextSent()
			b.accept(store.Push{PushID: "x", DeliverBefore: start.Add(time.Minute)}, number)
		}},
		{"while the bearer takes nothing", func(b *bench) {
			b.Window("sms", 0, "")
			b.accept(store.Push{PushID: "x", DeliverBefore: start.Add(time.Minute)}, number)
		}},
		{"after a failed try", func(b *bench) {
			b.accept(store.Push{PushID: "x", DeliverBefore: start.Add(time.Minute)}, number)
			s := b.nextSent()
			if s.Timeout != time.Minute {
				b.t.Errorf("the bearer got %v, want what is left until deliver-before", s.Timeout)
			}
			b.advance(time.Minute)
			b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow})
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 10 * time.Minute, Retry: policy.Retry{Times: 9, After: time.Second}}))
			tt.play(b)
			b.advance(time.Minute)
			b.await("expired", func() bool {
				for _, e := range b.store.all() {
					if f, ok := e.(store.DeliveryFinished); ok && f.Result.State == store.Expired {
						return true
					}
				}
				return false
			})
		})
	}
}

func TestClockStepMovesNothing(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 10 * time.Minute}))
	b.accept(store.Push{PushID: "later", DeliverAfter: start.Add(time.Minute), DeliverBefore: start.Add(time.Hour)}, number)
	b.settle()
	b.clock.Step(30 * 24 * time.Hour)
	b.advance(time.Minute - time.Millisecond)
	b.noneSent()
	b.clock.Step(-60 * 24 * time.Hour)
	b.advance(time.Millisecond)
	if s := b.nextSent(); s.Timeout != 10*time.Minute {
		t.Errorf("the bearer got %v, want 10m", s.Timeout)
	}
}

func TestFarTimes(t *testing.T) {
	far := time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 3, After: time.Second}}))
	b.advance(time.Second) // so that time has passed since the clock was made
	b.accept(store.Push{PushID: "never", DeliverAfter: far}, "1000001")
	b.accept(store.Push{PushID: "now", DeliverBefore: far}, number)
	s := b.nextSent()
	if s.PushID != "now" || s.Timeout != time.Minute {
		t.Errorf("%s was sent with %v, want now with 1m", s.PushID, s.Timeout)
	}
	b.noneSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow, RetryAfter: never})
	b.noneSent()
}

func TestEventStartsTheBestFirst(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 2 * time.Hour, Retry: policy.Retry{Times: 1, After: time.Hour}}))
	var want []string
	for i := range 20 {
		p := store.Push{PushID: fmt.Sprint(i), Priority: push.PriorityHigh - push.Priority(i/8)}
		want = append(want, p.PushID)
		b.accept(p, number)
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnreachable})
	}
	b.Event("sms", push.Event{Kind: push.EventReachable, Terminal: push.Subscriber{MSISDN: number}})
	for _, id := range want {
		s := b.nextSent()
		if s.PushID != id {
			t.Fatalf("%s is on the air, want %s", s.PushID, id)
		}
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
}

func TestStrategyThatHangsLeavesTimeForTheNext(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Minute, Routing: []string{"a", "b"}}))
	b.plugins.hang = "a"
	b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { return push.Route{Node: "n"}, nil }
	b.accept(store.Push{}, number)
	b.advance(20 * time.Second)
	if s := b.nextSent(); s.Route.Node != "n" || s.Timeout != 40*time.Second {
		t.Errorf("sent over node %q with %v, want n with the 40s that are left", s.Route.Node, s.Timeout)
	}
}

func TestOnErrorFailGoesToNoOtherAttempt(t *testing.T) {
	retry := policy.Retry{Times: 1, After: time.Second}
	b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}, OnError: policy.OnErrorFail, Retry: retry}, policy.Attempt{Bearer: "sms"}))
	b.plugins.route = func(string, push.RouteRequest) (push.Route, error) {
		return push.Route{}, errors.New("no answer from the HLR")
	}
	rec := b.accept(store.Push{}, number)
	b.await("the first try to end", func() bool { return len(b.store.all()) == 1 })
	b.advance(time.Second)
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.Undeliverable || f.Result.Code != 4001 {
		t.Errorf("result is %+v, want undeliverable 4001", f.Result)
	}
	b.noneSent()
}

func TestAddedTwiceIsOneDelivery(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{}, number)
	b.Add(rec)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.final(rec.Deliveries[0])
	b.await("nothing to be pending", func() bool { return b.Pending() == 0 })
	b.noneSent()
}
