package pap

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// An Error says why a submission or a document is refused, in terms its sender can act on.
type Error struct {
	// Code is what PAP calls it.
	Code Code
	// Line is the line of the control document, 0 if the fault is elsewhere.
	Line int
	// Text names what is wrong and where, for the sender.
	Text string
	// Fragment is a piece of the document at the fault, at most 128 octets of valid UTF-8.
	Fragment string
	// Message is the message that was understood, and is refused; nil if the document can not be read, which is answered
	// with a badmessage-response.
	Message Message
}

func (e *Error) Error() string { return e.Code.String() + ": " + e.Desc() }

// Desc returns the text for the desc attribute: line and fault.
func (e *Error) Desc() string {
	if e.Line == 0 {
		return e.Text
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Text
}

// clip shortens s to at most n octets and an ellipsis, and makes it valid UTF-8.
func clip(s string, n int) string {
	if len(s) > n {
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
