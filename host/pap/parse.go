package pap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Limits bound what a control document may hold. How deep it may go is bounded by the grammar. A zero field means its
// default.
type Limits struct {
	Octets     int // of the document; default 256 KiB
	Addresses  int // recipients of a message; default 1000
	Value      int // octets of one attribute value; default 2048
	Attributes int // of one element; default 32
	Asides     int // comments and processing instructions; default 256
}

func (l Limits) withDefaults() Limits {
	set := func(n *int, value int) {
		if *n <= 0 {
			*n = value
		}
	}
	set(&l.Octets, 256<<10)
	set(&l.Addresses, 1000)
	set(&l.Value, 2048)
	set(&l.Attributes, 32)
	set(&l.Asides, 256)
	return l
}

// Parse reads one control document. charset is that of its MIME entity, "" to go by the XML declaration.
//
// An error of the document is an [*Error]; the Document then holds what was known of its version, and is what an answer
// needs. Any other error comes from the reader. No external entity is ever fetched, and no entity is defined beside the
// five of XML.
func Parse(r io.Reader, charset string, limits Limits) (Document, error) {
	limits = limits.withDefaults()
	src, err := io.ReadAll(io.LimitReader(r, int64(limits.Octets)+1))
	if err != nil {
		return Document{Version: DefaultVersion}, fmt.Errorf("reading a control document: %w", err)
	}
	return parseDocument(src, charset, limits)
}

// parseDocument is Parse with the document at hand and the defaults of the limits filled in.
func parseDocument(src []byte, charset string, limits Limits) (Document, error) {
	doc := Document{Version: DefaultVersion}
	if len(src) > limits.Octets {
		return doc, &Error{Code: BadRequest, Text: fmt.Sprintf("the control document is longer than %d octets", limits.Octets)}
	}
	utf8Src, err := toUTF8(src, charset)
	if err != nil {
		return doc, &Error{Code: BadRequest, Text: err.Error()}
	}
	r := newReader(utf8Src, limits)
	if i := bytes.IndexByte(utf8Src, 0); i >= 0 {
		return doc, r.faultAt(i, "a NUL octet")
	}
	err = r.document()
	return r.doc, err
}

// document reads the prolog, the root with its one message, and what may follow it.
func (r *reader) document() error {
	root, err := r.prolog()
	if err != nil {
		return err
	}
	if name := root.name; name != "pap" {
		return r.fault(fmt.Sprintf("the root element is <%s>, not <pap>", clip(name, 40)))
	}
	if err := r.attributes("pap", root.attr, (*rootElement)(&r.doc)); err != nil {
		return err
	}
	start, end, err := r.child("pap")
	if err != nil {
		return err
	}
	if end {
		return r.fault("<pap> holds no message")
	}
	name := start.name
	m := newMessage(name)
	if m == nil {
		return r.unknownElement("pap", name)
	}
	r.message = m
	if err := r.element(name, start.attr, m); err != nil {
		return err
	}
	start, end, err = r.child("pap")
	if err != nil {
		return err
	}
	if !end {
		return r.fault(fmt.Sprintf("a second message, <%s>, in one document", clip(start.name, 40)))
	}
	if err := r.epilog(); err != nil {
		return err
	}
	r.doc.Message = m
	return nil
}

// errUnknownName is what set answers for an attribute that its element does not have.
var errUnknownName = errors.New("unknown name")

// element reads attributes and children of an element whose start tag was just read, up to its end tag.
func (r *reader) element(name string, attrs []attribute, e element) error {
	if err := r.attributes(name, attrs, e); err != nil {
		return err
	}
	for {
		start, end, err := r.child(name)
		if err != nil {
			return err
		}
		if end {
			break
		}
		childName := start.name
		if childName == "address" {
			if r.addresses++; r.addresses > r.limits.Addresses {
				return r.refuse(Forbidden, fmt.Sprintf("more than %d recipients", r.limits.Addresses))
			}
		}
		child := e.child(childName)
		if child == nil {
			return r.unknownElement(name, childName)
		}
		if err := r.element(childName, start.attr, child); err != nil {
			return err
		}
		if a, ok := child.(*Address); ok {
			if err := r.address(a); err != nil {
				return err
			}
		}
	}
	if missing := e.lacks(); missing != "" {
		return r.fault(fmt.Sprintf("<%s> holds no <%s>", name, missing))
	}
	return nil
}

// attributes hands the attributes of a start tag to their element.
func (r *reader) attributes(element string, attrs []attribute, e element) error {
	if len(attrs) > r.limits.Attributes {
		return r.fault(fmt.Sprintf("<%s> has more than %d attributes", element, r.limits.Attributes))
	}
	for i := range attrs {
		a := &attrs[i]
		name := a.name
		if prefix, local, _ := strings.Cut(name, ":"); name == "xmlns" ||
			local != "" && (prefix == "xmlns" || prefix == "xml" || prefix == "xsi") {
			continue
		}
		for j := range i {
			if attrs[j].name == name {
				return r.faultIn(name, fmt.Sprintf("<%s> has %s twice", element, clip(name, 40)))
			}
		}
		if len(a.value) > r.limits.Value {
			return r.faultIn(name, fmt.Sprintf("%s of <%s> is longer than %d octets", clip(name, 40), element, r.limits.Value))
		}
		err := e.set(name, a.value)
		if errors.Is(err, errUnknownName) {
			return r.unknownAttribute(element, name)
		}
		if err != nil {
			return r.faultIn(name, fmt.Sprintf("%s of <%s>: %v", name, element, err))
		}
	}
	if missing := e.missing(); missing != "" {
		return r.fault(fmt.Sprintf("<%s> has no %s", element, missing))
	}
	return nil
}

// address reads the value of an address. A message that asks something of us has to name its recipients well; in an answer
// or a notification of another gateway the text stands for itself ("*" has been seen).
func (r *reader) address(a *Address) error {
	parsed, err := ParseAddress(a.Text)
	if err == nil {
		*a = parsed
		return nil
	}
	switch r.message.(type) {
	case *PushMessage, *CancelMessage, *StatusQuery, *CCQMessage:
		return r.refuse(AddressError, err.Error())
	}
	return nil
}

// rootElement takes the attributes of the pap element.
type rootElement Document

func (d *rootElement) set(name, value string) error {
	if name != "product-name" {
		return errUnknownName
	}
	d.ProductName = value
	return nil
}

func (d *rootElement) missing() string      { return "" }
func (d *rootElement) child(string) element { return nil }
func (d *rootElement) lacks() string        { return "" }
