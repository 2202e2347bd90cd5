package browser

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// screen turns a document into what the screen shows.
func screen(mediaType string, body []byte) (string, error) {
	if len(body) == 0 {
		return "", nil
	}
	var l layout
	var err error
	switch mediaType {
	case "application/vnd.wap.wmlc":
		err = readWMLC(body, &l)
	case "text/vnd.wap.wml":
		err = readMarkup(body, &l, withoutVariables)
	case "application/xhtml+xml", "application/vnd.wap.xhtml+xml":
		err = readMarkup(body, &l, asItIs)
	case "text/html":
		if readMarkup(body, &l, asItIs) != nil { // what was readable stays: nobody writes HTML without faults
			l.newLine()
		}
	default:
		if !strings.HasPrefix(mediaType, "text/") || !utf8.Valid(body) {
			return fmt.Sprintf("(%d octets of %s)", len(body), mediaType), nil
		}
		for line := range strings.SplitSeq(string(body), "\n") {
			l.words(line)
			l.newLine()
		}
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", mediaType, err)
	}
	return l.String(), nil
}

// A layout makes lines of what a document says. The zero layout is an empty screen.
type layout struct {
	lines  []string
	line   strings.Builder
	blank  bool // before the next word
	hidden int  // elements whose text is not shown, one in the other
	cards  int
}

// newLine ends the line, if there is something in it.
func (l *layout) newLine() {
	if l.line.Len() > 0 {
		l.lines = append(l.lines, l.line.String())
	}
	l.line.Reset()
	l.blank = false
}

// words adds text; all white space is one blank, and nothing in it can speak to the screen.
func (l *layout) words(text string) {
	if l.hidden > 0 {
		return
	}
	for _, r := range text {
		if unicode.IsSpace(r) {
			l.blank = l.line.Len() > 0
			continue
		}
		if l.blank {
			l.line.WriteByte(' ')
			l.blank = false
		}
		if !unicode.IsPrint(r) {
			r = utf8.RuneError
		}
		l.line.WriteRune(r)
	}
}

// start begins an element. Attributes may be asked for by name and are "" if they are not there.
func (l *layout) start(name string, attribute func(string) string) {
	switch name {
	case "card":
		if l.cards++; l.cards > 1 { // a terminal shows the first (WAP-191 §11.5)
			l.hidden++
			return
		}
		l.newLine()
		l.words(attribute("title"))
		l.newLine()
	case "head", "script", "style", "template":
		l.hidden++
	case "img":
		l.words(" " + attribute("alt") + " ") // a compiler may leave blanks between elements out
	default:
		if breaksLine(name) {
			l.newLine()
		}
	}
}

// end ends it.
func (l *layout) end(name string) {
	switch name {
	case "card":
		if l.newLine(); l.cards > 1 {
			l.hidden--
		}
	case "head", "script", "style", "template":
		l.hidden = max(0, l.hidden-1)
	default:
		if breaksLine(name) {
			l.newLine()
		}
	}
}

func breaksLine(element string) bool {
	switch element {
	case "p", "br", "tr", "li", "div", "option", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "title", "body":
		return true
	}
	return false
}

// String returns the screen.
func (l *layout) String() string {
	l.newLine()
	return strings.Join(l.lines, "\n")
}

// readMarkup reads WML and XHTML, and HTML as far as it is alike. What there is of text goes through a function.
func readMarkup(body []byte, l *layout, text func(string) string) error {
	d := xml.NewDecoder(strings.NewReader(string(body)))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	d.CharsetReader = func(charset string, input io.Reader) (io.Reader, error) {
		if utf8.Valid(body) { // a gateway that converts does not write the declaration again
			return input, nil
		}
		return nil, fmt.Errorf("the charset %s, which was not asked for", charset)
	}
	for depth := 0; ; {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth++; depth > deepest {
				return errDeep
			}
			l.start(strings.ToLower(t.Name.Local), func(name string) string {
				for _, a := range t.Attr {
					if strings.EqualFold(a.Name.Local, name) {
						return a.Value
					}
				}
				return ""
			})
		case xml.EndElement:
			depth--
			l.end(strings.ToLower(t.Name.Local))
		case xml.CharData:
			l.words(text(string(t)))
		}
	}
}

func asItIs(s string) string { return s }

// variable is a reference in WML, or the sign itself, written twice (WAP-191 §10.3.1).
var variable = regexp.MustCompile(`\$(\$|\([^)]*\)|[A-Za-z_][A-Za-z0-9_]*)`)

// withoutVariables puts nothing in the place of variables: none has a value here.
func withoutVariables(s string) string {
	return variable.ReplaceAllStringFunc(s, func(found string) string {
		if found == "$$" {
			return "$"
		}
		return ""
	})
}

// deepest is how many elements may be one in the other.
const deepest = 64

var errDeep = fmt.Errorf("elements are more than %d deep", deepest)
