package dispatch

import (
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestLeftOutAttempts has plans go on, by what they say, with a bearer that takes numbers alone, for a terminal without one. The
// attempt before it is the last, then: it is tried again where the terminal is unreachable, and the result is its own.
func TestLeftOutAttempts(t *testing.T) {
	retry := policy.Retry{Times: 1, After: 10 * time.Second}
	notOnline := push.Outcome{Kind: push.OutcomeUnreachable, Code: 4000, Text: "the terminal is not online"}
	says := "sms policy: all, attempt 2 of 2, is left out; unreachable: bearer sms takes numbers alone, and no number of the terminal is known"
	tests := []struct {
		name    string
		pdp     policy.Attempt
		outcome push.Outcome
		tries   int
		want    store.Result
		leftOut bool
	}{
		{
			"unreachable",
			policy.Attempt{},
			notOnline, 1,
			store.Result{State: store.Undeliverable, Code: 4000, Text: "the terminal is not online"},
			true,
		},
		{
			"unreachable, with a retry",
			policy.Attempt{Retry: retry},
			notOnline, 2,
			store.Result{State: store.Undeliverable, Code: 4000, Text: "the terminal is not online"},
			true,
		},
		{
			"refused",
			policy.Attempt{Retry: retry},
			push.Outcome{Kind: push.OutcomeRefused, Code: 2002, Text: "no address"},
			1,
			store.Result{State: store.Undeliverable, Code: 2002, Text: "no address"},
			true,
		},
		{
			"without an answer, and the plan goes on then",
			policy.Attempt{OnUnknown: policy.OnUnknownNext},
			push.Outcome{Kind: push.OutcomeUnknown},
			1,
			store.Result{State: store.TimedOut, Code: 4000, Text: "the network gave no answer; the message may have arrived"},
			true,
		},
		{
			"without an answer, and the plan ends then",
			policy.Attempt{OnUnknown: policy.OnUnknownStop},
			push.Outcome{Kind: push.OutcomeUnknown},
			1,
			store.Result{State: store.TimedOut, Code: 4000, Text: "the network gave no answer; the message may have arrived"},
			false,
		},
		{
			"delivered",
			policy.Attempt{},
			push.Outcome{Kind: push.OutcomeAccepted},
			1,
			store.Result{
				State: store.Delivered, Code: 1000, Text: "sent; the bearer gives no confirmation",
				Method: push.Unconfirmed, Bearer: "GPRS", Network: "GSM",
			},
			false,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.pdp.Bearer = "pdp"
			b := newTown(t, one(tt.pdp, policy.Attempt{Bearer: "sms"}))
			b.people.are(alice, tablet)
			rec := b.acceptTo(store.Push{}, alice)
			for range tt.tries {
				s := b.wantSent("pdp", tablet)
				b.Result("pdp", s.ID, tt.outcome)
				b.advance(retry.After)
			}
			b.noneSent()
			f := b.final(rec.Deliveries[0])
			if f.Result.At = (time.Time{}); f.Result != tt.want {
				t.Errorf("the result is %+v\nwant %+v", f.Result, tt.want)
			}
			all := b.store.record(rec).Deliveries[0].Attempts
			for i, a := range all {
				if a.Number != i+1 || (a.Bearer == "pdp") != (i < tt.tries) {
					t.Errorf("attempt %d is number %d over %s", i, a.Number, a.Bearer)
				}
			}
			last := all[len(all)-1]
			if got := last.Bearer + " " + steps(last) + "; " + describeOutcome(last.Outcome); (got == says) != tt.leftOut {
				t.Errorf("the last attempt is %q", got)
			}
			b.nothingLeft()
		})
	}
}

// TestLeftOutIsNotFinal has a user register with a number while an attempt waits for its retry: then the next attempt can be made.
func TestLeftOutIsNotFinal(t *testing.T) {
	retry := policy.Retry{Times: 1, After: 10 * time.Second}
	b := newTown(t, one(policy.Attempt{Bearer: "pdp", Retry: retry}, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, tablet)
	rec := b.acceptTo(store.Push{}, alice)
	b.answer(b.wantSent("pdp", tablet), push.OutcomeUnreachable)
	b.people.are(alice, phone)
	b.advance(retry.After)
	b.answer(b.wantSent("pdp", phone), push.OutcomeUnreachable)
	b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.Delivered {
		t.Errorf("the result is %+v", f.Result)
	}
	b.nothingLeft()
}

// TestBearersBehindLeftOutOnes are tried: only what nothing can follow is the last attempt.
func TestBearersBehindLeftOutOnes(t *testing.T) {
	retry := policy.Retry{Times: 1, After: 10 * time.Second}
	b := newTown(t, one(policy.Attempt{Bearer: "pdp", Retry: retry}, policy.Attempt{Bearer: "sms"}, policy.Attempt{Bearer: "pdp"}))
	b.people.are(alice, tablet)
	rec := b.acceptTo(store.Push{}, alice)
	b.answer(b.wantSent("pdp", tablet), push.OutcomeUnreachable)
	b.answer(b.wantSent("pdp", tablet), push.OutcomeAccepted)
	b.final(rec.Deliveries[0])
	got := b.store.record(rec).Deliveries[0]
	if n := len(got.Attempts); n != 3 || !strings.Contains(got.Attempts[1].Outcome.Cause, "takes numbers alone") {
		t.Errorf("the attempts are %+v", got.Attempts)
	}
}
