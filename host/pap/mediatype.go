package pap

import "strings"

// mediaType returns the media type of a Content-Type in lower case. Unlike package mime it takes parameters as real
// senders write them, such as type=application/xml without quotes.
func mediaType(contentType string) string {
	t, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(t))
}

// mediaParameter returns a parameter of a Content-Type, quoted or not, "" if it is not there.
func mediaParameter(contentType, name string) string {
	_, rest, more := strings.Cut(contentType, ";")
	for more {
		var key, value string
		key, rest, _ = cutAny(rest, "=;")
		key = strings.TrimSpace(key)
		value, rest, more = parameterValue(rest)
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return ""
}

// parameterValue reads a value up to the next semicolon outside quotes.
func parameterValue(s string) (value, rest string, more bool) {
	trimmed := strings.TrimLeft(s, " \t")
	if !strings.HasPrefix(trimmed, `"`) {
		value, rest, more = strings.Cut(s, ";")
		return strings.TrimSpace(value), rest, more
	}
	if before, after, ended := strings.Cut(trimmed[1:], `"`); ended && strings.IndexByte(before, '\\') < 0 {
		_, rest, more = strings.Cut(after, ";")
		return before, rest, more
	}
	var b strings.Builder
	i := 1
	for ; i < len(trimmed) && trimmed[i] != '"'; i++ {
		if trimmed[i] == '\\' && i+1 < len(trimmed) {
			i++
		}
		b.WriteByte(trimmed[i])
	}
	if i == len(trimmed) {
		return "", "", false // the quote never ends
	}
	_, rest, more = strings.Cut(trimmed[i+1:], ";")
	return b.String(), rest, more
}

// cutAny cuts s at the first of the characters; a semicolon stays in what follows, as the end of an empty value.
func cutAny(s, chars string) (before, after string, found bool) {
	i := strings.IndexAny(s, chars)
	if i < 0 {
		return s, "", false
	}
	if s[i] == ';' {
		return s[:i], s[i:], true
	}
	return s[:i], s[i+1:], true
}
