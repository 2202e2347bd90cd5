package handset

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Header fields of an m-notification-ind, OMA-TS-MMS-ENC §7.3.
const (
	mmsContentLocation = 0x83
	mmsExpiry          = 0x88
	mmsFrom            = 0x89
	mmsMessageClass    = 0x8A
	mmsMessageType     = 0x8C
	mmsMessageSize     = 0x8E
	mmsSubject         = 0x96

	mmsNotificationInd = 0x82
)

// errCut says that a header runs over the end of the content.
var errCut = errors.New("the content ends within a header")

// readMultimedia reads the notification of a multimedia message: sender, subject, class, size, expiry and where it is.
func (c *Content) readMultimedia() error {
	rest := c.Body
	for n := 0; len(rest) > 0; n++ {
		if rest[0] < 0x80 { // a header by name, no multimedia field
			name, after, ok := bytes.Cut(rest, []byte{0})
			if !ok {
				return fmt.Errorf("header %q: %w", name, errCut)
			}
			if _, after, ok = bytes.Cut(after, []byte{0}); !ok {
				return fmt.Errorf("header %q: %w", name, errCut)
			}
			rest = after
			continue
		}
		field := rest[0]
		value, after, err := cutValue(rest[1:])
		if err != nil {
			return fmt.Errorf("header %#02x: %w", field, err)
		}
		rest = after
		if n == 0 && (field != mmsMessageType || value[0] != mmsNotificationInd) {
			return nil // another PDU: of a kind that is not known
		}
		c.multimediaField(field, value)
	}
	if len(c.Body) > 0 {
		c.Kind = MultimediaNotification
	}
	return nil
}

func (c *Content) multimediaField(field byte, value []byte) {
	detail := func(name, v string) { c.Details = append(c.Details, Detail{name, v}) }
	switch field {
	case mmsContentLocation:
		c.Link = textString(value)
	case mmsSubject:
		c.Text = encodedString(value)
	case mmsFrom:
		// Value-length, then address-present-token and the address, or insert-address-token: the sender wants to be hidden.
		if octets := withoutLength(value); len(octets) > 1 && octets[0] == 0x80 {
			detail("from", encodedString(octets[1:]))
		}
	case mmsMessageClass:
		class := textString(value)
		if names := [...]string{"personal", "advertisement", "informational", "auto"}; value[0] >= 0x80 && int(value[0]-0x80) < len(names) {
			class = names[value[0]-0x80]
		}
		detail("class", class)
	case mmsMessageSize:
		detail("octets", strconv.FormatUint(integer(withoutLength(value)), 10))
	case mmsExpiry:
		octets := withoutLength(value)
		if len(octets) < 2 {
			return
		}
		seconds := integer(withoutLength(octets[1:]))
		if seconds > 1<<33 { // some 270 years: no expiry that means anything
			return
		}
		if octets[0] == 0x80 {
			detail("expires", time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339))
		} else {
			detail("expires in", (time.Duration(seconds) * time.Second).String())
		}
	}
}

// cutValue divides octets after the value that they begin with (WAP-230 §8.4.1.2): a first octet of up to 30 is a length, 31 is
// followed by a length, a text ends with its NUL, and from 0x80 on an octet stands for itself. The value is never empty.
func cutValue(b []byte) (value, rest []byte, err error) {
	if len(b) == 0 {
		return nil, nil, errCut
	}
	end := 1
	switch first := b[0]; {
	case first < 31:
		end += int(first)
	case first == 31:
		length, n := uintvar(b[1:])
		if n == 0 || length > uint64(len(b)) {
			return nil, nil, errCut
		}
		end += n + int(length)
	case first < 0x80:
		nul := bytes.IndexByte(b, 0)
		if nul < 0 {
			return nil, nil, errCut
		}
		end = nul + 1
	}
	if end > len(b) {
		return nil, nil, errCut
	}
	return b[:end], b[end:], nil
}

// withoutLength is what follows the length of a value that has one, or the value itself.
func withoutLength(value []byte) []byte {
	switch {
	case len(value) == 0:
		return nil
	case value[0] < 31:
		return value[1:]
	case value[0] == 31:
		_, n := uintvar(value[1:])
		return value[1+n:]
	}
	return value
}

// uintvar reads a uintvar of at most five octets; n is 0 if there is none.
func uintvar(b []byte) (v uint64, n int) {
	for i := range min(len(b), 5) {
		v = v<<7 | uint64(b[i]&0x7F)
		if b[i] < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}

// integer reads a long-integer without its length, or a short-integer.
func integer(octets []byte) (v uint64) {
	if len(octets) == 1 && octets[0] >= 0x80 {
		return uint64(octets[0] & 0x7F)
	}
	for _, o := range octets {
		v = v<<8 | uint64(o)
	}
	return v
}

func textString(value []byte) string {
	text, _, _ := bytes.Cut(value, []byte{0})
	text = bytes.TrimPrefix(text, []byte{0x7F}) // the quote before a first octet above 0x7F
	return strings.ToValidUTF8(string(text), "�")
}

// charsetUTF8 and charsetASCII are the MIBenum numbers, as short-integers, of texts that are shown as they are.
const (
	charsetUTF8  = 0x80 | 106
	charsetASCII = 0x80 | 3
)

// encodedString reads an encoded-string-value: a text, or a length, a charset and a text. Other charsets are shown in hexadecimal.
func encodedString(value []byte) string {
	if len(value) == 0 || value[0] > 31 {
		return textString(value)
	}
	octets := withoutLength(value)
	if len(octets) == 0 {
		return ""
	}
	if octets[0] == charsetUTF8 || octets[0] == charsetASCII {
		return textString(octets[1:])
	}
	return hex.EncodeToString(octets)
}
