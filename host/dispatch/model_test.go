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
// every delivery has one result, a terminal has one message on the air, first tries keep their order, nothing is left behind. A
// terminal that has the push does not get it again, and nothing is sent to a session that is over.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{
			rt: rt, onAir: map[string]flying{}, open: map[string]flying{},
			first: map[legKey]bool{}, unknown: map[legKey]string{}, delivered: map[legKey]bool{}, generation: 1,
		}
		m.policy = plan(rt)
		m.bench = newTown(t, m.policy)
		m.people.are(both, lanes[0], lanes[1])
		m.people.are(mixed, lanes[1], lanes[2])
		m.people.are(solo, lanes[0])
		m.plugins.delivering = func(instance string, d push.Delivery) {
			m.countOthers(instance, d)
			m.checkOwner(d)
		}
		defer func() { m.Stop() }()
		rt.Repeat(map[string]func(*rapid.T){
			"accept": m.accept, "answer": m.answer, "token": m.token, "window": m.window, "time": m.pass, "restart": m.restart,
			"reachable": m.reachable, "reassign": m.reassign, "": func(*rapid.T) { m.look() },
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
	first     map[legKey]bool   // legs that were sent
	unknown   map[legKey]string // the lane and bearer after whose unknown outcome no other may be used
	delivered map[legKey]bool
	wrong     string // what the dispatcher's goroutine found

	generation uint64
}

// The terminals of the model, and the users that have several of them.
var (
	lanes = []string{"PLMN:+1000000", "PLMN:+1000001", "USER:mixed@push.example/tablet"}
	both  = push.Address{Type: push.USER, Value: "both@push.example"}
	mixed = push.Address{Type: push.USER, Value: "mixed@push.example"}
	solo  = push.Address{Type: push.USER, Value: "solo@push.example"}
)

// legKey is a delivery to one terminal.
type legKey struct {
	delivery int64
	lane     string
}

// lanesOf are those that a delivery may be in, in the order in which they are tried.
func (m *model) lanesOf(dl *store.Delivery) []string {
	switch dl.Address {
	case both:
		return lanes[:2]
	case mixed:
		return lanes[1:]
	case solo:
		if !m.all() { // it comes and goes between two terminals
			return []string{lanes[0], lanes[2]}
		}
		return lanes[:1]
	}
	return []string{dl.Lane}
}

func (m *model) all() bool { return m.policy.Terminals == policy.TerminalsAll }

// doubtKey is what an unknown outcome binds to a bearer: the leg, or the whole delivery where one terminal is enough.
func (m *model) doubtKey(k legKey) legKey {
	if !m.all() {
		k.lane = ""
	}
	return k
}

// flying is what a bearer was given.
type flying struct {
	sentItem
	legKey
	until time.Duration // when the host does not wait for it any longer
}

func plan(rt *rapid.T) policy.Policy {
	var attempts []policy.Attempt
	for _, bearer := range rapid.SampledFrom([][]string{{"sms"}, {"pdp", "sms"}, {"sms", "pdp"}}).Draw(rt, "bearers") {
		attempts = append(attempts, policy.Attempt{
			Bearer: bearer, Within: rapid.SampledFrom([]time.Duration{5 * time.Second, time.Minute, time.Hour}).Draw(rt, "within"),
			Retry:     policy.Retry{Times: rapid.IntRange(0, 2).Draw(rt, "times"), After: 3 * time.Second},
			OnUnknown: rapid.SampledFrom([]string{policy.OnUnknownStop, policy.OnUnknownNext}).Draw(rt, "on_unknown"),
		})
		if last := &attempts[len(attempts)-1]; bearer == "pdp" && rapid.Bool().Draw(rt, "routed") {
			last.Routing = []string{"a"}
		}
	}
	return to(rapid.SampledFrom([]string{policy.TerminalsAny, policy.TerminalsAll}).Draw(rt, "terminals"), attempts...)
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
	to := rapid.SampledFrom([]push.Address{
		{Type: push.PLMN, Value: "+1000000"}, {Type: push.PLMN, Value: "+1000001"}, both, mixed, solo,
	}).Draw(rt, "address")
	m.records = append(m.records, m.acceptTo(p, to))
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
			m.unknown[m.doubtKey(f.legKey)] = f.Lane + " over " + f.bearer
		}
		if isSuccess(o) {
			m.delivered[f.legKey] = true
		}
	}
	if o.IsReturned() {
		delete(m.first, f.legKey) // it keeps its place
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
	if m.wrong != "" {
		m.rt.Fatal(m.wrong)
	}
	now := m.clock.Elapsed()
	for s, ok := m.plugins.take(); ok; s, ok = m.plugins.take() {
		i := slices.IndexFunc(m.records, func(r *store.Record) bool { return r.Push.PushID == s.PushID })
		f := flying{s, legKey{m.records[i].Deliveries[0].ID, s.Lane}, now + s.Timeout + 2*grace - 2*tick}
		if air, busy := m.onAir[s.Lane]; busy && now < air.until {
			m.rt.Fatalf("%s goes on the air while %s is", s.ID, air.ID)
		}
		if only := m.unknown[m.doubtKey(f.legKey)]; only != "" && only != s.Lane+" over "+s.bearer {
			m.rt.Fatalf("%s goes to %s over %s after an unknown outcome of %s", s.ID, s.Lane, s.bearer, only)
		}
		for _, lane := range m.lanesOf(m.records[i].Deliveries[0]) {
			if m.delivered[legKey{f.delivery, lane}] && (lane == s.Lane || !m.all()) {
				m.rt.Fatalf("%s goes to %s, and %s has it", s.ID, s.Lane, lane)
			}
		}
		if s.Token != nil && string(s.Token) != "token of "+s.bearer {
			m.rt.Fatalf("%s has the %s", s.bearer, s.Token)
		}
		m.inOrder(i, s.Lane)
		m.first[f.legKey] = true
		m.onAir[s.Lane], m.open[s.ID] = f, f
	}
}

// countOthers looks, while a bearer is given a delivery, at what it is told of the others to the terminal.
func (m *model) countOthers(instance string, d push.Delivery) {
	told := m.atBearer(d.ID)
	want := 0
	for _, of := range m.jobs {
		for _, j := range m.legsOf(of) {
			if j == told || j.lane != told.lane || j.state == finished {
				continue
			}
			if a := m.papersOf(j).attempt; a != nil && a.Bearer == instance && len(a.Token) > 0 {
				want++
			}
		}
	}
	if len(d.OtherTokens) != want && m.wrong == "" {
		m.wrong = fmt.Sprintf("%s is told of %d others that have begun, want %d", d.ID, len(d.OtherTokens), want)
	}
}

// checkOwner looks, while a bearer is given a delivery, at the session that it goes to.
func (m *model) checkOwner(d push.Delivery) {
	if s := d.Route.Session; s != nil && !m.people.Live(s.Generation) && m.wrong == "" {
		m.wrong = fmt.Sprintf("%s is sent to a session that is over", d.ID)
	}
}

// reassign has a terminal's address change hands, and a user have another terminal, beside all that is going on.
func (m *model) reassign(rt *rapid.T) {
	a, lane := both, lanes[rapid.IntRange(0, 1).Draw(rt, "terminal")]
	if rapid.Bool().Draw(rt, "mixed") {
		a, lane = mixed, lanes[2]
	}
	told := rapid.Bool().Draw(rt, "told") // else the directory still names the session that is over
	if !m.all() {
		m.people.are(solo, lanes[2*rapid.IntRange(0, 1).Draw(rt, "of solo")])
	}
	m.box.post(func() {
		m.people.ends(m.generation)
		if told {
			m.generation++
			m.people.online(a, lane, "10.45.0.7", m.generation)
		}
	})
}

// inOrder checks that nothing that came before record i, and could have been sent to the terminal, is sent to it after it for the
// first time. Where any terminal is enough, the second one's turn comes when the first has failed.
func (m *model) inOrder(i int, lane string) {
	rec := m.records[i]
	atOnce := func(r *store.Record) bool {
		own := m.lanesOf(r.Deliveries[0])
		if r.Deliveries[0].Address == solo && !m.all() {
			return false
		}
		return r.Push.DeliverAfter.IsZero() && (own[0] == lane || m.all() && slices.Contains(own, lane))
	}
	if m.first[legKey{rec.Deliveries[0].ID, lane}] || !atOnce(rec) {
		return
	}
	for _, r := range m.records[:i] {
		if r.Push.Priority != rec.Push.Priority || !atOnce(r) || m.first[legKey{r.Deliveries[0].ID, lane}] {
			continue
		}
		if len(m.lanesOf(r.Deliveries[0])) > 1 && !r.Push.DeliverBefore.IsZero() { // a leg may have ended before it was tried
			continue
		}
		d := m.store.record(r).Deliveries[0]
		tried := slices.ContainsFunc(d.Attempts, func(a store.Attempt) bool { return a.Lane == lane || !m.all() })
		if d.Result.State == store.Pending && !tried && !m.tried(d.ID, lane) {
			m.rt.Fatalf("%s goes to %s before %s", rec.Push.PushID, lane, r.Push.PushID)
		}
	}
}

// tried reports whether a leg has a try that is not on disk, since no bearer had it.
func (m *model) tried(delivery int64, lane string) bool {
	tried := make(chan bool)
	m.box.post(func() {
		j := m.jobs[delivery]
		tried <- j == nil || !slices.ContainsFunc(m.legsOf(j), func(leg *job) bool {
			return leg.lane.name == lane && leg.number == 0
		})
	})
	return <-tried
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
	if len(m.jobs)+len(m.fans)+len(m.lanes)+len(m.timers) > 0 || m.young.first() != never {
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
		id, own := r.Deliveries[0].ID, m.lanesOf(r.Deliveries[0])
		delivered, doubt := 0, m.unknown[legKey{delivery: id}] != ""
		for _, lane := range own {
			if m.delivered[legKey{id, lane}] {
				delivered++
			} else {
				doubt = doubt || m.unknown[legKey{id, lane}] != ""
			}
		}
		want := delivered > 0
		if m.all() {
			want = delivered == len(own)
		}
		switch got := results[id]; {
		case got == "":
			m.rt.Fatalf("delivery %d has no result", id)
		case want != (got == store.Delivered):
			m.rt.Fatalf("delivery %d is %s, and %d of %d terminals have it", id, got, delivered, len(own))
		case doubt && got == store.Undeliverable:
			m.rt.Fatalf("delivery %d is %s after an unknown outcome", id, got)
		}
	}
}
