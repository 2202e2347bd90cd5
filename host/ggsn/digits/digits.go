// Package digits keeps the numbers of subscribers, of whom a node has a great many, in eight octets each.
package digits

import "strconv"

// A Number is up to 15 digits: an IMSI (3GPP TS 23.003 §2.2) or an MSISDN. Zero is none. Zeros in front are kept, and two numbers are
// the same if and only if their Numbers are.
type Number uint64

// most is the number of digits that fit.
const most = 15

// Parse reads digits. False is what is no number: nothing, other characters, or more than 15.
func Parse[T ~string](s T) (Number, bool) {
	if len(s) == 0 || len(s) > most {
		return 0, false
	}
	n := Number(1) // a one in front keeps the zeros behind it
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = n*10 + Number(d)
	}
	return n, true
}

// String returns the digits, "" for none.
func (n Number) String() string {
	if n == 0 {
		return ""
	}
	return strconv.FormatUint(uint64(n), 10)[1:]
}
