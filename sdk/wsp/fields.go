package wsp

import (
	"fmt"
	"strings"
	"time"
)

// parameter is "name" or "name=value" in a header field, in its order there.
type parameter struct {
	name  string // lower case
	value string // without quotes
	plain bool   // no "=" at all
}

// splitField cuts a header field at a separator that is not inside a quoted string, and trims the parts.
func splitField(s string, separator byte) []string {
	var parts []string
	from, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == separator && !quoted:
			parts = append(parts, strings.TrimSpace(s[from:i]))
			from = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[from:]))
}

// parseParameter reads "name=value", where the value may be a quoted string.
func parseParameter(s string) (parameter, error) {
	name, value, found := strings.Cut(s, "=")
	p := parameter{name: strings.ToLower(strings.TrimSpace(name)), value: unquote(strings.TrimSpace(value)), plain: !found}
	if !isToken(p.name) {
		return p, fmt.Errorf("%q is not a parameter", s)
	}
	return p, checkText(p.value)
}

func (p parameter) String() string {
	switch {
	case p.plain:
		return p.name
	case isToken(p.value):
		return p.name + "=" + p.value
	}
	return p.name + `="` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(p.value) + `"`
}

// parseField reads a value with parameters, as Content-Type and Content-Disposition are.
func parseField(s string) (value string, parameters []parameter, err error) {
	parts := splitField(s, ';')
	for _, part := range parts[1:] {
		if part == "" { // a trailing semicolon
			continue
		}
		p, err := parseParameter(part)
		if err != nil {
			return "", nil, err
		}
		parameters = append(parameters, p)
	}
	return parts[0], parameters, nil
}

// unquote takes the quotes and backslashes off a quoted string; what is not quoted whole stays as it is.
func unquote(s string) string {
	if len(s) < 2 || s[0] != '"' || s[len(s)-1] != '"' {
		return s
	}
	s = s[1 : len(s)-1]
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// The forms of a date in HTTP, RFC 7231 §7.1.1.1: the first is written, all are read.
const (
	dateForm        = "Mon, 02 Jan 2006 15:04:05 GMT"
	dateFormRFC850  = "Monday, 02-Jan-06 15:04:05 MST"
	dateFormANSI    = "Mon Jan _2 15:04:05 2006"
	dateFormNumeric = time.RFC1123Z // not of HTTP, but of mail, and seen
)

// parseDate gives the seconds since 1970 of a date in HTTP's forms.
func parseDate(s string) (uint64, error) {
	for _, form := range []string{dateForm, dateFormRFC850, dateFormANSI, dateFormNumeric} {
		t, err := time.Parse(form, s)
		if err == nil && t.Unix() >= 0 {
			return uint64(t.Unix()), nil
		}
	}
	return 0, fmt.Errorf("%q is not an HTTP date from 1970 on", s)
}

// formatDate is the reverse; ok is false for numbers that are no date before the year 10000.
func formatDate(seconds uint64) (s string, ok bool) {
	const year10000 = 253402300800
	if seconds >= year10000 {
		return "", false
	}
	return time.Unix(int64(seconds), 0).UTC().Format(dateForm), true
}
