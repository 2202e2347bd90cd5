package wsp

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wellKnownParameter is a row of Table 38.
type wellKnownParameter struct {
	code  byte
	name  string
	since Version
	form  parameterForm
}

type parameterForm int

const (
	formText      parameterForm = iota // text-string
	formTextValue                      // token, quoted-string or nothing
	formInteger
	formCharset
	formMediaType // constrained-encoding
	formQ
	formLevel
	formDate
	formNoValue
	formSecurity // SEC: an integer with names
)

var wellKnownParameters = []wellKnownParameter{
	{0x00, "q", Version11, formQ},
	{0x01, "charset", Version11, formCharset},
	{0x02, "level", Version11, formLevel},
	{0x03, "type", Version11, formInteger},
	{0x05, "name", Version11, formText},
	{0x06, "filename", Version11, formText},
	{0x07, "differences", Version11, formTextValue},
	{0x08, "padding", Version11, formInteger},
	{0x09, "type", Version12, formMediaType},
	{0x0A, "start", Version12, formText},
	{0x0B, "start-info", Version12, formText},
	{0x0C, "comment", Version13, formText},
	{0x0D, "domain", Version13, formText},
	{0x0E, "max-age", Version13, formInteger},
	{0x0F, "path", Version13, formText},
	{0x10, "secure", Version13, formNoValue},
	// SEC and MAC are of encoding 1.4 by the table, but every receiver of a provisioning document knows them by number.
	{0x11, "sec", Version12, formSecurity},
	{0x12, "mac", Version12, formTextValue},
	{0x13, "creation-date", Version14, formDate},
	{0x14, "modification-date", Version14, formDate},
	{0x15, "read-date", Version14, formDate},
	{0x16, "size", Version14, formInteger},
	{0x17, "name", Version14, formTextValue},
	{0x18, "filename", Version14, formTextValue},
	{0x19, "start", Version14, formTextValue},
	{0x1A, "start-info", Version14, formTextValue},
	{0x1B, "comment", Version14, formTextValue},
	{0x1C, "domain", Version14, formTextValue},
	{0x1D, "path", Version14, formTextValue},
}

// securityMethods are the names of SEC values (WAP-183 §5.3), at their numbers.
var securityMethods = []string{"NETWPIN", "USERPIN", "USERNETWPIN", "USERPINMAC"}

// appendParameter appends a parameter in the first well-known form that fits the version and the value, else untyped.
func appendParameter(dst []byte, p parameter, v Version) []byte {
	for _, w := range wellKnownParameters {
		if w.name != p.name || w.since > v {
			continue
		}
		if value, ok := w.encode(p, v); ok {
			return append(append(dst, w.code|0x80), value...)
		}
	}
	// The type of an untyped value is unknown, but it is an integer if it can be one (§8.4.2.4).
	dst = appendText(dst, p.name)
	if n, ok := canonicalInteger(p.value); ok {
		return appendInteger(dst, n)
	}
	return appendTextValue(dst, p.value)
}

func (w wellKnownParameter) encode(p parameter, v Version) (value []byte, ok bool) {
	switch w.form {
	case formText:
		return appendText(nil, p.value), true
	case formTextValue:
		return appendTextValue(nil, p.value), true
	case formCharset:
		mib, ok := charsetByName(p.value)
		return appendInteger(nil, mib), ok
	case formMediaType:
		m, known := mediaTypeByName(strings.ToLower(p.value))
		if known && m.sendable(v) && m.code <= shortIntegerMax {
			return []byte{byte(m.code) | 0x80}, true
		}
		return appendText(nil, p.value), true
	case formNoValue:
		return []byte{0}, p.value == ""
	case formSecurity:
		n, ok := canonicalInteger(p.value)
		if i := slices.Index(securityMethods, strings.ToUpper(p.value)); i >= 0 {
			n, ok = uint64(i), true
		}
		return []byte{byte(n) | 0x80}, ok && n <= shortIntegerMax
	case formInteger:
		// "type" as an integer (0x03) is for multipart/related of WSP 1.1 and never what a name means.
		n, ok := canonicalInteger(p.value)
		return appendInteger(nil, n), ok && w.name != "type"
	}
	return nil, false
}

// decodeParameter reads one parameter.
func decodeParameter(c *cursor) parameter {
	if first := c.peek(); first < 0x80 && first > lengthQuote {
		p := parameter{name: c.text()}
		p.value = c.untyped()
		return p
	}
	code := c.integer()
	for _, w := range wellKnownParameters {
		if uint64(w.code) == code {
			return w.decode(c)
		}
	}
	// A value of unknown form cannot be told from the parameters that follow, except that all forms obey the rule of
	// the first octet.
	c.value()
	return parameter{name: fmt.Sprintf("x-wsp-parameter-%#02x", code), plain: true}
}

func (w wellKnownParameter) decode(c *cursor) parameter {
	p := parameter{name: w.name}
	if !c.more() {
		c.fail("parameter %s has no value", w.name)
		return p
	}
	text := c.peek() > lengthQuote && c.peek() < 0x80
	switch {
	case w.form == formQ:
		p.value = qValue(c.uintvar())
	case w.form == formText:
		p.value = c.text()
	case w.form == formNoValue:
		c.value()
		p.plain = true
	case text || w.form == formTextValue:
		p.value = c.textValue()
	case w.form == formCharset:
		p.value = charsetName(c.integer())
	case w.form == formMediaType:
		p.value = mediaTypeName(c.integer())
	case w.form == formLevel:
		n := c.integer()
		p.value = fmt.Sprintf("%d.%d", n>>4&0x7, n&0xF)
	case w.form == formDate:
		n := c.integer()
		if p.value, text = formatDate(n); !text {
			p.value = strconv.FormatUint(n, 10)
		}
	default:
		p.value = strconv.FormatUint(c.integer(), 10)
	}
	return p
}

// untyped reads the value of a parameter that has its name in text.
func (c *cursor) untyped() string {
	if !c.more() {
		c.fail("a parameter has no value")
		return ""
	}
	if first := c.peek(); first >= 0x80 || first > 0 && first <= shortLengthMax {
		return strconv.FormatUint(c.integer(), 10)
	}
	return c.textValue()
}

// appendTextValue appends nothing as 0x00, a token as it is, and other text as quoted-string (§8.4.2.3).
func appendTextValue(dst []byte, s string) []byte {
	if s != "" && !isToken(s) {
		dst = append(dst, quotedStringOctet)
	}
	return append(append(dst, s...), 0)
}

// qValue renders a quality factor, §8.4.2.3: 1–100 are two digits, 101–1099 three.
func qValue(n uint32) string {
	switch {
	case n >= 1 && n <= 100:
		return "0." + fmt.Sprintf("%02d", n-1)
	case n >= 101 && n <= 1099:
		return "0." + fmt.Sprintf("%03d", n-100)
	}
	return "1"
}

// canonicalInteger reads digits that an integer gives back unchanged.
func canonicalInteger(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}
