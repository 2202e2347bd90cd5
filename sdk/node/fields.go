package node

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// errMalformed is wrapped by everything that may not go over the wire.
var errMalformed = errors.New("malformed")

func malformed(format string, args ...any) error {
	return fmt.Errorf("%w: "+format, append([]any{errMalformed}, args...)...)
}

// A check looks at the fields of one message and keeps the first thing that is wrong.
type check struct{ err error }

func (c *check) require(ok bool, format string, args ...any) {
	if !ok && c.err == nil {
		c.err = malformed(format, args...)
	}
}

// short checks a text. Words for what is wrong are made only if something is: arguments of require cost an allocation each.
func (c *check) short(what, s string, most int) {
	switch {
	case len(s) > most:
		c.require(false, "%s has %d octets, %d are allowed", what, len(s), most)
	case !utf8.ValidString(s):
		c.require(false, "%s is no UTF-8", what)
	}
}

func (c *check) id(s string) {
	c.require(s != "", "an id is missing")
	c.short("an id", s, maxID)
}

// terminal checks what names a terminal.
func (c *check) terminal(imsi, msisdn string, address netip.Addr) {
	switch {
	case imsi != "" && (len(imsi) < minIMSI || len(imsi) > maxIMSI || !isDigits(imsi)):
		c.require(false, "%q is no IMSI", clip(imsi, maxID))
	case len(msisdn) > maxMSISDN || !isDigits(msisdn):
		c.require(false, "%q is no MSISDN", clip(msisdn, maxID))
	}
	c.require(imsi != "" || msisdn != "" || address.IsValid(), "no IMSI, MSISDN or address names the terminal")
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// address reads 4 or 16 octets, or none. What is IPv4 in IPv6 is IPv4.
func (c *check) address(octets []byte) netip.Addr {
	if len(octets) == 0 {
		return netip.Addr{}
	}
	a, ok := netip.AddrFromSlice(octets)
	a = a.Unmap()
	switch {
	case !ok:
		c.require(false, "an address has %d octets", len(octets))
	case a.IsUnspecified():
		c.require(false, "an address is %s", a)
	}
	return a
}

func addressOctets(a netip.Addr) []byte {
	if !a.IsValid() {
		return nil
	}
	return a.Unmap().AsSlice()
}

// clip makes s one line of UTF-8 that has so many octets at most.
func clip(s string, most int) string {
	line := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' { // also line and paragraph separator
			return ' '
		}
		return r // utf8.RuneError for an octet that is no UTF-8
	}, s[:min(len(s), most)])
	n := min(len(line), most) // U+FFFD is longer than what it stands for
	for n > 0 && n < len(line) && !utf8.RuneStart(line[n]) {
		n--
	}
	return line[:n]
}

func priorityOK(p push.Priority) bool { return p >= push.PriorityLow && p <= push.PriorityHigh }
