package gtp

import (
	"bytes"
	"encoding/binary"
	"math"
	"net/netip"
)

// A PrivateExtension is an element that one vendor or operator defines (§7.7.46): ID is its enterprise number of IANA (SMI Network
// Management Private Enterprise Codes).
type PrivateExtension struct {
	ID    uint16
	Value []byte
}

// octets is an element that this package passes on as it is.
func (x *elements) octets(t ElementType, n need, v *[]byte, shortest, most int) {
	if x.encoding {
		switch {
		case len(*v) == 0:
			x.absent(t, n)
		case len(*v) < shortest || len(*v) > most:
			x.unsendable(t, "its length is wrong")
		default:
			x.put(t, *v...)
		}
		return
	}
	if e, ok := x.read(t, n, shortest, most); ok {
		*v = bytes.Clone(e.value)
	}
}

// pco is Protocol Configuration Options (§7.7.31): the value of 3GPP TS 24.008 §10.5.6.3 from its octet 3 on, 251 octets at most.
func (x *elements) pco(v *[]byte) { x.octets(ElementPCO, optional, v, 1, 251) }

// qos is Quality of Service Profile (§7.7.34): an octet of allocation and retention priority, then the value of 3GPP TS 24.008
// §10.5.6.5 from its octet 3 on.
func (x *elements) qos(n need, v *[]byte) { x.octets(ElementQoSProfile, n, v, 4, 255) }

// privateExtensions are the last elements of every message, as many as there are.
func (x *elements) privateExtensions(v *[]PrivateExtension) {
	if x.encoding {
		for _, p := range *v {
			from := x.open(ElementPrivateExtension)
			x.b = binary.BigEndian.AppendUint16(x.b, p.ID)
			x.b = append(x.b, p.Value...)
			x.close(ElementPrivateExtension, from)
		}
		return
	}
	for {
		e, ok := x.take(ElementPrivateExtension, optional)
		if !ok {
			return
		}
		if len(e.value) < 2 {
			x.incorrect(e, optional, "it has no identifier")
			continue
		}
		*v = append(*v, PrivateExtension{ID: binary.BigEndian.Uint16(e.value), Value: bytes.Clone(e.value[2:])})
	}
}

// gsnAddress is one GSN Address (§7.7.32); a message with several has them in the order of its table.
func (x *elements) gsnAddress(n need, v *netip.Addr) {
	if x.encoding {
		if !v.IsValid() {
			x.absent(ElementGSNAddress, n)
			return
		}
		x.put(ElementGSNAddress, v.Unmap().AsSlice()...)
		return
	}
	e, ok := x.read(ElementGSNAddress, n, 0, math.MaxUint16)
	if !ok {
		return
	}
	a, ok := netip.AddrFromSlice(e.value)
	if !ok {
		x.incorrect(e, n, "neither 4 nor 16 octets")
		return
	}
	*v = a.Unmap()
}

// gsnAddresses are two that come together or not at all: the first for signalling, the second for user traffic. Without a first one
// a second one would take its place.
func (x *elements) gsnAddresses(n need, signalling, user *netip.Addr) {
	if x.encoding && user.IsValid() && !signalling.IsValid() {
		x.unsendable(ElementGSNAddress, "there is one for user traffic and none for signalling")
		return
	}
	x.gsnAddress(n, signalling)
	x.gsnAddress(n, user)
	if !x.encoding && !signalling.IsValid() {
		*user = netip.Addr{} // the first one was incorrect, and the second alone says nothing
	}
}
