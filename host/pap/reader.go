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

// reader walks through the tokens of a document, and knows where it is when something is wrong.
type reader struct {
	scanner
	limits    Limits
	doc       Document
	message   Message // nil until its element begins
	asides    int
	addresses int
}

func newReader(src []byte, limits Limits) *reader {
	return &reader{scanner: scanner{src: src}, limits: limits, doc: Document{Version: DefaultVersion}}
}

// token returns the next token that is no comment, and io.EOF at the end of the document.
func (r *reader) token() (token, error) {
	for {
		t, err := r.next()
		if err != nil {
			return token{}, r.syntax(err)
		}
		if t.kind == comment || t.kind == instruction {
			if r.asides++; r.asides > r.limits.Asides {
				return token{}, r.fault(fmt.Sprintf("more than %d comments and processing instructions", r.limits.Asides))
			}
		}
		if t.kind != comment {
			return t, nil
		}
	}
}

// prolog reads up to the start tag of the root and settles the version.
func (r *reader) prolog() (token, error) {
	declared, doctype := false, false
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return token{}, r.fault("the document has no root element")
		}
		if err != nil {
			return token{}, err
		}
		switch t.kind {
		case instruction:
			if t.name == "wap-pap-ver" {
				r.doc.Supported = clip(supportedVersions(string(t.text)), 100)
			}
		case declaration:
			decl := string(t.text)
			if doctype || !strings.HasPrefix(decl, "DOCTYPE") {
				return token{}, r.fault("a declaration other than one DOCTYPE")
			}
			doctype = true
			var v Version
			if v, declared = doctypeVersion(decl); declared {
				r.doc.Version = v
			}
			if _, subset, ok := strings.Cut(decl, "<?wap-pap-ver"); ok {
				r.doc.Supported = clip(supportedVersions(subset), 100)
			}
		case charData:
			if !blank(t.text) {
				return token{}, r.fault("text before the root element")
			}
		case endTag:
			return token{}, r.fault("an end tag before the root element")
		case startTag:
			return t, r.negotiate(declared)
		}
	}
}

// negotiate settles the version: the DOCTYPE's, else the best one of the list of supported versions, else the default. The
// answer to a version that is not supported goes out in the best one that both sides know.
func (r *reader) negotiate(declared bool) error {
	if declared && r.doc.Version.supported() {
		return nil
	}
	common, ok := bestCommon(r.doc.Supported)
	switch {
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

// child returns the start tag of the next child of the named element, or end when its end tag was read.
func (r *reader) child(inside string) (start token, end bool, err error) {
	for {
		t, err := r.token()
		if errors.Is(err, io.EOF) {
			return token{}, false, r.fault(fmt.Sprintf("the document ends inside <%s>", inside))
		}
		if err != nil {
			return token{}, false, err
		}
		switch t.kind {
		case startTag:
			return t, false, nil
		case endTag:
			if name := t.name; name != inside {
				return token{}, false, r.fault(fmt.Sprintf("<%s> is closed by </%s>", inside, clip(name, 40)))
			}
			return token{}, true, nil
		case charData:
			if !blank(t.text) {
				return token{}, false, r.fault(fmt.Sprintf("text inside <%s>", inside))
			}
		case declaration:
			return token{}, false, r.fault(fmt.Sprintf("a declaration inside <%s>", inside))
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
		switch t.kind {
		case instruction:
		case charData:
			if !blank(t.text) {
				return r.fault("text after the root element")
			}
		default:
			return r.fault("markup after the root element")
		}
	}
}

func blank(text []byte) bool { return len(bytes.TrimLeft(text, " \t\r\n")) == 0 }

// syntax makes an Error of what encoding/xml has to say.
func (r *reader) syntax(err error) error {
	at := r.offset()
	if errors.Is(err, io.EOF) {
		return io.EOF
	}
	e := r.faultAt(max(r.start, at-fragmentSize/2), clip(err.Error(), 120))
	var s *xml.SyntaxError
	if errors.As(err, &s) {
		e.Text, e.Line = clip(s.Msg, 120), r.line(s.Line)
	}
	return e
}

const fragmentSize = 128

// fault is an error at the last token.
func (r *reader) fault(text string) *Error { return r.faultAt(r.start, text) }

// faultIn is an error at an attribute of the last token.
func (r *reader) faultIn(attribute, text string) *Error {
	at := r.start
	if i := bytes.Index(r.src[at:min(len(r.src), r.offset())], []byte(attribute)); i > 0 {
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
