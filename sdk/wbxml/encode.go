package wbxml

import (
	"fmt"
	"strings"
)

// Options are what a caller may say about one encoding. The zero Options are WBXML 1.2 and the charset that the document
// declares.
type Options struct {
	Version Version
	Charset string // the charset parameter of the document's media type, if it had one
}

// Encode turns an XML document of type t into WBXML: charset UTF-8, every string inline and no string table, which
// every terminal reads. Equal input gives equal octets. Errors are of type *EncodeError.
//
// The document is validated. Character data is kept as given except for the white space around it. White space around
// attribute values is dropped, and so are namespace declarations, xml: attributes, comments and processing instructions.
func (t *DocumentType) Encode(doc []byte, o Options) ([]byte, error) {
	version := o.Version
	switch version {
	case 0:
		version = Version12
	case Version11, Version12, Version13:
	default:
		return nil, fmt.Errorf("wbxml: version octet %#02x is not one of 1.1, 1.2 and 1.3", byte(version))
	}
	root, err := parse(doc, o.Charset)
	if err != nil {
		return nil, err
	}
	if err := t.validate(root); err != nil {
		return nil, err
	}

	w := writer{t: t, out: make([]byte, 0, 16+len(doc)/2)}
	w.out = append(w.out, byte(version))
	w.out = appendUintvar(w.out, t.publicID)
	w.out = appendUintvar(w.out, charsetUTF8)
	w.out = appendUintvar(w.out, 0) // no string table
	w.element(root)
	return w.out, nil
}

// writer encodes a validated tree.
type writer struct {
	t             *DocumentType
	out           []byte
	tagPage       int
	attributePage int
}

func (w *writer) element(e *Element) {
	page, token, _ := w.t.tag(e.Name, w.tagPage)
	w.switchPage(&w.tagPage, page)
	content := e.Text != "" || len(e.Children) > 0
	if content {
		token |= tagHasContent
	}
	if len(e.Attributes) > 0 {
		token |= tagHasAttributes
	}
	w.out = append(w.out, token)
	if len(e.Attributes) > 0 {
		for _, a := range e.Attributes {
			w.attribute(a, w.t.attributeKindOf(e.Name, a.Name))
		}
		w.out = append(w.out, tokenEnd)
	}
	if content {
		w.inline(e.Text)
		for _, c := range e.Children {
			w.element(c)
		}
		w.out = append(w.out, tokenEnd)
	}
}

func (w *writer) attribute(a Attribute, kind attributeKind) {
	page, start, _ := w.t.start(a.Name, a.Value, kind, w.attributePage)
	w.switchPage(&w.attributePage, page)
	w.out = append(w.out, start.token)
	if kind == kindDate {
		packed, _ := packDate(a.Value) // validated
		w.out = append(w.out, tokenOpaque)
		w.out = appendUintvar(w.out, uint32(len(packed)))
		w.out = append(w.out, packed...)
		return
	}
	w.value(a.Value[len(start.prefix):], kind)
}

// value writes the rest of an attribute value as value tokens, where there are some, and inline strings between them.
func (w *writer) value(rest string, kind attributeKind) {
	inlineFrom := 0
	for i := 0; i < len(rest); {
		v, ok := w.valueToken(rest[i:], kind)
		if !ok {
			i++
			continue
		}
		w.inline(rest[inlineFrom:i])
		w.out = append(w.out, v.token)
		i += len(v.text)
		inlineFrom = i
	}
	w.inline(rest[inlineFrom:])
}

// valueToken finds the longest value token of the current page that s begins with, or, outside of URIs, is.
func (w *writer) valueToken(s string, kind attributeKind) (attributeValue, bool) {
	for _, v := range w.t.attributePages[w.attributePage].values {
		if !v.decodeOnly && (s == v.text || kind == kindURI && strings.HasPrefix(s, v.text)) {
			return v, true
		}
	}
	return attributeValue{}, false
}

func (w *writer) inline(s string) {
	if s != "" {
		w.out = append(append(append(w.out, tokenStrI), s...), 0)
	}
}

func (w *writer) switchPage(current *int, page int) {
	if *current != page {
		w.out = append(w.out, tokenSwitchPage, byte(page))
		*current = page
	}
}
