package wbxml

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// EncodeError says what is wrong with an XML document, and where. Its text is fit for the sender of the document.
type EncodeError struct {
	Line      int    // from 1; the line on which the element starts
	Element   string // "" if the error is not inside an element
	Attribute string // "" if the error is not about an attribute
	Reason    string
}

func (e *EncodeError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "line %d: ", e.Line)
	if e.Element != "" {
		fmt.Fprintf(&b, "element %s: ", e.Element)
	}
	if e.Attribute != "" {
		fmt.Fprintf(&b, "attribute %s: ", e.Attribute)
	}
	b.WriteString(e.Reason)
	return b.String()
}

// DecodeError says at which octet a WBXML document cannot be read further, and why.
type DecodeError struct {
	Offset int
	Reason string
}

func (e *DecodeError) Error() string { return fmt.Sprintf("octet %d: %s", e.Offset, e.Reason) }

// quote shortens text of the sender's for an error.
func quote(s string) string {
	const most = 40
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
