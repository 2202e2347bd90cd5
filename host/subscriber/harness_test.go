package subscriber

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a store in memory, for subscribers and sessions alone. It can fail, and it can keep its answers back.
type memory struct {
	store.Store
	mu          sync.Mutex
	last        int64
	subscribers map[int64]store.Subscriber
	sessions    map[store.SessionKey]store.Session
	commits     int // with events
	fail        error
	hold        bool
	held        []func()
}

func newMemory() *memory {
	return &memory{subscribers: map[int64]store.Subscriber{}, sessions: map[store.SessionKey]store.Session{}}
}

func (m *memory) NextIDs(n int) int64 {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last += int64(n)
	return m.last - int64(n) + 1
}

func (m *memory) Commit(events []store.Event, done func(error)) {
	m.mu.Lock()
	err := m.fail
	for _, e := range events {
		if err != nil {
			break
		}
		switch e := e.(type) {
		case store.SubscriberPut:
			m.subscribers[e.Subscriber.ID] = *e.Subscriber
		case store.SubscriberRemoved:
			delete(m.subscribers, e.ID)
		case store.SessionPut:
			m.sessions[e.Session.SessionKey] = *e.Session
		case store.SessionRemoved:
			delete(m.sessions, e.Key)
		}
	}
	if len(events) > 0 {
		m.commits++
	}
	if m.hold {
		m.held = append(m.held, func() { done(err) })
		m.mu.Unlock()
		return
	}
	m.mu.Unlock()
	done(err)
}

func (m *memory) breaks(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// answer gives the answers that were kept back, and keeps no more back.
func (m *memory) answer() {
	m.mu.Lock()
	held := m.held
	m.hold, m.held = false, nil
	m.mu.Unlock()
	for _, f := range held {
		f()
	}
}

func (m *memory) LoadSubscribers(_ context.Context, f func(*store.Subscriber) error, _ func(error)) error {
	for _, s := range m.subscribers {
		if err := f(&s); err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) LoadSessions(_ context.Context, f func(*store.Session) error, _ func(error)) error {
	for _, s := range m.sessions {
		if err := f(&s); err != nil {
			return err
		}
	}
	return nil
}

var errDisk = errors.New("the disk is full")

// A town is a directory under test.
type town struct {
	testing.TB
	*Directory
	store *memory
	clock *clock.Fake
	o     Options
}

var start = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func newTown(t testing.TB, change ...func(*Options)) *town {
	t.Helper()
	w := &town{TB: t, store: newMemory(), clock: clock.NewFake(start)}
	w.o = Options{
		Store: w.store, Clock: w.clock, Log: hclog.NewNullLogger(), Domains: []string{"push.example", "m2m.example"},
		DynamicValidity: 2 * time.Hour, SessionExpiry: time.Hour,
	}
	for _, f := range change {
		f(&w.o)
	}
	w.open()
	t.Cleanup(func() { w.Close() })
	return w
}

func (w *town) open() {
	w.Helper()
	d, err := Open(context.Background(), w.o)
	if err != nil {
		w.Fatal(err)
	}
	w.Directory = d
}

// restart opens a new directory on what the store has.
func (w *town) restart() {
	w.Helper()
	w.Close()
	w.open()
}

// at is a moment, seconds after the beginning.
func at(seconds int) time.Time { return start.Add(time.Duration(seconds) * time.Second) }

func key(ggsn, address string) store.SessionKey {
	return store.SessionKey{GGSN: ggsn, APN: "wap", Address: netip.MustParseAddr(address)}
}

// told is a session of accounting: "id" or "id msisdn" or "id msisdn imsi", "-" for none.
func told(k store.SessionKey, text string) store.Session {
	f := append(strings.Fields(text), "-", "-")
	s := store.Session{SessionKey: k, Accounting: f[0]}
	if f[1] != "-" {
		s.MSISDN = push.MSISDN(f[1])
	}
	if f[2] != "-" {
		s.IMSI = push.IMSI(f[2])
	}
	return s
}

func (w *town) try(f func(done func(error))) error {
	w.Helper()
	answer := make(chan error, 2)
	f(func(err error) { answer <- err })
	select {
	case err := <-answer:
		if len(answer) > 0 {
			w.Error("answered twice")
		}
		return err
	case <-time.After(30 * time.Second):
		w.Fatal("no answer")
		return nil
	}
}

// begin tells of a session now.
func (w *town) begin(k store.SessionKey, text string) {
	w.Helper()
	w.beginAt(k, text, w.clock.Wall())
}

func (w *town) beginAt(k store.SessionKey, text string, at time.Time) {
	w.Helper()
	if err := w.try(func(done func(error)) { w.SessionStart(told(k, text), at, done) }); err != nil {
		w.Fatal(err)
	}
}

func (w *town) end(k store.SessionKey, accounting string) {
	w.Helper()
	if err := w.try(func(done func(error)) { w.SessionStop(k, accounting, w.clock.Wall(), done) }); err != nil {
		w.Fatal(err)
	}
}

func (w *town) endAll(ggsn string, at time.Time) int {
	w.Helper()
	gone := 0
	err := w.try(func(done func(error)) {
		w.SessionsEnd(ggsn, at, func(n int, err error) {
			gone = n
			done(err)
		})
	})
	if err != nil {
		w.Fatal(err)
	}
	return gone
}

func (w *town) enter(list ...store.Subscriber) {
	w.Helper()
	if err := w.Put(context.Background(), list); err != nil {
		w.Fatal(err)
	}
}

// imported enters a list, all of it.
func (w *town) imported(list string) {
	w.Helper()
	if r, err := w.Import(context.Background(), strings.NewReader(list)); err != nil || r.Bad > 0 {
		w.Fatal(r, err)
	}
}

// person is a subscriber: the users, and "msisdn/imsi" of each terminal.
func somebody(users string, terminals ...string) store.Subscriber {
	s := store.Subscriber{Users: strings.Fields(users)}
	for _, t := range terminals {
		m, i, _ := strings.Cut(t, "/")
		s.Terminals = append(s.Terminals, store.Terminal{MSISDN: push.MSISDN(m), IMSI: push.IMSI(i)})
	}
	return s
}

func (w *town) register(user, device string, k store.SessionKey) store.Registration {
	w.Helper()
	r, err := w.Register(context.Background(), Registering{User: user, Device: device, Key: k})
	if err != nil {
		w.Fatal(err)
	}
	return r
}

// generation of the live session with a key, 0 if there is none.
func (w *town) generation(k store.SessionKey) uint64 {
	w.mu.RLock()
	defer w.mu.RUnlock()
	i := w.sessions.find(k)
	if i == 0 || !w.live(w.sessions.all.at(i), w.now()) {
		return 0
	}
	return w.sessions.all.at(i).generation
}

func user(text string) push.Address { return push.Address{Type: push.USER, Value: text} }

func plmn(text string) push.Address { return push.Address{Type: push.PLMN, Value: text} }

func ip(text string) push.Address {
	a := netip.MustParseAddr(text)
	if a.Is4() {
		return push.Address{Type: push.IPv4, Value: text}
	}
	return push.Address{Type: push.IPv6, Value: text}
}

// tell is what an address resolves to, as text: the lanes with number, IMSI and addresses of each.
func (w *town) tell(a push.Address) string {
	w.Helper()
	list, err := w.Resolve(a)
	if err != nil {
		return err.Error()
	}
	var b strings.Builder
	for i, t := range list {
		if i > 0 {
			b.WriteString(" | ")
		}
		b.WriteString(t.Lane + " " + cmp.Or(string(t.Subscriber.MSISDN), "-") + " " + cmp.Or(string(t.Subscriber.IMSI), "-"))
		for _, s := range t.Subscriber.Sessions {
			b.WriteString(" " + s.GGSN + "/" + s.Address.String())
			if !w.Live(s.Generation) {
				w.Errorf("generation %d of %v is not live", s.Generation, s.Address)
			}
		}
		if t.Subscriber.Address != a {
			w.Errorf("the address is %v, want %v", t.Subscriber.Address, a)
		}
		if !slices.IsSortedFunc(t.Subscriber.Sessions, func(a, b push.Session) int { return cmp.Compare(b.Generation, a.Generation) }) {
			w.Errorf("the sessions are not the newest first")
		}
	}
	return b.String()
}

func (w *town) is(a push.Address, want string) {
	w.Helper()
	if got := w.tell(a); got != want {
		w.Errorf("%v: got %q, want %q", a, got, want)
	}
}
