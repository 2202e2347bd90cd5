package storetest

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"reflect"

	"github.com/ppgbox/ppgbox/host/store"
)

func (h *harness) newSubscriber() *store.Subscriber {
	s := &store.Subscriber{}
	fill(reflect.ValueOf(s).Elem(), &h.seed)
	return s
}

func (h *harness) newSession() *store.Session {
	s := &store.Session{}
	fill(reflect.ValueOf(s).Elem(), &h.seed)
	return s
}

// directory is what is loaded.
func (h *harness) directory() (subscribers map[int64]*store.Subscriber, sessions map[store.SessionKey]*store.Session) {
	h.Helper()
	subscribers, sessions = map[int64]*store.Subscriber{}, map[store.SessionKey]*store.Session{}
	bad := func(err error) { h.Errorf("bad row: %v", err) }
	err := h.store.LoadSubscribers(context.Background(), func(s *store.Subscriber) error {
		if subscribers[s.ID] != nil {
			h.Errorf("subscriber %d is loaded twice", s.ID)
		}
		subscribers[s.ID] = s
		return nil
	}, bad)
	err = errors.Join(err, h.store.LoadSessions(context.Background(), func(s *store.Session) error {
		if sessions[s.SessionKey] != nil {
			h.Errorf("session %v is loaded twice", s.SessionKey)
		}
		sessions[s.SessionKey] = s
		return nil
	}, bad))
	if err != nil {
		h.Fatalf("load: %v", err)
	}
	return subscribers, sessions
}

// directoryDiffers returns "" if exactly these are loaded.
func (h *harness) directoryDiffers(subscribers map[int64]*store.Subscriber, sessions map[store.SessionKey]*store.Session) string {
	h.Helper()
	gotSubscribers, gotSessions := h.directory()
	if len(gotSubscribers) != len(subscribers) || len(gotSessions) != len(sessions) {
		return fmt.Sprintf("%d subscribers and %d sessions are loaded, want %d and %d",
			len(gotSubscribers), len(gotSessions), len(subscribers), len(sessions))
	}
	for id, want := range subscribers {
		if d := diff(gotSubscribers[id], want); d != "" {
			return fmt.Sprintf("subscriber %d: %s", id, d)
		}
	}
	for k, want := range sessions {
		if d := diff(gotSessions[k], want); d != "" {
			return fmt.Sprintf("session %v: %s", k, d)
		}
	}
	return ""
}

// holds looks at what is loaded, now and after reopening.
func (h *harness) holds(subscribers []*store.Subscriber, sessions []*store.Session) {
	h.Helper()
	byID, byKey := map[int64]*store.Subscriber{}, map[store.SessionKey]*store.Session{}
	for _, s := range subscribers {
		byID[s.ID] = s
	}
	for _, s := range sessions {
		byKey[s.SessionKey] = s
	}
	for _, when := range []string{"now", "after reopening"} {
		if d := h.directoryDiffers(byID, byKey); d != "" {
			h.Fatalf("%s: %s", when, d)
		}
		h.reopen()
	}
}

func testDirectory(h *harness) {
	one, two := h.newSubscriber(), h.newSubscriber()
	two.Terminals, two.Password, two.Users = nil, nil, two.Users[:1]
	s, other, bare := h.newSession(), h.newSession(), h.newSession()
	other.Address = netip.MustParseAddr("2001:db8::1:0:0:7")
	*bare = store.Session{SessionKey: store.SessionKey{Address: bare.Address}, Generation: 1}
	h.must(store.SubscriberPut{Subscriber: one}, store.SessionPut{Session: s}, store.SessionPut{Session: bare})
	h.must(store.SubscriberPut{Subscriber: two})
	h.must(store.SessionPut{Session: other})
	h.holds([]*store.Subscriber{one, two}, []*store.Session{s, other, bare})
}

func testDirectoryReplaced(h *harness) {
	first, second := h.newSubscriber(), h.newSubscriber()
	second.ID = first.ID
	s := h.newSession()
	h.must(store.SubscriberPut{Subscriber: first}, store.SessionPut{Session: s})
	// Each part of the key makes another session.
	list := []*store.Session{s}
	for _, k := range []store.SessionKey{
		{GGSN: "another", APN: s.APN, Address: s.Address},
		{GGSN: s.GGSN, APN: "another", Address: s.Address},
		{GGSN: s.GGSN, APN: s.APN, Address: netip.MustParseAddr("192.0.2.1")},
	} {
		other := h.newSession()
		other.SessionKey = k
		h.must(store.SessionPut{Session: other})
		list = append(list, other)
	}
	h.holds([]*store.Subscriber{first}, list)
	again := h.newSession()
	again.SessionKey, again.Registration, again.MSISDN = s.SessionKey, nil, ""
	h.must(store.SubscriberPut{Subscriber: second}, store.SessionPut{Session: again})
	list[0] = again
	h.holds([]*store.Subscriber{second}, list)
}

func testDirectoryRemoved(h *harness) {
	one, two, s, other := h.newSubscriber(), h.newSubscriber(), h.newSession(), h.newSession()
	other.GGSN, other.APN = s.GGSN, s.APN
	h.must(store.SubscriberPut{Subscriber: one}, store.SubscriberPut{Subscriber: two}, store.SessionPut{Session: s}, store.SessionPut{Session: other})
	for range 2 {
		h.must(store.SubscriberRemoved{ID: one.ID}, store.SessionRemoved{Key: s.SessionKey})
		h.holds([]*store.Subscriber{two}, []*store.Session{other})
	}
}

func testDirectoryAtomic(h *harness) {
	there := h.accept(1)
	twice := h.newRecord(1)
	twice.Push.Initiator, twice.Push.PushID = there.Push.Initiator, there.Push.PushID
	one, s := h.newSubscriber(), h.newSession()
	h.must(store.SubscriberPut{Subscriber: one}, store.SessionPut{Session: s})
	changed := h.newSubscriber()
	changed.ID = one.ID
	h.refused(store.ErrDuplicatePushID,
		store.SubscriberPut{Subscriber: changed}, store.SubscriberPut{Subscriber: h.newSubscriber()},
		store.SessionRemoved{Key: s.SessionKey}, store.SessionPut{Session: h.newSession()}, accepted(twice))
	h.holds([]*store.Subscriber{one}, []*store.Session{s})
}

func testDirectoryNonsense(h *harness) {
	nobody, nowhere, never := h.newSubscriber(), h.newSession(), h.newSession()
	nobody.ID, nowhere.Address, never.Generation = 0, netip.Addr{}, 0
	for _, e := range []store.Event{
		store.SubscriberPut{},
		store.SubscriberPut{Subscriber: nobody},
		store.SessionPut{},
		store.SessionPut{Session: nowhere},
		store.SessionPut{Session: never},
	} {
		h.refused(nil, e)
	}
	h.holds(nil, nil)
}

func testDirectoryUnleased(h *harness) {
	h.close()
	h.store = h.open(h.T, h.dir) // and claims nothing
	one, s := h.newSubscriber(), h.newSession()
	h.must(store.SubscriberPut{Subscriber: one}, store.SessionPut{Session: s})
	h.holds([]*store.Subscriber{one}, []*store.Session{s})
}

func testDirectoryLoad(h *harness) {
	const many = 3000
	var events []store.Event
	for i := range many {
		events = append(events, store.SubscriberPut{Subscriber: &store.Subscriber{ID: int64(i + 1), Users: []string{fmt.Sprint(i)}}},
			store.SessionPut{Session: &store.Session{
				SessionKey: store.SessionKey{GGSN: fmt.Sprint(i % 7), Address: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})}, Generation: uint64(i + 1),
			}})
	}
	h.must(events...)
	if subscribers, sessions := h.directory(); len(subscribers) != many || len(sessions) != many {
		h.Fatalf("%d subscribers and %d sessions are loaded, want %d each", len(subscribers), len(sessions), many)
	}
	n, bad := 0, func(err error) { h.Errorf("bad row: %v", err) }
	stop := errors.New("stop")
	useAndStop := func() error {
		h.must(store.SessionRemoved{Key: store.SessionKey{Address: netip.MustParseAddr("10.0.0.0")}})
		h.directory()
		if n++; n == 2 {
			return stop
		}
		return nil
	}
	if err := h.store.LoadSubscribers(context.Background(), func(*store.Subscriber) error { return useAndStop() }, bad); !errors.Is(err, stop) || n != 2 {
		h.Errorf("subscribers: got %v after %d", err, n)
	}
	n = 0
	if err := h.store.LoadSessions(context.Background(), func(*store.Session) error { return useAndStop() }, bad); !errors.Is(err, stop) || n != 2 {
		h.Errorf("sessions: got %v after %d", err, n)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.store.LoadSessions(ended, func(*store.Session) error { return nil }, bad); !errors.Is(err, context.Canceled) {
		h.Errorf("with an ended context: %v", err)
	}
}

func testDirectoryNumbers(h *harness) {
	s := h.newSession()
	s.Generation = uint64(h.store.NextIDs(1)) + 1_000_000
	one := h.newSubscriber()
	one.ID = int64(s.Generation) + 1_000_000
	h.must(store.SessionPut{Session: s})
	h.reopen()
	if n := h.store.NextIDs(1); uint64(n) <= s.Generation {
		h.Errorf("number %d after generation %d", n, s.Generation)
	}
	h.must(store.SubscriberPut{Subscriber: one})
	h.reopen()
	if n := h.store.NextIDs(1); n <= one.ID {
		h.Errorf("number %d after subscriber %d", n, one.ID)
	}
}
