package wsp

import (
	"encoding/hex"
	"fmt"
	"strconv"
)

const defaultCodePage = 1

// decodeHeaders reads headers up to the end of c. Headers of other code pages and codes that are not assigned are skipped.
func decodeHeaders(c *cursor) []Header {
	var headers []Header
	page := byte(defaultCodePage)
	for c.more() {
		switch first := c.peek(); {
		case first == pageShiftOctet:
			c.at++
			page = c.octet()
		case first > 0 && first <= lengthQuote: // the short form of a shift
			page = c.octet()
		case first < 0x80:
			name := c.text()
			// A page has no say over headers that have their name in text.
			value := c.value()
			headers = append(headers, Header{Name: name, Value: genericValue(value)})
		default:
			code := c.octet() &^ 0x80
			value := c.value()
			if w, ok := headerByCode(code); ok && page == defaultCodePage && value.err == nil {
				headers = append(headers, Header{Name: w.name, Value: w.decode(value)})
			}
		}
	}
	return headers
}

func headerByCode(code byte) (wellKnownHeader, bool) {
	// The table has every code up to its last, in order.
	if int(code) >= len(wellKnownHeaders) {
		return wellKnownHeader{}, false
	}
	return wellKnownHeaders[code], true
}

func headerName(code byte) string {
	if w, ok := headerByCode(code); ok {
		return w.name
	}
	return fmt.Sprintf("x-wsp-header-%#02x", code)
}

// decode renders a value that was set apart. A value that is not of the header's form is rendered as any value is: the
// header's bounds are known, and the rest of the push is not lost for it.
func (w wellKnownHeader) decode(v *cursor) string {
	whole := *v
	value := ""
	text := v.peek() > lengthQuote && v.peek() < 0x80
	switch w.form {
	case valueApplication:
		if text {
			value = v.text()
			break
		}
		code := v.integer()
		uri, known := applicationByCode(code)
		if !known {
			uri = strconv.FormatUint(code, 10)
		}
		value = uri
	case valueDate:
		ok := false
		if value, ok = formatDate(v.integer()); !ok {
			return genericValue(&whole)
		}
	case valueCacheControl:
		value = decodeCacheControl(v)
	case valueLanguage:
		if text {
			value = v.text()
			break
		}
		code := v.integer()
		if code >= uint64(len(languages)) {
			return genericValue(&whole)
		}
		value = languages[code]
	case valueEncoding:
		if text {
			value = v.text()
			break
		}
		code := v.integer()
		if code >= uint64(len(contentEncodings)) {
			return genericValue(&whole)
		}
		value = contentEncodings[code]
	case valueDisposition:
		value = decodeDisposition(v)
	case valueQuotedString:
		value = v.textValue()
	case valueAcceptContent:
		value = v.contentType()
	default:
		return genericValue(v)
	}
	if v.err != nil || v.more() {
		return genericValue(&whole)
	}
	return value
}

// genericValue renders a value by its first octet: text as it is, a number in decimal, other octets in hexadecimal.
func genericValue(v *cursor) string {
	if !v.more() {
		return ""
	}
	switch first := v.peek(); {
	case first >= 0x80:
		return strconv.Itoa(int(v.octet() &^ 0x80))
	case first > lengthQuote:
		return v.text()
	}
	n := v.valueLength()
	octets := v.take(n).rest()
	if n >= 1 && n <= 8 {
		return strconv.FormatUint((&cursor{b: octets, end: len(octets)}).longInteger(byte(n)), 10)
	}
	return hex.EncodeToString(octets)
}
