package wsp

import (
	"fmt"
	"strings"
)

// Octets with a meaning of their own in header values, §8.4.2.1 and §8.4.1.2.
const (
	quoteOctet        = 0x7F // before a text that begins with an octet from 0x80
	quotedStringOctet = 0x22 // before a quoted-string
	lengthQuote       = 0x1F // a value-length that does not fit into one octet follows as uintvar
	shortLengthMax    = 30
	shortIntegerMax   = 0x7F
	pageShiftOctet    = 0x7F // header code page shift delimiter, §8.4.2.69
)

// appendUintvar appends v in 7-bit groups, most significant first, §8.1.2.
func appendUintvar(dst []byte, v uint32) []byte {
	for shift := 28; shift > 0; shift -= 7 {
		if v>>shift != 0 {
			dst = append(dst, byte(v>>shift)&0x7F|0x80)
		}
	}
	return append(dst, byte(v)&0x7F)
}

// appendInteger appends an integer-value: one octet up to 127, else a long-integer.
func appendInteger(dst []byte, v uint64) []byte {
	if v <= shortIntegerMax {
		return append(dst, byte(v)|0x80)
	}
	return appendLongInteger(dst, v)
}

// appendLongInteger appends the number of octets and the octets of v, at least one.
func appendLongInteger(dst []byte, v uint64) []byte {
	n := 1
	for n < 8 && v>>(8*n) != 0 {
		n++
	}
	dst = append(dst, byte(n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(v>>(8*n)))
	}
	return dst
}

// appendText appends a text-string. What checkText refuses must not come here.
func appendText(dst []byte, s string) []byte {
	if s != "" && s[0] >= 0x80 {
		dst = append(dst, quoteOctet)
	}
	return append(append(dst, s...), 0)
}

// appendValueLength appends the length of the value that follows.
func appendValueLength(dst []byte, n int) []byte {
	if n <= shortLengthMax {
		return append(dst, byte(n))
	}
	return appendUintvar(append(dst, lengthQuote), uint32(n))
}

// checkText refuses what would end a text-string early or be taken for something else.
func checkText(s string) error {
	for i := range len(s) {
		if s[i] < 0x20 && s[i] != '\t' || s[i] == 0x7F || i == 0 && s[i] == '\t' {
			return fmt.Errorf("control character %#02x in %q", s[i], s)
		}
	}
	return nil
}

// isToken reports whether s is a token of HTTP (RFC 7230 §3.2.6), as header and parameter names have to be.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alphanumeric := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		if !alphanumeric && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}
