package dispatch

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestOtherTokens lets a delivery begin, and looks at what the bearer of the next one to the terminal is told of it.
func TestOtherTokens(t *testing.T) {
	retry := policy.Retry{Times: 1, After: time.Minute}
	sms, pdp := policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: retry}, policy.Attempt{Bearer: "pdp", Within: time.Hour}
	overPDP := policy.Policy{Name: "pdp", Match: policy.Match{Initiator: []string{"portal"}}, Attempts: []policy.Attempt{pdp}}
	policies := []policy.Policy{overPDP, one(sms, pdp)}
	unknown := push.Outcome{Kind: push.OutcomeUnknown}
	begins := func(b *bench, token string, o push.Outcome) {
		s := b.nextSent()
		if token != "" {
			b.Progress("sms", s.ID, 1, []byte(token))
		}
		b.Result("sms", s.ID, o)
		b.await("it to be taken in", func() bool { _, waits := b.plugins.take(); return waits || len(b.store.all()) > 0 })
	}
	tests := []struct {
		name  string
		meets func(b *bench, first *store.Record)
		next  store.Push
		to    string
		want  string
	}{
		{"it waits for its retry", func(b *bench, _ *store.Record) { begins(b, "ref 9", unknown) }, store.Push{}, number, "ref 9"},
		{"it is folded", func(b *bench, _ *store.Record) {
			begins(b, "ref 9", unknown)
			b.settle()
			if n, all := b.folded(); n != 1 || all != 1 {
				b.t.Errorf("%d of %d deliveries are folded", n, all)
			}
		}, store.Push{}, number, "ref 9"},
		{"the host was started again", func(b *bench, first *store.Record) {
			begins(b, "ref 9", unknown)
			b.restart(first, time.Second, policies...)
		}, store.Push{}, number, "ref 9"},
		{"its last token counts", func(b *bench, _ *store.Record) {
			s := b.nextSent()
			b.Progress("sms", s.ID, 1, []byte("ref 8"))
			b.Progress("sms", s.ID, 2, []byte("ref 9"))
			b.Result("sms", s.ID, unknown)
		}, store.Push{}, number, "ref 9"},
		{"it left no token", func(b *bench, _ *store.Record) { begins(b, "", unknown) }, store.Push{}, number, ""},
		{"the next goes over another bearer", func(b *bench, _ *store.Record) { begins(b, "ref 9", unknown) }, store.Push{Initiator: "portal"}, number, ""},
		{"the next is to another terminal", func(b *bench, _ *store.Record) { begins(b, "ref 9", unknown) }, store.Push{}, "1000001", ""},
		{"it is final", func(b *bench, _ *store.Record) {
			begins(b, "ref 9", push.Outcome{Kind: push.OutcomeDelivered})
		}, store.Push{}, number, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, policies...)
			tt.meets(b, b.accept(store.Push{}, number))
			b.accept(tt.next, tt.to)
			s := b.nextSent()
			if got := string(slices.Concat(s.OtherTokens...)); got != tt.want || s.Token != nil {
				t.Errorf("%s was given the other tokens %q, want %q, and its own %q", s.bearer, s.OtherTokens, tt.want, s.Token)
			}
		})
	}
}

// A delivery is not told of its own token, and what waits in the lane behind it counts as what sleeps does.
func TestOtherTokensOfARetry(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}})
	b := newBench(t, p)
	for i := range 3 {
		b.accept(store.Push{}, number)
		s := b.nextSent()
		b.Progress("sms", s.ID, 1, fmt.Append(nil, "ref ", i))
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnknown})
		if len(s.OtherTokens) != i {
			t.Errorf("delivery %d was told of %q", i, s.OtherTokens)
		}
	}
	b.advance(time.Minute)
	for i := range 3 {
		s := b.nextSent()
		if len(s.OtherTokens) != 2-i || slices.ContainsFunc(s.OtherTokens, func(o []byte) bool { return string(o) == string(s.Token) }) {
			t.Errorf("the retry with %q was told of %q", s.Token, s.OtherTokens)
		}
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
}

func TestOtherTokensAreBounded(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}}))
	for range push.MaxOtherTokens + 1 {
		b.accept(store.Push{}, number)
		s := b.nextSent()
		b.Progress("sms", s.ID, 1, []byte("token"))
		b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnknown})
	}
	b.accept(store.Push{}, number)
	if n := len(b.nextSent().OtherTokens); n != push.MaxOtherTokens {
		t.Errorf("told of %d others, want %d", n, push.MaxOtherTokens)
	}
}
