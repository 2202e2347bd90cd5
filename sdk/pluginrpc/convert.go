package pluginrpc

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// The converters come in pairs: xToProto and xFromProto. From nil comes the zero value, from a value that version 1 does not
// know comes the one that claims least.

// text makes s what a protobuf string must be, UTF-8; plugins in other languages would refuse the whole batch otherwise.
func text(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// clip is text for what has no bound of its own.
func clip(s string) string { return cut(text(cut(s))) }

// line is clip for what operators read: without control characters.
func line(s string) string {
	s = cut(s)
	if plain(s) {
		return s
	}
	return cut(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' { // also line and paragraph separator
			return ' '
		}
		return r // utf8.RuneError for an octet that is no UTF-8
	}, s))
}

// plain reports whether s is printable ASCII, which nearly every text is.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// cut leaves MaxTextSize octets of s at most, and no character halved.
func cut(s string) string {
	if len(s) <= MaxTextSize {
		return s
	}
	n := MaxTextSize
	for n > MaxTextSize-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// unixNano is 0 for the zero time.
func unixNano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromUnixNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// each converts a slice; an empty one becomes nil, as protobuf can not tell them apart.
func each[A, B any](as []A, f func(A) B) []B {
	if len(as) == 0 {
		return nil
	}
	bs := make([]B, len(as))
	for i, a := range as {
		bs[i] = f(a)
	}
	return bs
}

// words converts between slices of string types.
func words[B, A ~string](as []A) []B { return each(as, func(a A) B { return B(text(string(a))) }) }

func octets(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}
