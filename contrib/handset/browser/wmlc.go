package browser

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Global tokens, WAP-192 §7.1.
const (
	tokenSwitchPage = 0x00
	tokenEnd        = 0x01
	tokenEntity     = 0x02
	tokenInline     = 0x03
	tokenLiteral    = 0x04
	tokenVariable   = 0x40 // to 0x42: a variable by its name, inline (WAP-191 §14.3.1)
	tokenPI         = 0x43
	tokenVariableT  = 0x80 // to 0x82: by an offset into the string table
	tokenTable      = 0x83
	tokenExtension  = 0xC0 // to 0xC2: of one octet
	tokenOpaque     = 0xC3
	tagAttributes   = 0x80
	tagContent      = 0x40
	tagMask         = 0x3F
)

// wmlTags are the elements of WML that mean something to a screen (WAP-191 §14.3.2).
var wmlTags = map[byte]string{
	0x1B: "pre", 0x1E: "tr", 0x20: "p", 0x26: "br", 0x27: "card", 0x2C: "head", 0x2E: "img", 0x35: "option", 0x3B: "template",
}

// Attributes of them (WAP-191 §14.3.3).
const (
	attributeAlt   = 0x0C
	attributeTitle = 0x36
)

// utf8MIB is the number of UTF-8 among the charsets of IANA.
const utf8MIB = 106

var errCut = errors.New("the document ends too early")

// wmlc reads compiled WML (WAP-192 §5).
type wmlc struct {
	rest  []byte
	table []byte // of strings
	to    *layout
	err   error
}

// readWMLC lays a document out.
func readWMLC(body []byte, to *layout) error {
	w := &wmlc{rest: body, to: to}
	w.octet() // the version; all are alike to us
	if w.uintvar() == 0 {
		w.uintvar() // the public identifier, by its place in the string table
	}
	if charset := w.uintvar(); w.err == nil && charset != utf8MIB && charset != 3 && charset != 0 { // 3: US-ASCII; 0: not known
		return fmt.Errorf("the charset %d, which was not asked for", charset)
	}
	w.table = w.take(w.uintvar())
	w.document()
	return w.err
}

func (w *wmlc) document() {
	var open []string // elements that have content
	done := false     // there is one root
	for w.err == nil && len(w.rest) > 0 && !done {
		switch token := w.octet(); token {
		case tokenEnd:
			if len(open) == 0 {
				w.fail(errors.New("an element ends that did not begin"))
				return
			}
			w.to.end(open[len(open)-1])
			open = open[:len(open)-1]
			done = len(open) == 0
		case tokenPI:
			w.attributes()
		default:
			if text, ok := w.text(token); ok {
				w.to.words(text)
				break
			}
			if len(open) >= deepest {
				w.fail(errDeep)
				return
			}
			name := wmlTags[token&tagMask]
			if token&tagMask == tokenLiteral {
				name = w.string(w.uintvar())
			}
			var attributes map[byte]string
			if token&tagAttributes != 0 {
				attributes = w.attributes()
			}
			w.to.start(name, func(attribute string) string {
				return attributes[map[string]byte{"alt": attributeAlt, "title": attributeTitle}[attribute]]
			})
			if token&tagContent != 0 {
				open = append(open, name)
				break
			}
			w.to.end(name)
			done = len(open) == 0
		}
	}
	if len(open) > 0 {
		w.fail(errCut)
	}
}

// text returns what a token in content or in an attribute's value says; false if it is none of text.
func (w *wmlc) text(token byte) (string, bool) {
	switch {
	case token == tokenSwitchPage:
		w.octet()
	case token == tokenEntity:
		if code := w.uintvar(); code <= utf8.MaxRune {
			return string(rune(code)), true
		}
	case token == tokenInline:
		return w.inline(), true
	case token == tokenTable:
		return w.string(w.uintvar()), true
	case token >= tokenVariable && token < tokenPI: // no variable has a value here
		w.inline()
	case token >= tokenVariableT && token < tokenTable:
		w.uintvar()
	case token >= tokenExtension && token < tokenOpaque:
	case token == tokenOpaque:
		w.take(w.uintvar())
	default:
		return "", false
	}
	return "", true
}

// attributes reads those of an element, up to the end of their list. Only the strings of values are kept: the values that have tokens
// of their own are beginnings and ends of addresses, and words like "true".
func (w *wmlc) attributes() map[byte]string {
	all := make(map[byte]string)
	var name byte
	for w.err == nil {
		token := w.octet()
		if token == tokenEnd {
			break
		}
		text, ok := w.text(token)
		switch {
		case ok:
			all[name] += text
		case token == tokenLiteral:
			w.uintvar()
			name = token
		case token < 0x80:
			name = token
		}
	}
	return all
}

func (w *wmlc) fail(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *wmlc) octet() byte {
	if b := w.take(1); len(b) == 1 {
		return b[0]
	}
	return tokenEnd
}

func (w *wmlc) take(n uint32) []byte {
	if w.err != nil || uint64(n) > uint64(len(w.rest)) {
		w.fail(errCut)
		return nil
	}
	b := w.rest[:n]
	w.rest = w.rest[n:]
	return b
}

// uintvar reads a number of up to 32 bits in groups of seven (WAP-192 §5.1).
func (w *wmlc) uintvar() uint32 {
	var v uint64
	for range 5 {
		b := w.octet()
		v = v<<7 | uint64(b&0x7F)
		if b < 0x80 {
			if v > 1<<32-1 {
				break
			}
			return uint32(v)
		}
	}
	w.fail(errors.New("a number is too long"))
	return 0
}

// inline reads a string up to its NUL.
func (w *wmlc) inline() string {
	end := bytes.IndexByte(w.rest, 0)
	if w.err != nil || end < 0 {
		w.fail(errCut)
		return ""
	}
	return string(w.take(uint32(end) + 1)[:end])
}

// string returns that of the string table at an offset.
func (w *wmlc) string(offset uint32) string {
	if w.err != nil || uint64(offset) >= uint64(len(w.table)) {
		w.fail(errors.New("a string is not in the table"))
		return ""
	}
	b := w.table[offset:]
	if end := bytes.IndexByte(b, 0); end >= 0 {
		b = b[:end]
	}
	return string(b)
}
