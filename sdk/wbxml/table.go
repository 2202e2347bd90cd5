package wbxml

import (
	"sort"
	"strings"
)

// DocumentType is one kind of push document: its names on both sides of the encoding, its rules and its token tables.
// Values are made by the table files of this package and never change.
type DocumentType struct {
	name       string // for messages: "SI"
	publicID   uint32 // WBXML public identifier
	publicText string // XML public identifier
	systemID   string
	textType   string // media type of the XML form
	binaryType string // media type of the WBXML form

	root     string
	elements []elementRule

	// The code pages. Tags and attributes have pages of their own, switched apart (WAP-192 §5.8.1).
	tagPages       []map[string]byte
	attributePages []attributePage

	ruleOf map[string]*elementRule
}

// elementRule says what one element may contain.
type elementRule struct {
	name       string
	text       bool        // character data is content; otherwise only white space may stand there
	children   []childRule // in document order, as the DTD has them
	attributes []attributeRule

	// check judges what spans attributes; it returns the attribute it blames and a reason, or an empty reason.
	check func(e *Element) (attribute, reason string)
}

type childRule struct {
	name     string
	required bool
	many     bool
}

type attributeRule struct {
	name     string
	kind     attributeKind
	required bool     // present and not empty
	values   []string // of an enumeration
}

// attributeKind says how the value of an attribute is checked and encoded.
type attributeKind int

const (
	kindText attributeKind = iota // any text; a start token or value token is used only if it stands for the whole value
	kindURI                       // start tokens for the scheme, value tokens anywhere
	kindDate                      // OPAQUE date, see date.go
	kindEnum                      // one of rule.values
)

// attributePage is one attribute code page.
type attributePage struct {
	starts []attributeStart
	values []attributeValue
}

// attributeStart is a token below 0x80: an attribute name and the beginning of its value.
type attributeStart struct {
	token  byte
	name   string
	prefix string
}

// attributeValue is a token from 0x80: a part of a value. A type whose sources disagree about a token marks it
// decodeOnly, and the encoder writes the text inline.
type attributeValue struct {
	token      byte
	text       string
	decodeOnly bool
}

// build completes a table. The longest prefixes and texts come first, so that the first match is the longest.
func build(t DocumentType) *DocumentType {
	t.ruleOf = make(map[string]*elementRule, len(t.elements))
	for i := range t.elements {
		t.ruleOf[t.elements[i].name] = &t.elements[i]
	}
	for _, page := range t.attributePages {
		sort.SliceStable(page.starts, func(i, j int) bool { return len(page.starts[i].prefix) > len(page.starts[j].prefix) })
		sort.SliceStable(page.values, func(i, j int) bool { return len(page.values[i].text) > len(page.values[j].text) })
	}
	return &t
}

// Name is the short name of the type, as SI.
func (t *DocumentType) Name() string { return t.name }

// TextType is the media type of the XML form, as text/vnd.wap.si.
func (t *DocumentType) TextType() string { return t.textType }

// BinaryType is the media type of the WBXML form, as application/vnd.wap.sic.
func (t *DocumentType) BinaryType() string { return t.binaryType }

// Types lists the document types that this package knows.
func Types() []*DocumentType { return []*DocumentType{si, sl} }

// ByTextType finds the document type whose XML form has the media type given (without parameters, in any case), or nil.
func ByTextType(mediaType string) *DocumentType {
	for _, t := range Types() {
		if strings.EqualFold(t.textType, mediaType) {
			return t
		}
	}
	return nil
}

// tag finds the token of an element, on the current page if that has one.
func (t *DocumentType) tag(name string, current int) (page int, token byte, ok bool) {
	if token, ok = t.tagPages[current][name]; ok {
		return current, token, true
	}
	for page, tags := range t.tagPages {
		if token, ok = tags[name]; ok {
			return page, token, true
		}
	}
	return 0, 0, false
}

// tagName finds the element of a tag token (its low six bits).
func (t *DocumentType) tagName(page int, token byte) (string, bool) {
	if page < len(t.tagPages) {
		for name, tk := range t.tagPages[page] {
			if tk == token {
				return name, true
			}
		}
	}
	return "", false
}

// start finds the start token that takes the most of the value; of equals the one on the current page wins.
func (t *DocumentType) start(name, value string, kind attributeKind, current int) (page int, start attributeStart, ok bool) {
	for i := range t.attributePages {
		p := (current + i) % len(t.attributePages)
		for _, s := range t.attributePages[p].starts {
			if s.name != name || !strings.HasPrefix(value, s.prefix) {
				continue
			}
			if kind != kindURI && s.prefix != "" && s.prefix != value {
				continue
			}
			if !ok || len(s.prefix) > len(start.prefix) {
				page, start, ok = p, s, true
			}
		}
	}
	return page, start, ok
}

func (t *DocumentType) startOf(page int, token byte) (attributeStart, bool) {
	if page < len(t.attributePages) {
		for _, s := range t.attributePages[page].starts {
			if s.token == token {
				return s, true
			}
		}
	}
	return attributeStart{}, false
}

func (t *DocumentType) valueOf(page int, token byte) (string, bool) {
	if page < len(t.attributePages) {
		for _, v := range t.attributePages[page].values {
			if v.token == token {
				return v.text, true
			}
		}
	}
	return "", false
}

// attributeKindOf is the kind of an attribute on an element, text for those that no rule names.
func (t *DocumentType) attributeKindOf(element, attribute string) attributeKind {
	if rule := t.ruleOf[element]; rule != nil {
		if a := rule.attribute(attribute); a != nil {
			return a.kind
		}
	}
	return kindText
}

func (r *elementRule) attribute(name string) *attributeRule {
	for i := range r.attributes {
		if r.attributes[i].name == name {
			return &r.attributes[i]
		}
	}
	return nil
}
