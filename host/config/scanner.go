package config

import (
	"strconv"
	"strings"
)

// A scanner walks over TOML (1.0, with the line breaks in inline tables of 1.1) to find keys and their lines. It never looks
// at what values mean. It always moves on, so that it ends on any text.
type scanner struct {
	text string
	pos  int
	line int
}

// maxNesting stops the descent into values; the TOML parser has accepted or refused the text by then.
const maxNesting = 1000

func (s *scanner) document(root *node) {
	table := root
	if strings.HasPrefix(s.text, "\ufeff") {
		s.pos = len("\ufeff")
	}
	for s.blank(); s.pos < len(s.text); s.blank() {
		line := s.line
		switch {
		case s.skip("[["):
			names := s.dotted()
			s.space()
			s.skip("]]")
			list := root.define(names, line)
			list.list = true
			table = &node{line: line}
			list.items = append(list.items, table)
		case s.skip("["):
			names := s.dotted()
			s.space()
			s.skip("]")
			table = root.define(names, line).last()
		default:
			s.assignment(table, 0)
		}
	}
}

// assignment reads a key, "=" and its value.
func (s *scanner) assignment(table *node, depth int) {
	line, start := s.line, s.pos
	names := s.dotted()
	s.space()
	s.skip("=")
	s.blank()
	s.value(table.define(names, line), depth+1)
	if s.pos == start {
		s.pos++ // no TOML: move on
	}
}

func (s *scanner) value(n *node, depth int) {
	switch {
	case s.pos >= len(s.text) || depth > maxNesting:
	case s.skip(`"""`):
		s.until(`"""`, true)
	case s.skip(`'''`):
		s.until(`'''`, false)
	case s.text[s.pos] == '"' || s.text[s.pos] == '\'':
		s.quoted()
	case s.skip("["):
		n.list = true
		for s.blank(); s.pos < len(s.text) && !s.skip("]"); s.blank() {
			item, start := &node{line: s.line}, s.pos
			s.value(item, depth+1)
			n.items = append(n.items, item)
			s.blank()
			s.skip(",")
			if s.pos == start {
				s.pos++
			}
		}
	case s.skip("{"):
		for s.blank(); s.pos < len(s.text) && !s.skip("}"); s.blank() {
			s.assignment(n, depth+1)
			s.blank()
			s.skip(",")
		}
	default: // a number, a date (which may hold a space), a boolean
		for s.pos < len(s.text) && !strings.ContainsRune(",]}#\n", rune(s.text[s.pos])) {
			s.pos++
		}
	}
}

// dotted reads a key: bare or quoted names with dots between them.
func (s *scanner) dotted() []string {
	var names []string
	for {
		s.space()
		names = append(names, s.name())
		s.space()
		if !s.skip(".") {
			return names
		}
	}
}

func (s *scanner) name() string {
	if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
		return s.quoted()
	}
	start := s.pos
	for s.pos < len(s.text) && isBare(s.text[s.pos]) {
		s.pos++
	}
	return s.text[start:s.pos]
}

func isBare(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}

// quoted reads a string of one line, in either quotes, and returns what it says.
func (s *scanner) quoted() string {
	quote := s.text[s.pos]
	s.pos++
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] != quote && s.text[s.pos] != '\n' {
		if s.text[s.pos] == '\\' && quote == '"' && s.pos+1 < len(s.text) && s.text[s.pos+1] != '\n' {
			s.pos++
		}
		s.pos++
	}
	text := s.text[start:min(s.pos, len(s.text))]
	if s.pos < len(s.text) && s.text[s.pos] == quote {
		s.pos++
	}
	if quote == '"' && strings.Contains(text, `\`) {
		return unescape(text)
	}
	return text
}

// unescape resolves the escapes of a basic string (TOML 1.1 §String); an escape that is none stays as it is.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		digits := 0
		switch c := s[i]; c {
		case 'b':
			b.WriteByte('\b')
		case 't':
			b.WriteByte('\t')
		case 'n':
			b.WriteByte('\n')
		case 'f':
			b.WriteByte('\f')
		case 'r':
			b.WriteByte('\r')
		case 'e':
			b.WriteByte('\x1b')
		case 'x':
			digits = 2
		case 'u':
			digits = 4
		case 'U':
			digits = 8
		default: // '"' and '\\' are themselves
			b.WriteByte(c)
		}
		if digits > 0 && i+digits < len(s) {
			if r, err := strconv.ParseUint(s[i+1:i+1+digits], 16, 32); err == nil {
				b.WriteRune(rune(r))
				i += digits
			}
		}
	}
	return b.String()
}

// until moves behind the end of a multi-line string. Up to two quotes may stand directly before its end.
func (s *scanner) until(end string, escapes bool) {
	for s.pos < len(s.text) {
		switch {
		case escapes && s.text[s.pos] == '\\' && s.pos+1 < len(s.text) && s.text[s.pos+1] != '\n':
			s.pos += 2
		case strings.HasPrefix(s.text[s.pos:], end):
			s.pos += len(end)
			for i := 0; i < 2 && s.pos < len(s.text) && s.text[s.pos] == end[0]; i++ {
				s.pos++
			}
			return
		default:
			s.newline()
			s.pos++
		}
	}
}

// newline counts the line that ends here, if one does.
func (s *scanner) newline() {
	if s.text[s.pos] == '\n' {
		s.line++
	}
}

// space moves over blanks and tabs, blank also over line ends and comments.
func (s *scanner) space() {
	for s.pos < len(s.text) && (s.text[s.pos] == ' ' || s.text[s.pos] == '\t') {
		s.pos++
	}
}

func (s *scanner) blank() {
	for s.pos < len(s.text) {
		switch s.text[s.pos] {
		case ' ', '\t', '\r':
			s.pos++
		case '\n':
			s.line++
			s.pos++
		case '#':
			for s.pos < len(s.text) && s.text[s.pos] != '\n' {
				s.pos++
			}
		default:
			return
		}
	}
}

// skip moves over prefix if it stands here.
func (s *scanner) skip(prefix string) bool {
	if !strings.HasPrefix(s.text[s.pos:], prefix) {
		return false
	}
	s.pos += len(prefix)
	return true
}
