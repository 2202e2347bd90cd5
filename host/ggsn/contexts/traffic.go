package contexts

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/digits"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// WayTo finds the way to a terminal that has the address, or, where that is not valid, the IMSI. Whatever else is given has to be the
// context's as well: an address may be somebody else's by now.
func (t *Table) WayTo(imsi push.IMSI, msisdn push.MSISDN, a netip.Addr) (Way, bool) {
	n, ok := digits.Parse(imsi)
	if !ok && imsi != "" || a.IsValid() && !a.Is4() {
		return Way{}, false
	}
	m, _ := digits.Parse(msisdn)
	t.mu.Lock()
	defer t.mu.Unlock()
	var place uint32
	if a.IsValid() {
		place, ok = t.byAddress[number(a)]
	} else {
		place, ok = t.byIMSI[n]
	}
	if !ok {
		return Way{}, false
	}
	s := &t.slots[place]
	if n != 0 && s.imsi != n || n == 0 && m != 0 && s.msisdn != 0 && s.msisdn != m {
		return Way{}, false
	}
	return t.way(place), true
}

// WayOf finds the way to a terminal by this node's TEID of the control plane.
func (t *Table) WayOf(control gtp.TEID) (Way, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.byControl[uint32(control)]
	if !ok {
		return Way{}, false
	}
	return t.way(place), true
}

// way copies what a packet needs, with t.mu held.
func (t *Table) way(place uint32) Way {
	s := &t.slots[place]
	return Way{
		Address: address(s.address), User: t.nodes.address(s.user), TEID: gtp.TEID(s.sgsnData), Control: gtp.TEID(s.control), place: place,
	}
}

// A Sent is a packet that went a way, with the octets of its IP packet.
type Sent struct {
	Way    Way
	Octets int
}

// Downlink counts packets that went to terminals, of contexts that are still there.
func (t *Table) Downlink(now time.Duration, packets ...Sent) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, p := range packets {
		if s := &t.slots[p.Way.place]; s.control == uint32(p.Way.Control) {
			s.traffic.DownlinkOctets += uint64(p.Octets)
			s.traffic.DownlinkPackets++
			s.used = seconds(now)
		}
	}
}

// Uplink counts a packet from a terminal, by this node's TEID of the user plane, and returns the address that the terminal has. False
// is a TEID that nobody has.
func (t *Table) Uplink(data gtp.TEID, octets int, now time.Duration) (netip.Addr, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	place, ok := t.byData[uint32(data)]
	if !ok {
		return netip.Addr{}, false
	}
	s := &t.slots[place]
	s.traffic.UplinkOctets += uint64(octets)
	s.traffic.UplinkPackets++
	s.used = seconds(now)
	return address(s.address), true
}
