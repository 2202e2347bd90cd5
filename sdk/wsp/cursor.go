package wsp

import (
	"bytes"
	"fmt"
	"strings"
)

// DecodeError says at which octet a PDU cannot be read further, and why.
type DecodeError struct {
	Offset int
	Reason string
}

func (e *DecodeError) Error() string { return fmt.Sprintf("octet %d: %s", e.Offset, e.Reason) }

// cursor reads octets up to end and knows where in the PDU it is. Once it has failed it stays failed and returns zero
// values, so that callers may look at err after a few reads.
type cursor struct {
	b   []byte
	at  int
	end int
	err error
}

func newCursor(b []byte) *cursor { return &cursor{b: b, end: len(b)} }

func (c *cursor) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &DecodeError{Offset: c.at, Reason: fmt.Sprintf(format, args...)}
	}
}

func (c *cursor) more() bool { return c.err == nil && c.at < c.end }

// peek is the next octet, which more must have promised.
func (c *cursor) peek() byte { return c.b[c.at] }

func (c *cursor) octet() byte {
	if !c.more() {
		c.fail("ends in the middle")
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

func (c *cursor) uintvar() uint32 {
	var v uint64
	for range 5 {
		o := c.octet()
		v = v<<7 | uint64(o&0x7F)
		if o&0x80 == 0 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	c.fail("a uintvar is longer than 32 bits")
	return 0
}

// take sets the next n octets apart.
func (c *cursor) take(n uint32) *cursor {
	if c.err == nil && uint64(n) > uint64(c.end-c.at) {
		c.fail("%d octets are announced, %d are left", n, c.end-c.at)
	}
	if c.err != nil {
		return &cursor{b: c.b, at: c.at, end: c.at, err: c.err}
	}
	c.at += int(n)
	return &cursor{b: c.b, at: c.at - int(n), end: c.at}
}

func (c *cursor) rest() []byte {
	if c.err != nil {
		return nil
	}
	from := c.at
	c.at = c.end
	return c.b[from:c.end]
}

// text reads a text-string or token-text, without the quote octet.
func (c *cursor) text() string {
	if c.err != nil {
		return ""
	}
	n := bytes.IndexByte(c.b[c.at:c.end], 0)
	if n < 0 {
		c.fail("a text has no end")
		return ""
	}
	s := c.b[c.at : c.at+n]
	c.at += n + 1
	if n > 1 && s[0] == quoteOctet && s[1] >= 0x80 {
		s = s[1:]
	}
	return string(s)
}

// textValue reads a text-value: no value (a lone 0x00), a token-text, or a quoted-string without its quote.
func (c *cursor) textValue() string {
	return strings.TrimPrefix(c.text(), string(rune(quotedStringOctet)))
}

// valueLength reads the length of a value whose first octet is below 32.
func (c *cursor) valueLength() uint32 {
	n := c.octet()
	if n == lengthQuote {
		return c.uintvar()
	}
	if n > shortLengthMax {
		c.fail("a value-length begins with %#02x", n)
	}
	return uint32(n)
}

// integer reads an integer-value.
func (c *cursor) integer() uint64 {
	n := c.octet()
	if n >= 0x80 {
		return uint64(n &^ 0x80)
	}
	return c.longInteger(n)
}

// longInteger reads n octets of a number of at most 64 bits.
func (c *cursor) longInteger(n byte) uint64 {
	if c.err == nil && (n == 0 || n > 8) {
		c.fail("an integer of %d octets", n)
	}
	var v uint64
	for range n {
		v = v<<8 | uint64(c.octet())
	}
	return v
}

// value sets a header value apart by its first octet, §8.4.1.2: this is how a receiver skips what it does not know.
func (c *cursor) value() *cursor {
	if !c.more() {
		c.fail("a header has no value")
		return c.take(0)
	}
	from := c.at
	switch first := c.peek(); {
	case first <= lengthQuote:
		c.take(c.valueLength())
	case first < 0x80:
		c.text()
	default:
		c.at++
	}
	return &cursor{b: c.b, at: from, end: c.at, err: c.err}
}
