package subscriber

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A number is an MSISDN or an IMSI, 15 digits at most, in one word: its value, and its length because of leading zeros. 0 is none.
type number uint64

const (
	lengthBits   = 4
	mostDigits   = 15 // ITU-T E.164 §6.2.1, 3GPP TS 23.003 §2.2
	fewestOfIMSI = 6

	fewestDigits = 3 // of a number that is entered, as of one that a push is for (host/pap)
)

func pack(digits string) (number, bool) {
	if len(digits) > mostDigits {
		return 0, false
	}
	v := uint64(0)
	for i := range len(digits) {
		c := digits[i] - '0'
		if c > 9 {
			return 0, false
		}
		v = v*10 + uint64(c)
	}
	return number(v<<lengthBits | uint64(len(digits))), true
}

func packMSISDN(m push.MSISDN) (number, error) {
	n, ok := pack(string(m))
	if !ok {
		return 0, fmt.Errorf("MSISDN %q is not of 1 to %d digits", m, mostDigits)
	}
	return n, nil
}

func packIMSI(i push.IMSI) (number, error) {
	n, ok := pack(string(i))
	if !ok || i != "" && len(i) < fewestOfIMSI {
		return 0, fmt.Errorf("IMSI %q is not of %d to %d digits", i, fewestOfIMSI, mostDigits)
	}
	return n, nil
}

// errNational refuses a number as people dial it.
var errNational = errors.New("it is not international: no country code begins with 0")

// checkEntered tells what is wrong with a terminal's numbers. What the operator enters has to be what a push can name: one that is not
// would be nobody's for ever.
func checkEntered(t store.Terminal) error {
	_, digits := pack(string(t.MSISDN))
	switch {
	case t.MSISDN == "":
	case t.MSISDN[0] == '0':
		return fmt.Errorf("number %q: %w", t.MSISDN, errNational)
	case !digits || len(t.MSISDN) < fewestDigits:
		return fmt.Errorf("number %q is not of %d to %d digits", t.MSISDN, fewestDigits, mostDigits)
	}
	return checkTerminal(t)
}

func (n number) append(b []byte) []byte {
	length := int(n & (1<<lengthBits - 1))
	var digits [20]byte
	text := strconv.AppendUint(digits[:0], uint64(n>>lengthBits), 10)
	if length == 0 {
		return b
	}
	for range length - len(text) {
		b = append(b, '0')
	}
	return append(b, text...)
}

func (n number) String() string {
	var b [mostDigits]byte
	return string(n.append(b[:0]))
}

// contradicts tells that both are known and not the same.
func contradicts(a, b number) bool { return a != 0 && b != 0 && a != b }
