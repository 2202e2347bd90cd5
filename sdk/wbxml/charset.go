package wbxml

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
)

// toUTF8 converts a document whose charset is known before XML is read: from the media type's charset parameter, which
// outranks the document's own declaration (RFC 3023 §3.1), or because it is UTF-16, which only its first octets tell.
// known is false if the declaration inside the document has to decide.
func toUTF8(doc []byte, charset string) (utf8 []byte, known bool, err error) {
	if enc := utf16(doc); enc != nil {
		utf8, err = enc.NewDecoder().Bytes(doc)
		return utf8, true, err
	}
	doc = bytes.TrimPrefix(doc, []byte("\xEF\xBB\xBF"))
	if charset == "" {
		return doc, false, nil
	}
	in := bytes.NewReader(doc)
	r, err := charsetReader(charset, in)
	switch {
	case err != nil:
		return nil, false, err
	case r == io.Reader(in): // nothing is to be converted
		return doc, true, nil
	}
	utf8, err = io.ReadAll(r)
	return utf8, true, err
}

// utf16 recognises UTF-16 by its byte order mark or by the first character, "<", of a document without one.
func utf16(doc []byte) encoding.Encoding {
	switch {
	case bytes.HasPrefix(doc, []byte{0xFE, 0xFF}), bytes.HasPrefix(doc, []byte{0x00, '<'}):
		return unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
	case bytes.HasPrefix(doc, []byte{0xFF, 0xFE}), bytes.HasPrefix(doc, []byte{'<', 0x00}):
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
	}
	return nil
}

// charsetReader reads a charset known to IANA as UTF-8.
func charsetReader(charset string, input io.Reader) (io.Reader, error) {
	charset = strings.Trim(strings.TrimSpace(charset), `"'`)
	switch strings.ToLower(charset) {
	case "utf-8", "utf8":
		return input, nil
	case "us-ascii", "ascii":
		// What is more than ASCII then is UTF-8 or an error, instead of a text with its letters replaced.
		return input, nil
	case "utf-16", "utf-16be", "utf-16le":
		// What declares UTF-16 in octets that could be read up to the declaration was converted by somebody who left the
		// declaration as it was. Real UTF-16 was converted before.
		return input, nil
	}
	enc, err := ianaindex.MIME.Encoding(charset)
	if err != nil || enc == nil {
		return nil, fmt.Errorf("charset %s is not known", quote(charset))
	}
	return enc.NewDecoder().Reader(input), nil
}
