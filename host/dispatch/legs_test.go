package dispatch

import (
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestAnyTriesTheWholePlanOfEachTerminal goes through two bearers at one terminal before the next one gets its turn.
func TestAnyTriesTheWholePlanOfEachTerminal(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, phone, other, tablet)
	b.people.online(alice, phone, "10.45.0.7", 7)
	rec := b.acceptTo(store.Push{}, alice)
	if s := b.wantSent("pdp", phone); s.Terminal.MSISDN != "358400000001" || len(s.Terminal.Sessions) != 0 || s.Route.Session.Generation != 7 {
		t.Errorf("the bearer was given %+v by %+v", s.Terminal, s.Route)
	} else {
		b.answer(s, push.OutcomeUnreachable)
	}
	b.answer(b.wantSent("sms", phone), push.OutcomeRefused)
	s := b.wantSent("sms", other) // it is not online
	b.people.online(alice, tablet, "10.45.0.8", 8)
	b.answer(s, push.OutcomeRefused)
	s = b.wantSent("pdp", tablet)
	if s.Route.Session.Generation != 8 {
		t.Errorf("the session is %+v; it is asked for when the leg begins", s.Route.Session)
	}
	b.answer(s, push.OutcomeAccepted)
	f := b.final(rec.Deliveries[0])
	if f.Result.State != store.Delivered || f.Result.Method != push.Unconfirmed || f.Result.Bearer != "GPRS" {
		t.Errorf("the result is %+v", f.Result)
	}
	var legs []string
	for _, a := range b.store.record(rec).Deliveries[0].Attempts {
		legs = append(legs, a.Lane+" "+a.Bearer+" "+a.Outcome.Kind.String())
		if a.Lane != []string{phone, other, tablet}[a.Leg] || a.Terminal.Sessions != nil {
			t.Errorf("leg %d is recorded for %s and %+v", a.Leg, a.Lane, a.Terminal)
		}
	}
	want := []string{
		phone + " pdp unreachable", phone + " sms refused", other + " pdp unreachable", other + " sms refused", tablet + " pdp accepted",
	}
	if strings.Join(legs, "\n") != strings.Join(want, "\n") {
		t.Errorf("the attempts were\n%s\nwant\n%s", strings.Join(legs, "\n"), strings.Join(want, "\n"))
	}
	b.nothingLeft()
}

// TestTerminalWithoutANumber skips a bearer that takes numbers alone, and does not wait for what a retry would not change.
func TestTerminalWithoutANumber(t *testing.T) {
	retry := policy.Retry{Times: 3, After: time.Minute}
	tests := []struct {
		name     string
		attempts []policy.Attempt
		then     string // the bearer that gets it, "" if none
	}{
		{"the plan goes on", []policy.Attempt{{Bearer: "sms"}, {Bearer: "pdp"}}, "pdp"},
		{"a retry would change nothing", []policy.Attempt{{Bearer: "sms", Within: time.Hour, Retry: retry}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, to(policy.TerminalsAny, tt.attempts...))
			b.people.are(alice, tablet)
			rec := b.acceptTo(store.Push{}, alice)
			if tt.then != "" {
				b.answer(b.wantSent(tt.then, tablet), push.OutcomeAccepted)
			}
			f := b.final(rec.Deliveries[0])
			o := f.Attempts[0].Outcome
			if o.Kind != push.OutcomeUnreachable || !strings.Contains(o.Cause, "bearer sms takes numbers alone") {
				t.Errorf("the attempt over sms ended as %+v", o)
			}
			if want := tt.then != ""; (f.Result.State == store.Delivered) != want || len(f.Attempts) != len(tt.attempts) {
				t.Errorf("the result is %+v after %d attempts", f.Result, len(f.Attempts))
			}
		})
	}
}

// TestLanesAreShared has one message on the air to a terminal, whether it was named by a number or by a user.
func TestLanesAreShared(t *testing.T) {
	for _, terminals := range []string{policy.TerminalsAny, policy.TerminalsAll} {
		t.Run(terminals, func(t *testing.T) {
			b := newTown(t, to(terminals, policy.Attempt{Bearer: "sms"}))
			b.people.are(alice, phone, other)
			b.accept(store.Push{PushID: "first"}, "358400000001")
			first := b.nextSent()
			b.acceptTo(store.Push{PushID: "to the user"}, alice)
			b.accept(store.Push{PushID: "behind"}, "358400000001")
			b.acceptTo(store.Push{PushID: "before all", Priority: push.PriorityHigh}, alice)
			elsewhere := map[string]bool{}
			if terminals == policy.TerminalsAll { // the other terminal is free
				s := b.wantSent("sms", other)
				elsewhere[s.PushID] = true
				b.answer(s, push.OutcomeDelivered)
				elsewhere[b.wantSent("sms", other).PushID] = true
			}
			if b.noneSent(); terminals == policy.TerminalsAll && len(elsewhere) != 2 {
				t.Errorf("the other terminal got %v", elsewhere)
			}
			s := first
			for _, want := range []string{"before all", "to the user", "behind"} {
				b.answer(s, push.OutcomeDelivered)
				if s = b.wantSent("sms", phone); s.PushID != want {
					t.Errorf("%q is sent, want %q", s.PushID, want)
				}
				b.noneSent()
			}
		})
	}
}

// TestLegsWaitAndSay looks at what is told of a delivery whose legs are in different places.
func TestLegsWaitAndSay(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAll, policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}}))
	b.people.are(alice, phone, other)
	rec := b.acceptTo(store.Push{}, alice)
	s := b.wantSent("sms", phone)
	b.wantSent("sms", other)
	b.answer(s, push.OutcomeFailedForNow)
	b.settle()
	w, ok := b.Waiting(t.Context(), rec.Deliveries[0].ID)
	want := "for " + phone + ", the pause before it is tried again over sms; for " + other + ", the outcome from bearer sms"
	if !ok || w.For != want || !w.Next.Equal(start.Add(time.Minute)) {
		t.Errorf("it waits for %q until %v, want %q", w.For, w.Next, want)
	}
	text := ""
	for _, st := range w.Legs[len(w.Legs)-1].Steps {
		text += st.Name + ": " + st.Text + "\n"
	}
	for _, want := range []string{
		"policy: all, attempt 1 of 1, for " + other,
		"resolve: 2 terminals: " + phone + ", " + other + "; this one, " + other + ", has no session",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the timeline is\n%s and does not say %q", text, want)
		}
	}
	states := b.States(t.Context())
	if states["sleeping"] != 1 || states["sent"] != 1 {
		t.Errorf("the states are %v", states)
	}
	if list := b.Oldest(t.Context(), 9); len(list) != 1 {
		t.Errorf("%d deliveries wait, want one", len(list))
	}
	b.Event("sms", push.Event{Kind: push.EventReachable, Terminal: push.Subscriber{Address: alice, MSISDN: "358400000001"}})
	b.wantSent("sms", phone)
}

// TestLegsExpireTogether has deliver-before pass while one leg is on the air and the other waits.
func TestLegsExpireTogether(t *testing.T) {
	for _, terminals := range []string{policy.TerminalsAny, policy.TerminalsAll} {
		t.Run(terminals, func(t *testing.T) {
			b := newTown(t, to(terminals, policy.Attempt{Bearer: "sms", Within: time.Hour}))
			b.people.are(alice, phone, other)
			b.accept(store.Push{}, "358400000002")
			b.wantSent("sms", other)
			rec := b.acceptTo(store.Push{DeliverBefore: start.Add(time.Minute)}, alice)
			s := b.wantSent("sms", phone)
			b.advance(time.Minute)
			b.answer(s, push.OutcomeFailedForNow)
			f := b.final(rec.Deliveries[0])
			want := "delivered to none of 2 terminals; not delivered before deliver-before-timestamp"
			if terminals == policy.TerminalsAny {
				want = strings.Replace(want, ";", ", 1 not tried;", 1)
			}
			if f.Result.State != store.Expired || f.Result.Text != want {
				t.Errorf("the result is %+v", f.Result)
			}
		})
	}
}

// TestEveryTerminalGetsItsOwnEncoding folds a delivery, whose next terminal needs what the encoder makes of the whole content.
func TestEveryTerminalGetsItsOwnEncoding(t *testing.T) {
	for _, terminals := range []string{policy.TerminalsAny, policy.TerminalsAll} {
		t.Run(terminals, func(t *testing.T) {
			b := newTown(t, to(terminals, policy.Attempt{Bearer: "sms", Within: time.Hour}))
			wbxml := b.plugins.infos["wbxml"]
			wbxml.Inputs = []push.Input{push.InputMSISDN}
			b.plugins.infos["wbxml"] = wbxml
			b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
				number, _ := r.Input(push.InputMSISDN)
				return push.Message{ContentType: "application/vnd.wap.sic", Body: []byte(string(r.Message.Body) + string(number))}, nil
			}
			b.people.are(alice, phone, other)
			b.acceptTo(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si", Body: []byte("<si/>")}}, alice)
			for range 2 {
				s := b.nextSent()
				b.advance(2 * foldAfter)
				b.answer(s, push.OutcomeRefused)
				if want := "<si/>" + strings.TrimPrefix(s.Lane, "PLMN:+"); string(s.Message.Body) != want {
					t.Errorf("%s was sent %q, want %q", s.Lane, s.Message.Body, want)
				}
			}
		})
	}
}

// TestOneEncodingForAllTerminals has both wait for their turns, folded, until they are encoded.
func TestOneEncodingForAllTerminals(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAll, policy.Attempt{Bearer: "sms", Within: time.Hour}))
	b.people.are(alice, phone, other)
	b.accept(store.Push{}, "358400000001", "358400000002")
	before := []sentItem{b.wantSent("sms", phone), b.wantSent("sms", other)}
	b.acceptTo(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, alice)
	b.settle()
	for _, s := range before {
		b.answer(s, push.OutcomeDelivered)
		b.nextSent()
		b.advance(2 * foldAfter)
	}
	if b.plugins.encoded != 1 {
		t.Errorf("the content was encoded %d times", b.plugins.encoded)
	}
}

// TestTerminalThatIsGone does not use the session that a terminal had while it was the user's, and tries what else is known of it, since
// it may have the push.
func TestTerminalThatIsGone(t *testing.T) {
	b := newTown(t, to(
		policy.TerminalsAny,
		policy.Attempt{
			Bearer: "pdp", Routing: []string{"a"}, Retry: policy.Retry{Times: 1, After: time.Second}, OnUnknown: policy.OnUnknownNext,
		},
		policy.Attempt{Bearer: "sms"},
	))
	b.people.are(alice, phone)
	b.people.online(alice, phone, "10.45.0.7", 7)
	rec := b.acceptTo(store.Push{}, alice)
	b.answer(b.wantSent("pdp", phone), push.OutcomeUnknown)
	b.people.are(alice, other)
	b.advance(time.Second)
	s := b.wantSent("sms", phone)
	if s.Terminal.MSISDN != "358400000001" || s.Terminal.Sessions != nil {
		t.Errorf("the bearer was given %+v", s.Terminal)
	}
	b.answer(s, push.OutcomeDelivered)
	said := "resolve: " + other + "; this one, " + phone + ", is not the address's any more"
	if last := b.final(rec.Deliveries[0]).Attempts; !strings.Contains(steps(last[len(last)-1]), said) {
		t.Errorf("the timeline is\n%s", steps(last[len(last)-1]))
	}
}

// TestTerminalThatComes has a push to a user without a terminal go to the one that the user registers with before a retry.
func TestTerminalThatComes(t *testing.T) {
	p := to(policy.TerminalsAll, policy.Attempt{
		Bearer: "pdp", Routing: []string{"a"}, Within: time.Hour, Retry: policy.Retry{Times: 2, After: time.Minute},
	})
	tests := []struct {
		name    string
		meets   func(b *bench) // its first try
		restart bool
	}{
		{"it was not reachable", func(*bench) {}, false},
		{"after a restart", func(*bench) {}, true},
		{"it was with another terminal", func(b *bench) {
			s := b.wantSent("pdp", phone)
			b.Progress("pdp", s.ID, 1, []byte("of the other"))
			b.answer(s, push.OutcomeFailedForNow)
		}, false},
		{"it was with another terminal, after a restart", func(b *bench) {
			s := b.wantSent("pdp", phone)
			b.Progress("pdp", s.ID, 1, []byte("of the other"))
			b.answer(s, push.OutcomeFailedForNow)
		}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, p)
			b.people.are(alice, alice.String())
			if strings.Contains(tt.name, "another") {
				b.people.are(alice, phone)
				b.people.online(alice, phone, "10.45.0.7", 7)
			}
			rec := b.acceptTo(store.Push{}, alice)
			tt.meets(b)
			b.await("the first try to end", func() bool { return b.States(t.Context())["sleeping"] == 1 })
			b.people.are(alice, tablet)
			b.people.online(alice, tablet, "10.45.0.8", 8)
			if tt.restart {
				b.restart(rec, time.Second, p)
			}
			b.advance(time.Minute)
			s := b.wantSent("pdp", tablet)
			if s.Token != nil || s.Route.Session.Generation != 8 {
				t.Errorf("sent with token %q to %+v", s.Token, s.Route.Session)
			}
			b.Progress("pdp", s.ID, 1, []byte("ref 9"))
			b.restart(rec, time.Second, p) // it is known whom the try is with
			if s = b.wantSent("pdp", tablet); string(s.Token) != "ref 9" {
				t.Errorf("goes on with token %q", s.Token)
			}
			b.answer(s, push.OutcomeAccepted)
			f := b.final(rec.Deliveries[0])
			if a := f.Attempts[0]; f.Result.Text != "sent; the bearer gives no confirmation" || a.Leg != 0 || a.Number != 2 {
				t.Errorf("the result is %+v after attempt %d of leg %d", f.Result, a.Number, a.Leg)
			}
			b.nothingLeft()
		})
	}
}

// TestOpenTryKeepsItsTerminal has a bearer give a try back, while the user changes to another terminal: that gets the next try.
func TestOpenTryKeepsItsTerminal(t *testing.T) {
	b := newTown(t, one(policy.Attempt{
		Bearer: "pdp", Routing: []string{"a"}, Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Second},
	}))
	b.people.are(alice, phone)
	b.people.online(alice, phone, "10.45.0.7", 7)
	rec := b.acceptTo(store.Push{}, alice)
	s := b.wantSent("pdp", phone)
	b.people.are(alice, tablet)
	b.people.online(alice, tablet, "10.45.0.8", 8)
	b.Result("pdp", s.ID, push.Returned())
	b.advance(returnPause)
	b.await("the first try to end", func() bool { return len(b.store.all()) == 1 })
	b.advance(time.Second)
	b.answer(b.wantSent("pdp", tablet), push.OutcomeAccepted)
	b.final(rec.Deliveries[0])
	for i, a := range b.store.record(rec).Deliveries[0].Attempts {
		if a.Lane != []string{phone, tablet}[i] {
			t.Errorf("attempt %d is recorded for %s", a.Number, a.Lane)
		}
	}
}

// TestRetryForAnotherNumber restarts before a retry, and the user has a terminal with another number now.
func TestRetryForAnotherNumber(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}})
	b := newTown(t, p)
	b.people.are(alice, phone)
	rec := b.acceptTo(store.Push{}, alice)
	b.answer(b.wantSent("sms", phone), push.OutcomeUnreachable)
	b.people.are(alice, other)
	b.restart(rec, time.Second, p)
	b.advance(time.Minute)
	b.wantSent("sms", other)
}

// TestUnsentLegsAreInTheTimeline keeps the tries of terminals that no bearer was asked for.
func TestUnsentLegsAreInTheTimeline(t *testing.T) {
	for _, terminals := range []string{policy.TerminalsAny, policy.TerminalsAll} {
		b := newTown(t, to(terminals, policy.Attempt{Bearer: "sms"}))
		b.people.are(alice, tablet, phone)
		rec := b.acceptTo(store.Push{}, alice)
		s := b.wantSent("sms", phone)
		if w, _ := b.Waiting(t.Context(), rec.Deliveries[0].ID); terminals == policy.TerminalsAny && (len(w.Legs) != 2 || len(w.Legs[0].Steps)+len(w.Legs[1].Steps) != 5) {
			t.Errorf("%s: of both legs this is told: %+v", terminals, w.Legs)
		}
		b.answer(s, push.OutcomeDelivered)
		b.final(rec.Deliveries[0])
		if got := b.store.record(rec).Deliveries[0].Attempts; len(got) != 2 || got[0].Outcome.Kind != push.OutcomeUnreachable || got[1].Leg != 1 {
			t.Errorf("%s: the attempts are %+v", terminals, got)
		}
	}
}

// TestOneLegIsTheDelivery has no trace of legs where an address has one terminal.
func TestOneLegIsTheDelivery(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAll, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, phone)
	rec := b.acceptTo(store.Push{}, alice)
	b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
	f := b.final(rec.Deliveries[0])
	if f.Result.Text != "delivered" || len(f.Attempts) != 1 || strings.Contains(steps(f.Attempts[0]), "for "+phone) {
		t.Errorf("the result is %+v, with\n%s", f.Result, steps(f.Attempts[0]))
	}
	b.nothingLeft()
}
