package wbxml

import (
	"encoding/xml"
	"strings"
)

// Document is a decoded push document.
type Document struct {
	Type    *DocumentType
	Version Version
	Root    *Element
}

// Element is one element of a document. Push documents have no mixed content, so the text of an element stands apart from
// its children.
type Element struct {
	Name       string
	Attributes []Attribute // in document order
	Text       string
	Children   []*Element

	line int // in the XML source; 0 if decoded from WBXML
}

// Attribute is a name and its whole value.
type Attribute struct {
	Name  string
	Value string
}

// Attribute returns the value of the attribute named, or "".
func (e *Element) Attribute(name string) string {
	for _, a := range e.Attributes {
		if a.Name == name {
			return a.Value
		}
	}
	return ""
}

// XML renders the document as XML text in UTF-8, with its document type declaration.
func (d *Document) XML() string {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0"?><!DOCTYPE ` + d.Type.root + ` PUBLIC "` + d.Type.publicText + `" "` + d.Type.systemID + `">`)
	d.Root.write(&b)
	return b.String()
}

func (e *Element) write(b *strings.Builder) {
	b.WriteString("<" + e.Name)
	for _, a := range e.Attributes {
		b.WriteString(" " + a.Name + `="`)
		escape(b, a.Value)
		b.WriteString(`"`)
	}
	if e.Text == "" && len(e.Children) == 0 {
		b.WriteString("/>")
		return
	}
	b.WriteString(">")
	escape(b, e.Text)
	for _, c := range e.Children {
		c.write(b)
	}
	b.WriteString("</" + e.Name + ">")
}

// escape writes s for a text or a quoted value. A strings.Builder takes every write.
func escape(b *strings.Builder, s string) { _ = xml.EscapeText(b, []byte(s)) }
