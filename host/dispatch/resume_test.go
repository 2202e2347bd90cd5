package dispatch

import (
	"slices"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestResume restarts the host at several points of a delivery and looks at where it goes on.
func TestResume(t *testing.T) {
	p := one(
		policy.Attempt{Bearer: "pdp", Within: time.Minute},
		policy.Attempt{Bearer: "sms", Within: time.Minute, Retry: policy.Retry{Times: 1, After: time.Second}},
	)
	tests := []struct {
		name   string
		before func(b *bench)
		bearer string // of the first delivery after the restart
		token  string
		number int
	}{
		{"nothing was tried", func(*bench) {}, "pdp", "", 1},
		{"the first attempt is over and not started again", func(b *bench) {
			b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnreachable})
		}, "sms", "", 2},
		{"an open attempt goes on with its token", func(b *bench) {
			b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnreachable})
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
		}, "sms", "ref 9", 2},
		{"a retry is a retry after the restart, too", func(b *bench) {
			b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnreachable})
			s := b.nextSent()
			b.Progress("sms", s.ID, 1, []byte("ref 9"))
			b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeUnknown})
		}, "sms", "ref 9", 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, p)
			rec := b.accept(store.Push{}, number)
			tt.before(b)
			b.settle()
			b.Stop()
			for _, ok := b.plugins.take(); ok; _, ok = b.plugins.take() {
			}
			b.open(p)
			b.Add(b.store.record(rec))
			b.advance(time.Second)
			s := b.nextSent()
			if s.bearer != tt.bearer || string(s.Token) != tt.token {
				t.Errorf("went on at %s with token %q, want %s with %q", s.bearer, s.Token, tt.bearer, tt.token)
			}
			b.Result(s.bearer, s.ID, push.Outcome{Kind: push.OutcomeDelivered})
			if f := b.final(rec.Deliveries[0]); f.Attempts[0].Number != tt.number {
				t.Errorf("it was attempt %d, want %d", f.Attempts[0].Number, tt.number)
			}
		})
	}
}

func TestResumeCountsTriesAndDoubt(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms", Within: time.Minute, Retry: policy.Retry{Times: 1, After: time.Second}})
	b := newBench(t, p)
	rec := b.accept(store.Push{}, number)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeUnknown})
	b.settle()
	b.Stop()
	b.open(p)
	b.Add(b.store.record(rec))
	b.advance(time.Second)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.TimedOut {
		t.Errorf("state is %s, want %s: the try before the restart may have arrived", f.Result.State, store.TimedOut)
	}
	b.noneSent()
}

func TestResumeAfterDeliverBefore(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms"})
	b := newBench(t, p)
	rec := b.accept(store.Push{DeliverBefore: start.Add(time.Hour)}, number)
	b.nextSent()
	b.Stop()
	b.clock.Step(2 * time.Hour)
	b.open(p)
	b.Add(b.store.record(rec))
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.Expired {
		t.Errorf("state is %s, want %s", f.Result.State, store.Expired)
	}
}

func TestQuiesceStartsNothing(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	b.Quiesce()
	waiting := b.accept(store.Push{}, number, "1000001")
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.Delivered {
		t.Errorf("state is %s, want %s: outcomes are recorded until the end", f.Result.State, store.Delivered)
	}
	b.noneSent()
	if b.Pending() != len(waiting.Deliveries) {
		t.Errorf("%d pending, want %d", b.Pending(), len(waiting.Deliveries))
	}
}

// restart stops the host as a crash does, after what was done so far is on disk, and takes up what the store has.
func (b *bench) restart(rec *store.Record, down time.Duration, policies ...policy.Policy) {
	b.t.Helper()
	b.settle()
	b.Stop()
	for _, ok := b.plugins.take(); ok; _, ok = b.plugins.take() {
	}
	b.clock.Advance(down)
	b.open(policies...)
	b.takeUp(rec)
}

// takeUp loads pushes as the host does.
func (b *bench) takeUp(records ...*store.Record) {
	defer b.Hold()()
	for _, rec := range records {
		b.Add(b.store.record(rec))
		b.settle()
	}
}

func TestResumeOfWhatWasOnTheAir(t *testing.T) {
	pdp, sms := policy.Attempt{Bearer: "pdp"}, policy.Attempt{Bearer: "sms"}
	nothing := policy.Policy{Name: "none", Match: policy.Match{Prefix: []string{"999"}}, Attempts: []policy.Attempt{sms}}
	tests := []struct {
		name  string
		down  time.Duration
		after policy.Policy
		sends string // where it goes on, "" if nowhere
		state store.State
	}{
		{"its time is over", 2 * time.Minute, one(sms, pdp), "", store.TimedOut},
		{"no policy is for it now", 0, nothing, "", store.TimedOut},
		{"its bearer moved in the plan", 0, one(pdp, sms), "sms", store.Delivered},
		{"its bearer is not in the plan now", 0, one(pdp), "", store.TimedOut},
		{"deliver-before has passed", time.Hour, one(sms, pdp), "", store.Expired},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(sms, pdp))
			rec := b.accept(store.Push{DeliverBefore: start.Add(time.Hour)}, number)
			b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
			b.restart(rec, tt.down, tt.after)
			if tt.sends != "" {
				s := b.nextSent()
				if s.bearer != tt.sends || string(s.Token) != "ref 9" {
					t.Fatalf("went on at %s with token %q", s.bearer, s.Token)
				}
				b.Result(s.bearer, s.ID, push.Outcome{Kind: push.OutcomeDelivered})
			}
			f := b.final(rec.Deliveries[0])
			if f.Result.State != tt.state {
				t.Errorf("state is %s (%s), want %s", f.Result.State, f.Result.Text, tt.state)
			}
			if len(f.Attempts) != 1 || f.Attempts[0].Ended.IsZero() || tt.sends == "" && f.Attempts[0].Outcome.Kind != push.OutcomeUnknown {
				t.Errorf("final with attempts %+v, want the one that was open, ended", f.Attempts)
			}
			b.noneSent()
		})
	}
}

// What was on the air at a crash may have arrived, whatever the next try says.
func TestResumedTryKeepsItsDoubt(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms"}, policy.Attempt{Bearer: "pdp"})
	b := newBench(t, p)
	rec := b.accept(store.Push{}, number)
	b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
	b.restart(rec, time.Second, p)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeRefused})
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.TimedOut {
		t.Errorf("state is %s, want %s", f.Result.State, store.TimedOut)
	}
	b.noneSent()
}

// After a change of the policies the plan is what the store's attempts leave of it.
func TestResumeWithAnotherPlan(t *testing.T) {
	pdp, sms := policy.Attempt{Bearer: "pdp"}, policy.Attempt{Bearer: "sms"}
	tests := []struct {
		name   string
		after  policy.Policy
		bearer string // "" if nothing is left
	}{
		{"what was tried is gone", one(sms), "sms"},
		{"the order is another", one(sms, pdp), "sms"},
		{"nothing new is there", one(pdp), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, one(pdp, sms))
			rec := b.accept(store.Push{}, number)
			b.Result("pdp", b.nextSent().ID, push.Outcome{Kind: push.OutcomeRefused})
			b.nextSent()
			b.restart(rec, time.Second, tt.after)
			if tt.bearer != "" {
				s := b.nextSent()
				if s.bearer != tt.bearer {
					t.Errorf("went on at %s, want %s", s.bearer, tt.bearer)
				}
				b.Result(s.bearer, s.ID, push.Outcome{Kind: push.OutcomeRefused})
			}
			b.final(rec.Deliveries[0])
			b.noneSent()
		})
	}
}

func TestPauseIsNotBegunAgainByARestart(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms", Within: time.Minute, Retry: policy.Retry{Times: 1, After: 30 * time.Second}})
	b := newBench(t, p)
	rec := b.accept(store.Push{}, number)
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeFailedForNow})
	b.restart(rec, 29*time.Second, p)
	b.noneSent()
	b.advance(time.Second)
	b.nextSent()
}

func TestPendingIsCountedByInitiator(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	b.accept(store.Push{Initiator: "mmsc"}, "1000001", "1000002")
	b.accept(store.Push{Initiator: "portal"}, "1000003")
	if b.PendingOf("mmsc") != 2 || b.PendingOf("portal") != 1 || b.PendingOf("nobody") != 0 || b.Pending() != 3 {
		t.Errorf("pending: %d, %d, %d of %d", b.PendingOf("mmsc"), b.PendingOf("portal"), b.PendingOf("nobody"), b.Pending())
	}
	for range 3 {
		b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	}
	b.await("nothing pending", func() bool { return b.PendingOf("mmsc") == 0 && b.PendingOf("portal") == 0 && b.Pending() == 0 })
}

// A try that never came to a bearer costs no write of its own; it is in the record all the same.
func TestTryThatWasNotSentIsWrittenLater(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}, policy.Attempt{Bearer: "sms"}))
	rec := b.accept(store.Push{}, number)
	s := b.nextSent()
	if s.bearer != "sms" {
		t.Fatalf("went to %s", s.bearer)
	}
	if n := len(b.store.all()); n != 0 {
		t.Errorf("%d events were written before anything was sent, want none", n)
	}
	if w, _ := b.Waiting(t.Context(), rec.Deliveries[0].ID); len(w.Legs) != 1 || len(w.Legs[0].Steps) < 2 || w.Legs[0].Steps[1].Plugin != "a" {
		t.Errorf("the trace does not show the try that was not sent: %+v", w.Legs)
	}
	b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	f := b.final(rec.Deliveries[0])
	if len(f.Attempts) != 2 || f.Attempts[0].Number != 1 || f.Attempts[0].Outcome.Kind != push.OutcomeUnreachable || f.Attempts[1].Number != 2 {
		t.Errorf("the record has the attempts %+v, want both", f.Attempts)
	}
}

func TestTraceSaysWhatWasTakenUpAgain(t *testing.T) {
	p := one(policy.Attempt{Bearer: "sms"})
	b := newBench(t, p)
	rec := b.accept(store.Push{}, number)
	b.Progress("sms", b.nextSent().ID, 1, []byte("ref 9"))
	b.settle()
	b.Stop()
	b.open(p)
	b.Add(b.store.record(rec))
	b.Result("sms", b.nextSent().ID, push.Outcome{Kind: push.OutcomeDelivered})
	var names []string
	for _, st := range b.final(rec.Deliveries[0]).Attempts[0].Steps {
		names = append(names, st.Name)
	}
	if want := []string{"policy", "send", "resumed", "send", "outcome"}; !slices.Equal(names, want) {
		t.Errorf("the steps are %q, want %q", names, want)
	}
}
