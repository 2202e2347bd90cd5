package dispatch

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// start is when the tests' world begins.
var start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// A bench is a dispatcher between a recording store and scripted plugins, on a clock that the test moves.
type bench struct {
	*Dispatcher
	t       *testing.T
	clock   *clock.Fake
	store   *memory
	plugins *scripted
	people  *people // nil for no directory
}

func newBench(t *testing.T, policies ...policy.Policy) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewFake(start), store: &memory{}, plugins: newScripted()}
	b.plugins.clock = b.clock
	b.open(policies...)
	return b
}

// open starts a dispatcher; a second call on the same bench is a restart of the host.
func (b *bench) open(policies ...policy.Policy) {
	o := Options{
		Clock: b.clock, Store: b.store, Plugins: b.plugins, Log: hclog.NewNullLogger(), NotifyFor: 24 * time.Hour,
		Notify: func(_ *store.Push, _ *store.Delivery, n *store.Notification) { b.store.told(n) },
	}
	if b.people != nil {
		o.Subscribers = b.people
	}
	b.Dispatcher = New(o)
	bearers := []policy.BearerInfo{}
	for name, info := range b.plugins.infos {
		if info.Kind == plugin.KindBearer {
			bearers = append(bearers, policy.BearerInfo{Instance: name, Info: info})
		}
	}
	set, err := policy.New(policies, []policy.EncoderInfo{{Instance: "wbxml", Takes: b.plugins.infos["wbxml"].Takes}}, bearers)
	if err != nil {
		b.t.Fatal(err)
	}
	go b.Run(set)
	b.t.Cleanup(b.Stop)
	b.Window("sms", 100, "")
	b.Window("pdp", 100, "")
}

// one is a policy with these attempts for everything.
func one(attempts ...policy.Attempt) policy.Policy {
	for i := range attempts {
		if attempts[i].Within == 0 {
			attempts[i].Within = time.Minute
		}
	}
	return policy.Policy{Name: "all", Encoder: policy.EncoderAuto, Attempts: attempts}
}

// accept makes a push of the given recipients and hands it over, as the gateway does.
func (b *bench) accept(p store.Push, numbers ...string) *store.Record {
	b.t.Helper()
	var to []push.Address
	for _, n := range numbers {
		to = append(to, push.Address{Type: push.PLMN, Value: "+" + n})
	}
	return b.acceptTo(p, to...)
}

func (b *bench) acceptTo(p store.Push, to ...push.Address) *store.Record {
	b.t.Helper()
	p.ID = b.store.NextIDs(1 + len(to))
	p.Received = b.clock.Wall()
	if p.PushID == "" {
		p.PushID = fmt.Sprint("p", p.ID)
	}
	if p.Message.ContentType == "" {
		p.Message = push.Message{ContentType: "text/plain", Body: []byte("hello")}
	}
	rec := &store.Record{Push: &p}
	for i, a := range to {
		rec.Deliveries = append(rec.Deliveries, &store.Delivery{
			ID: p.ID + 1 + int64(i), Push: p.ID, Address: a, Lane: a.String(), Result: store.Result{State: store.Pending},
		})
	}
	b.Add(rec)
	return rec
}

// patience is far more than anything takes, also on a machine that is busy with something else.
const patience = 30 * time.Second

// await polls until ok, for everything that other goroutines do.
func (b *bench) await(what string, ok func() bool) {
	b.t.Helper()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			b.t.Fatalf("waited in vain for %s; at the bearers: %v; events: %v", what, b.plugins.open(), b.store.all())
		}
		time.Sleep(time.Millisecond)
	}
}

// settle waits until everything that was posted has been worked off, and folds what waits then: a test sees no difference.
func (b *bench) settle() {
	b.t.Helper()
	for range 3 {
		done := make(chan struct{})
		b.box.post(func() {
			b.foldDue(never - 1)
			close(done)
		})
		<-done
	}
}

// advance lets time pass after what is under way has settled.
func (b *bench) advance(d time.Duration) {
	b.settle()
	b.clock.Advance(d)
	b.settle()
}

// nextSent waits for a delivery at a bearer and takes it.
func (b *bench) nextSent() sentItem {
	b.t.Helper()
	var s sentItem
	b.await("a delivery at a bearer", func() (ok bool) { s, ok = b.plugins.take(); return ok })
	return s
}

func (b *bench) noneSent() {
	b.t.Helper()
	b.settle()
	if s, ok := b.plugins.take(); ok {
		b.t.Fatalf("%s was given %+v, want nothing", s.bearer, s.Delivery)
	}
}

// final waits for the result of a delivery.
func (b *bench) final(dl *store.Delivery) store.DeliveryFinished {
	b.t.Helper()
	var f store.DeliveryFinished
	b.await("a final result", func() bool {
		n := 0
		for _, e := range b.store.all() {
			if ev, ok := e.(store.DeliveryFinished); ok && ev.Delivery == dl.ID {
				f = ev
				n++
			}
		}
		if n > 1 {
			b.t.Fatalf("delivery %d became final %d times", dl.ID, n)
		}
		return n == 1
	})
	return f
}

// memory is a store that keeps events in the order of commits.
type memory struct {
	store.Store
	mu     sync.Mutex
	events []store.Event
	owed   []*store.Notification
	last   int64
	broken error
}

func (m *memory) NextIDs(n int) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last += int64(n)
	return m.last - int64(n) + 1
}

func (m *memory) Commit(events []store.Event, done func(error)) {
	m.mu.Lock()
	err := m.broken
	if err == nil {
		m.events = append(m.events, events...)
	}
	m.mu.Unlock()
	done(err)
}

func (m *memory) told(n *store.Notification) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owed = append(m.owed, n)
}

func (m *memory) breakDown(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken = err
}

func (m *memory) all() []store.Event {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]store.Event(nil), m.events...)
}

type sentItem struct {
	bearer string
	push.Delivery
}

// scripted plays the plugins: encoders and strategies answer by a function, bearers keep what they are given for the test.
type scripted struct {
	infos   map[string]plugin.Info
	encode  func(push.EncodeRequest) (push.Message, error)
	route   func(strategy string, r push.RouteRequest) (push.Route, error)
	mu      sync.Mutex
	sent    []sentItem
	calls   []string
	encoded int
	// delivering is called on the dispatcher's goroutine with every delivery, if it is not nil.
	delivering func(instance string, d push.Delivery)
	hang       string // a strategy that answers only by its time-out
	clock      *clock.Fake
}

func newScripted() *scripted {
	types := []push.AddressType{push.PLMN, push.IPv4}
	return &scripted{
		infos: map[string]plugin.Info{
			"sms":   {Kind: plugin.KindBearer, Confirms: true, AddressTypes: types, Network: "GSM", Bearer: "SMS"},
			"pdp":   {Kind: plugin.KindBearer, AddressTypes: types, Network: "GSM", Bearer: "GPRS"},
			"wbxml": {Kind: plugin.KindEncoder, Takes: []string{"text/vnd.wap.si"}},
		},
		encode: func(r push.EncodeRequest) (push.Message, error) { return r.Message, nil },
		route:  func(string, push.RouteRequest) (push.Route, error) { return push.Route{}, push.ErrNotHere },
	}
}

func (s *scripted) Info(instance string) (plugin.Info, bool) {
	i, ok := s.infos[instance]
	return i, ok
}

func (s *scripted) Encode(_ string, r push.EncodeRequest, _ time.Duration, done func(push.Message, error)) {
	s.mu.Lock()
	s.encoded++
	s.mu.Unlock()
	go func() {
		done(s.encode(r))
		s.note("encoded")
	}()
}

func (s *scripted) Route(name string, r push.RouteRequest, timeout time.Duration, done func(push.Route, error)) {
	if name == s.hang {
		s.clock.After(timeout, func() { done(push.Route{}, &push.Error{Temporary: true, Cause: "no answer in time"}) })
		return
	}
	go func() { done(s.route(name, r)) }()
}

func (s *scripted) Deliver(instance string, d push.Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivering != nil {
		s.delivering(instance, d)
	}
	s.sent = append(s.sent, sentItem{instance, d})
}

func (s *scripted) Cancel(instance, id string)           { s.note("cancel " + instance + " " + id) }
func (s *scripted) Stored(instance, id string, _ uint64) { s.note("stored " + instance + " " + id) }

func (s *scripted) note(call string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls = append(s.calls, call)
}

func (s *scripted) called(call string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.calls {
		if c == call {
			return true
		}
	}
	return false
}

func (s *scripted) take() (sentItem, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.sent) == 0 {
		return sentItem{}, false
	}
	first := s.sent[0]
	s.sent = s.sent[1:]
	return first, true
}

func (s *scripted) open() []sentItem {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sentItem(nil), s.sent...)
}

// record gives back what the store's events say of a push, as Load would.
func (m *memory) record(rec *store.Record) *store.Record {
	out := &store.Record{Push: rec.Push}
	for _, dl := range rec.Deliveries {
		c := *dl
		c.Attempts = nil
		put := func(a store.Attempt) {
			order := func(x, y store.Attempt) int {
				return cmp.Or(cmp.Compare(x.Leg, y.Leg), cmp.Compare(x.Number, y.Number))
			}
			i, known := slices.BinarySearchFunc(c.Attempts, a, order)
			if known {
				c.Attempts[i] = a
			} else {
				c.Attempts = slices.Insert(c.Attempts, i, a)
			}
		}
		for _, e := range m.all() {
			switch e := e.(type) {
			case store.TokenReported:
				if e.Delivery == dl.ID {
					put(e.Attempt)
				}
			case store.AttemptEnded:
				if e.Delivery == dl.ID {
					put(e.Attempt)
				}
			case store.DeliveryFinished:
				if e.Delivery == dl.ID {
					c.Result = e.Result
					for _, a := range e.Attempts {
						put(a)
					}
				}
			}
		}
		out.Deliveries = append(out.Deliveries, &c)
	}
	return out
}
