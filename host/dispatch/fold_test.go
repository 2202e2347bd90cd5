package dispatch

import (
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// folded counts the jobs that are, and all. The clock has the dispatcher's alarm when it returns.
func (b *bench) folded() (folded, all int) {
	for range 2 { // the alarm is set behind the work
		done := make(chan struct{})
		b.box.post(func() {
			folded, all = 0, len(b.jobs)
			for _, j := range b.jobs {
				if j.papers == nil {
					folded++
				}
			}
			close(done)
		})
		<-done
	}
	return folded, all
}

// TestFoldedAfterAWhile lets time pass in every state in which a delivery may wait for long.
func TestFoldedAfterAWhile(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour}))
	b.Window("sms", 1, "")
	b.accept(store.Push{PushID: "sent"}, number)
	b.await("the first at its bearer", func() bool { return len(b.plugins.open()) == 1 })
	b.accept(store.Push{PushID: "waiting"}, number)
	b.accept(store.Push{PushID: "sleeping", DeliverAfter: start.Add(time.Hour)}, number)
	b.accept(store.Push{PushID: "ready"}, "1000001")
	b.await("all of them", func() bool { _, all := b.folded(); return all == 4 })
	if n, _ := b.folded(); n != 0 {
		t.Errorf("%d deliveries are folded at once", n)
	}
	b.clock.Advance(foldAfter)
	if n, _ := b.folded(); n != 4 {
		t.Errorf("%d of 4 deliveries are folded after %v", n, foldAfter)
	}
	// One whose try goes on is open again, and folded once more when nothing happens.
	s := b.nextSent()
	b.Progress("sms", s.ID, 1, []byte("token"))
	if n, _ := b.folded(); n != 3 {
		t.Errorf("%d of 4 deliveries are folded with one under way", n)
	}
	b.clock.Advance(foldAfter)
	if n, _ := b.folded(); n != 4 {
		t.Errorf("%d of 4 deliveries are folded after another %v", n, foldAfter)
	}
	if !b.plugins.called("stored sms " + s.ID) {
		t.Error("the token of a folded delivery was not stored")
	}
}

// TestRetryOfAFoldedDelivery sends the same octets again, whatever an encoder would make of the push by now, and keeps what the
// timeline had.
func TestRetryOfAFoldedDelivery(t *testing.T) {
	for _, recipients := range [][]string{{number}, {number, "1000001"}} {
		t.Run(fmt.Sprintf("%d recipients", len(recipients)), func(t *testing.T) {
			b := newBench(t, one(
				policy.Attempt{Bearer: "pdp", Routing: []string{"a"}},
				policy.Attempt{Bearer: "sms", Within: time.Hour, Retry: policy.Retry{Times: 1, After: time.Minute}},
			))
			encoder := b.plugins.infos["wbxml"]
			encoder.Inputs = []push.Input{push.InputMSISDN}
			b.plugins.infos["wbxml"] = encoder
			var times atomic.Int64
			b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
				in, _ := r.Input(push.InputMSISDN)
				return push.Message{
					ContentType: "application/vnd.wap.sic", Headers: []push.Header{{Name: "X-A", Value: "b"}},
					Body: fmt.Appendf(nil, "%s for %s, %d", r.Message.Body, in, times.Add(1)),
				}, nil
			}
			rec := b.accept(store.Push{
				NotifyURL: "http://pi.example/",
				Message:   push.Message{ContentType: "text/vnd.wap.si", Body: []byte("the content")},
			}, recipients...)
			first := map[string]sentItem{}
			for range recipients {
				s := b.nextSent()
				first[s.Lane] = s
			}
			b.advance(time.Second)
			if n, all := b.folded(); n != all {
				t.Fatalf("%d of %d deliveries are folded", n, all)
			}
			before, _ := b.Waiting(t.Context(), rec.Deliveries[0].ID)
			if len(before.Legs) != 1 || len(before.Legs[0].Steps) != 6 { // policy, encode, route, policy, encode, send
				t.Errorf("the timeline of a folded delivery is %+v", before.Legs)
			}
			b.plugins.mu.Lock()
			delete(b.plugins.infos, "wbxml") // as it is while a plugin is down
			b.plugins.mu.Unlock()
			for _, s := range first {
				b.Result("sms", s.ID, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: "not now"})
			}
			b.advance(time.Minute)
			for range recipients {
				again := b.nextSent()
				was := first[again.Lane]
				if !reflect.DeepEqual(again.Message, was.Message) {
					t.Errorf("the retry sends %+v, and the first try sent %+v", again.Message, was.Message)
				}
				if again.PushID != was.PushID || again.Sequence != was.Sequence || !reflect.DeepEqual(again.Terminal, was.Terminal) {
					t.Errorf("the retry is %+v, and the first try was %+v", again, was)
				}
				b.advance(time.Second)
				b.Result("sms", again.ID, push.Outcome{Kind: push.OutcomeDelivered})
			}
			for _, dl := range rec.Deliveries {
				f := b.final(dl)
				var steps []string
				for _, st := range f.Attempts[len(f.Attempts)-1].Steps {
					steps = append(steps, st.Name)
				}
				if got := strings.Join(steps, " "); f.Result.State != store.Delivered || got != "policy encode send outcome" {
					t.Errorf("the delivery ended as %s, its last try with the steps %s", f.Result.State, got)
				}
			}
			if got := times.Load(); got != int64(len(recipients)) {
				t.Errorf("the encoder was asked %d times for %d recipients", got, len(recipients))
			}
		})
	}
}

// TestFoldedUnencoded keeps the content of a push whose time has not come.
func TestFoldedUnencoded(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms"}))
	m := push.Message{
		ContentType: "text/vnd.wap.si; charset=utf-8", Headers: []push.Header{{Name: "X-A", Value: "b"}}, Body: []byte("the content"),
	}
	encoder := b.plugins.infos["wbxml"]
	encoder.Inputs = []push.Input{push.InputCapabilities}
	b.plugins.infos["wbxml"] = encoder
	var got push.EncodeRequest
	b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) { got = r; return r.Message, nil }
	b.accept(store.Push{DeliverAfter: start.Add(time.Minute), Message: m, Capabilities: []byte("caps")}, number)
	b.settle()
	if n, _ := b.folded(); n != 1 {
		t.Fatal("the delivery is not folded")
	}
	b.advance(time.Minute)
	b.nextSent()
	if in, _ := got.Input(push.InputCapabilities); !reflect.DeepEqual(got.Message, m) || string(in) != "caps" {
		t.Errorf("the encoder was given %+v and the capabilities %q", got.Message, in)
	}
}

// TestManyAreFoldedInTurns folds more than are folded at once, when all have waited for long enough.
func TestManyAreFoldedInTurns(t *testing.T) {
	b := newBench(t, one(policy.Attempt{Bearer: "sms", Within: time.Hour}))
	const n = 3*foldsAtOnce + 1
	for i := range n {
		b.accept(store.Push{DeliverAfter: start.Add(time.Hour)}, fmt.Sprint(1_000_000+i))
	}
	b.await("all of them", func() bool { _, all := b.folded(); return all == n })
	more := make(chan bool)
	b.box.post(func() { more <- b.foldDue(foldAfter) })
	if !<-more {
		t.Error("nothing is left after the first turn")
	}
	if got, _ := b.folded(); got != foldsAtOnce {
		t.Errorf("%d deliveries were folded at once, want %d", got, foldsAtOnce)
	}
	b.clock.Advance(foldAfter)
	b.await("the rest to be folded", func() bool { got, _ := b.folded(); return got == n })
}

// TestFoldedPlansAreOne has deliveries of one policy share a plan, unless theirs is not the whole policy.
func TestFoldedPlansAreOne(t *testing.T) {
	attempts := []policy.Attempt{{Bearer: "pdp"}, {Bearer: "sms"}}
	p := one(attempts...)
	a, b := &policy.Plan{Policy: &p, Attempts: p.Attempts}, &policy.Plan{Policy: &p, Attempts: p.Attempts}
	part := &policy.Plan{Policy: &p, Attempts: p.Attempts[1:]}
	skipped := &policy.Plan{Policy: &p, Attempts: p.Attempts, Skipped: []policy.Skip{{Bearer: "x"}}}
	encoded := &policy.Plan{Policy: &p, Encoder: "wbxml", Attempts: p.Attempts}
	d := New(Options{})
	if d.onePlan(a) != a || d.onePlan(b) != a {
		t.Error("equal plans stay apart")
	}
	for _, other := range []*policy.Plan{part, skipped, encoded, nil} {
		if d.onePlan(other) != other {
			t.Errorf("%+v was taken for another plan", other)
		}
	}
}

// TestEncoderAnswersAFoldedDelivery has an encoder fail that is so late that the delivery, which asked for a second time, waits for
// its turn again.
func TestEncoderAnswersAFoldedDelivery(t *testing.T) {
	b := newBench(t, one(
		policy.Attempt{Bearer: "pdp", Within: 10 * time.Second, Retry: policy.Retry{Times: 1, After: time.Second}},
		policy.Attempt{Bearer: "sms", Within: time.Hour},
	))
	asked, answer := make(chan bool), make(chan bool)
	b.plugins.encode = func(push.EncodeRequest) (push.Message, error) {
		asked <- true
		<-answer
		return push.Message{}, &push.Error{Temporary: true, Cause: "the encoder is gone"}
	}
	b.accept(store.Push{PushID: "late", Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
	<-asked
	b.accept(store.Push{PushID: "in between", Priority: push.PriorityHigh}, number)
	b.advance(10 * time.Second)
	s := b.nextSent()
	b.advance(2 * foldAfter)
	if n, all := b.folded(); n != all || all != 2 {
		t.Fatalf("%d of %d deliveries are folded", n, all)
	}
	answer <- true
	b.await("the encoder's answer", func() bool { return b.plugins.called("encoded") })
	b.settle()
	b.Result(s.bearer, s.ID, push.Outcome{Kind: push.OutcomeDelivered})
	<-asked
	answer <- true
}
