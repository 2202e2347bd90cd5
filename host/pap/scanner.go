package pap

import (
	"bytes"
	"encoding/xml"
	"io"
)

// scanner divides a document into tokens. What ordinary control documents are made of it reads itself, in a tenth of the
// time. At the first token that holds anything else (a reference, a character outside ASCII, a comment, text, a fault) it
// hands the rest of the document over to encoding/xml, which knows all of XML, and what to say of a fault. So it may take
// less than encoding/xml at any place, and never more; FuzzScanner compares them.
type scanner struct {
	src   []byte // UTF-8
	start int    // offset of the token that next returned, or failed to
	at    int    // offset after it
	attr  []attribute
	room  [8]attribute // for attr
	// open is the name of an empty element whose end tag is the next token.
	open string

	rest *xml.Decoder // once the rest was handed over
	from int          // offset of the rest
}

// offset returns where the next token begins, or where reading stopped at a fault.
func (s *scanner) offset() int {
	if s.rest != nil {
		return s.from + int(s.rest.InputOffset())
	}
	return s.at
}

// next returns the next token, or io.EOF. Blanks between tags may come as a token or not at all.
func (s *scanner) next() (token, error) {
	s.start = s.offset()
	if s.rest == nil {
		if s.open != "" {
			t := token{kind: endTag, name: s.open}
			s.open = ""
			return t, nil
		}
		at := skipBlanks(s.src, s.at)
		if at == len(s.src) {
			s.start, s.at = at, at
			return token{}, io.EOF
		}
		if t, end := s.plain(at); end > 0 {
			s.start, s.at = at, end
			return t, nil
		}
		s.handOver()
	}
	t, err := s.rest.RawToken()
	if err != nil {
		return token{}, err
	}
	return s.convert(t), nil
}

// noAttributes returns an empty list with room, that of the token before.
func (s *scanner) noAttributes() []attribute {
	if s.attr == nil {
		return s.room[:0]
	}
	return s.attr[:0]
}

func (s *scanner) handOver() {
	s.from = s.at
	s.rest = xml.NewDecoder(bytes.NewReader(s.src[s.at:]))
	// The source is UTF-8 already, whatever its declaration says.
	s.rest.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
}

// line returns the line of the document that a line of the rest is.
func (s *scanner) line(ofRest int) int { return ofRest + bytes.Count(s.src[:s.from], []byte{'\n'}) }

// plain reads the token at an offset if it is a plain one, and returns the offset after it, or -1.
func (s *scanner) plain(at int) (token, int) {
	src := s.src
	if src[at] != '<' || at+1 == len(src) {
		return token{}, -1
	}
	switch src[at+1] {
	case '/':
		return plainEndTag(src, at+2)
	case '?':
		return plainInstruction(src, at+2)
	case '!':
		return plainDoctype(src, at+2)
	}
	return s.plainStartTag(at + 1)
}

func (s *scanner) plainStartTag(at int) (token, int) {
	src := s.src
	end := nameEnd(src, at)
	if end < 0 {
		return token{}, -1
	}
	name := word(src[at:end])
	s.attr = s.noAttributes()
	for {
		at = skipBlanks(src, end)
		switch {
		case at == len(src):
			return token{}, -1
		case src[at] == '>':
			return token{kind: startTag, name: name, attr: s.attr}, at + 1
		case src[at] == '/':
			if at+1 == len(src) || src[at+1] != '>' {
				return token{}, -1
			}
			s.open = name
			return token{kind: startTag, name: name, attr: s.attr}, at + 2
		}
		var a attribute
		if a, end = plainAttribute(src, at); end < 0 {
			return token{}, -1
		}
		s.attr = append(s.attr, a)
	}
}

// plainAttribute reads name="value".
func plainAttribute(src []byte, at int) (attribute, int) {
	end := nameEnd(src, at)
	if end < 0 {
		return attribute{}, -1
	}
	name := src[at:end]
	at = skipBlanks(src, end)
	if at == len(src) || src[at] != '=' {
		return attribute{}, -1
	}
	at = skipBlanks(src, at+1)
	if at == len(src) || src[at] != '"' && src[at] != '\'' {
		return attribute{}, -1
	}
	quote := src[at]
	at++
	for i := at; i < len(src); i++ {
		switch c := src[i]; {
		case c == quote:
			return attribute{word(name), word(src[at:i])}, i + 1
		case c < ' ', c > '~', c == '&', c == '<':
			return attribute{}, -1
		}
	}
	return attribute{}, -1
}

func plainEndTag(src []byte, at int) (token, int) {
	end := nameEnd(src, at)
	if end < 0 {
		return token{}, -1
	}
	name := src[at:end]
	end = skipBlanks(src, end)
	if end == len(src) || src[end] != '>' {
		return token{}, -1
	}
	return token{kind: endTag, name: word(name)}, end + 1
}

func plainInstruction(src []byte, at int) (token, int) {
	end := nameEnd(src, at)
	if end < 0 {
		return token{}, -1
	}
	name := src[at:end]
	at = skipBlanks(src, end)
	length := bytes.Index(src[at:], []byte("?>"))
	if length < 0 {
		return token{}, -1
	}
	text := src[at : at+length]
	// Whether another version of XML is served is for encoding/xml to say.
	if string(name) == "xml" && !bytes.HasPrefix(text, []byte(`version="1.0"`)) {
		return token{}, -1
	}
	return token{kind: instruction, name: word(name), text: text}, at + length + len("?>")
}

// plainDoctype reads a document type declaration, with an internal subset that holds no declarations.
func plainDoctype(src []byte, at int) (token, int) {
	if !bytes.HasPrefix(src[at:], []byte("DOCTYPE")) {
		return token{}, -1
	}
	quote, depth := byte(0), 0
	for i := at; i < len(src); i++ {
		switch c := src[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"', c == '\'':
			quote = c
		case c == '>' && depth == 0:
			return token{kind: declaration, text: src[at:i]}, i + 1
		case c == '>':
			depth--
		case c == '<':
			if i+1 < len(src) && src[i+1] == '!' {
				return token{}, -1
			}
			depth++
		}
	}
	return token{}, -1
}

func skipBlanks(src []byte, at int) int {
	for at < len(src) && (src[at] == ' ' || src[at] == '\n' || src[at] == '\r' || src[at] == '\t') {
		at++
	}
	return at
}

// nameEnd returns the offset after the name that begins at an offset, -1 if there is none in ASCII and without a prefix.
func nameEnd(src []byte, at int) int {
	start := at
	for ; at < len(src); at++ {
		c := src[at]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_':
		case at > start && (c == '-' || c == '.' || c >= '0' && c <= '9'):
		case at == start, c == ':', c >= 0x80:
			return -1
		default:
			return at
		}
	}
	return -1
}
