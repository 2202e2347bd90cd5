package gtp

import (
	"math"
	"net/netip"
)

// A PDPType is the organisation and the number that name a kind of packet data protocol (§7.7.27): the organisation in the upper octet, 0
// ETSI and 1 IETF.
type PDPType uint16

// The PDP types that have a form of their own here.
const (
	PDPPPP    PDPType = 0x0001
	PDPNonIP  PDPType = 0x0002
	PDPIPv4   PDPType = 0x0121
	PDPIPv6   PDPType = 0x0157
	PDPIPv4v6 PDPType = 0x018D
)

// An EndUserAddress is the type of a PDP context and its address. An IP type without address asks for a dynamic one. It may be
// compared with ==.
type EndUserAddress struct {
	Type PDPType
	// IPv4 and IPv6 are set where the address is known; both only with PDPIPv4v6.
	IPv4, IPv6 netip.Addr
	// Other holds the octets of a type that is none of the above, so that it can be refused and repeated.
	Other string
}

// StaticAddress returns the address of a terminal that has it before the context exists.
func StaticAddress(a netip.Addr) EndUserAddress {
	if a = a.Unmap(); a.Is4() {
		return EndUserAddress{Type: PDPIPv4, IPv4: a}
	}
	return EndUserAddress{Type: PDPIPv6, IPv6: a.WithZone("")}
}

// DynamicAddress returns one that is still to be allocated.
func DynamicAddress(t PDPType) EndUserAddress { return EndUserAddress{Type: t} }

// Dynamic reports whether it asks for an address.
func (a EndUserAddress) Dynamic() bool {
	return a.Type >= PDPIPv4 && a.Other == "" && !a.IPv4.IsValid() && !a.IPv6.IsValid()
}

// wellFormed reports whether the addresses fit the type.
func (a EndUserAddress) wellFormed() bool {
	v4, v6 := a.IPv4.IsValid(), a.IPv6.IsValid()
	if v4 && !a.IPv4.Is4() || v6 && (!a.IPv6.Is6() || a.IPv6.Is4In6() || a.IPv6.Zone() != "") {
		return false
	}
	switch a.Type {
	case PDPIPv4:
		return !v6 && a.Other == ""
	case PDPIPv6:
		return !v4 && a.Other == ""
	case PDPIPv4v6:
		return a.Other == ""
	case PDPPPP, PDPNonIP:
		return !v4 && !v6 && a.Other == ""
	}
	return !v4 && !v6 && a.Type>>8 <= 15
}

// endUserAddress is the End User Address (§7.7.27).
func (x *elements) endUserAddress(n need, v *EndUserAddress) {
	if x.encoding {
		if *v == (EndUserAddress{}) {
			x.absent(ElementEndUserAddress, n)
			return
		}
		if !v.wellFormed() {
			x.unsendable(ElementEndUserAddress, "its addresses do not fit its type")
			return
		}
		from := x.open(ElementEndUserAddress)
		x.b = append(x.b, 0xF0|byte(v.Type>>8), byte(v.Type)) // four spare bits, all 1
		x.b = append(x.b, v.IPv4.AsSlice()...)
		x.b = append(x.b, v.IPv6.AsSlice()...)
		x.b = append(x.b, v.Other...)
		x.close(ElementEndUserAddress, from)
		return
	}
	e, ok := x.read(ElementEndUserAddress, n, 2, math.MaxUint16)
	if !ok {
		return
	}
	a, ok := parseEndUserAddress(e.value)
	if !ok {
		x.incorrect(e, n, "its length does not fit its type")
		return
	}
	*v = a
}

func parseEndUserAddress(b []byte) (EndUserAddress, bool) {
	a := EndUserAddress{Type: PDPType(b[0]&0xF)<<8 | PDPType(b[1])}
	b = b[2:]
	switch a.Type {
	case PDPIPv4, PDPIPv6, PDPIPv4v6:
		if len(b) == 4 || len(b) == 20 {
			a.IPv4, b = netip.AddrFrom4([4]byte(b)), b[4:]
		}
		if len(b) == 16 {
			a.IPv6, b = netip.AddrFrom16([16]byte(b)), b[16:]
		}
	case PDPPPP, PDPNonIP:
	default:
		a.Other, b = string(b), nil
	}
	return a, len(b) == 0 && a != (EndUserAddress{}) && a.wellFormed()
}
