package wbxml

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth bounds the nesting of elements, in both directions.
const maxDepth = 32

// maxAttributes bounds the attributes of one element; the tables know five.
const maxAttributes = 64

// xmlSpace is what XML calls white space; a no-break space is text.
const xmlSpace = " \t\r\n"

// parse reads XML into an element tree. The document type declaration, comments and processing instructions are passed
// over; entities that a declaration defines are not known, so using one is an error.
func parse(doc []byte, charset string) (*Element, error) {
	utf8, known, err := toUTF8(doc, charset)
	if err != nil {
		return nil, &EncodeError{Line: 1, Reason: err.Error()}
	}
	if root, ok := parsePlain(utf8); ok {
		return root, nil
	}
	return parseXML(utf8, known)
}

// parseXML reads a document in UTF-8, or if known is false in what its declaration says.
func parseXML(doc []byte, known bool) (*Element, error) {
	p := parser{d: xml.NewDecoder(bytes.NewReader(doc)), line: 1}
	p.d.CharsetReader = charsetReader
	if known {
		p.d.CharsetReader = func(_ string, input io.Reader) (io.Reader, error) { return input, nil }
	}
	return p.document()
}

type parser struct {
	d    *xml.Decoder
	line int // where the current token starts
	root *Element
	open []*openElement
}

// openElement is an element whose end has not been read. Its text may come in many pieces.
type openElement struct {
	*Element
	text strings.Builder
}

func (p *parser) document() (*Element, error) {
	for {
		p.line, _ = p.d.InputPos()
		// RawToken, because names are compared as they are written; nesting is checked here.
		token, err := p.d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, p.syntaxError(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			err = p.startElement(t)
		case xml.EndElement:
			err = p.endElement(t)
		case xml.CharData:
			err = p.charData(t)
		}
		if err != nil {
			return nil, err
		}
	}
	if len(p.open) > 0 {
		return nil, p.errorf("the document ends before </%s>", p.name())
	}
	if p.root == nil {
		return nil, p.errorf("the document has no element")
	}
	return p.root, nil
}

func (p *parser) startElement(t xml.StartElement) error {
	e := &Element{Name: rawName(t.Name), line: p.line}
	switch {
	case len(p.open) == maxDepth:
		return p.errorf("elements are nested more than %d deep", maxDepth)
	case len(p.open) > 0:
		parent := p.open[len(p.open)-1]
		parent.Children = append(parent.Children, e)
	case p.root != nil:
		return p.errorf("element %s stands after the end of %s", quote(e.Name), p.root.Name)
	default:
		p.root = e
	}
	p.open = append(p.open, &openElement{Element: e})
	if len(t.Attr) > maxAttributes {
		return p.errorf("has more than %d attributes", maxAttributes)
	}
	for _, a := range t.Attr {
		name := rawName(a.Name)
		// Namespaces and xml:lang have no place in WBXML and change nothing for the terminal; generators add them.
		if a.Name.Space == "xmlns" || a.Name.Space == "xml" || name == "xmlns" {
			continue
		}
		for _, other := range e.Attributes {
			if other.Name == name {
				return &EncodeError{Line: p.line, Element: e.Name, Attribute: name, Reason: "given twice"}
			}
		}
		e.Attributes = append(e.Attributes, Attribute{Name: name, Value: a.Value})
	}
	return nil
}

func (p *parser) endElement(t xml.EndElement) error {
	if len(p.open) == 0 || p.name() != rawName(t.Name) {
		return p.errorf("</%s> closes no element that is open here", rawName(t.Name))
	}
	e := p.open[len(p.open)-1]
	e.Text = e.text.String()
	p.open = p.open[:len(p.open)-1]
	return nil
}

func (p *parser) charData(t xml.CharData) error {
	if len(p.open) > 0 {
		p.open[len(p.open)-1].text.Write(t)
		return nil
	}
	if strings.Trim(string(t), xmlSpace) != "" {
		return p.errorf("text outside of the document's element: %s", quote(string(t)))
	}
	return nil
}

// name is that of the innermost open element, or "".
func (p *parser) name() string {
	if len(p.open) == 0 {
		return ""
	}
	return p.open[len(p.open)-1].Name
}

func (p *parser) errorf(format string, args ...any) error {
	return &EncodeError{Line: p.line, Element: p.name(), Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) syntaxError(err error) error {
	var syntax *xml.SyntaxError
	if errors.As(err, &syntax) {
		return &EncodeError{Line: syntax.Line, Element: p.name(), Reason: "XML: " + syntax.Msg}
	}
	return p.errorf("%s", strings.TrimPrefix(err.Error(), "xml: "))
}

func rawName(n xml.Name) string {
	if n.Space != "" {
		return n.Space + ":" + n.Local
	}
	return n.Local
}
