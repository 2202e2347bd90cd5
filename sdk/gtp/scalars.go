package gtp

import (
	"encoding/binary"
	"strconv"
)

// A SelectionMode says who chose the APN, and whether the subscription has it (§7.7.12).
type SelectionMode uint8

const (
	// SelectionVerified: chosen by terminal or network, and in the subscription.
	SelectionVerified SelectionMode = 0
	// SelectionByMS: chosen by the terminal, and not verified.
	SelectionByMS SelectionMode = 1
	// SelectionByNetwork: chosen by the network, and not verified.
	SelectionByNetwork SelectionMode = 2
)

// A RATType is the radio access of a terminal (§7.7.50); 0 is none given.
type RATType uint8

// String returns the name of the specification.
func (r RATType) String() string {
	switch r {
	case 1:
		return "UTRAN"
	case 2:
		return "GERAN"
	case 3:
		return "WLAN"
	case 4:
		return "GAN"
	case 5:
		return "HSPA Evolution"
	case 6:
		return "EUTRAN"
	}
	return "RAT type " + strconv.Itoa(int(r))
}

// An MSNotReachableReason is why the HLR knows that a subscriber can not be reached (§7.7.25A): the diagnostic for an absent
// subscriber of 3GPP TS 23.040 §9.2.3.22.
type MSNotReachableReason uint8

// The two reasons with which a push may be tried all the same (3GPP TS 23.060 §9.2.2.2).
const (
	NoPagingResponseMSC  MSNotReachableReason = 0
	NoPagingResponseSGSN MSNotReachableReason = 5
)

var notReachableReasons = [...]string{
	"no paging response via the MSC",
	"IMSI detached",
	"roaming restriction",
	"deregistered in the HLR for non GPRS",
	"MS purged for non GPRS",
	"no paging response via the SGSN",
	"GPRS detached",
	"deregistered in the HLR for GPRS",
	"MS purged for GPRS",
	"unidentified subscriber via the MSC",
	"unidentified subscriber via the SGSN",
	"deregistered in the HSS/HLR for IMS",
	"no response via the IP-SM-GW",
	"the MS is temporarily unavailable",
}

// String returns the text of 3GPP TS 23.040.
func (r MSNotReachableReason) String() string {
	if int(r) < len(notReachableReasons) {
		return notReachableReasons[r]
	}
	return "reason " + strconv.Itoa(int(r))
}

// A MAPCause is the error with which the HLR answered, a number of 3GPP TS 29.002 §17.6 (§7.7.8).
type MAPCause uint8

// String returns the name of the errors that the operations for GPRS have.
func (c MAPCause) String() string {
	switch c {
	case 1:
		return "unknown subscriber"
	case 13:
		return "call barred"
	case 27:
		return "absent subscriber"
	case 34:
		return "system failure"
	case 35:
		return "data missing"
	case 36:
		return "unexpected data value"
	}
	return "MAP error " + strconv.Itoa(int(c))
}

// octet is an element of one octet. The bits of spare are set when it is written and left out when it is read.
func octet[T ~uint8](x *elements, t ElementType, v *T, spare uint8) {
	if x.encoding {
		x.put(t, uint8(*v)|spare)
		return
	}
	if e, ok := x.read(t, mandatory, 1, 1); ok {
		*v = T(e.value[0] &^ spare)
	}
}

// octetIf is an optional octet, nil where it is absent.
func octetIf[T ~uint8](x *elements, t ElementType, v **T, spare uint8) {
	if x.encoding {
		if *v != nil {
			x.put(t, uint8(**v)|spare)
		}
		return
	}
	if e, ok := x.read(t, optional, 1, 1); ok {
		*v = new(T(e.value[0] &^ spare))
	}
}

// octetUnlessZero is an optional octet whose 0 is reserved, so that 0 is its absence.
func octetUnlessZero[T ~uint8](x *elements, t ElementType, v *T, spare uint8) {
	if x.encoding {
		if *v != 0 {
			x.put(t, uint8(*v)|spare)
		}
		return
	}
	if e, ok := x.read(t, optional, 1, 1); ok {
		*v = T(e.value[0] &^ spare)
	}
}

// The spare bits of elements that have some; most are written as 1, those of NSAPI as 0.
const (
	spareSelectionMode = 0xFC
	spareFlag          = 0xFE
	none               = 0
)

// flag is an optional element of one bit.
func (x *elements) flag(t ElementType, v **bool) {
	if x.encoding {
		switch {
		case *v == nil:
		case **v:
			x.put(t, spareFlag|1)
		default:
			x.put(t, spareFlag)
		}
		return
	}
	if e, ok := x.read(t, optional, 1, 1); ok {
		*v = new(e.value[0]&1 != 0)
	}
}

// nsapi is an element of four bits (§7.7.17); 0 to 4 are reserved.
func (x *elements) nsapi(n need, v *uint8) {
	if x.encoding {
		switch {
		case *v > 15:
			x.unsendable(ElementNSAPI, "it is above 15")
		case *v == 0:
			x.absent(ElementNSAPI, n)
		default:
			x.put(ElementNSAPI, *v)
		}
		return
	}
	e, ok := x.read(ElementNSAPI, n, 1, 1)
	if !ok {
		return
	}
	if e.value[0]&15 == 0 {
		x.incorrect(e, n, "NSAPI 0")
		return
	}
	*v = e.value[0] & 15
}

// teid is a mandatory TEID.
func (x *elements) teid(t ElementType, v *TEID) {
	if x.encoding {
		x.put(t, binary.BigEndian.AppendUint32(nil, uint32(*v))...)
		return
	}
	if e, ok := x.read(t, mandatory, 4, 4); ok {
		*v = TEID(binary.BigEndian.Uint32(e.value))
	}
}

// uint32If is an optional element of four octets.
func uint32If[T ~uint32](x *elements, t ElementType, v **T) {
	if x.encoding {
		if *v != nil {
			x.put(t, binary.BigEndian.AppendUint32(nil, uint32(**v))...)
		}
		return
	}
	if e, ok := x.read(t, optional, 4, 4); ok {
		*v = new(T(binary.BigEndian.Uint32(e.value)))
	}
}

// uint16If is an optional element of two octets.
func (x *elements) uint16If(t ElementType, v **uint16) {
	if x.encoding {
		if *v != nil {
			x.put(t, binary.BigEndian.AppendUint16(nil, **v)...)
		}
		return
	}
	if e, ok := x.read(t, optional, 2, 2); ok {
		*v = new(binary.BigEndian.Uint16(e.value))
	}
}
