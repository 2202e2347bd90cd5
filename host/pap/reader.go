package pap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
)

// reader walks through a document with the raw tokens of encoding/xml, and knows where it is when something is wrong.
type reader struct {
	src       []byte // UTF-8
	decoder   *xml.Decoder
	limits    Limits
	doc       *Document
	message   Message // nil until its element begins
	tokenAt   int     // offset of the last token
	asides    int
	addresses int
}

func newReader(src []byte, limits Limits, doc *Document) *reader {
	d := xml.NewDecoder(bytes.NewReader(src))
	// The source is UTF-8 already, whatever its declaration says.
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	return &reader{src: src, decoder: d, limits: limits, doc: doc}
}

// token returns the next token that is no comment, and io.EOF at the end of the document.
func (r *reader) token() (xml.Token, error) {
	for {
		r.tokenAt = int(r.decoder.InputOffset())
		t, err := r.decoder.RawToken()
		if err != nil {
			return nil, r.syntax(err)
		}
		switch t.(type) {
		case xml.Comment, xml.ProcInst:
			if r.asides++; r.asides > r.limits.Asides {
				return nil, r.fault(fmt.Sprintf("more than %d comments and processing instructions", r.limits.Asides))
			}
		}
		if _, ok := t.(xml.Comment); !ok {
			return t, nil
		}
	}
}

// prolog reads up to the start tag of the root and settles the version.
func (r *reader) prolog() (xml.StartElement, error) {
	declared, doctype := false, false
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, r.fault("the document has no root element")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		switch t := t.(type) {
		case xml.ProcInst:
			if t.Target == "wap-pap-ver" {
				r.doc.Supported = clip(supportedVersions(string(t.Inst)), 100)
			}
		case xml.Directive:
			decl := string(t)
			if doctype || !strings.HasPrefix(decl, "DOCTYPE") {
				return xml.StartElement{}, r.fault("a declaration other than one DOCTYPE")
			}
			doctype = true
			var v Version
			if v, declared = doctypeVersion(decl); declared {
				r.doc.Version = v
			}
			if _, subset, ok := strings.Cut(decl, "<?wap-pap-ver"); ok {
				r.doc.Supported = clip(supportedVersions(subset), 100)
			}
		case xml.CharData:
			if !blank(t) {
				return xml.StartElement{}, r.fault("text before the root element")
			}
		case xml.EndElement:
			return xml.StartElement{}, r.fault("an end tag before the root element")
		case xml.StartElement:
			return t, r.negotiate(declared)
		}
	}
}

// negotiate settles the version: the DOCTYPE's, else the best one of the list of supported versions, else the default. The
// answer to a version that is not supported goes out in the best one that both sides know.
func (r *reader) negotiate(declared bool) error {
	common, ok := bestCommon(r.doc.Supported)
	switch {
	case declared && r.doc.Version.supported():
		return nil
	case declared:
		asked := r.doc.Version
		r.doc.Version = DefaultVersion
		if ok {
			r.doc.Version = common
		}
		e := r.fault(fmt.Sprintf("PAP %s is not supported, only %s", asked, SupportedVersions))
		e.Code = VersionNotSupported
		return e
	case ok:
		r.doc.Version = common
		return nil
	case r.doc.Supported != "":
		e := r.fault(fmt.Sprintf("none of the versions %q is supported, only %s", r.doc.Supported, SupportedVersions))
		e.Code = VersionNotSupported
		return e
	}
	return nil
}

// next returns the next child of the named element, or end when its end tag was read.
func (r *reader) next(inside string) (start xml.StartElement, end bool, err error) {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, false, r.fault(fmt.Sprintf("the document ends inside <%s>", inside))
		}
		if err != nil {
			return xml.StartElement{}, false, err
		}
		switch t := t.(type) {
		case xml.StartElement:
			return t, false, nil
		case xml.EndElement:
			if name := fullName(t.Name); name != inside {
				return xml.StartElement{}, false, r.fault(fmt.Sprintf("<%s> is closed by </%s>", inside, clip(name, 40)))
			}
			return xml.StartElement{}, true, nil
		case xml.CharData:
			if !blank(t) {
				return xml.StartElement{}, false, r.fault(fmt.Sprintf("text inside <%s>", inside))
			}
		case xml.Directive:
			return xml.StartElement{}, false, r.fault(fmt.Sprintf("a declaration inside <%s>", inside))
		}
	}
}

// epilog reads to the end of the document, after the root element.
func (r *reader) epilog() error {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.ProcInst:
		case xml.CharData:
			if !blank(t) {
				return r.fault("text after the root element")
			}
		default:
			return r.fault("markup after the root element")
		}
	}
}

func blank(text []byte) bool { return len(bytes.TrimLeft(text, " \t\r\n")) == 0 }

// fullName returns the name as it was written, with its prefix.
func fullName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}

// syntax makes an Error of what encoding/xml has to say.
func (r *reader) syntax(err error) error {
	at := int(r.decoder.InputOffset())
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	e := r.faultAt(max(r.tokenAt, at-fragmentSize/2), clip(err.Error(), 120))
	var s *xml.SyntaxError
	if errors.As(err, &s) {
		e.Text, e.Line = clip(s.Msg, 120), s.Line
	}
	return e
}

const fragmentSize = 128

// fault is an error at the last token.
func (r *reader) fault(text string) *Error { return r.faultAt(r.tokenAt, text) }

// faultIn is an error at an attribute of the last token.
func (r *reader) faultIn(attribute, text string) *Error {
	at := r.tokenAt
	if i := bytes.Index(r.src[at:min(len(r.src), int(r.decoder.InputOffset()))], []byte(attribute)); i > 0 {
		at += i
	}
	return r.faultAt(at, text)
}

func (r *reader) faultAt(offset int, text string) *Error {
	offset = min(max(offset, 0), len(r.src))
	return &Error{
		Code:     BadRequest,
		Line:     1 + bytes.Count(r.src[:offset], []byte{'\n'}),
		Text:     text,
		Fragment: fragment(r.src[offset:]),
	}
}

// refuse is the refusal of a message that was understood.
func (r *reader) refuse(code Code, text string) *Error {
	e := r.fault(text)
	e.Code, e.Message = code, r.message
	return e
}

func (r *reader) unknownAttribute(element, name string) *Error {
	text := fmt.Sprintf("<%s> has no attribute %s", element, clip(name, 60))
	if near := nearest(name, vocabularyOf(element).attributes); near != "" {
		text += "; is " + near + " meant?"
	}
	return r.faultIn(name, text)
}

func (r *reader) unknownElement(parent, name string) *Error {
	near := nearest(name, vocabularyOf(parent).children)
	text := fmt.Sprintf("<%s> can not hold <%s>", parent, clip(name, 60))
	switch near {
	case "":
	case name:
		text = fmt.Sprintf("<%s> can not hold a second <%s>", parent, name)
	default:
		text += "; is <" + near + "> meant?"
	}
	return r.fault(text)
}

// fragment returns the beginning of src without control characters, for a bad-message-fragment.
func fragment(src []byte) string {
	s := strings.ToValidUTF8(string(src[:min(len(src), fragmentSize)]), "")
	return strings.Map(func(c rune) rune {
		if unicode.IsControl(c) {
			return ' '
		}
		return c
	}, s)
}
