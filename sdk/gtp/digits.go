package gtp

import (
	"math"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// filler is the half octet behind the last digit (3GPP TS 29.002 TBCD-STRING).
const filler = 0xF

// appendTBCD appends the digits in pairs with the first in the lower half octet, filled to at least size octets. False is a digit
// that is none.
func appendTBCD(dst []byte, digits string, size int) ([]byte, bool) {
	from := len(dst)
	for i := 0; i < len(digits); i += 2 {
		low, high := digits[i]-'0', byte(filler)
		if i+1 < len(digits) {
			if high = digits[i+1] - '0'; high > 9 {
				return dst, false
			}
		}
		if low > 9 {
			return dst, false
		}
		dst = append(dst, high<<4|low)
	}
	for len(dst)-from < size {
		dst = append(dst, filler<<4|filler)
	}
	return dst, true
}

// tbcd returns the digits before the first filler. False is a digit that is none, also behind a filler.
func tbcd(b []byte) (string, bool) {
	digits := make([]byte, 0, 16)
	ended := false
	for _, o := range b {
		for _, d := range [...]byte{o & 0xF, o >> 4} {
			switch {
			case d == filler:
				ended = true
			case d > 9 || ended:
				return "", false
			default:
				digits = append(digits, '0'+d)
			}
		}
	}
	return string(digits), true
}

// An IMSI has 6 to 15 digits (3GPP TS 23.003 §2.2).
const shortestIMSI, longestIMSI = 6, 15

// imsi is the IMSI (§7.7.2), eight octets.
func (x *elements) imsi(n need, v *push.IMSI) {
	if x.encoding {
		if *v == "" {
			x.absent(ElementIMSI, n)
			return
		}
		b, ok := appendTBCD(make([]byte, 0, 8), string(*v), 8)
		if !ok || len(*v) < shortestIMSI || len(*v) > longestIMSI {
			x.unsendable(ElementIMSI, "not 6 to 15 digits")
			return
		}
		x.put(ElementIMSI, b...)
		return
	}
	e, ok := x.read(ElementIMSI, n, 8, 8)
	if !ok {
		return
	}
	digits, ok := tbcd(e.value)
	if !ok || len(digits) < shortestIMSI || len(digits) > longestIMSI {
		x.incorrect(e, n, "not 6 to 15 digits")
		return
	}
	*v = push.IMSI(digits)
}

// international is the first octet of an ISDN-AddressString with a number of E.164 in international form (3GPP TS 29.002).
const international = 0x91

// longestMSISDN is that of E.164.
const longestMSISDN = 15

// msisdn is the MSISDN (§7.7.33). One that is not in international form is nothing that the gateway could compare, and incorrect.
func (x *elements) msisdn(v *push.MSISDN) {
	if x.encoding {
		if *v == "" {
			return
		}
		b, ok := appendTBCD([]byte{international}, string(*v), 0)
		if !ok || len(*v) > longestMSISDN {
			x.unsendable(ElementMSISDN, "not up to 15 digits")
			return
		}
		x.put(ElementMSISDN, b...)
		return
	}
	e, ok := x.read(ElementMSISDN, optional, 0, math.MaxUint16)
	if !ok {
		return
	}
	if len(e.value) < 2 || e.value[0] != international {
		x.incorrect(e, optional, "not a number in international form")
		return
	}
	digits, ok := tbcd(e.value[1:])
	if !ok || digits == "" || len(digits) > longestMSISDN {
		x.incorrect(e, optional, "not up to 15 digits")
		return
	}
	*v = push.MSISDN(digits)
}

// imeisv is IMEI(SV) (§7.7.53), eight octets: 15 digits of an IMEI or 16 with the software version.
func (x *elements) imeisv(v *string) {
	if x.encoding {
		if *v == "" {
			return
		}
		b, ok := appendTBCD(make([]byte, 0, 8), *v, 8)
		if !ok || len(*v) < 15 || len(*v) > 16 {
			x.unsendable(ElementIMEISV, "not 15 or 16 digits")
			return
		}
		x.put(ElementIMEISV, b...)
		return
	}
	e, ok := x.read(ElementIMEISV, optional, 8, 8)
	if !ok {
		return
	}
	digits, ok := tbcd(e.value)
	if !ok || len(digits) < 15 {
		x.incorrect(e, optional, "not 15 or 16 digits")
		return
	}
	*v = digits
}
