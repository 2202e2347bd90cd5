package contexts

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/digits"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Why a context is not added.
var (
	// ErrFull: there are as many as may be.
	ErrFull = errors.New("as many contexts as may be")
	// ErrTaken: there is one of the IMSI, or with the address.
	ErrTaken = errors.New("there is a context of this IMSI or with this address")
	// ErrInvalid: the IMSI or the address is none.
	ErrInvalid = errors.New("no IMSI or no IPv4 address")
)

// A Table is the contexts of a node. Its methods may be called from several goroutines.
type Table struct {
	most int

	mu        sync.Mutex
	slots     []slot
	free      []uint32
	byControl map[uint32]uint32 // the indexes hold places in slots
	byData    map[uint32]uint32
	byIMSI    map[digits.Number]uint32
	byAddress map[uint32]uint32
	byTunnel  map[uint64]uint32 // of the SGSN: place of its user address and its TEID
	nodes     nodes
	apns      []gtp.APN
}

// A slot is a context in the table. It holds no pointers, so that the garbage collector passes it by.
type slot struct {
	imsi, msisdn               digits.Number // imsi is 0 in a slot that is free
	traffic                    Traffic
	control, data              uint32
	sgsnControl, sgsnData      uint32
	signalling, user           uint32 // places in nodes
	address, charging          uint32
	created, used              uint32 // seconds
	nsapi, apn, ratType, notif uint8
}

// New makes an empty table for at most so many contexts.
func New(most int) *Table {
	return &Table{
		most: most, byControl: make(map[uint32]uint32), byData: make(map[uint32]uint32), byIMSI: make(map[digits.Number]uint32),
		byAddress: make(map[uint32]uint32), byTunnel: make(map[uint64]uint32), nodes: nodes{byAddress: make(map[netip.Addr]uint32)},
	}
}

// Add adds a context and gives it its tunnel endpoint identifiers.
func (t *Table) Add(c Context) (Context, error) {
	imsi, ok := digits.Parse(c.IMSI)
	if !ok || !c.Address.Is4() {
		return Context{}, ErrInvalid
	}
	msisdn, _ := digits.Parse(c.MSISDN)
	t.mu.Lock()
	defer t.mu.Unlock()
	address := number(c.Address)
	if _, taken := t.byIMSI[imsi]; taken {
		return Context{}, ErrTaken
	}
	if _, taken := t.byAddress[address]; taken {
		return Context{}, ErrTaken
	}
	if len(t.byIMSI) >= t.most {
		return Context{}, ErrFull
	}
	s := slot{
		imsi: imsi, msisdn: msisdn, traffic: c.Traffic, control: unused(t.byControl), data: unused(t.byData),
		sgsnControl: uint32(c.SGSN.Control), sgsnData: uint32(c.SGSN.Data), signalling: t.nodes.take(c.SGSN.Signalling), user: t.nodes.take(c.SGSN.User),
		address: address, charging: c.ChargingID, created: seconds(c.Created), used: seconds(c.Created),
		nsapi: c.NSAPI, apn: t.apn(c.APN), ratType: uint8(c.RATType),
	}
	if c.Notified {
		s.notif = 1
	}
	place := t.place()
	t.slots[place] = s
	t.byControl[s.control], t.byData[s.data], t.byIMSI[imsi], t.byAddress[address] = place, place, place, place
	t.byTunnel[s.tunnel()] = place
	return t.context(place), nil
}

// place returns a free slot.
func (t *Table) place() uint32 {
	if n := len(t.free); n > 0 {
		place := t.free[n-1]
		t.free = t.free[:n-1]
		return place
	}
	t.slots = append(t.slots, slot{})
	return uint32(len(t.slots) - 1)
}

// unused returns a tunnel endpoint identifier that nobody has.
func unused(given map[uint32]uint32) uint32 {
	for {
		teid := rand.Uint32()
		if _, taken := given[teid]; teid != 0 && !taken {
			return teid
		}
	}
}

// apn returns the place of an access point. There are as many as the configuration has.
func (t *Table) apn(name gtp.APN) uint8 {
	for i, known := range t.apns {
		if known == name {
			return uint8(i)
		}
	}
	t.apns = append(t.apns, name)
	return uint8(len(t.apns) - 1)
}

// Remove takes a context out, by this node's TEID of its control plane.
func (t *Table) Remove(control gtp.TEID) (Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.byControl[uint32(control)]
	if !ok {
		return Context{}, false
	}
	c := t.context(place)
	s := &t.slots[place]
	delete(t.byControl, s.control)
	delete(t.byData, s.data)
	delete(t.byIMSI, s.imsi)
	delete(t.byAddress, s.address)
	if t.byTunnel[s.tunnel()] == place {
		delete(t.byTunnel, s.tunnel())
	}
	t.nodes.give(s.signalling)
	t.nodes.give(s.user)
	*s = slot{}
	t.free = append(t.free, place)
	return c, true
}

// Move changes the other ends of a context, as when another SGSN serves the terminal (§7.3.3).
func (t *Table) Move(control gtp.TEID, to Ends, rat gtp.RATType) (Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.byControl[uint32(control)]
	if !ok {
		return Context{}, false
	}
	s := &t.slots[place]
	if t.byTunnel[s.tunnel()] == place {
		delete(t.byTunnel, s.tunnel())
	}
	signalling, user := t.nodes.take(to.Signalling), t.nodes.take(to.User)
	t.nodes.give(s.signalling)
	t.nodes.give(s.user)
	s.signalling, s.user, s.sgsnControl, s.sgsnData = signalling, user, uint32(to.Control), uint32(to.Data)
	if rat != 0 {
		s.ratType = uint8(rat)
	}
	t.byTunnel[s.tunnel()] = place
	return t.context(place), true
}

// ByControl finds a context by this node's TEID of its control plane.
func (t *Table) ByControl(teid gtp.TEID) (Context, bool) { return find(t, t.byControl, uint32(teid)) }

// ByIMSI finds the context of a terminal.
func (t *Table) ByIMSI(imsi push.IMSI) (Context, bool) {
	n, ok := digits.Parse(imsi)
	if !ok {
		return Context{}, false
	}
	return find(t, t.byIMSI, n)
}

// ByAddress finds the context that has an address.
func (t *Table) ByAddress(a netip.Addr) (Context, bool) {
	if !a.Is4() {
		return Context{}, false
	}
	return find(t, t.byAddress, number(a))
}

// ByTunnel finds a context by the SGSN's end of its user tunnel, which is how an Error Indication names it (§7.3.7).
func (t *Table) ByTunnel(user netip.Addr, teid gtp.TEID) (Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	node, ok := t.nodes.byAddress[user]
	if !ok {
		return Context{}, false
	}
	place, ok := t.byTunnel[tunnel(node, uint32(teid))]
	if !ok {
		return Context{}, false
	}
	return t.context(place), true
}

func find[K comparable](t *Table, in map[K]uint32, key K) (Context, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := in[key]
	if !ok {
		return Context{}, false
	}
	return t.context(place), true
}

// Len is the number of contexts.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.byIMSI)
}

// context copies a slot, with t.mu held.
func (t *Table) context(place uint32) Context {
	s := &t.slots[place]
	return Context{
		IMSI: push.IMSI(s.imsi.String()), MSISDN: push.MSISDN(s.msisdn.String()), NSAPI: s.nsapi, APN: t.apns[s.apn], Address: address(s.address),
		Control: gtp.TEID(s.control), Data: gtp.TEID(s.data),
		SGSN: Ends{
			Signalling: t.nodes.address(s.signalling), User: t.nodes.address(s.user), Control: gtp.TEID(s.sgsnControl), Data: gtp.TEID(s.sgsnData),
		},
		ChargingID: s.charging, RATType: gtp.RATType(s.ratType), Notified: s.notif != 0,
		Created: time.Duration(s.created) * time.Second, Used: time.Duration(s.used) * time.Second, Traffic: s.traffic,
	}
}

func (s *slot) tunnel() uint64 { return tunnel(s.user, s.sgsnData) }

func tunnel(node, teid uint32) uint64 { return uint64(node)<<32 | uint64(teid) }

func number(a netip.Addr) uint32 {
	b := a.As4()
	return binary.BigEndian.Uint32(b[:])
}

func address(n uint32) netip.Addr {
	return netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

func seconds(d time.Duration) uint32 { return uint32(d / time.Second) }
