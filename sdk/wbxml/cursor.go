package wbxml

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// cursor reads octets of a WBXML document and knows where it is. Once it has failed it stays failed and returns zero
// values, so that callers may look at err after a few reads.
type cursor struct {
	b   []byte
	at  int
	err error
}

func (c *cursor) fail(offset int, format string, args ...any) {
	if c.err == nil {
		c.err = &DecodeError{Offset: offset, Reason: fmt.Sprintf(format, args...)}
	}
}

func (c *cursor) octet() byte {
	if c.err != nil {
		return 0
	}
	if c.at >= len(c.b) {
		c.fail(c.at, "the document ends in the middle")
		return 0
	}
	c.at++
	return c.b[c.at-1]
}

// uintvar reads a multi-byte integer of at most 32 bits.
func (c *cursor) uintvar() uint32 {
	from := c.at
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
	c.fail(from, "a multi-byte integer is longer than 32 bits")
	return 0
}

func (c *cursor) octets(n uint32) []byte {
	if c.err != nil {
		return nil
	}
	if uint64(n) > uint64(len(c.b)-c.at) {
		c.fail(c.at, "%d octets are announced, %d are left", n, len(c.b)-c.at)
		return nil
	}
	c.at += int(n)
	return c.b[c.at-int(n) : c.at]
}

// terminated reads a string that ends in NUL.
func (c *cursor) terminated() []byte {
	if c.err != nil {
		return nil
	}
	n := bytes.IndexByte(c.b[c.at:], 0)
	if n < 0 {
		c.fail(c.at, "a string has no end")
		return nil
	}
	c.at += n + 1
	return c.b[c.at-n-1 : c.at-1]
}

// text converts a string of the document's charset; from is its offset, for errors.
func (c *cursor) text(s []byte, charset uint32, from int) string {
	switch charset {
	case charsetISO8859_1:
		runes := make([]rune, len(s))
		for i, o := range s {
			runes[i] = rune(o)
		}
		return string(runes)
	case charsetASCII:
		for i, o := range s {
			if o >= utf8.RuneSelf {
				c.fail(from+i, "octet %#02x in a document of charset us-ascii", o)
				return ""
			}
		}
	default:
		if !utf8.Valid(s) {
			c.fail(from, "a string is not UTF-8")
			return ""
		}
	}
	return string(s)
}
