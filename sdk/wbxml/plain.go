package wbxml

import (
	"strings"
	"unicode/utf8"
)

// parsePlain reads a document that is made of what ordinary push documents are made of: a declaration in UTF-8, a document type
// without a subset, tags, text and the five predefined entities. It gives up (ok is false) at anything else, at every fault and
// at every doubt, and the document is read again by encoding/xml, which knows all of XML and what to say of a fault. So it may
// take less than parseXML but never more, and gives the same tree but for white space between elements, of which nothing is
// encoded; FuzzPlain compares them. It takes a sixth of the time.
func parsePlain(utf8 []byte) (root *Element, ok bool) {
	r := plainReader{src: string(utf8), line: 1}
	if !onlyCharacters(r.src) || !r.declaration() {
		return nil, false
	}
	for {
		r.blanks()
		switch {
		case r.at == len(r.src):
			return r.root, r.root != nil && r.depth == 0
		case !r.token():
			return nil, false
		}
	}
}

// onlyCharacters says whether a text is UTF-8 and holds only characters of XML (XML 1.0 §2.2), and no carriage return, which
// would have to be replaced.
func onlyCharacters(s string) bool {
	ascii := true
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' && c != '\n' && c != '\t':
			return false
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	return ascii || utf8.ValidString(s) && !strings.Contains(s, "\uFFFE") && !strings.Contains(s, "\uFFFF")
}

type plainReader struct {
	src   string
	at    int
	line  int // of at
	root  *Element
	open  [maxDepth]*Element
	depth int // of open
	found [maxPlainAttributes]Attribute
}

// maxPlainAttributes is more than any element may have.
const maxPlainAttributes = 8

// next reads a string if it stands here.
func (r *plainReader) next(s string) bool {
	if !strings.HasPrefix(r.src[r.at:], s) {
		return false
	}
	r.at += len(s)
	return true
}

func (r *plainReader) blanks() {
	for ; r.at < len(r.src); r.at++ {
		switch r.src[r.at] {
		case '\n':
			r.line++
		case ' ', '\t':
		default:
			return
		}
	}
}

// name reads a name of ASCII letters without a prefix, "" if there is none.
func (r *plainReader) name() string {
	from := r.at
	for ; r.at < len(r.src); r.at++ {
		switch c := r.src[r.at]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case r.at > from && (c == '-' || c == '.' || c >= '0' && c <= '9'):
		case c == ':', c >= utf8.RuneSelf:
			return ""
		default:
			return r.src[from:r.at]
		}
	}
	return ""
}

// declaration passes over an XML declaration, if there is one, that says nothing but version 1.0 and UTF-8.
func (r *plainReader) declaration() bool {
	if !r.next("<?") {
		return true
	}
	if !r.next("xml ") {
		return false
	}
	text, _, ended := strings.Cut(r.src[r.at:], "?>")
	if !ended || strings.Contains(text, "\n") {
		return false
	}
	r.at += len(text) + len("?>")
	text = strings.ReplaceAll(strings.Trim(text, " "), "'", `"`)
	version, encoding, _ := strings.Cut(text, " ")
	return version == `version="1.0"` && (encoding == "" || strings.EqualFold(encoding, `encoding="utf-8"`))
}

// token reads what stands between two pieces of white space.
func (r *plainReader) token() bool {
	switch {
	case r.src[r.at] != '<':
		return r.text()
	case r.next("</"):
		return r.endTag()
	case r.next("<!DOCTYPE"):
		return r.root == nil && r.doctype()
	}
	r.at++
	return r.startTag()
}

// doctype passes over a document type declaration without an internal subset.
func (r *plainReader) doctype() bool {
	quote := byte(0)
	for ; r.at < len(r.src); r.at++ {
		switch c := r.src[r.at]; {
		case c == '\n':
			r.line++
		case c == '<', c == '[':
			return false
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'':
			quote = c
		case c == '>':
			r.at++
			return true
		}
	}
	return false
}

func (r *plainReader) startTag() bool {
	e := &Element{Name: r.name(), line: r.line}
	if e.Name == "" || !r.enter(e) {
		return false
	}
	n := 0
	for {
		r.blanks()
		switch {
		case r.next(">"):
			e.Attributes = append(e.Attributes, r.found[:n]...)
			return true
		case r.next("/>"):
			e.Attributes = append(e.Attributes, r.found[:n]...)
			r.depth--
			return true
		case n == len(r.found):
			return false
		}
		a, ok := r.attribute()
		if !ok || a.Name == "xmlns" {
			return false
		}
		for _, other := range r.found[:n] {
			if other.Name == a.Name {
				return false
			}
		}
		r.found[n] = a
		n++
	}
}

// enter puts an element into its place in the tree.
func (r *plainReader) enter(e *Element) bool {
	switch {
	case r.depth == maxDepth:
		return false
	case r.depth == 0 && r.root != nil:
		return false
	case r.depth == 0:
		r.root = e
	default:
		parent := r.open[r.depth-1]
		if parent.Text != "" {
			return false
		}
		parent.Children = append(parent.Children, e)
	}
	r.open[r.depth] = e
	r.depth++
	return true
}

func (r *plainReader) attribute() (a Attribute, ok bool) {
	if a.Name = r.name(); a.Name == "" {
		return a, false
	}
	r.blanks()
	if !r.next("=") {
		return a, false
	}
	r.blanks()
	quote := `"`
	if !r.next(quote) {
		if quote = "'"; !r.next(quote) {
			return a, false
		}
	}
	raw, _, ended := strings.Cut(r.src[r.at:], quote)
	if !ended || strings.Contains(raw, "<") {
		return a, false
	}
	r.at += len(raw) + len(quote)
	r.line += strings.Count(raw, "\n")
	a.Value, ok = unescape(raw)
	return a, ok
}

func (r *plainReader) endTag() bool {
	name := r.name()
	r.blanks()
	if name == "" || r.depth == 0 || r.open[r.depth-1].Name != name || !r.next(">") {
		return false
	}
	r.depth--
	return true
}

// text reads the text of an element that has nothing but one text.
func (r *plainReader) text() bool {
	raw, _, ended := strings.Cut(r.src[r.at:], "<")
	if !ended || r.depth == 0 || strings.Contains(raw, "]]>") {
		return false
	}
	e := r.open[r.depth-1]
	if e.Text != "" || len(e.Children) > 0 {
		return false
	}
	r.at += len(raw)
	r.line += strings.Count(raw, "\n")
	var ok bool
	e.Text, ok = unescape(raw)
	return ok
}

// unescape replaces the predefined entities (XML 1.0 §4.6); ok is false if there is another reference.
func unescape(s string) (text string, ok bool) {
	before, rest, some := strings.Cut(s, "&")
	if !some {
		return s, true
	}
	var b strings.Builder
	for b.WriteString(before); some; b.WriteString(before) {
		switch {
		case strings.HasPrefix(rest, "amp;"):
			b.WriteByte('&')
		case strings.HasPrefix(rest, "lt;"):
			b.WriteByte('<')
		case strings.HasPrefix(rest, "gt;"):
			b.WriteByte('>')
		case strings.HasPrefix(rest, "quot;"):
			b.WriteByte('"')
		case strings.HasPrefix(rest, "apos;"):
			b.WriteByte('\'')
		default:
			return "", false
		}
		_, rest, _ = strings.Cut(rest, ";")
		before, rest, some = strings.Cut(rest, "&")
	}
	return b.String(), true
}
