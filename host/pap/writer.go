package pap

import (
	"strconv"
	"time"
	"unicode/utf8"
)

// writer writes elements with their attributes; PAP has no text content.
type writer struct {
	b       []byte
	version Version
	stack   [4]string // names of the open elements; the grammar is at most 4 deep
	depth   int
	bare    bool // the innermost start tag is not closed yet
}

// document writes a whole document after what is there.
func (w *writer) document(doc Document) {
	if !doc.Version.supported() {
		doc.Version = DefaultVersion
	}
	w.version = doc.Version
	w.prolog(doc)
	w.open("pap")
	w.optional("product-name", doc.ProductName)
	if doc.Message != nil {
		doc.Message.write(w)
	}
	w.close()
	w.b = append(w.b, '\n')
}

func (w *writer) prolog(doc Document) {
	public, system := doc.Version.identifiers()
	for _, s := range [...]string{"<?xml version=\"1.0\"?>\n<!DOCTYPE pap PUBLIC \"", public, "\" \"", system, "\""} {
		w.b = append(w.b, s...)
	}
	if doc.Supported != "" {
		w.b = append(w.b, " [<?wap-pap-ver supported-versions=\""...)
		w.text(doc.Supported)
		w.b = append(w.b, "\"?>]"...)
	}
	w.b = append(w.b, ">\n"...)
}

func (w *writer) open(name string) {
	if w.bare {
		w.b = append(w.b, '>')
	}
	w.b = append(w.b, '<')
	w.b = append(w.b, name...)
	w.stack[w.depth] = name
	w.depth++
	w.bare = true
}

func (w *writer) close() {
	w.depth--
	if w.bare {
		w.b = append(w.b, "/>"...)
		w.bare = false
		return
	}
	w.b = append(w.b, "</"...)
	w.b = append(w.b, w.stack[w.depth]...)
	w.b = append(w.b, '>')
}

func (w *writer) attr(name, value string) {
	w.b = append(w.b, ' ')
	w.b = append(w.b, name...)
	w.b = append(w.b, `="`...)
	w.text(value)
	w.b = append(w.b, '"')
}

func (w *writer) optional(name, value string) {
	if value != "" {
		w.attr(name, value)
	}
}

func (w *writer) flag(name string, value bool) {
	if value {
		w.attr(name, "true")
	}
}

func (w *writer) time(name string, t time.Time) {
	if t.IsZero() {
		return
	}
	w.b = append(w.b, ' ')
	w.b = append(w.b, name...)
	w.b = append(w.b, `="`...)
	w.b = t.UTC().AppendFormat(w.b, time.RFC3339)
	w.b = append(w.b, '"')
}

func (w *writer) code(code Code, desc string) {
	w.b = append(w.b, ` code="`...)
	w.b = strconv.AppendInt(w.b, int64(code), 10)
	w.b = append(w.b, '"')
	w.optional("desc", desc)
}

func (w *writer) addresses(list []Address) {
	for i := range list {
		list[i].write(w)
	}
}

// text writes an attribute value. Line ends and tabs are written as references, or a reader would make blanks of them
// (XML 1.0 §3.3.3).
func (w *writer) text(s string) {
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, n := utf8.DecodeRuneInString(s[i:])
			if r == utf8.RuneError || r == 0xFFFE || r == 0xFFFF {
				w.b = append(w.b, "\uFFFD"...)
			} else {
				w.b = append(w.b, s[i:i+n]...)
			}
			i += n
			continue
		}
		switch {
		case c == '&':
			w.b = append(w.b, "&amp;"...)
		case c == '<':
			w.b = append(w.b, "&lt;"...)
		case c == '>':
			w.b = append(w.b, "&gt;"...)
		case c == '"':
			w.b = append(w.b, "&quot;"...)
		case c == '\t', c == '\n', c == '\r':
			w.b = append(w.b, "&#"...)
			w.b = strconv.AppendInt(w.b, int64(c), 10)
			w.b = append(w.b, ';')
		case c < 0x20:
			w.b = append(w.b, "\uFFFD"...)
		default:
			w.b = append(w.b, c)
		}
		i++
	}
}
