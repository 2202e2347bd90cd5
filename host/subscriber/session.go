package subscriber

import (
	"encoding/binary"
	"hash/maphash"
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A place is a store.SessionKey in numbers.
type place struct {
	ggsn, apn uint32
	address   [16]byte // an IPv4 address as IPv6 maps it
}

// A session is a store.Session without a pointer in it. Times are nanoseconds since 1970, 0 for none.
type session struct {
	place                  place
	generation             uint64
	msisdn, imsi           number
	started, told, expires int64
	accounting             ref
	registration           ref    // encoded, 0 for none
	until                  int64  // when the dynamic identifier expires
	subscriber             uint32 // who registered

	puts      uint32 // how often it was given to the store
	unwritten bool   // the last of them is not known to be on disk
	stored    int64  // expires, as it was put last

	links [listKinds]link
}

// Lists that a session is in.
const (
	listAddress = iota
	listMSISDN
	listIMSI
	listGGSN
	listDynamic
	listSubscriber
	listKinds
)

type link struct{ next, previous uint32 }

// lists are doubly linked lists of sessions, the newest first, one for each key.
type lists[K comparable] struct {
	kind  int
	heads map[K]uint32
}

func newLists[K comparable](kind int) lists[K] { return lists[K]{kind, map[K]uint32{}} }

func (l *lists[K]) add(t *slab[session], k K, i uint32) {
	first := l.heads[k]
	t.at(i).links[l.kind] = link{next: first}
	if first != 0 {
		t.at(first).links[l.kind].previous = i
	}
	l.heads[k] = i
}

func (l *lists[K]) remove(t *slab[session], k K, i uint32) {
	x := t.at(i).links[l.kind]
	if x.next != 0 {
		t.at(x.next).links[l.kind].previous = x.previous
	}
	switch {
	case x.previous != 0:
		t.at(x.previous).links[l.kind].next = x.next
	case x.next != 0:
		l.heads[k] = x.next
	default:
		delete(l.heads, k)
	}
	t.at(i).links[l.kind] = link{}
}

// sessions are all that the gateway knows of, those that are over and not yet removed among them.
type sessions struct {
	all          slab[session]
	texts        *arena
	names        names
	seed         maphash.Seed
	byPlace      map[place]uint32
	byGeneration map[uint64]uint32
	byAddress    lists[[16]byte]
	byMSISDN     lists[number]
	byIMSI       lists[number]
	byGGSN       lists[uint32]
	byDynamic    lists[uint64] // by hash: who looks must compare
	bySubscriber lists[uint32]
}

func newSessions(texts *arena) sessions {
	return sessions{
		texts: texts, names: newNames(), seed: maphash.MakeSeed(),
		byPlace: map[place]uint32{}, byGeneration: map[uint64]uint32{},
		byAddress: newLists[[16]byte](listAddress), byMSISDN: newLists[number](listMSISDN), byIMSI: newLists[number](listIMSI),
		byGGSN: newLists[uint32](listGGSN), byDynamic: newLists[uint64](listDynamic), bySubscriber: newLists[uint32](listSubscriber),
	}
}

// find returns 0 if there is none.
func (t *sessions) find(k store.SessionKey) uint32 {
	ggsn, apn := t.names.find(k.GGSN), t.names.find(k.APN)
	if ggsn == 0 || apn == 0 {
		return 0
	}
	return t.byPlace[place{ggsn, apn, k.Address.As16()}]
}

// insert makes a session at a place where there is none. It has no registration.
func (t *sessions) insert(s *store.Session, msisdn, imsi number) uint32 {
	i := t.all.take()
	x := t.all.at(i)
	x.place = place{t.names.use(s.GGSN), t.names.use(s.APN), s.Address.As16()}
	x.generation = s.Generation
	x.started, x.told, x.expires = nanos(s.Started), nanos(s.Told), nanos(s.Expires)
	x.accounting = t.texts.put(s.Accounting)
	t.byPlace[x.place] = i
	t.byGeneration[x.generation] = i
	t.byAddress.add(&t.all, x.place.address, i)
	t.byGGSN.add(&t.all, x.place.ggsn, i)
	t.number(i, msisdn, imsi)
	return i
}

// number says what numbers a session has, where that is known.
func (t *sessions) number(i uint32, msisdn, imsi number) {
	x := t.all.at(i)
	if msisdn != 0 && msisdn != x.msisdn {
		if x.msisdn != 0 {
			t.byMSISDN.remove(&t.all, x.msisdn, i)
		}
		x.msisdn = msisdn
		t.byMSISDN.add(&t.all, msisdn, i)
	}
	if imsi != 0 && imsi != x.imsi {
		if x.imsi != 0 {
			t.byIMSI.remove(&t.all, x.imsi, i)
		}
		x.imsi = imsi
		t.byIMSI.add(&t.all, imsi, i)
	}
}

// account says under which accounting session it is known.
func (t *sessions) account(i uint32, accounting string) {
	x := t.all.at(i)
	t.texts.give(x.accounting)
	x.accounting = t.texts.put(accounting)
}

// regenerate gives a session another generation.
func (t *sessions) regenerate(i uint32, generation uint64) {
	x := t.all.at(i)
	delete(t.byGeneration, x.generation)
	x.generation = generation
	t.byGeneration[generation] = i
}

// register puts a registration, of the subscriber with that number, in the place of what there was; nil for none.
func (t *sessions) register(i, subscriber uint32, r *store.Registration) {
	x := t.all.at(i)
	if x.registration != 0 {
		t.byDynamic.remove(&t.all, t.hash(t.dynamic(x)), i)
		t.bySubscriber.remove(&t.all, x.subscriber, i)
		t.texts.give(x.registration)
		x.registration, x.subscriber, x.until = 0, 0, 0
	}
	if r == nil {
		return
	}
	x.registration = t.texts.put(encodeRegistration(r))
	x.subscriber, x.until = subscriber, nanos(r.Expires)
	t.byDynamic.add(&t.all, t.hash([]byte(r.Dynamic)), i)
	t.bySubscriber.add(&t.all, subscriber, i)
}

// remove takes a session out.
func (t *sessions) remove(i uint32) {
	t.register(i, 0, nil)
	x := t.all.at(i)
	delete(t.byPlace, x.place)
	delete(t.byGeneration, x.generation)
	t.byAddress.remove(&t.all, x.place.address, i)
	t.byGGSN.remove(&t.all, x.place.ggsn, i)
	if x.msisdn != 0 {
		t.byMSISDN.remove(&t.all, x.msisdn, i)
	}
	if x.imsi != 0 {
		t.byIMSI.remove(&t.all, x.imsi, i)
	}
	t.texts.give(x.accounting)
	t.names.drop(x.place.ggsn)
	t.names.drop(x.place.apn)
	t.all.give(i)
}

func (t *sessions) hash(text []byte) uint64 { return maphash.Bytes(t.seed, text) }

// key is where a session is.
func (t *sessions) key(x *session) store.SessionKey {
	return store.SessionKey{GGSN: t.names.text(x.place.ggsn), APN: t.names.text(x.place.apn), Address: addressOf(x.place.address)}
}

// record is a session as it is stored.
func (t *sessions) record(x *session) *store.Session {
	return &store.Session{
		SessionKey: t.key(x), Generation: x.generation, MSISDN: push.MSISDN(x.msisdn.String()), IMSI: push.IMSI(x.imsi.String()),
		Accounting: t.texts.text(x.accounting), Registration: t.registration(x),
		Started: moment(x.started), Told: moment(x.told), Expires: moment(x.expires),
	}
}

// registration returns nil if there is none.
func (t *sessions) registration(x *session) *store.Registration {
	if x.registration == 0 {
		return nil
	}
	user, device, dynamic := t.parts(x)
	return &store.Registration{User: string(user), Device: string(device), Dynamic: string(dynamic), Expires: moment(x.until)}
}

// encodeRegistration is the texts of a registration in one: the lengths of the first two, in two octets each, and all three.
func encodeRegistration(r *store.Registration) string {
	b := make([]byte, 0, 4+len(r.User)+len(r.Device)+len(r.Dynamic))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.User)))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(r.Device)))
	return string(append(append(append(b, r.User...), r.Device...), r.Dynamic...))
}

func (t *sessions) parts(x *session) (user, device, dynamic []byte) {
	b := t.texts.octets(x.registration)
	u, d := int(binary.LittleEndian.Uint16(b)), int(binary.LittleEndian.Uint16(b[2:]))
	b = b[4:]
	return b[:u], b[u : u+d], b[u+d:]
}

func (t *sessions) dynamic(x *session) []byte {
	_, _, dynamic := t.parts(x)
	return dynamic
}

func addressOf(a [16]byte) netip.Addr { return netip.AddrFrom16(a).Unmap() }

func nanos(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func moment(ns int64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, ns).UTC()
}
