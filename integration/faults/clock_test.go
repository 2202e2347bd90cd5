package faults

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/dispatch"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// steps are how the wall clock is moved, each some seconds after the one before.
var steps = [...]time.Duration{0, 30 * 24 * time.Hour, -60 * 24 * time.Hour, time.Hour, -time.Minute, 0}

// stepClock runs a burst twice through dispatcher and store, in this process since the machine's clock is not ours to step: once
// with a clock that runs on, once with one that is stepped. Both have to come to the same, at the same time.
func stepClock(t *testing.T, v *verdict, pushes int) {
	calm, stepped := newStand(t, pushes), newStand(t, pushes)
	calm.run(t, func(int) {})
	stepped.run(t, func(round int) { stepped.clock.Step(steps[round%len(steps)]) })
	for i := range pushes {
		id := fmt.Sprint(i)
		v.Pushes++
		rec, err := stepped.store.Find(t.Context(), "pi", id)
		switch told := stepped.told[id]; {
		case err != nil || len(rec.Deliveries) != 1 || rec.Deliveries[0].Result.State == store.Pending:
			v.Lost++
			v.complain("%s has no final state: %v", id, err)
		case len(told) != 1:
			v.TwiceReported += max(len(told)-1, 0)
			v.complain("%s was reported %d times", id, len(told))
		case rec.Deliveries[0].Result.State == store.Delivered:
			v.delivered++
		}
		if !slices.Equal(calm.sent[id], stepped.sent[id]) {
			v.complain("%s was sent at %v, without a step at %v", id, stepped.sent[id], calm.sent[id])
		}
		if !slices.Equal(calm.told[id], stepped.told[id]) {
			v.complain("%s ended as %v, without a step as %v", id, stepped.told[id], calm.told[id])
		}
	}
	for lane, order := range calm.lanes {
		if !slices.Equal(order, stepped.lanes[lane]) {
			v.complain("%s got %v, without a step %v", lane, stepped.lanes[lane], order)
		}
	}
}

// A stand is a dispatcher with a real store and one scripted bearer, on a clock that the test moves.
type stand struct {
	*dispatch.Dispatcher
	dispatch.Plugins // nil: what is not implemented is not asked for by this policy
	clock            *clock.Fake
	store            store.Store
	rounds           [][]*store.Record

	mu     sync.Mutex
	atWork []push.Delivery
	sent   map[string][]time.Duration // by push-id, when on the monotonic clock
	told   map[string][]string        // by push-id
	lanes  map[string][]string        // push-ids by lane, in the order of their sending
}

// rounds of acceptance, a second apart.
const standRounds = 6

func newStand(t *testing.T, pushes int) *stand {
	t.Helper()
	s := &stand{
		clock: clock.NewFake(time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)),
		sent:  map[string][]time.Duration{}, told: map[string][]string{}, lanes: map[string][]string{},
		rounds: make([][]*store.Record, standRounds),
	}
	var err error
	if s.store, err = sqlite.Open(sqlite.Options{Path: filepath.Join(t.TempDir(), "ppgbox.db"), Host: "stand", Clock: s.clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	if _, err := s.store.Claim(t.Context(), 365*24*time.Hour); err != nil {
		t.Fatal(err)
	}
	for i := range pushes {
		s.rounds[i*standRounds/pushes] = append(s.rounds[i*standRounds/pushes], s.record(i, pushes))
	}
	info, _ := s.Info("sms")
	set, err := policy.New([]policy.Policy{{
		Name: "all", Encoder: policy.EncoderNone,
		Attempts: []policy.Attempt{{Bearer: "sms", Within: time.Minute, Retry: policy.Retry{Times: 3, After: 2 * time.Second}}},
	}}, nil, []policy.BearerInfo{{Instance: "sms", Info: info}})
	if err != nil {
		t.Fatal(err)
	}
	s.Dispatcher = dispatch.New(dispatch.Options{
		Clock: s.clock, Store: s.store, Plugins: s, Log: hclog.NewNullLogger(), NotifyFor: time.Hour, Notify: s.notify,
	})
	go s.Run(set)
	t.Cleanup(s.Stop)
	s.Window("sms", pushes, "")
	return s
}

// record makes a push; five go to one terminal.
func (s *stand) record(n, pushes int) *store.Record {
	to := push.Address{Type: push.PLMN, Value: fmt.Sprintf("+4670%07d", n%max(pushes/5, 1))}
	p := &store.Push{
		ID: s.store.NextIDs(1), Initiator: "pi", PushID: fmt.Sprint(n), NotifyURL: "http://pi.example/", PAPVersion: "2.0",
		Message: push.Message{ContentType: "text/plain", Body: []byte("hello")},
	}
	return &store.Record{Push: p, Deliveries: []*store.Delivery{{
		ID: s.store.NextIDs(1), Push: p.ID, Address: to, AddressText: to.Value, Lane: to.String(), Result: store.Result{State: store.Pending},
	}}}
}

// run accepts a round of pushes each second, steps the clock after it, and goes on until all are final.
func (s *stand) run(t *testing.T, step func(round int)) {
	t.Helper()
	n := 0
	for round, list := range s.rounds {
		for _, rec := range list {
			s.accept(t, rec, n)
			n++
		}
		s.settle()
		step(round)
		s.second(t)
	}
	for range 120 {
		if s.Pending() == 0 {
			break
		}
		s.second(t)
	}
	process.Eventually(t, patience, "all pushes are final", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.Pending() == 0 && len(s.told) == n
	})
}

// accept takes a push: one of three waits for its deliver-after, one of three has a deliver-before, which some do not meet.
func (s *stand) accept(t *testing.T, rec *store.Record, n int) {
	t.Helper()
	p := rec.Push
	p.Received = s.clock.Wall()
	switch n % 3 {
	case 1:
		p.DeliverAfter = p.Received.Add(10 * time.Second)
	case 2:
		p.DeliverBefore = p.Received.Add(5 * time.Second)
	}
	written := make(chan error, 1)
	s.store.Commit([]store.Event{store.PushAccepted{Push: p, Deliveries: rec.Deliveries}}, func(err error) { written <- err })
	if err := <-written; err != nil {
		t.Fatal(err)
	}
	s.Add(rec)
}

// second has the bearer answer what it was given, and lets a second pass.
func (s *stand) second(t *testing.T) {
	t.Helper()
	s.settle()
	s.mu.Lock()
	work := s.atWork
	s.atWork = nil
	s.mu.Unlock()
	for _, d := range work {
		var n int
		_, _ = fmt.Sscan(d.PushID, &n)
		o := push.Outcome{Kind: push.OutcomeDelivered}
		s.mu.Lock()
		tries := len(s.sent[d.PushID])
		s.mu.Unlock()
		switch {
		case n%7 == 0 && tries == 1:
			o.Kind = push.OutcomeFailedForNow
		case n%11 == 2:
			o.Kind = push.OutcomeFailedForNow // until its time is over
		}
		s.Result("sms", d.ID, o)
	}
	s.settle()
	s.clock.Advance(time.Second)
	s.settle()
}

// settle returns when the dispatcher has worked off what it had.
func (s *stand) settle() {
	for range 3 {
		s.Waiting(context.Background(), 0) // is answered after what came before
	}
}

func (s *stand) notify(p *store.Push, d *store.Delivery, _ *store.Notification) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[p.PushID] = append(s.told[p.PushID], string(d.Result.State))
}

// Info implements dispatch.Plugins.
func (s *stand) Info(string) (plugin.Info, bool) {
	return plugin.Info{Kind: plugin.KindBearer, Confirms: true, AddressTypes: []push.AddressType{push.PLMN}, Network: "GSM", Bearer: "SMS"}, true
}

// Deliver implements dispatch.Plugins.
func (s *stand) Deliver(_ string, d push.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.atWork = append(s.atWork, d)
	s.sent[d.PushID] = append(s.sent[d.PushID], s.clock.Elapsed())
	s.lanes[d.Lane] = append(s.lanes[d.Lane], d.PushID)
}
