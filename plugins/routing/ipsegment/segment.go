package ipsegment

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A segment is a range of addresses that one node serves.
type segment struct {
	prefix netip.Prefix
	ggsn   string // "" for every GGSN
	apn    string // "" for every access point
	node   string
}

// segments are in the order in which they count: the longest prefixes first; of equal ones those of a GGSN first, then those of an
// access point.
type segments []segment

func (l segments) sort() {
	slices.SortStableFunc(l, func(a, b segment) int {
		if d := b.prefix.Bits() - a.prefix.Bits(); d != 0 {
			return d
		}
		if d := strings.Compare(b.ggsn, a.ggsn); d != 0 {
			return d
		}
		return strings.Compare(b.apn, a.apn)
	})
}

// find returns the segment that a session is in, or why it is in none: of those that hold its address, and are of its GGSN and its
// access point, the first. Where one of these two is not known, everything that it could be has to lead to the same node: guessing
// would send the push to somebody else's terminal. What of the segment is not sure then is left out.
func (l segments) find(s push.Session) (found segment, why string) {
	addr := s.Address.Unmap()
	ggsns, apns := l.possible(addr, s)
	for _, ggsn := range ggsns {
		for _, apn := range apns {
			seg, ok := l.of(addr, ggsn, apn)
			switch {
			case !ok:
			case found.node == "":
				found = seg
			case found.node != seg.node:
				return segment{}, ambiguous(s, addr)
			case !strings.EqualFold(found.apn, seg.apn):
				found.apn = ""
			}
		}
	}
	if found.node == "" {
		return segment{}, l.nowhere(s, addr)
	}
	return found, ""
}

// of is the segment of an address at a GGSN and an access point.
func (l segments) of(addr netip.Addr, ggsn, apn string) (segment, bool) {
	for _, seg := range l {
		if seg.prefix.Contains(addr) && (seg.ggsn == "" || seg.ggsn == ggsn) && (seg.apn == "" || strings.EqualFold(seg.apn, apn)) {
			return seg, true
		}
	}
	return segment{}, false
}

// possible are the GGSN and the access point of a session, or, where one is not known, all that the segments of its address name, and
// any other.
func (l segments) possible(addr netip.Addr, s push.Session) (ggsns, apns []string) {
	ggsns, apns = []string{s.GGSN}, []string{s.APN}
	if s.GGSN != "" && s.APN != "" {
		return ggsns, apns
	}
	for _, seg := range l {
		if !seg.prefix.Contains(addr) {
			continue
		}
		if s.GGSN == "" && seg.ggsn != "" && !slices.Contains(ggsns, seg.ggsn) {
			ggsns = append(ggsns, seg.ggsn)
		}
		if apn := strings.ToLower(seg.apn); s.APN == "" && apn != "" && !slices.Contains(apns, apn) {
			apns = append(apns, apn)
		}
	}
	return ggsns, apns
}

// ambiguous says what is missing to tell the segments of an address apart.
func ambiguous(s push.Session, addr netip.Addr) string {
	missing := "its GGSN is"
	switch {
	case s.GGSN == "" && s.APN == "":
		missing = "its GGSN and its access point are"
	case s.APN == "":
		missing = "its access point is"
	}
	return fmt.Sprintf("%s is in segments of several nodes, and %s not known", addr, missing)
}

// nowhere says why an address is in no segment.
func (l segments) nowhere(s push.Session, addr netip.Addr) string {
	if slices.ContainsFunc(l, func(seg segment) bool { return seg.prefix.Contains(addr) }) {
		return fmt.Sprintf("no segment of %s is of %s", addr, place(s))
	}
	return fmt.Sprintf("%s is in no segment", addr)
}

// place names where a session is, for operators.
func place(s push.Session) string {
	apn, ggsn := "an access point that is not known", "a GGSN that is not known"
	if s.APN != "" {
		apn = fmt.Sprintf("access point %q", s.APN)
	}
	if s.GGSN != "" {
		ggsn = fmt.Sprintf("GGSN %q", s.GGSN)
	}
	return apn + " at " + ggsn
}
