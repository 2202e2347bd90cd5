package dispatch

import (
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestResumeLegs restarts the host in the middle of a delivery to two terminals.
func TestResumeLegs(t *testing.T) {
	tests := []struct {
		name      string
		terminals string
		before    func(b *bench)
		then      []string // lane and token of what is sent after the restart
		state     store.State
	}{
		{"any: nothing was begun", policy.TerminalsAny, func(*bench) {}, []string{phone + " "}, store.Delivered},
		{"any: the first is on the air", policy.TerminalsAny, func(b *bench) {
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
		}, []string{phone + " ref 9"}, store.Delivered},
		{"any: the first has failed", policy.TerminalsAny, func(b *bench) {
			b.answer(b.nextSent(), push.OutcomeRefused)
		}, []string{other + " "}, store.Delivered},
		{"any: the second is on the air", policy.TerminalsAny, func(b *bench) {
			b.answer(b.nextSent(), push.OutcomeRefused)
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
		}, []string{other + " ref 9"}, store.Delivered},
		{"any: the first is gone", policy.TerminalsAny, func(b *bench) {
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
			b.settle()
			b.people.are(alice, other)
		}, []string{phone + " ref 9"}, store.Delivered},
		{"any: the user is gone", policy.TerminalsAny, func(b *bench) {
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
			b.settle()
			b.people.are(alice)
		}, []string{phone + " ref 9"}, store.Delivered},
		{"any: the order is another", policy.TerminalsAny, func(b *bench) {
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
			b.settle()
			b.people.are(alice, other, phone)
		}, []string{phone + " ref 9"}, store.Delivered},
		{"all: one has it", policy.TerminalsAll, func(b *bench) {
			b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
		}, []string{other + " "}, store.Delivered},
		{"all: one has it, unconfirmed, and the other is on the air", policy.TerminalsAll, func(b *bench) {
			s := b.wantSent("sms", phone)
			b.Progress("sms", b.wantSent("sms", other).ID, 1, []byte("ref 9"))
			b.answer(s, push.OutcomeAccepted)
		}, []string{other + " ref 9"}, store.Delivered},
		{"all: one has failed", policy.TerminalsAll, func(b *bench) {
			b.answer(b.wantSent("sms", phone), push.OutcomeRefused)
		}, []string{other + " "}, store.Undeliverable},
		{"all: the other is new", policy.TerminalsAll, func(b *bench) {
			b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
			b.people.are(alice, tablet, phone)
		}, []string{tablet + " "}, store.Delivered},
		{"all: both are on the air", policy.TerminalsAll, func(b *bench) {
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 1"))
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 2"))
		}, []string{phone + " ref 1", other + " ref 2"}, store.Delivered},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t)
			b.Stop()
			sms := b.plugins.infos["sms"] // it knows every terminal
			sms.AddressTypes = append(sms.AddressTypes, push.USER)
			b.plugins.infos["sms"] = sms
			p := to(tt.terminals, policy.Attempt{Bearer: "sms", Within: time.Hour})
			b.open(p)
			b.people.are(alice, phone, other)
			rec := b.acceptTo(store.Push{}, alice)
			tt.before(b)
			b.restart(rec, time.Second, p)
			var sent []sentItem
			for _, want := range tt.then {
				s := b.nextSent()
				if got := s.Lane + " " + string(s.Token); got != want {
					t.Errorf("sent %q, want %q", got, want)
				}
				if number, ok := strings.CutPrefix(s.Lane, "PLMN:+"); ok && string(s.Terminal.MSISDN) != number {
					t.Errorf("%s was sent to %+v", s.Lane, s.Terminal)
				}
				sent = append(sent, s)
			}
			b.noneSent()
			for _, s := range sent {
				b.answer(s, push.OutcomeDelivered)
			}
			if r := b.final(rec.Deliveries[0]).Result; r.State != tt.state {
				t.Errorf("the result is %+v, want %s", r, tt.state)
			} else if strings.Contains(tt.name, "unconfirmed") && r.Method != push.Unconfirmed {
				t.Errorf("the method is %v, and one did not confirm", r.Method)
			}
			b.noneSent()
			b.nothingLeft()
		})
	}
}

// TestALegIsNotSentAgainWhateverThePolicyIsNow restarts with a policy that has another bearer, or refuses the push.
func TestALegIsNotSentAgainWhateverThePolicyIsNow(t *testing.T) {
	p := to(policy.TerminalsAll, policy.Attempt{Bearer: "sms", Within: time.Hour})
	nobody := to(policy.TerminalsAll, policy.Attempt{Bearer: "sms"})
	nobody.Match.Initiator = []string{"nobody"}
	tests := []struct {
		name string
		now  policy.Policy
		sent bool // to the other terminal
		text string
	}{
		{"another bearer", to(policy.TerminalsAll, policy.Attempt{Bearer: "pdp", Within: time.Hour}), true, "sent to 2 terminals; 1 of them confirmed"},
		{"any", to(policy.TerminalsAny, policy.Attempt{Bearer: "sms", Within: time.Hour}), false, "delivered"},
		{"no policy", nobody, false, "delivered to 1 of 2 terminals; no policy is for this push"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, p)
			b.people.are(alice, phone, other)
			b.accept(store.Push{}, "358400000002") // keeps the other terminal
			b.wantSent("sms", other)
			rec := b.acceptTo(store.Push{}, alice)
			b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
			b.restart(rec, time.Second, tt.now)
			if tt.sent {
				b.answer(b.wantSent("pdp", other), push.OutcomeAccepted)
			}
			if r := b.final(rec.Deliveries[0]).Result; r.Text != tt.text {
				t.Errorf("the result is %+v, want %q", r, tt.text)
			}
			b.noneSent()
			b.nothingLeft()
		})
	}
}

// TestTheLegOnTheAirGoesFirst restarts with a policy that would try the first terminal again, while the second one is on the air.
// What is known of the first one's tries is not forgotten until its turn comes.
func TestTheLegOnTheAirGoesFirst(t *testing.T) {
	retry := func(times int) policy.Policy {
		return to(policy.TerminalsAny, policy.Attempt{
			Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: times, After: time.Second}, OnUnknown: policy.OnUnknownNext,
		})
	}
	for _, times := range []int{0, 1} {
		b := newTown(t, retry(0))
		b.people.are(alice, phone, other)
		rec := b.acceptTo(store.Push{}, alice)
		b.answer(b.wantSent("sms", phone), push.OutcomeFailedForNow)
		b.Progress("sms", b.wantSent("sms", other).ID, 1, []byte("ref 9"))
		b.restart(rec, time.Minute, retry(times))
		s := b.wantSent("sms", other)
		if b.noneSent(); string(s.Token) != "ref 9" {
			t.Errorf("it goes on with %q", s.Token)
		}
		b.answer(s, push.OutcomeRefused)
		for range times {
			b.advance(time.Second)
			b.answer(b.wantSent("sms", phone), push.OutcomeRefused)
		}
		if r := b.final(rec.Deliveries[0]).Result; r.State != store.TimedOut || !strings.HasPrefix(r.Text, "delivered to none of 2 terminals;") {
			t.Errorf("the result is %+v", r)
		}
		b.noneSent()
	}
}

// TestALegsEndIsOnDiskBeforeTheNextBegins looks at the order of what is written.
func TestALegsEndIsOnDiskBeforeTheNextBegins(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, phone, other)
	b.acceptTo(store.Push{}, alice)
	first := b.wantSent("sms", phone)
	b.answer(first, push.OutcomeRefused)
	second := b.wantSent("sms", other)
	if second.ID == first.ID {
		t.Errorf("both legs were sent as %s", first.ID)
	}
	b.Progress("sms", second.ID, 1, []byte("ref 9"))
	b.settle()
	events := b.store.all()
	if len(events) != 2 {
		t.Fatalf("written: %+v", events)
	}
	ended, ok := events[0].(store.AttemptEnded)
	token, ok2 := events[1].(store.TokenReported)
	if !ok || !ok2 || ended.Attempt.Leg != 0 || token.Attempt.Leg != 1 || token.Attempt.Lane != other {
		t.Errorf("written: %+v", events)
	}
}
