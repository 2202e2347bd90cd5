package subscriber

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A naive directory: lists that are searched from end to end. Times are seconds since the beginning.
type naive struct {
	now      int
	people   map[string]store.Subscriber // by first identifier
	sessions map[store.SessionKey]*naiveSession
	disk     map[store.SessionKey]naiveSession
	stopped  map[string]int // by key and identifier: when it was stopped, in the order of all that happened
	ends     map[string]naiveEnd
	clock    int // of all that happened
}

type naiveSession struct {
	key          store.SessionKey
	owner        int // the generation
	accounting   string
	msisdn, imsi string
	told         int
	expires      int
	registered   naiveRegistration
}

type naiveRegistration struct {
	first, user, device, dynamic string // "" for none
	until                        int
}

type naiveEnd struct{ at, when int }

const modelExpiry, modelValidity = 1000, 700

func (m *naive) tick() int {
	m.clock++
	return m.clock
}

func (m *naive) live(k store.SessionKey) *naiveSession {
	if s := m.sessions[k]; s != nil && m.now < s.expires {
		return s
	}
	return nil
}

func (m *naive) all(belongs func(*naiveSession) bool) (list []*naiveSession) {
	for k := range m.sessions {
		if s := m.live(k); s != nil && belongs(s) {
			list = append(list, s)
		}
	}
	slices.SortFunc(list, func(a, b *naiveSession) int { return cmp.Compare(b.owner, a.owner) })
	return list
}

func (m *naive) isRegistered(s *naiveSession) bool {
	return s.registered.first != "" && m.now < s.registered.until
}

func (m *naive) put(s *naiveSession) { m.disk[s.key] = *s }

func (m *naive) drop(k store.SessionKey) {
	delete(m.sessions, k)
	delete(m.disk, k)
}

func stopKey(k store.SessionKey, accounting string) string { return fmt.Sprint(k, accounting) }

func differ(a, b string) bool { return a != "" && b != "" && a != b }

func (m *naive) start(t store.Session, at int) {
	k, e := t.SessionKey, m.ends[t.GGSN]
	if at < e.at && e.when > 0 || m.stopped[stopKey(k, t.Accounting)] > e.when {
		return
	}
	s := m.live(k)
	if s != nil {
		same := !differ(s.msisdn, string(t.MSISDN)) && !differ(s.imsi, string(t.IMSI))
		known := s.msisdn != "" && s.msisdn == string(t.MSISDN) || s.imsi != "" && s.imsi == string(t.IMSI)
		old := *s
		switch {
		case same && s.accounting == t.Accounting:
			s.told = max(s.told, at)
		case same && s.accounting == "" && (known || at <= s.told):
			s.accounting = t.Accounting
			if e.when < s.owner || at > e.at {
				s.told = at
			}
		case at < s.told:
			return
		default:
			s = nil
		}
		if s != nil {
			s.msisdn, s.imsi = cmp.Or(s.msisdn, string(t.MSISDN)), cmp.Or(s.imsi, string(t.IMSI))
			s.expires = max(s.expires, at+modelExpiry)
			if m.usurped(s) {
				s.registered, s.owner = naiveRegistration{}, m.tick()
				m.put(s)
			}
			changed := old.accounting != s.accounting || old.msisdn != s.msisdn || old.imsi != s.imsi
			if changed || s.expires-m.disk[k].expires > modelExpiry/10 {
				m.put(s)
			}
			return
		}
	}
	if old := m.sessions[k]; old != nil && old.accounting != "" && old.accounting != t.Accounting {
		m.stopped[stopKey(k, old.accounting)] = m.tick()
	}
	m.sessions[k] = &naiveSession{
		key: k, owner: m.tick(), accounting: t.Accounting, msisdn: string(t.MSISDN), imsi: string(t.IMSI), told: at, expires: at + modelExpiry,
	}
	m.put(m.sessions[k])
}

func (m *naive) stop(k store.SessionKey, accounting string) {
	m.stopped[stopKey(k, accounting)] = m.tick()
	if s := m.sessions[k]; s == nil || s.accounting == accounting {
		m.drop(k)
	}
}

func (m *naive) end(ggsn string, at int) {
	if e := m.ends[ggsn]; e.when > 0 && at < e.at {
		return
	}
	m.ends[ggsn] = naiveEnd{at, m.tick()}
	for k, s := range m.sessions {
		if k.GGSN == ggsn && s.told <= at {
			m.drop(k)
		}
	}
}

func (m *naive) subscriber(user string) string {
	for first, s := range m.people {
		if slices.Contains(s.Users, user) {
			return first
		}
	}
	return ""
}

// usurped tells that a session has a registration of another than the one whose terminal it is.
func (m *naive) usurped(s *naiveSession) bool {
	first, _ := m.terminal(s)
	return m.isRegistered(s) && first != "" && first != s.registered.first
}

// barred tells that a registration would be at a terminal of somebody else.
func (m *naive) barred(r Registering) bool {
	first := m.subscriber(r.User)
	would := naiveSession{imsi: string(r.IMSI)}
	if s := m.live(r.Key); s != nil && !differ(s.imsi, string(r.IMSI)) {
		if x := s.registered; s.accounting != "" || x.first == first && x.device == r.Device {
			would.imsi, would.msisdn = cmp.Or(s.imsi, string(r.IMSI)), s.msisdn
		}
	}
	of, _ := m.terminal(&would)
	return of != "" && of != first
}

// register returns the dynamic identifier that is to stay, "" for a new one; the caller says what it is.
func (m *naive) register(r Registering) (s *naiveSession, dynamic string) {
	first := m.subscriber(r.User)
	for k, other := range m.sessions {
		if x := other.registered; x.first == first && x.device == r.Device {
			if m.isRegistered(other) && m.live(k) != nil {
				dynamic = x.dynamic
			}
			if k != r.Key {
				m.unregister(other, false)
			}
		}
	}
	s = m.live(r.Key)
	owner := m.tick()
	switch {
	case s == nil || differ(s.imsi, string(r.IMSI)):
		s = &naiveSession{key: r.Key, owner: owner}
	case m.isRegistered(s) && (s.registered.first != first || s.registered.device != r.Device):
		if s.accounting == "" {
			s = &naiveSession{key: r.Key, owner: owner}
		}
		s.owner = owner
	}
	s.imsi = cmp.Or(s.imsi, string(r.IMSI))
	s.registered = naiveRegistration{first, r.User, r.Device, dynamic, m.now + modelValidity}
	if s.accounting == "" {
		s.told, s.expires = m.now, m.now+min(modelExpiry, modelValidity)
	} else {
		s.expires = max(s.expires, m.now+modelExpiry)
	}
	m.sessions[r.Key] = s
	return s, dynamic
}

func (m *naive) unregister(s *naiveSession, released bool) {
	if s.accounting == "" {
		m.drop(s.key)
		return
	}
	s.registered = naiveRegistration{}
	if released {
		s.owner = m.tick()
	}
	m.put(s)
}

// terminal returns the numbers of the terminal that a session is bound to.
func (m *naive) terminal(s *naiveSession) (first string, t store.Terminal) {
	for _, by := range []func(store.Terminal) bool{
		func(t store.Terminal) bool { return s.imsi != "" && string(t.IMSI) == s.imsi },
		func(t store.Terminal) bool { return s.msisdn != "" && string(t.MSISDN) == s.msisdn },
	} {
		for first, p := range m.people {
			for _, t := range p.Terminals {
				if by(t) {
					return first, t
				}
			}
		}
	}
	return "", t
}

func tellTerminal(lane, msisdn, imsi string, list []*naiveSession) string {
	text := ""
	for _, s := range list {
		msisdn, imsi = cmp.Or(msisdn, s.msisdn), cmp.Or(imsi, s.imsi)
		text += " " + s.key.GGSN + "/" + s.key.Address.String()
	}
	return lane + " " + cmp.Or(msisdn, "-") + " " + cmp.Or(imsi, "-") + text
}

func (m *naive) bound(t store.Terminal) (lane string, list []*naiveSession) {
	lane = "IMSI:" + string(t.IMSI)
	if t.MSISDN != "" {
		lane = "PLMN:+" + string(t.MSISDN)
	}
	return lane, m.all(func(s *naiveSession) bool { _, of := m.terminal(s); return of == t })
}

// phone is the terminal of a session that is registered.
func (m *naive) phone(s *naiveSession) (lane, told string, online bool) {
	if _, t := m.terminal(s); t != (store.Terminal{}) {
		lane, list := m.bound(t)
		return lane, tellTerminal(lane, string(t.MSISDN), string(t.IMSI), list), true
	}
	free := func(x *naiveSession) bool { _, t := m.terminal(x); return t == store.Terminal{} }
	switch {
	case s.msisdn != "":
		lane = "PLMN:+" + s.msisdn
		return lane, tellTerminal(lane, s.msisdn, "", m.all(func(x *naiveSession) bool { return x.msisdn == s.msisdn && free(x) })), true
	case s.imsi != "":
		lane = "IMSI:" + s.imsi
		return lane, tellTerminal(lane, "", s.imsi, m.all(func(x *naiveSession) bool { return x.imsi == s.imsi && x.msisdn == "" && free(x) })), true
	}
	lane = "USER:" + s.registered.first
	if s.registered.device != "" {
		lane += "/" + s.registered.device
	}
	return lane, tellTerminal(lane, "", "", []*naiveSession{s}), true
}

func (m *naive) user(u string) string {
	first := m.subscriber(u)
	if first == "" {
		for _, s := range m.all(func(s *naiveSession) bool { return m.isRegistered(s) && s.registered.dynamic == u }) {
			_, told, _ := m.phone(s)
			return told
		}
		return ErrUnknown.Error()
	}
	var online, offline []string
	lanes := map[string]bool{}
	for _, t := range m.people[first].Terminals {
		lane, list := m.bound(t)
		lanes[lane] = true
		if told := tellTerminal(lane, string(t.MSISDN), string(t.IMSI), list); len(list) > 0 {
			online = append(online, told)
		} else {
			offline = append(offline, told)
		}
	}
	for _, s := range m.all(func(s *naiveSession) bool { return m.isRegistered(s) && s.registered.first == first }) {
		lane, told, _ := m.phone(s)
		if !lanes[lane] {
			lanes[lane] = true
			online = append(online, told)
		}
	}
	if list := append(online, offline...); len(list) > 0 {
		return strings.Join(list, " | ")
	}
	return "USER:" + first + " - -"
}

func (m *naive) number(n string) string {
	for _, p := range m.people {
		for _, t := range p.Terminals {
			if string(t.MSISDN) == n {
				_, list := m.bound(t)
				return tellTerminal("PLMN:+"+n, n, string(t.IMSI), list)
			}
		}
	}
	return tellTerminal("PLMN:+"+n, n, "", m.all(func(s *naiveSession) bool { return s.msisdn == n }))
}

func (m *naive) address(a netip.Addr) string {
	list := m.all(func(s *naiveSession) bool { return s.key.Address == a })
	if len(list) != 1 || list[0].msisdn == "" && list[0].imsi == "" {
		told := "IPv4:" + a.String() + " - -"
		for _, s := range list {
			told += " " + s.key.GGSN + "/" + s.key.Address.String()
		}
		return told
	}
	s := list[0]
	if _, t := m.terminal(s); t != (store.Terminal{}) {
		lane, _ := m.bound(t)
		return tellTerminal(lane, string(t.MSISDN), string(t.IMSI), list)
	}
	lane := "IMSI:" + s.imsi
	if s.msisdn != "" {
		lane = "PLMN:+" + s.msisdn
	}
	return tellTerminal(lane, s.msisdn, "", list)
}

// TestModel draws histories and compares the directory with the naive one after each step, restarts included.
func TestModel(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		w := newTown(t, func(o *Options) {
			o.SessionExpiry, o.DynamicValidity = modelExpiry*time.Second, modelValidity*time.Second
		})
		defer w.Close()
		m := &naive{
			people: map[string]store.Subscriber{}, sessions: map[store.SessionKey]*naiveSession{}, disk: map[store.SessionKey]naiveSession{},
			stopped: map[string]int{}, ends: map[string]naiveEnd{},
		}
		h := &history{town: w, naive: m, generations: map[int]uint64{}}
		r.Repeat(map[string]func(*rapid.T){
			"": h.compare, "start": h.start, "start again": h.start, "stop": h.stop, "end": h.end, "register": h.register, "release": h.release,
			"put": h.put, "remove": h.remove, "pass": h.pass, "restart": h.again,
		})
	})
}

type history struct {
	*town
	naive       *naive
	generations map[int]uint64 // by owner
	dynamics    []string
}

var (
	modelUsers   = []string{"u@push.example", "v@push.example", "w@push.example"}
	modelNumbers = []string{"", "111111", "222222"}
)

func (h *history) drawKey(t *rapid.T) store.SessionKey {
	return key(rapid.SampledFrom([]string{"g", "h"}).Draw(t, "ggsn"), rapid.SampledFrom([]string{"10.0.0.1", "10.0.0.2"}).Draw(t, "address"))
}

// drawAt is now, or a little earlier.
func (h *history) drawAt(t *rapid.T) int {
	return max(h.naive.now-rapid.SampledFrom([]int{0, 0, 1, 30}).Draw(t, "delay"), 0)
}

func (h *history) start(t *rapid.T) {
	s := store.Session{SessionKey: h.drawKey(t), Accounting: rapid.SampledFrom([]string{"x", "y", "z"}).Draw(t, "accounting")}
	s.MSISDN = push.MSISDN(rapid.SampledFrom(modelNumbers).Draw(t, "number"))
	s.IMSI = push.IMSI(rapid.SampledFrom(modelNumbers).Draw(t, "IMSI"))
	when := h.drawAt(t)
	h.naive.start(s, when)
	if err := h.try(func(done func(error)) { h.SessionStart(s, at(when), done) }); err != nil {
		t.Fatal(err)
	}
}

func (h *history) stop(t *rapid.T) {
	k, accounting := h.drawKey(t), rapid.SampledFrom([]string{"x", "y"}).Draw(t, "accounting")
	h.naive.stop(k, accounting)
	h.town.end(k, accounting)
}

func (h *history) end(t *rapid.T) {
	when := h.drawAt(t)
	h.naive.end("g", when)
	h.endAll("g", at(when))
}

func (h *history) drawWho(t *rapid.T) (user, device string) {
	return rapid.SampledFrom(modelUsers).Draw(t, "user"), rapid.SampledFrom([]string{"", "d"}).Draw(t, "device")
}

func (h *history) register(t *rapid.T) {
	user, device := h.drawWho(t)
	r := Registering{User: user, Device: device, Key: h.drawKey(t), IMSI: push.IMSI(rapid.SampledFrom([]string{"", "", "111111"}).Draw(t, "IMSI"))}
	made, err := h.Register(t.Context(), r)
	if h.naive.subscriber(user) == "" {
		if !errors.Is(err, ErrUnknown) {
			t.Fatalf("%s: %v", user, err)
		}
		return
	}
	if h.naive.barred(r) {
		if !errors.Is(err, ErrBound) {
			t.Fatalf("%+v: %v", r, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	s, stays := h.naive.register(r)
	if stays != "" && stays != made.Dynamic || stays == "" && slices.Contains(h.dynamics, made.Dynamic) {
		t.Fatalf("the identifier is %s, want %q", made.Dynamic, stays)
	}
	h.dynamics = append(h.dynamics, made.Dynamic)
	s.registered.dynamic = made.Dynamic
	h.naive.put(s)
}

func (h *history) release(t *rapid.T) {
	user, device := h.drawWho(t)
	k := h.drawKey(t)
	err := h.Release(t.Context(), k, user, device)
	s := h.naive.live(k)
	if s == nil || !h.naive.isRegistered(s) || s.registered.first != h.naive.subscriber(user) || s.registered.device != device {
		if !errors.Is(err, ErrUnknown) {
			t.Fatal(err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	h.naive.unregister(s, true)
}

// put enters a subscriber with one or two identifiers, unless something of it is another's.
func (h *history) put(t *rapid.T) {
	i := rapid.IntRange(0, 1).Draw(t, "user")
	s := store.Subscriber{Users: modelUsers[i : i+1+rapid.IntRange(0, 1).Draw(t, "more")]}
	n := store.Terminal{
		MSISDN: push.MSISDN(rapid.SampledFrom(modelNumbers).Draw(t, "number")), IMSI: push.IMSI(rapid.SampledFrom(modelNumbers).Draw(t, "IMSI")),
	}
	if n != (store.Terminal{}) {
		s.Terminals = []store.Terminal{n}
	}
	taken := false
	for first, other := range h.naive.people {
		if first == s.Users[0] {
			continue
		}
		for _, u := range s.Users {
			taken = taken || slices.Contains(other.Users, u)
		}
		for _, o := range other.Terminals {
			taken = taken || n.MSISDN != "" && n.MSISDN == o.MSISDN || n.IMSI != "" && n.IMSI == o.IMSI
		}
	}
	if err := h.Put(t.Context(), []store.Subscriber{s}); (err != nil) != taken {
		t.Fatalf("put %+v: %v", s, err)
	}
	if taken {
		return
	}
	h.naive.people[s.Users[0]] = s
	h.disown()
}

// disown ends registrations of those that have lost the identifier or the terminal; which of them gets its new generation first is not
// said anywhere.
func (h *history) disown() {
	list := slices.SortedFunc(maps.Values(h.naive.sessions), func(a, b *naiveSession) int {
		return cmp.Compare(h.generation(a.key), h.generation(b.key))
	})
	for _, x := range list {
		first := x.registered.first
		lost := first != "" && !slices.Contains(h.naive.people[first].Users, x.registered.user)
		if lost || h.naive.live(x.key) != nil && h.naive.usurped(x) {
			h.naive.unregister(x, true)
		}
	}
}

func (h *history) remove(t *rapid.T) {
	user := rapid.SampledFrom(modelUsers).Draw(t, "user")
	first := h.naive.subscriber(user)
	if err := h.Remove(t.Context(), user); errors.Is(err, ErrUnknown) != (first == "") || first != "" && err != nil {
		t.Fatal(err)
	}
	delete(h.naive.people, first)
	if first != "" {
		h.disown()
	}
}

func (h *history) pass(t *rapid.T) {
	by := rapid.SampledFrom([]int{1, 20, 150, 800}).Draw(t, "seconds")
	h.naive.now += by
	h.clock.Step(time.Duration(by) * time.Second)
}

func (h *history) again(*rapid.T) {
	h.restart()
	m := h.naive
	m.stopped, m.ends = map[string]int{}, map[string]naiveEnd{}
	m.sessions = map[store.SessionKey]*naiveSession{}
	for k, s := range m.disk {
		m.sessions[k] = &s
		if m.live(k) == nil {
			delete(m.sessions, k) // and from the disk with the next sweep
		}
	}
}

func (h *history) compare(t *rapid.T) {
	m := h.naive
	check := func(of push.Address, want string) {
		if got := h.tell(of); got != want {
			t.Fatalf("%v: got %q, want %q", of, got, want)
		}
	}
	seen := map[uint64]int{}
	for _, ggsn := range []string{"g", "h"} {
		for _, a := range []string{"10.0.0.1", "10.0.0.2"} {
			k := key(ggsn, a)
			s, g := m.live(k), h.generation(k)
			if (s != nil) != (g != 0) {
				t.Fatalf("%v: generation %d, want %+v", k, g, s)
			}
			r, registered := h.Registered(k)
			if want := s != nil && m.isRegistered(s); registered != want || want && (r.User != s.registered.user || r.Device != s.registered.device || r.Dynamic != s.registered.dynamic) {
				t.Fatalf("%v: registered %v %+v, want %+v", k, registered, r, s)
			}
			if s == nil {
				continue
			}
			if was, there := h.generations[s.owner]; there && was != g {
				t.Fatalf("%v: generation %d for an owner that had %d", k, g, was)
			}
			h.generations[s.owner], seen[g] = g, s.owner
		}
	}
	for owner, g := range h.generations {
		if now, there := seen[g]; h.Live(g) != there || there && now != owner {
			t.Fatalf("generation %d of owner %d is live %v, now of owner %d (%v)", g, owner, h.Live(g), now, there)
		}
	}
	for _, u := range append(slices.Clone(modelUsers), h.dynamics...) {
		check(user(u), m.user(u))
	}
	for _, n := range modelNumbers[1:] {
		check(plmn("+"+n), m.number(n))
	}
	for _, a := range []string{"10.0.0.1", "10.0.0.2"} {
		check(ip(a), m.address(netip.MustParseAddr(a)))
	}
}
