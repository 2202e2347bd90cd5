package dispatch

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// TestModel lets outcomes, windows, time and restarts come as they like, and holds the dispatcher to what the gateway promises:
// every delivery has one result, a terminal has one message on the air, first tries keep their order, nothing is left behind.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			rt: rt, onAir: map[string]flying{}, open: map[string]flying{},
			first: map[int64]bool{}, unknown: map[int64]string{}, delivered: map[int64]bool{},
		}
		m.policy = plan(rt)
		m.bench = newBench(t, m.policy)
		m.plugins.delivering = m.countOthers
		defer func() { m.Stop() }()
		rt.Repeat(map[string]func(*rapid.T){
			"accept": m.accept, "answer": m.answer, "token": m.token, "window": m.window, "time": m.pass, "restart": m.restart,
			"reachable": m.reachable, "": func(*rapid.T) { m.look() },
		})
		m.finish()
	})
}

type model struct {
	*bench
	rt        *rapid.T
	policy    policy.Policy
	records   []*store.Record
	onAir     map[string]flying // by lane
	open      map[string]flying // by id: what a bearer may still answer
	first     map[int64]bool    // deliveries that were sent
	unknown   map[int64]string  // the bearer after whose unknown outcome no other may be used
	delivered map[int64]bool
	miscount  string // of other tokens; the dispatcher's goroutine writes it
}

// flying is what a bearer was given.
type flying struct {
	sentItem
	delivery int64
	until    time.Duration // when the host does not wait for it any longer
}

func plan(rt *rapid.T) policy.Policy {
	var attempts []policy.Attempt
	for _, bearer := range rapid.SampledFrom([][]string{{"sms"}, {"pdp", "sms"}, {"sms", "pdp"}}).Draw(rt, "bearers") {
		attempts = append(attempts, policy.Attempt{
			Bearer: bearer, Within: rapid.SampledFrom([]time.Duration{5 * time.Second, time.Minute, time.Hour}).Draw(rt, "within"),
			Retry:     policy.Retry{Times: rapid.IntRange(0, 2).Draw(rt, "times"), After: 3 * time.Second},
			OnUnknown: rapid.SampledFrom([]string{policy.OnUnknownStop, policy.OnUnknownNext}).Draw(rt, "on_unknown"),
		})
	}
	return one(attempts...)
}

func (m *model) accept(rt *rapid.T) {
	p := store.Push{Priority: push.Priority(rapid.IntRange(-1, 1).Draw(rt, "priority"))}
	now := m.clock.Wall()
	if rapid.IntRange(0, 4).Draw(rt, "later") == 0 {
		p.DeliverAfter = now.Add(20 * time.Second)
	}
	if rapid.IntRange(0, 2).Draw(rt, "limited") == 0 {
		p.DeliverBefore = now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "before")) * time.Second)
	}
	lane := fmt.Sprint(1000000 + rapid.IntRange(0, 1).Draw(rt, "lane"))
	m.records = append(m.records, m.bench.accept(p, lane))
}

func (m *model) answer(rt *rapid.T) {
	if len(m.open) == 0 {
		return
	}
	f := m.pick(rt)
	kind := rapid.SampledFrom([]push.OutcomeKind{
		push.OutcomeDelivered, push.OutcomeAccepted, push.OutcomeUnreachable, push.OutcomeRefused, push.OutcomeFailedForNow, push.OutcomeUnknown, -1,
	}).Draw(rt, "outcome")
	o := push.Outcome{Kind: kind}
	if kind < 0 {
		o = push.Returned()
	}
	m.reply(f, o)
}

func (m *model) reply(f flying, o push.Outcome) {
	delete(m.open, f.ID)
	if air := m.onAir[f.Lane]; air.ID == f.ID {
		delete(m.onAir, f.Lane)
	}
	if m.waitsFor(f.ID) {
		i := slices.IndexFunc(m.plan(), func(a policy.Attempt) bool { return a.Bearer == f.bearer })
		if o.Kind == push.OutcomeUnknown && m.plan()[i].OnUnknown == policy.OnUnknownStop {
			m.unknown[f.delivery] = f.bearer
		}
		if o.Kind == push.OutcomeDelivered || o.Kind == push.OutcomeAccepted {
			m.delivered[f.delivery] = true
		}
	}
	if o.IsReturned() {
		delete(m.first, f.delivery) // it keeps its place
	}
	m.Result(f.bearer, f.ID, o)
}

// waitsFor tells whether the host has not given up on an answer.
func (m *model) waitsFor(id string) bool {
	m.settle()
	waits := make(chan bool)
	m.box.post(func() { waits <- m.atBearer(id) != nil })
	return <-waits
}

func (m *model) plan() []policy.Attempt { return m.policy.Attempts }

func (m *model) pick(rt *rapid.T) flying {
	var ids []string
	for id := range m.open {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return m.open[rapid.SampledFrom(ids).Draw(rt, "id")]
}

func (m *model) token(rt *rapid.T) {
	if len(m.open) > 0 {
		f := m.pick(rt)
		m.Progress(f.bearer, f.ID, 1, []byte("token of "+f.bearer))
	}
}

func (m *model) window(rt *rapid.T) {
	m.Window(rapid.SampledFrom([]string{"sms", "pdp"}).Draw(rt, "bearer"), rapid.IntRange(0, 2).Draw(rt, "n"), "")
}

// tick is what time passes by at once: the dispatcher runs beside the clock, and may see it that much later.
const tick = 250 * time.Millisecond

func (m *model) pass(rt *rapid.T) {
	if rapid.IntRange(0, 9).Draw(rt, "step") == 0 {
		m.clock.Step(time.Duration(rapid.IntRange(-600, 600).Draw(rt, "by")) * time.Second)
	}
	left := rapid.SampledFrom([]time.Duration{time.Millisecond, tick, time.Second, 10 * time.Second, time.Minute}).Draw(rt, "time")
	m.let(left)
}

func (m *model) let(pass time.Duration) {
	for ; pass > 0; pass -= tick {
		m.advance(min(pass, tick))
		m.look()
	}
}

func (m *model) reachable(rt *rapid.T) {
	to := push.MSISDN(fmt.Sprint(1000000 + rapid.IntRange(0, 1).Draw(rt, "lane")))
	m.Event("sms", push.Event{Kind: push.EventReachable, Terminal: push.Subscriber{MSISDN: to}})
}

func (m *model) restart(rt *rapid.T) {
	m.settle()
	m.Stop()
	for _, ok := m.plugins.take(); ok; _, ok = m.plugins.take() {
	}
	clear(m.onAir)
	clear(m.open)
	m.clock.Advance(time.Duration(rapid.IntRange(0, 20).Draw(rt, "down")) * time.Second)
	m.bench.open(m.policy)
	m.takeUp(m.records...)
}

// look takes what the bearers were given and checks it.
func (m *model) look() {
	m.settle()
	if m.miscount != "" {
		m.rt.Fatal(m.miscount)
	}
	now := m.clock.Elapsed()
	for s, ok := m.plugins.take(); ok; s, ok = m.plugins.take() {
		i := slices.IndexFunc(m.records, func(r *store.Record) bool { return r.Push.PushID == s.PushID })
		f := flying{s, m.records[i].Deliveries[0].ID, now + s.Timeout + 2*grace - 2*tick}
		if air, busy := m.onAir[s.Lane]; busy && now < air.until {
			m.rt.Fatalf("%s goes on the air while %s is", s.ID, air.ID)
		}
		if only := m.unknown[f.delivery]; only != "" && only != s.bearer {
			m.rt.Fatalf("%s goes to %s after an unknown outcome of %s", s.ID, s.bearer, only)
		}
		if s.Token != nil && string(s.Token) != "token of "+s.bearer {
			m.rt.Fatalf("%s has the %s", s.bearer, s.Token)
		}
		m.inOrder(i)
		m.first[f.delivery] = true
		m.onAir[s.Lane], m.open[s.ID] = f, f
	}
}

// countOthers looks, while a bearer is given a delivery, at what it is told of the others to the terminal.
func (m *model) countOthers(instance string, d push.Delivery) {
	told := m.atBearer(d.ID)
	want := 0
	for _, j := range m.jobs {
		if j == told || j.lane != told.lane || j.state == finished {
			continue
		}
		if a := m.papersOf(j).attempt; a != nil && a.Bearer == instance && len(a.Token) > 0 {
			want++
		}
	}
	if len(d.OtherTokens) != want && m.miscount == "" {
		m.miscount = fmt.Sprintf("%s is told of %d others that have begun, want %d", d.ID, len(d.OtherTokens), want)
	}
}

// inOrder checks that nothing that came before record i, and could have been sent, is sent after it for the first time.
func (m *model) inOrder(i int) {
	rec := m.records[i]
	if m.first[rec.Deliveries[0].ID] || !rec.Push.DeliverAfter.IsZero() {
		return
	}
	for _, r := range m.records[:i] {
		same := r.Deliveries[0].Lane == rec.Deliveries[0].Lane && r.Push.Priority == rec.Push.Priority && r.Push.DeliverAfter.IsZero()
		if !same || m.first[r.Deliveries[0].ID] {
			continue
		}
		if d := m.store.record(r).Deliveries[0]; d.Result.State == store.Pending && len(d.Attempts) == 0 {
			m.rt.Fatalf("%s goes before %s", rec.Push.PushID, r.Push.PushID)
		}
	}
}

// finish has everything delivered, and looks at what is left.
func (m *model) finish() {
	m.Window("sms", 10, "")
	m.Window("pdp", 10, "")
	for n := 0; m.Pending() > 0; n++ {
		if m.look(); n == 5000 {
			m.rt.Fatalf("%d deliveries never end", m.Pending())
		}
		for _, f := range m.open {
			m.reply(f, push.Outcome{Kind: push.OutcomeDelivered})
		}
		m.let(10 * time.Second)
	}
	m.settle()
	m.Stop()
	if len(m.jobs)+len(m.lanes)+len(m.timers) > 0 || m.young.first() != never {
		m.rt.Fatalf("left behind: %d jobs, %d lanes, %d timers, or a young one", len(m.jobs), len(m.lanes), len(m.timers))
	}
	for _, b := range m.bearers {
		if b.inFlight != 0 || b.queue.Len() != 0 {
			m.rt.Fatalf("%s has %d in flight and %d waiting", b.instance, b.inFlight, b.queue.Len())
		}
	}
	results := map[int64]store.State{}
	for _, e := range m.store.all() {
		if f, ok := e.(store.DeliveryFinished); ok {
			if results[f.Delivery] != "" {
				m.rt.Fatalf("delivery %d is final twice", f.Delivery)
			}
			results[f.Delivery] = f.Result.State
		}
	}
	for _, r := range m.records {
		id := r.Deliveries[0].ID
		switch got := results[id]; {
		case got == "":
			m.rt.Fatalf("delivery %d has no result", id)
		case m.delivered[id] != (got == store.Delivered):
			m.rt.Fatalf("delivery %d is %s, and delivered is %v", id, got, m.delivered[id])
		case m.unknown[id] != "" && got == store.Undeliverable:
			m.rt.Fatalf("delivery %d is %s after an unknown outcome", id, got)
		}
	}
}
