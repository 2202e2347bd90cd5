package dispatch

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const number = "358401234567"

// TestOutcomes plays every kind of outcome on the first and on the last attempt and looks at what follows.
func TestOutcomes(t *testing.T) {
	retry := policy.Retry{Times: 1, After: 5 * time.Second}
	outcome := func(k push.OutcomeKind) push.Outcome { return push.Outcome{Kind: k, Cause: "scripted"} }
	tests := []struct {
		name     string
		attempts []policy.Attempt
		answers  []push.Outcome // in the order of tries
		bearers  []string       // that the tries came to
		want     store.Result
	}{
		{
			"delivered is confirmed",
			[]policy.Attempt{{Bearer: "sms"}},
			[]push.Outcome{outcome(push.OutcomeDelivered)},
			[]string{"sms"},
			store.Result{State: store.Delivered, Code: 1000, Text: "delivered", Method: push.Confirmed, Bearer: "SMS", Network: "GSM"},
		},
		{
			"accepted is delivered, unconfirmed, and says so",
			[]policy.Attempt{{Bearer: "pdp"}},
			[]push.Outcome{outcome(push.OutcomeAccepted)},
			[]string{"pdp"},
			store.Result{
				State: store.Delivered, Code: 1000, Text: "sent; the bearer gives no confirmation",
				Method: push.Unconfirmed, Bearer: "GPRS", Network: "GSM",
			},
		},
		{
			"delivered by a bearer that can not confirm is unconfirmed",
			[]policy.Attempt{{Bearer: "pdp"}},
			[]push.Outcome{{Kind: push.OutcomeDelivered, Text: "confirmed!"}},
			[]string{"pdp"},
			store.Result{
				State: store.Delivered, Code: 1000, Text: "sent; the bearer gives no confirmation",
				Method: push.Unconfirmed, Bearer: "GPRS", Network: "GSM",
			},
		},
		{
			"unreachable falls back at once, without a retry",
			[]policy.Attempt{{Bearer: "pdp", Retry: retry}, {Bearer: "sms"}},
			[]push.Outcome{outcome(push.OutcomeUnreachable), outcome(push.OutcomeDelivered)},
			[]string{"pdp", "sms"},
			store.Result{State: store.Delivered, Code: 1000, Text: "delivered", Method: push.Confirmed, Bearer: "SMS", Network: "GSM"},
		},
		{
			"unreachable on the last attempt is tried again",
			[]policy.Attempt{{Bearer: "sms", Retry: retry}},
			[]push.Outcome{outcome(push.OutcomeUnreachable), outcome(push.OutcomeUnreachable)},
			[]string{"sms", "sms"},
			store.Result{State: store.Undeliverable, Code: 4000, Text: "the terminal can not be reached"},
		},
		{
			"refused goes to the next attempt, without a retry",
			[]policy.Attempt{{Bearer: "pdp", Retry: retry}, {Bearer: "sms", Retry: retry}},
			[]push.Outcome{outcome(push.OutcomeRefused), {Kind: push.OutcomeRefused, Code: 2003, Text: "no such number"}},
			[]string{"pdp", "sms"},
			store.Result{State: store.Undeliverable, Code: 2003, Text: "no such number"},
		},
		{
			"failed for now is tried again, then the next attempt",
			[]policy.Attempt{{Bearer: "pdp", Retry: retry}, {Bearer: "sms"}},
			[]push.Outcome{outcome(push.OutcomeFailedForNow), outcome(push.OutcomeFailedForNow), outcome(push.OutcomeFailedForNow)},
			[]string{"pdp", "pdp", "sms"},
			store.Result{State: store.Undeliverable, Code: 4001, Text: "the message could not be delivered"},
		},
		{
			"unknown is tried again on its bearer and does not cross to another",
			[]policy.Attempt{{Bearer: "sms", Retry: retry}, {Bearer: "pdp"}},
			[]push.Outcome{outcome(push.OutcomeUnknown), outcome(push.OutcomeUnknown)},
			[]string{"sms", "sms"},
			store.Result{State: store.TimedOut, Code: 4000, Text: "the network gave no answer; the message may have arrived"},
		},
		{
			"unknown crosses if the policy says so, and is not forgotten",
			[]policy.Attempt{{Bearer: "sms", OnUnknown: policy.OnUnknownNext}, {Bearer: "pdp"}},
			[]push.Outcome{outcome(push.OutcomeUnknown), outcome(push.OutcomeRefused)},
			[]string{"sms", "pdp"},
			store.Result{
				State: store.TimedOut, Code: 4000,
				Text: "an earlier attempt had no answer, the message may have arrived; then: the network refused the message",
			},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(tt.attempts...))
			rec := b.accept(store.Push{}, number)
			for i, o := range tt.answers {
				s := b.nextSent()
				if s.bearer != tt.bearers[i] {
					t.Fatalf("try %d went to %s, want %s", i+1, s.bearer, tt.bearers[i])
				}
				b.Result(s.bearer, s.ID, o)
				b.advance(6 * time.Second)
			}
			got := b.final(rec.Deliveries[0])
			got.Result.At = time.Time{}
			if got.Result != tt.want {
				t.Errorf("result is %+v\nwant %+v", got.Result, tt.want)
			}
			b.noneSent()
			if b.Pending() != 0 {
				t.Errorf("%d deliveries pending after the end", b.Pending())
			}
		})
	}
}

func TestRetryPauses(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 2, After: 5 * time.Second}}))
	b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	b.advance(5*time.Second - time.Millisecond)
	b.noneSent()
	b.advance(time.Millisecond)
	s = b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow, RetryAfter: 20 * time.Second})
	b.advance(19 * time.Second)
	b.noneSent()
	b.advance(time.Second)
	b.nextSent()
}

func TestRetryKeepsTheToken(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1}, OnUnknown: policy.OnUnknownNext}, policy.Attempt{Bearer: "pdp"}))
	b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Progress("sms", s.ID, 1, []byte("ref 7"))
	b.await("the bearer to hear that its token is stored", func() bool { return b.plugins.called("stored sms " + s.ID) })
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnknown})
	b.advance(time.Second)
	again := b.nextSent()
	if string(again.Token) != "ref 7" || again.ID == s.ID {
		t.Errorf("the retry came as %s with token %q, want a new id and the token", again.ID, again.Token)
	}
	b.Result("sms", again.ID, push.Outcome{Kind: push.OutcomeUnknown})
	if other := b.nextSent(); other.bearer != "pdp" || other.Token != nil {
		t.Errorf("the next attempt came to %s with token %q, want pdp without one", other.bearer, other.Token)
	}
}

func TestReturnedIsNoTry(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{}, number)
	for range 5 {
		s := b.nextSent()
		b.Result("sms", s.ID, push.Returned())
		b.noneSent() // not in a circle
		b.advance(returnPause)
	}
	s := b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	if got := b.final(rec.Deliveries[0]); got.Result.State != store.Delivered || len(got.Attempts) != 1 || got.Attempts[0].Number != 1 {
		t.Errorf("got %s with attempts %+v, want delivered in attempt 1", got.Result.State, got.Attempts)
	}
}

func TestBearerThatDoesNotAnswer(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 10 * time.Second}))
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	if s.Timeout != 10*time.Second {
		t.Errorf("the bearer got %v, want what the policy gives", s.Timeout)
	}
	b.advance(10*time.Second + grace)
	b.await("a cancel", func() bool { return b.plugins.called("cancel sms " + s.ID) })
	b.advance(grace)
	if got := b.final(rec.Deliveries[0]); got.Result.State != store.TimedOut {
		t.Errorf("state is %s, want %s", got.Result.State, store.TimedOut)
	}
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.settle()
	b.final(rec.Deliveries[0]) // still only one
}

func TestSecondResultIsIgnored(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeRefused})
	b.settle()
	if got := b.final(rec.Deliveries[0]); got.Result.State != store.Delivered {
		t.Errorf("state is %s, want %s", got.Result.State, store.Delivered)
	}
}

func TestStoreThatFails(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{NotifyURL: "http://pi.example/"}, number)
	s := b.nextSent()
	b.store.breakDown(errors.New("disk full"))
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	b.settle()
	if n := len(b.store.owed); n != 0 {
		t.Fatalf("the Push Initiator was told of a result that is not on disk (%d notifications)", n)
	}
	b.store.breakDown(nil)
	b.advance(commitPause)
	if got := b.final(rec.Deliveries[0]); got.Result.State != store.Delivered || got.Notification == nil {
		t.Errorf("got %+v, want delivered and a notification", got)
	}
	b.await("the notification", func() bool { b.store.mu.Lock(); defer b.store.mu.Unlock(); return len(b.store.owed) == 1 })
}

func TestStoreThatRefuses(t *testing.T) {
	for _, refusal := range []error{store.ErrFenced, store.ErrFinal, store.ErrNotFound} {
		t.Run(refusal.Error(), func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
			b.accept(store.Push{NotifyURL: "http://pi.example/"}, number)
			s := b.nextSent()
			b.store.breakDown(fmt.Errorf("delivery 7: %w", refusal))
			b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
			b.await("the delivery to be let go", func() bool { return b.Pending() == 0 })
			if n := len(b.store.owed); n != 0 {
				t.Errorf("%d notifications for a result that the store does not have", n)
			}
		})
	}
}

func TestUnknownDoesNotCrossByAnotherTry(t *testing.T) {
	retry := policy.Retry{Times: 1, After: time.Second}
	tests := []struct {
		name      string
		onUnknown string
		second    push.OutcomeKind
		crosses   bool
	}{
		{"refused", policy.OnUnknownStop, push.OutcomeRefused, false},
		{"unreachable", policy.OnUnknownStop, push.OutcomeUnreachable, false},
		{"failed for now", policy.OnUnknownStop, push.OutcomeFailedForNow, false},
		{"refused, and the policy lets it", policy.OnUnknownNext, push.OutcomeRefused, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: retry, OnUnknown: tt.onUnknown}, policy.Attempt{Bearer: "pdp"}))
			rec := b.accept(store.Push{}, number)
			b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnknown})
			b.advance(time.Second)
			b.Result("sms", b.nextSent().ID, push.Outcome{Kind: tt.second})
			if tt.crosses {
				if s := b.nextSent(); s.bearer != "pdp" {
					t.Errorf("went to %s, want pdp", s.bearer)
				}
				return
			}
			if f := b.final(rec.Deliveries[0]); f.Result.State != store.TimedOut {
				t.Errorf("state is %s, want %s", f.Result.State, store.TimedOut)
			}
			b.noneSent()
		})
	}
}

// An attempt that the policy let cross after unknown does not keep the next one from being left for another reason.
func TestCrossingIsForEachAttempt(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", OnUnknown: policy.OnUnknownNext}, policy.Attempt{Bearer: "pdp"}, policy.Attempt{Bearer: "sms"}))
	b.accept(store.Push{}, number)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnknown})
	b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeRefused})
	if s := b.nextSent(); s.bearer != "sms" {
		t.Errorf("went to %s, want sms", s.bearer)
	}
}

// What the bearer gave back was not tried: what came after it does not pass it.
func TestReturnedKeepsItsPlace(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.accept(store.Push{PushID: "1"}, number)
	b.accept(store.Push{PushID: "2"}, number)
	b.Result("sms", b.nextSent().ID, push.Returned())
	b.accept(store.Push{PushID: "3"}, number)
	b.noneSent()
	b.advance(returnPause)
	if s := b.nextSent(); s.PushID != "1" {
		t.Errorf("%s is on the air, want 1", s.PushID)
	}
	b.noneSent()
}

func TestHigherPriorityPassesWhatWasReturned(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.accept(store.Push{PushID: "1"}, number)
	b.Result("sms", b.nextSent().ID, push.Returned())
	b.accept(store.Push{PushID: "high", Priority: push.PriorityHigh}, number)
	b.advance(returnPause)
	if s := b.nextSent(); s.PushID != "high" {
		t.Errorf("%s is on the air, want high", s.PushID)
	}
	b.noneSent()
}

func TestReturnedDoesNotGrowTheTimeline(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: 24 * time.Hour}))
	rec := b.accept(store.Push{}, number)
	for range 50 {
		b.Result("sms", b.nextSent().ID, push.Returned())
		b.advance(returnPause)
	}
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	var names string
	for _, s := range b.final(rec.Deliveries[0]).Attempts[0].Steps {
		names += s.Name + " " + s.Text + "; "
	}
	if want := "policy all, attempt 1 of 1; send 5 octets; outcome returned unsent, 50 times; send 5 octets; outcome delivered; "; names != want {
		t.Errorf("the timeline is %q\nwant %q", names, want)
	}
}

// A token that could not be written at first does not undo what was written meanwhile.
func TestLateTokenDoesNotReopenATry(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1, After: 10 * time.Second}}))
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	failing := func(token string) {
		b.store.breakDown(errors.New("disk full"))
		b.Progress("sms", s.ID, 1, []byte(token))
		b.settle()
		b.store.breakDown(nil)
	}
	failing("ref 1")
	b.Progress("sms", s.ID, 1, []byte("ref 2"))
	b.advance(commitPause)
	if a := b.store.record(rec).Deliveries[0].Attempts; len(a) != 1 || string(a[0].Token) != "ref 2" {
		t.Errorf("the store has %+v, want the last token", a)
	}
	failing("ref 3")
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	b.advance(commitPause)
	if a := b.store.record(rec).Deliveries[0].Attempts; len(a) != 1 || a[0].Ended.IsZero() || string(a[0].Token) != "ref 3" {
		t.Errorf("the store has %+v, want the try ended", a)
	}
}

// A store that is broken for long, with much to be written, is one line in the log and one when it is well again.
func TestBrokenStoreIsSaidOnce(t *testing.T) {
	var said bytes.Buffer
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.opts.Log = hclog.New(&hclog.LoggerOptions{Output: &said})
	b.accept(store.Push{}, "1000001", "1000002", "1000003")
	b.store.breakDown(errors.New("disk full"))
	for range 3 {
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
	for range 10 {
		b.advance(commitPause)
	}
	b.store.breakDown(nil)
	b.advance(commitPause)
	b.await("all to be final", func() bool { return b.Pending() == 0 })
	b.Stop()
	if n := strings.Count(said.String(), "\n"); n != 2 {
		t.Errorf("%d lines in the log, want 2:\n%s", n, said.String())
	}
}
