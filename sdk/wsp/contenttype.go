package wsp

import (
	"fmt"
	"strings"
)

// appendContentType appends a content type, §8.4.2.24: one octet or a text where it has no parameters and the number fits,
// else the general form.
func appendContentType(dst []byte, contentType string, v Version) ([]byte, error) {
	name, parameters, err := parseField(contentType)
	if err != nil {
		return nil, fmt.Errorf("content type %q: %w", contentType, err)
	}
	name = strings.ToLower(name)
	kind, subtype, _ := strings.Cut(name, "/")
	if !isToken(kind) || !isToken(subtype) {
		return nil, fmt.Errorf("%q is not a content type", contentType)
	}
	m, known := mediaTypeByName(name)
	known = known && m.sendable(v)

	if len(parameters) == 0 {
		switch {
		case !known:
			return appendText(dst, name), nil
		case m.code <= shortIntegerMax:
			return append(dst, byte(m.code)|0x80), nil
		}
	}
	var general []byte
	if known {
		general = appendInteger(general, uint64(m.code))
	} else {
		general = appendText(general, name)
	}
	for _, p := range parameters {
		general = appendParameter(general, p, v)
	}
	return append(appendValueLength(dst, len(general)), general...), nil
}

// contentType reads a content type and renders it as a header field has it.
func (c *cursor) contentType() string {
	if !c.more() {
		c.fail("there is no content type")
		return ""
	}
	if first := c.peek(); first > lengthQuote {
		return c.mediaType()
	}
	general := c.take(c.valueLength())
	value := general.mediaType()
	for general.more() {
		value += "; " + decodeParameter(general).String()
	}
	if general.err != nil {
		c.err = general.err
	}
	return value
}

func (c *cursor) mediaType() string {
	if !c.more() {
		c.fail("there is no media type")
		return ""
	}
	if first := c.peek(); first > lengthQuote && first < 0x80 {
		return c.text()
	}
	return mediaTypeName(c.integer())
}
