package pap

import (
	"fmt"
	"strconv"
)

// A Code is a PAP status code (OMA-TS-PAP §9.13). Its first digit is its class.
type Code int

// The status codes of PAP.
const (
	OK                                 Code = 1000
	AcceptedForProcessing              Code = 1001
	BadRequest                         Code = 2000
	Forbidden                          Code = 2001
	AddressError                       Code = 2002
	AddressNotFound                    Code = 2003
	PushIDNotFound                     Code = 2004
	CapabilitiesMismatch               Code = 2005
	RequiredCapabilitiesNotSupported   Code = 2006
	DuplicatePushID                    Code = 2007
	CancellationNotPossible            Code = 2008
	InternalServerError                Code = 3000
	NotImplemented                     Code = 3001
	VersionNotSupported                Code = 3002
	NotPossible                        Code = 3003
	CapabilityMatchingNotSupported     Code = 3004
	MultipleAddressesNotSupported      Code = 3005
	TransformationFailure              Code = 3006
	SpecifiedDeliveryMethodNotPossible Code = 3007
	CapabilitiesNotAvailable           Code = 3008
	RequiredNetworkNotAvailable        Code = 3009
	RequiredBearerNotAvailable         Code = 3010
	ReplacementNotSupported            Code = 3011
	ServiceFailure                     Code = 4000
	ServiceUnavailable                 Code = 4001
	ClientAborted                      Code = 5000
	ClientAbortedUSERREQ               Code = 5026 // WSP abort reason USERREQ, 0xEA
	ClientAbortedUSERRFS               Code = 5027 // USERRFS, 0xEB
	ClientAbortedUSERPND               Code = 5028 // USERPND, 0xEC
	ClientAbortedUSERDCR               Code = 5029 // USERDCR, 0xED
	ClientAbortedUSERDCU               Code = 5030 // USERDCU, 0xEE
)

// Class returns the first digit of the code: 1 success, 2 client error, 3 server error, 4 service failure, 5 mobile device
// abort. Vendors have used codes of five digits; their first digit counts as well.
func (c Code) Class() int {
	n := int(c)
	for n >= 10 {
		n /= 10
	}
	return n
}

// Generic returns the code itself if PAP defines it, and x000 of its class if not: that is how an unknown code is to be
// understood (OMA-TS-PAP §9.13).
func (c Code) Generic() Code {
	if c.name() != "" {
		return c
	}
	return Code(c.Class() * 1000)
}

// String returns the name of the code, as in "2002 Address Error"; an unknown one goes by the name of its class.
func (c Code) String() string {
	name := c.name()
	if name == "" {
		name = c.Generic().name()
	}
	if name == "" {
		return strconv.Itoa(int(c))
	}
	return strconv.Itoa(int(c)) + " " + name
}

// Desc returns the name of the code alone, as a text for the desc attribute.
func (c Code) Desc() string {
	if name := c.name(); name != "" {
		return name
	}
	return c.Generic().name()
}

func (c Code) name() string {
	switch c {
	case OK:
		return "OK"
	case AcceptedForProcessing:
		return "Accepted for Processing"
	case BadRequest:
		return "Bad Request"
	case Forbidden:
		return "Forbidden"
	case AddressError:
		return "Address Error"
	case AddressNotFound:
		return "Address Not Found"
	case PushIDNotFound:
		return "Push ID Not Found"
	case CapabilitiesMismatch:
		return "Capabilities Mismatch"
	case RequiredCapabilitiesNotSupported:
		return "Required Capabilities Not Supported"
	case DuplicatePushID:
		return "Duplicate Push ID"
	case CancellationNotPossible:
		return "Cancellation Not Possible"
	case InternalServerError:
		return "Internal Server Error"
	case NotImplemented:
		return "Not Implemented"
	case VersionNotSupported:
		return "Version Not Supported"
	case NotPossible:
		return "Not Possible"
	case CapabilityMatchingNotSupported:
		return "Capability Matching Not Supported"
	case MultipleAddressesNotSupported:
		return "Multiple Addresses Not Supported"
	case TransformationFailure:
		return "Transformation Failure"
	case SpecifiedDeliveryMethodNotPossible:
		return "Specified Delivery Method Not Possible"
	case CapabilitiesNotAvailable:
		return "Capabilities Not Available"
	case RequiredNetworkNotAvailable:
		return "Required Network Not Available"
	case RequiredBearerNotAvailable:
		return "Required Bearer Not Available"
	case ReplacementNotSupported:
		return "Replacement Not Supported"
	case ServiceFailure:
		return "Service Failure"
	case ServiceUnavailable:
		return "Service Unavailable"
	case ClientAborted:
		return "Client Aborted"
	case ClientAbortedUSERREQ:
		return "Client Aborted, USERREQ"
	case ClientAbortedUSERRFS:
		return "Client Aborted, USERRFS"
	case ClientAbortedUSERPND:
		return "Client Aborted, USERPND"
	case ClientAbortedUSERDCR:
		return "Client Aborted, USERDCR"
	case ClientAbortedUSERDCU:
		return "Client Aborted, USERDCU"
	}
	return ""
}

// parseCode reads a code of one of the five classes: four digits, or five as some vendors send.
func parseCode(s string) (Code, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1000 || n > 59999 || Code(n).Class() > 5 {
		return 0, fmt.Errorf("%q is no PAP status code", clip(s, 20))
	}
	return Code(n), nil
}
