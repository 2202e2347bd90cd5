package dispatch

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestCombined walks the table of combined results.
func TestCombined(t *testing.T) {
	got := store.Result{State: store.Delivered, Code: 1000, Text: "delivered", Method: push.Confirmed, Bearer: "SMS", Network: "GSM"}
	sent := store.Result{State: store.Delivered, Code: 1000, Text: "sent", Method: push.Unconfirmed, Bearer: "GPRS", Network: "GSM"}
	undeliverable := store.Result{State: store.Undeliverable, Code: 4000, Text: "absent"}
	refused := store.Result{State: store.Undeliverable, Code: 3006, Text: "refused"}
	expired := store.Result{State: store.Expired, Code: 4000, Text: "too late"}
	timeout := store.Result{State: store.TimedOut, Code: 4002, Text: "no answer"}
	untried := store.Result{}
	tests := []struct {
		name string
		all  bool
		legs []store.Result
		want store.Result
	}{
		{
			"all: confirmed by all", true,
			[]store.Result{got, got},
			store.Result{State: store.Delivered, Code: 1000, Text: "delivered to 2 terminals", Method: push.Confirmed, Bearer: "SMS", Network: "GSM"},
		},
		{
			"all: not confirmed by one", true,
			[]store.Result{got, sent, got},
			store.Result{State: store.Delivered, Code: 1000, Text: "sent to 3 terminals; 2 of them confirmed", Method: push.Unconfirmed},
		},
		{
			"all: confirmed by none", true,
			[]store.Result{sent, sent},
			store.Result{
				State: store.Delivered, Code: 1000, Text: "sent to 2 terminals; 0 of them confirmed", Method: push.Unconfirmed,
				Bearer: "GPRS", Network: "GSM",
			},
		},
		{
			"all: one failed", true,
			[]store.Result{got, refused},
			store.Result{State: store.Undeliverable, Code: 3006, Text: "delivered to 1 of 2 terminals; refused"},
		},
		{
			"all: the first failed", true,
			[]store.Result{refused, sent},
			store.Result{State: store.Undeliverable, Code: 3006, Text: "delivered to 1 of 2 terminals; refused"},
		},
		{
			"all: expired is worse than undeliverable", true,
			[]store.Result{expired, refused, got},
			store.Result{State: store.Expired, Code: 4000, Text: "delivered to 1 of 3 terminals; too late"},
		},
		{
			"all: timeout is worst", true,
			[]store.Result{timeout, expired, refused},
			store.Result{State: store.TimedOut, Code: 4002, Text: "delivered to none of 3 terminals; no answer"},
		},
		{
			"all: the last of those that are as bad", true,
			[]store.Result{undeliverable, refused},
			store.Result{State: store.Undeliverable, Code: 3006, Text: "delivered to none of 2 terminals; refused"},
		},
		{"any: the first got it", false, []store.Result{got, untried}, got},
		{"any: the last got it", false, []store.Result{timeout, refused, sent}, sent},
		{
			"any: none", false,
			[]store.Result{refused, undeliverable},
			store.Result{State: store.Undeliverable, Code: 4000, Text: "delivered to none of 2 terminals; absent"},
		},
		{
			"any: doubt comes first", false,
			[]store.Result{timeout, refused, expired},
			store.Result{State: store.TimedOut, Code: 4002, Text: "delivered to none of 3 terminals; no answer"},
		},
		{
			"any: then expired", false,
			[]store.Result{expired, refused},
			store.Result{State: store.Expired, Code: 4000, Text: "delivered to none of 2 terminals; too late"},
		},
		{
			"any: stopped by doubt", false,
			[]store.Result{refused, timeout, untried},
			store.Result{State: store.TimedOut, Code: 4002, Text: "delivered to none of 3 terminals, 1 not tried; no answer"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := fan{all: tt.all}
			for i := range tt.legs {
				l := leg{}
				if tt.legs[i] != untried {
					l.result = &tt.legs[i]
				}
				f.legs = append(f.legs, l)
			}
			if got := f.combined(); got != tt.want {
				t.Errorf("the result is\n%+v, want\n%+v", got, tt.want)
			}
		})
	}
}

var kinds = []push.OutcomeKind{
	push.OutcomeDelivered, push.OutcomeAccepted, push.OutcomeUnreachable, push.OutcomeRefused, push.OutcomeFailedForNow, push.OutcomeUnknown,
}

// TestAnyByEveryOutcome sends to one terminal after the other, with every pair of outcomes and both kinds of on_unknown.
func TestAnyByEveryOutcome(t *testing.T) {
	for _, onUnknown := range []string{policy.OnUnknownStop, policy.OnUnknownNext} {
		b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms", OnUnknown: onUnknown}))
		b.people.are(alice, phone, other)
		for _, first := range kinds {
			for _, second := range kinds {
				name := fmt.Sprintf("on_unknown = %s, %v, then %v", onUnknown, first, second)
				rec := b.acceptTo(store.Push{}, alice)
				b.answer(b.wantSent("sms", phone), first)
				done := isSuccess(push.Outcome{Kind: first}) || first == push.OutcomeUnknown && onUnknown == policy.OnUnknownStop
				if !done {
					b.answer(b.wantSent("sms", other), second)
				}
				b.noneSent()
				want := store.Undeliverable
				switch {
				case isSuccess(push.Outcome{Kind: first}), !done && isSuccess(push.Outcome{Kind: second}):
					want = store.Delivered
				case first == push.OutcomeUnknown, !done && second == push.OutcomeUnknown:
					want = store.TimedOut
				}
				got := b.final(rec.Deliveries[0]).Result
				if got.State != want {
					t.Errorf("%s: the state is %s, want %s", name, got.State, want)
				}
				last := first
				if !done {
					last = second
				}
				if confirmed := got.Method == push.Confirmed; confirmed != (last == push.OutcomeDelivered) {
					t.Errorf("%s: confirmed is %v", name, confirmed)
				}
				b.nothingLeft()
			}
		}
	}
}

// TestAllByEveryOutcome sends to two terminals at once, and has either answer first.
func TestAllByEveryOutcome(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAll, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, phone, other)
	for _, first := range kinds {
		for _, second := range kinds {
			for _, reversed := range []bool{false, true} {
				name := fmt.Sprintf("%v and %v, reversed: %v", first, second, reversed)
				rec := b.acceptTo(store.Push{}, alice)
				sent := []sentItem{b.wantSent("sms", phone), b.wantSent("sms", other)}
				if reversed {
					slices.Reverse(sent)
				}
				b.answer(sent[0], first)
				if b.Pending() != 1 {
					t.Fatalf("%s: the delivery is final before the last leg", name)
				}
				b.answer(sent[1], second)
				both, got := []push.OutcomeKind{first, second}, b.final(rec.Deliveries[0])
				delivered := 0
				for _, k := range both {
					if isSuccess(push.Outcome{Kind: k}) {
						delivered++
					}
				}
				want := store.Undeliverable
				switch {
				case delivered == 2:
					want = store.Delivered
				case slices.Contains(both, push.OutcomeUnknown):
					want = store.TimedOut
				}
				if got.Result.State != want {
					t.Errorf("%s: the state is %s, want %s", name, got.Result.State, want)
				}
				if got.Result.Method == push.Confirmed != (first == push.OutcomeDelivered && second == push.OutcomeDelivered) {
					t.Errorf("%s: the method is %v", name, got.Result.Method)
				}
				if delivered == 1 && !strings.HasPrefix(got.Result.Text, "delivered to 1 of 2 terminals; ") {
					t.Errorf("%s: the text is %q", name, got.Result.Text)
				}
				b.nothingLeft()
			}
		}
	}
}

// nothingLeft holds that a dispatcher without deliveries keeps nothing of them.
func (b *bench) nothingLeft() {
	b.t.Helper()
	b.settle()
	done := make(chan string)
	b.box.post(func() {
		left := ""
		if len(b.jobs)+len(b.fans)+len(b.lanes)+len(b.timers) > 0 || b.young.first() != never {
			left = fmt.Sprintf("%d jobs, %d fans, %d lanes, %d timers, or a young one", len(b.jobs), len(b.fans), len(b.lanes), len(b.timers))
		}
		done <- left
	})
	if left := <-done; left != "" {
		b.t.Fatalf("left behind: %s", left)
	}
}
