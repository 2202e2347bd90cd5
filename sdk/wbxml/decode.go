package wbxml

import (
	"strings"
	"unicode/utf8"
)

// maxText bounds the text that one document may decode to, in octets: references to a string table multiply it.
const maxText = 1 << 20

// Decode reads a WBXML document of one of the Types, found by its public identifier. Errors are of type *DecodeError;
// octets after the document are one.
//
// Read are versions 1.1 to 1.3; charsets UTF-8, US-ASCII and ISO-8859-1, an unknown one (0) as UTF-8; string tables,
// literals, entities and both code page switches; processing instructions are passed over. Extension tokens mean
// nothing in push documents and are errors. Elements may be nested 32 deep, and all text together is at most 1 MiB.
// Whether the document is valid is not judged.
func Decode(b []byte) (*Document, error) { return decode(b, Types()) }

func decode(b []byte, types []*DocumentType) (*Document, error) {
	r := reader{cursor: cursor{b: b}}
	doc := r.document(types)
	if r.err != nil {
		return nil, r.err
	}
	return doc, nil
}

// reader decodes one document.
type reader struct {
	cursor
	t             *DocumentType
	charset       uint32
	table         []byte // string table
	tableAt       int    // its offset in the document
	tagPage       int
	attributePage int
	decoded       int // octets of text so far
}

func (r *reader) document(types []*DocumentType) *Document {
	version := Version(r.octet())
	if r.err == nil && (version < Version11 || version > Version13) {
		r.fail(0, "version octet %#02x is not one of 1.1, 1.2 and 1.3", byte(version))
	}
	publicIDAt := r.at
	publicID, publicIndex := r.uintvar(), uint32(0)
	if publicID == publicIDInTable {
		publicIndex = r.uintvar()
	}
	charsetAt := r.at
	r.charset = r.uintvar()
	switch r.charset {
	case charsetUnknown, charsetASCII, charsetISO8859_1, charsetUTF8:
	default:
		r.fail(charsetAt, "charset %d is not read here", r.charset)
	}
	length := r.uintvar()
	r.tableAt = r.at
	r.table = r.octets(length)
	publicText := ""
	if publicID == publicIDInTable {
		publicText = r.tableString(publicIndex, publicIDAt)
	}
	if r.err != nil {
		return nil
	}
	for _, t := range types {
		if publicID == t.publicID || publicText != "" && publicText == t.publicText {
			r.t = t
		}
	}
	if r.t == nil {
		r.fail(publicIDAt, "public identifier %#02x %s is of no document type known here", publicID, publicText)
		return nil
	}

	r.processingInstructions()
	root := r.element(r.octet(), 1)
	r.processingInstructions()
	if r.err == nil && r.at != len(r.b) {
		r.fail(r.at, "%d octets follow the document", len(r.b)-r.at)
	}
	return &Document{Type: r.t, Version: version, Root: root}
}

// processingInstructions passes over those that stand beside the root element.
func (r *reader) processingInstructions() {
	for r.err == nil && r.at < len(r.b) && r.b[r.at] == tokenPI {
		r.at++
		r.attributes("")
	}
}

// element reads an element whose tag token was just read.
func (r *reader) element(token byte, depth int) *Element {
	for token == tokenSwitchPage && r.err == nil {
		r.tagPage = int(r.octet())
		token = r.octet()
	}
	at := r.at - 1
	if depth > maxDepth {
		r.fail(at, "elements are nested more than %d deep", maxDepth)
	}
	e := &Element{}
	switch token {
	case tokenLiteral, tokenLiteralC, tokenLiteralA, tokenLiteralAC:
		e.Name = r.literal()
	default:
		name, ok := r.t.tagName(r.tagPage, token&tagMask)
		if !ok {
			r.fail(at, "tag token %#02x on page %d is not one of %s", token&tagMask, r.tagPage, r.t.name)
		}
		e.Name = name
	}
	if token&tagHasAttributes != 0 {
		e.Attributes = r.attributes(e.Name)
	}
	if token&tagHasContent != 0 {
		r.content(e, depth)
	}
	return e
}

// content reads what an element contains, up to its END.
func (r *reader) content(e *Element, depth int) {
	var text strings.Builder
	for r.err == nil {
		token := r.octet()
		switch {
		case r.err != nil:
		case token == tokenEnd:
			e.Text = text.String()
			return
		case token == tokenPI:
			r.attributes("")
		case r.string(&text, token):
		default:
			e.Children = append(e.Children, r.element(token, depth+1))
		}
	}
}

// string reads a token that is text wherever it stands; it says false for any other token.
func (r *reader) string(text *strings.Builder, token byte) bool {
	at := r.at
	s := ""
	switch {
	case token == tokenStrI:
		s = r.text(r.terminated(), r.charset, at)
	case token == tokenStrT:
		s = r.tableString(r.uintvar(), at)
	case token == tokenOpaque:
		s = r.text(r.octets(r.uintvar()), r.charset, at)
	case token == tokenEntity:
		if n := r.uintvar(); n <= utf8.MaxRune && utf8.ValidRune(rune(n)) {
			s = string(rune(n))
		} else {
			r.fail(at, "entity %d is no character", n)
		}
	case token >= tokenExtI0 && token <= tokenExtI2, token >= tokenExtT0 && token <= tokenExtT2,
		token >= tokenExt0 && token <= tokenExt2:
		r.fail(at-1, "extension token %#02x means nothing in %s", token, r.t.name)
	default:
		return false
	}
	r.decoded += len(s)
	if r.decoded > maxText {
		r.fail(at, "the document has more than %d octets of text", maxText)
		return true
	}
	text.WriteString(s)
	return true
}

// attributes reads an attribute list up to its END: of an element, or of a processing instruction if element is "".
func (r *reader) attributes(element string) []Attribute {
	var list []Attribute
	var value strings.Builder
	end := func() {
		if len(list) > 0 {
			list[len(list)-1].Value = value.String()
		}
		value.Reset()
	}
	for r.err == nil {
		token := r.octet()
		at := r.at - 1
		switch {
		case r.err != nil:
		case token == tokenEnd:
			end()
			return list
		case token == tokenSwitchPage:
			r.attributePage = int(r.octet())
		case token == tokenOpaque && len(list) > 0 && r.t.attributeKindOf(element, list[len(list)-1].Name) == kindDate:
			date, err := unpackDate(r.octets(r.uintvar()))
			if err != nil {
				r.fail(at, "attribute %s: %v", list[len(list)-1].Name, err)
			}
			value.WriteString(date)
		case token == tokenLiteral:
			end()
			list = append(list, Attribute{Name: r.literal()})
		case token < 0x80 && token != tokenStrI && token != tokenEntity && (token < tokenExtI0 || token > tokenExtI2):
			end()
			start, ok := r.t.startOf(r.attributePage, token)
			if !ok {
				r.fail(at, "attribute start token %#02x on page %d is not one of %s", token, r.attributePage, r.t.name)
			}
			list = append(list, Attribute{Name: start.name})
			value.WriteString(start.prefix)
		case len(list) == 0:
			r.fail(at, "an attribute value stands before any attribute")
		case r.string(&value, token):
		default:
			part, ok := r.t.valueOf(r.attributePage, token)
			if !ok {
				r.fail(at, "attribute value token %#02x on page %d is not one of %s", token, r.attributePage, r.t.name)
			}
			value.WriteString(part)
		}
	}
	return nil
}

// literal reads the name of an unknown tag or attribute, which stands in the string table.
func (r *reader) literal() string {
	at := r.at
	name := r.tableString(r.uintvar(), at)
	r.decoded += len(name)
	if r.decoded > maxText {
		r.fail(at, "the document has more than %d octets of text", maxText)
	}
	if r.err == nil && !isName(name) {
		r.fail(at, "%s is no name", quote(name))
	}
	return name
}

// tableString reads the string at an index of the string table; at is where the reference stands.
func (r *reader) tableString(index uint32, at int) string {
	if r.err != nil {
		return ""
	}
	if uint64(index) >= uint64(len(r.table)) {
		r.fail(at, "index %d is outside of the string table of %d octets", index, len(r.table))
		return ""
	}
	table := cursor{b: r.table, at: int(index)}
	s := table.text(table.terminated(), r.charset, int(index))
	if table.err != nil {
		r.fail(at, "the string at index %d of the string table has no end or is not of the document's charset", index)
	}
	return s
}

// isName keeps names from the string table fit for XML.
func isName(s string) bool {
	for i, c := range s {
		letter := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c != '-' && c != '.' && c != ':' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
