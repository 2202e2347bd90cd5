package gtp

import "strconv"

// An ElementType is the first octet of an information element (3GPP TS 29.060 §7.7, table 37). Below 128 an element has a fixed
// length that its type tells (TV), from 128 on two octets of length (TLV).
type ElementType uint8

// The information elements that the messages of this package carry.
const (
	ElementCause                   ElementType = 1
	ElementIMSI                    ElementType = 2
	ElementRAI                     ElementType = 3
	ElementReorderingRequired      ElementType = 8
	ElementMAPCause                ElementType = 11
	ElementRecovery                ElementType = 14
	ElementSelectionMode           ElementType = 15
	ElementTEIDData                ElementType = 16
	ElementTEIDControl             ElementType = 17
	ElementTeardownInd             ElementType = 19
	ElementNSAPI                   ElementType = 20
	ElementChargingCharacteristics ElementType = 26
	ElementMSNotReachableReason    ElementType = 29
	ElementChargingID              ElementType = 127
	ElementEndUserAddress          ElementType = 128
	ElementAPN                     ElementType = 131
	ElementPCO                     ElementType = 132
	ElementGSNAddress              ElementType = 133
	ElementMSISDN                  ElementType = 134
	ElementQoSProfile              ElementType = 135
	ElementRATType                 ElementType = 151
	ElementULI                     ElementType = 152
	ElementIMEISV                  ElementType = 154
	ElementPrivateExtension        ElementType = 255

	// Its length is one octet, although its type is above 127 (§7.7.40).
	elementExtensionHeaderTypeList ElementType = 141
)

// firstTLV is the lowest type whose element carries its length.
const firstTLV ElementType = 128

// fixedLength returns the octets of the value of a TV element, 0 where the type is not one that the specification defines.
func (t ElementType) fixedLength() int {
	switch t {
	case ElementCause, ElementReorderingRequired, ElementMAPCause, 13, ElementRecovery, ElementSelectionMode, ElementTeardownInd,
		ElementNSAPI, 21, 23, 24, ElementMSNotReachableReason: // 13 MS validated, 21 RANAP cause, 23 and 24 radio priorities
		return 1
	case 25, ElementChargingCharacteristics, 27, 28: // 25 packet flow id, 27 trace reference, 28 trace type
		return 2
	case 12: // P-TMSI signature
		return 3
	case 4, 5, ElementTEIDData, ElementTEIDControl, ElementChargingID: // 4 TLLI, 5 P-TMSI
		return 4
	case 18: // TEID data II
		return 5
	case ElementRAI:
		return 6
	case ElementIMSI:
		return 8
	case 22: // RAB context
		return 9
	case 9: // authentication triplet
		return 28
	}
	return 0
}

// lastDefined is the highest TLV type below those for special use and charging (238 on) that table 37 defines in Release 17.
const lastDefined ElementType = 224

// defined reports whether table 37 defines the type.
func (t ElementType) defined() bool {
	if t < firstTLV {
		return t.fixedLength() > 0
	}
	return t <= lastDefined || t >= 238
}

// String returns the name of the specification for elements that this package reads, and the number of others.
func (t ElementType) String() string {
	switch t {
	case ElementCause:
		return "Cause"
	case ElementIMSI:
		return "IMSI"
	case ElementRAI:
		return "Routeing Area Identity"
	case ElementReorderingRequired:
		return "Reordering Required"
	case ElementMAPCause:
		return "MAP Cause"
	case ElementRecovery:
		return "Recovery"
	case ElementSelectionMode:
		return "Selection Mode"
	case ElementTEIDData:
		return "TEID Data I"
	case ElementTEIDControl:
		return "TEID Control Plane"
	case ElementTeardownInd:
		return "Teardown Ind"
	case ElementNSAPI:
		return "NSAPI"
	case ElementChargingCharacteristics:
		return "Charging Characteristics"
	case ElementMSNotReachableReason:
		return "MS Not Reachable Reason"
	case ElementChargingID:
		return "Charging ID"
	case ElementEndUserAddress:
		return "End User Address"
	case ElementAPN:
		return "Access Point Name"
	case ElementPCO:
		return "Protocol Configuration Options"
	case ElementGSNAddress:
		return "GSN Address"
	case ElementMSISDN:
		return "MSISDN"
	case ElementQoSProfile:
		return "Quality of Service Profile"
	case ElementRATType:
		return "RAT Type"
	case ElementULI:
		return "User Location Information"
	case ElementIMEISV:
		return "IMEI(SV)"
	case ElementPrivateExtension:
		return "Private Extension"
	}
	return "information element " + strconv.Itoa(int(t))
}
