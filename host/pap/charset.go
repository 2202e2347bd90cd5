package pap

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// toUTF8 returns the document in UTF-8. charset is that of the MIME entity, which goes before the document's own
// declaration (RFC 7303 §3.2); US-ASCII is read as UTF-8, which contains it.
func toUTF8(src []byte, charset string) ([]byte, error) {
	if after, ok := bytes.CutPrefix(src, []byte("\xEF\xBB\xBF")); ok {
		return after, nil
	}
	if charset == "" {
		charset = declaredEncoding(src)
	}
	switch strings.ToLower(charset) {
	case "", "utf-8", "utf8", "us-ascii", "ascii":
		return src, nil
	case "iso-8859-1", "iso8859-1", "iso_8859-1", "latin1":
		return latin1ToUTF8(src), nil
	}
	return nil, fmt.Errorf("charset %q is not served, only UTF-8, US-ASCII and ISO-8859-1", clip(charset, 40))
}

// declaredEncoding returns the encoding of the XML declaration, "" if it has none.
func declaredEncoding(src []byte) string {
	src = bytes.TrimLeft(src, " \t\r\n")
	if !bytes.HasPrefix(src, []byte("<?xml")) {
		return ""
	}
	decl, _, _ := bytes.Cut(src, []byte("?>"))
	_, rest, ok := bytes.Cut(decl, []byte("encoding"))
	rest = bytes.TrimLeft(rest, " \t\r\n=")
	if !ok || len(rest) == 0 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	name, _, _ := bytes.Cut(rest[1:], rest[:1])
	return string(name)
}

func latin1ToUTF8(src []byte) []byte {
	high := 0
	for _, c := range src {
		high += int(c >> 7)
	}
	if high == 0 {
		return src
	}
	out := make([]byte, 0, len(src)+high)
	for _, c := range src {
		out = utf8.AppendRune(out, rune(c))
	}
	return out
}
