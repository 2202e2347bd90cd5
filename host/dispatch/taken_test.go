package dispatch

import (
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestNumberTakenFromAUser has a push to two terminals wait to be tried again, while the operator takes one of them from the user, as
// to give its number to somebody else: nothing more goes there, unless what was sent before may have arrived.
func TestNumberTakenFromAUser(t *testing.T) {
	for _, tt := range []struct {
		name    string
		outcome push.OutcomeKind // of the first try at that terminal
		tried   bool
	}{
		{"not reached", push.OutcomeUnreachable, false},
		{"refused for now", push.OutcomeFailedForNow, false},
		{"it may have the push", push.OutcomeUnknown, true},
	} {
		for _, restart := range []bool{false, true} {
			name := tt.name
			if restart {
				name += ", after a restart"
			}
			t.Run(name, func(t *testing.T) {
				p := to(policy.TerminalsAll, policy.Attempt{
					Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}, OnUnknown: policy.OnUnknownNext,
				})
				b := newTown(t, p)
				b.people.are(alice, phone, other)
				rec := b.acceptTo(store.Push{}, alice)
				b.answer(b.wantSent("sms", phone), push.OutcomeFailedForNow)
				b.answer(b.wantSent("sms", other), tt.outcome)
				b.await("both to wait", func() bool { return b.States(t.Context())["sleeping"] == 2 })
				b.people.are(alice, phone)
				if restart {
					b.restart(rec, time.Second, p)
				}
				b.advance(time.Minute)
				b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
				if tt.tried {
					b.answer(b.wantSent("sms", other), push.OutcomeDelivered)
				}
				if f := b.final(rec.Deliveries[0]); (f.Result.State == store.Delivered) != tt.tried {
					t.Errorf("the result is %+v", f.Result)
				}
				b.nothingLeft()
			})
		}
	}
}
