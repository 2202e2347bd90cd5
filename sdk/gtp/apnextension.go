package gtp

import (
	"errors"
	"fmt"
	"net/netip"
)

// APNExtensionID is the identifier of an [APNExtension] where an operator gives it no other one. We have no enterprise number of IANA's:
// this one is reserved for examples (RFC 5612 §2), so that it is no vendor's.
const APNExtensionID uint16 = 32473

// An APNExtension is a private extension of ours. A Send Routeing Information for GPRS names no access point, and the answer no GGSN
// (§7.4.1, §7.4.2); with this extension the request says for which access point a context will be needed, and a responder that knows the
// GGSN of that access point names it. One that does not know the extension passes over it, as §11.1 asks, and answers the SGSN alone.
//
// Behind the extension identifier its value is a row of type (one octet), length (one octet) and value:
//
//	1  Access Point Name   as in the information element of that name (§7.7.30): mandatory, in the answer the one that was asked with
//	2  GGSN Address        4 or 16 octets: in the answer only
//
// Other types are passed over. A type that comes twice, a length that ends behind the value, and a value that is none make the extension
// one that can not be read.
type APNExtension struct {
	APN APN
	// GGSN is the address of the node, invalid for none.
	GGSN netip.Addr
}

// The types in an APNExtension.
const (
	extensionAPN  = 1
	extensionGGSN = 2
)

var errExtension = errors.New("gtp: a private extension of an access point that can not be read")

// Private returns the information element.
func (e APNExtension) Private(id uint16) (PrivateExtension, error) {
	apn, fault := appendAPN(nil, e.APN)
	if fault != "" {
		return PrivateExtension{}, fmt.Errorf("gtp: access point %q: %s", e.APN, fault)
	}
	value := append([]byte{extensionAPN, byte(len(apn))}, apn...)
	if e.GGSN.IsValid() {
		address := e.GGSN.Unmap().AsSlice()
		value = append(append(value, extensionGGSN, byte(len(address))), address...)
	}
	return PrivateExtension{ID: id, Value: value}, nil
}

// FindAPNExtension reads the extension among those of a message. False is that there is none; an error that there is one which says
// nothing for sure, or more than one.
func FindAPNExtension(of []PrivateExtension, id uint16) (e APNExtension, found bool, err error) {
	for _, p := range of {
		if p.ID != id {
			continue
		}
		if found {
			return APNExtension{}, false, fmt.Errorf("%w: there are two", errExtension)
		}
		found = true
		if e, err = parseAPNExtension(p.Value); err != nil {
			return APNExtension{}, false, err
		}
	}
	return e, found, nil
}

func parseAPNExtension(b []byte) (APNExtension, error) {
	var e APNExtension
	var seen [256]bool
	for len(b) > 0 {
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return e, fmt.Errorf("%w: it ends within type %d", errExtension, b[0])
		}
		end := 2 + int(b[1])
		kind, value, ok := b[0], b[2:end], true
		b = b[end:]
		if seen[kind] {
			return e, fmt.Errorf("%w: type %d twice", errExtension, kind)
		}
		seen[kind] = true
		switch kind {
		case extensionAPN:
			e.APN, ok = parseAPN(value)
		case extensionGGSN:
			e.GGSN, ok = netip.AddrFromSlice(value)
			e.GGSN = e.GGSN.Unmap()
		}
		if !ok {
			return e, fmt.Errorf("%w: type %d is %x", errExtension, kind, value)
		}
	}
	if e.APN == "" {
		return e, fmt.Errorf("%w: it names no access point", errExtension)
	}
	return e, nil
}
