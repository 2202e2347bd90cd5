package wsp

import (
	"slices"
	"strconv"
	"strings"
)

// The words that headers have numbers for are at their numbers.
var (
	// cacheDirectives of §8.4.2.15. s-maxage is newer than the header code that is sent, and goes by name.
	cacheDirectives = []string{
		"no-cache", "no-store", "max-age", "max-stale", "min-fresh", "only-if-cached", "public", "private",
		"no-transform", "must-revalidate", "proxy-revalidate", "s-maxage",
	}
	contentEncodings = []string{"gzip", "compress", "deflate"}
	dispositions     = []string{"form-data", "attachment", "inline"}
)

const maxSentCacheDirective = 10 // proxy-revalidate

func contentEncoding(name string) (byte, bool) {
	i := slices.Index(contentEncodings, strings.ToLower(name))
	return byte(max(i, 0)), i >= 0
}

// cacheControl codes one directive: alone, or with seconds.
func cacheControl(directive string) ([]byte, bool) {
	name, argument, hasArgument := strings.Cut(directive, "=")
	code := slices.Index(cacheDirectives, strings.ToLower(strings.TrimSpace(name)))
	if code < 0 || code > maxSentCacheDirective {
		return nil, false
	}
	if !hasArgument {
		return []byte{byte(code) | 0x80}, true
	}
	seconds, err := strconv.ParseUint(unquote(strings.TrimSpace(argument)), 10, 32)
	if err != nil || code < 2 || code > 4 { // only max-age, max-stale and min-fresh take seconds
		return nil, false
	}
	value := appendInteger([]byte{byte(code) | 0x80}, seconds)
	return append(appendValueLength(nil, len(value)), value...), true
}

// decodeCacheControl reads one directive.
func decodeCacheControl(c *cursor) string {
	if first := c.peek(); first > lengthQuote {
		if first < 0x80 {
			return c.text()
		}
		return cacheDirective(c.octet())
	}
	v := c.take(c.valueLength())
	if !v.more() {
		v.fail("an empty directive")
		c.err = v.err
		return ""
	}
	var p parameter
	if first := v.peek(); first > lengthQuote && first < 0x80 {
		p = parameter{name: v.text()}
		p.value = v.untyped()
	} else {
		p = parameter{name: cacheDirective(v.octet())}
		var arguments []string
		for v.more() {
			switch first := v.peek(); {
			case first > lengthQuote && first < 0x80:
				arguments = append(arguments, v.textValue())
			case p.name == "no-cache" || p.name == "private": // field names, some of them by code
				arguments = append(arguments, headerName(v.octet()&^0x80))
			default:
				arguments = append(arguments, strconv.FormatUint(v.integer(), 10))
			}
		}
		p.value = strings.Join(arguments, ", ")
	}
	if v.err != nil {
		c.err = v.err
	}
	return p.String()
}

func cacheDirective(octet byte) string {
	if code := int(octet &^ 0x80); octet >= 0x80 && code < len(cacheDirectives) {
		return cacheDirectives[code]
	}
	return "x-wsp-directive-" + strconv.Itoa(int(octet))
}

// disposition codes a Content-Disposition, §8.4.2.53.
func disposition(value string, v Version) ([]byte, bool) {
	kind, parameters, err := parseField(value)
	if err != nil || !isToken(kind) {
		return nil, false
	}
	var coded []byte
	if code := slices.Index(dispositions, strings.ToLower(kind)); code >= 0 {
		coded = []byte{byte(code) | 0x80}
	} else {
		coded = appendText(nil, kind)
	}
	for _, p := range parameters {
		coded = appendParameter(coded, p, v)
	}
	return append(appendValueLength(nil, len(coded)), coded...), true
}

func decodeDisposition(c *cursor) string {
	v := c.take(c.valueLength())
	value := ""
	switch {
	case !v.more():
		v.fail("an empty disposition")
	case v.peek() < 0x80:
		value = v.text()
	default:
		code := v.octet() &^ 0x80
		value = "x-wsp-disposition-" + strconv.Itoa(int(code))
		if int(code) < len(dispositions) {
			value = dispositions[code]
		}
	}
	for v.more() {
		value += "; " + decodeParameter(v).String()
	}
	if v.err != nil {
		c.err = v.err
	}
	return value
}
