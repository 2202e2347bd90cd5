package push

// An MSISDN is a subscriber's number in international form: digits only, without the leading "+" (ITU-T E.164, 15 at most).
type MSISDN string

// An IMSI identifies a subscription: 6 to 15 digits (3GPP TS 23.003 §2.2).
type IMSI string

// AddressType is the TYPE of a client address (WAP-249 §7.1).
type AddressType string

// The address types that the gateway serves.
const (
	PLMN AddressType = "PLMN"
	IPv4 AddressType = "IPv4"
	IPv6 AddressType = "IPv6"
	USER AddressType = "USER"
)

// An Address is one recipient of a push, in the gateway's normal form.
type Address struct {
	Type AddressType
	// Value is, by Type: "+" and digits (PLMN), the canonical text of the address (IPv4, IPv6), the unescaped user
	// identifier (USER).
	Value string
}

// MSISDN returns the number of a PLMN address, and "" for every other type.
func (a Address) MSISDN() MSISDN {
	if a.Type != PLMN || a.Value == "" {
		return ""
	}
	if a.Value[0] == '+' {
		return MSISDN(a.Value[1:])
	}
	return MSISDN(a.Value)
}

// String returns "PLMN:+358401234567", for logs and lane names.
func (a Address) String() string { return string(a.Type) + ":" + a.Value }
