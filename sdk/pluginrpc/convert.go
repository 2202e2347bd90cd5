package pluginrpc

import (
	"strings"
	"time"
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
func clip(s string) string {
	if len(s) > maxTextSize {
		n := maxTextSize
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n]
	}
	return text(s)
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
