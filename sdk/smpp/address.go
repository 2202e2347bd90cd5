package smpp

// TON is the type of number of an address. SMPP 3.4 §5.2.5.
type TON uint8

// Types of number.
const (
	TONUnknown         TON = 0
	TONInternational   TON = 1
	TONNational        TON = 2
	TONNetworkSpecific TON = 3
	TONSubscriber      TON = 4
	TONAlphanumeric    TON = 5
	TONAbbreviated     TON = 6
)

// NPI is the numbering plan of an address. SMPP 3.4 §5.2.6.
type NPI uint8

// Numbering plans.
const (
	NPIUnknown    NPI = 0
	NPIISDN       NPI = 1 // E.163, E.164
	NPIX121       NPI = 3
	NPITelex      NPI = 4
	NPILandMobile NPI = 6 // E.212, an IMSI
	NPINational   NPI = 8
	NPIPrivate    NPI = 9
	NPIERMES      NPI = 10
	NPIInternet   NPI = 14 // an IP address
	NPIWAPClient  NPI = 18
)

// Address is a source or destination address with its type of number and numbering plan. Addr has at most 20 octets, in data_sm and
// alert_notification 64.
type Address struct {
	TON  TON
	NPI  NPI
	Addr string
}

// Lengths of address fields with their NUL. SMPP 3.4 §5.2.8, §5.2.9.
const (
	maxAddr     = 21
	maxDataAddr = 65
)
