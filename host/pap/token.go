package pap

import "encoding/xml"

// A token is one piece of markup, or a run of text. Comments are of no kind.
type token struct {
	kind tokenKind
	name string      // of a tag, as it was written
	attr []attribute // of a start tag; valid up to the next start tag
	// text is character data, what a processing instruction says, or a declaration without its <! and >.
	text []byte
}

type attribute struct{ name, value string }

type tokenKind uint8

const (
	comment tokenKind = iota
	startTag
	endTag
	charData
	instruction
	declaration
)

// convert makes a token of one of encoding/xml.
func (s *scanner) convert(t xml.Token) token {
	switch t := t.(type) {
	case xml.StartElement:
		s.attr = s.noAttributes()
		for i := range t.Attr {
			s.attr = append(s.attr, attribute{fullName(t.Attr[i].Name), t.Attr[i].Value})
		}
		return token{kind: startTag, name: fullName(t.Name), attr: s.attr}
	case xml.EndElement:
		return token{kind: endTag, name: fullName(t.Name)}
	case xml.CharData:
		return token{kind: charData, text: t}
	case xml.ProcInst:
		return token{kind: instruction, name: t.Target, text: t.Inst}
	case xml.Directive:
		return token{kind: declaration, text: t}
	}
	return token{kind: comment}
}

// fullName returns the name as it was written, with its prefix.
func fullName(n xml.Name) string {
	if n.Space == "" {
		return n.Local
	}
	return n.Space + ":" + n.Local
}
