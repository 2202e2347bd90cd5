package hlr

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A place is the node that can talk to an SGSN, and the access point to use there, "" for the bearer's choice. ggsn is what sessions
// call the node's GGSN, "" for the node's name.
type place struct {
	node, apn, ggsn string
}

// holds reports whether a session is surely at this place: an address says nothing without its access point, since another
// terminal may have the same one elsewhere.
func (p place) holds(s push.Session) bool {
	ggsn := p.ggsn
	if ggsn == "" {
		ggsn = p.node
	}
	if p.apn == "" {
		return s.GGSN == ggsn
	}
	return strings.EqualFold(s.APN, p.apn) && (s.GGSN == "" || s.GGSN == ggsn)
}

// places is a table of SGSNs, or of GGSNs.
type places struct {
	rows []row
	rest place // of those that no row is about; no node means none
}

type row struct {
	place
	names []pattern
}

// of returns the place of an SGSN or GGSN as a register names it. The first row counts.
func (p places) of(named string) (place, bool) {
	addr, err := netip.ParseAddr(named)
	if err == nil {
		addr = addr.Unmap()
	}
	name := canonical(named)
	for _, r := range p.rows {
		for _, pattern := range r.names {
			if pattern.takes(name, addr) {
				return r.place, true
			}
		}
	}
	return p.rest, p.rest.node != ""
}

// A pattern is one value of the keys sgsn and ggsn: a number or a name, the beginning of one, or a range of addresses. It can be compared.
type pattern struct {
	name      string // in canonical form
	beginning bool
	addresses netip.Prefix
}

func (p pattern) takes(name string, addr netip.Addr) bool {
	switch {
	case p.addresses.IsValid():
		return p.addresses.Contains(addr)
	case p.beginning:
		return strings.HasPrefix(name, p.name)
	}
	return name == p.name
}

// isAddress reports whether the pattern is an address or a range of addresses.
func (p pattern) isAddress() bool {
	_, err := netip.ParseAddr(p.name)
	return p.addresses.IsValid() || err == nil && !p.beginning
}

// canonical makes names equal that mean the same node: numbers with and without "+", addresses in any spelling, names in any case.
func canonical(name string) string {
	if number, international := strings.CutPrefix(name, "+"); international && strings.Trim(number, digits) == "" {
		return number
	}
	if addr, err := netip.ParseAddr(name); err == nil {
		return addr.Unmap().String()
	}
	return strings.ToLower(name)
}

func parsePattern(text string) (pattern, error) {
	beginning, isBeginning := strings.CutSuffix(text, "*")
	switch {
	case text == "" || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return pattern{}, fmt.Errorf("%q is no number, address or name of an SGSN", text)
	case strings.Contains(beginning, "*"):
		return pattern{}, fmt.Errorf(`%q: "*" stands for what follows, at the end only`, text)
	case isBeginning && canonical(beginning) == "":
		return pattern{}, errors.New("takes every SGSN; default_node is for that")
	case isBeginning:
		return pattern{name: canonical(beginning), beginning: true}, nil
	case strings.Contains(text, "/"):
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return pattern{}, fmt.Errorf("%q is no range of addresses like 10.23.0.0/24", text)
		}
		if prefix != prefix.Masked() {
			return pattern{}, fmt.Errorf("%s has bits behind its prefix; meant is perhaps %s", text, prefix.Masked())
		}
		return pattern{addresses: prefix}, nil
	}
	return pattern{name: canonical(text)}, nil
}
