package pap

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/ppgbox/ppgbox/sdk/push"
)

const (
	maxBoundary     = 200     // octets; RFC 2046 §5.1.1 allows 70
	maxHeaderOctets = 8 << 10 // of one part
	maxHeaders      = 64      // of one part
)

// A part is one entity of a multipart body; it points into the body.
type part struct {
	headers []push.Header // in the order they came, names as they were written
	body    []byte
}

// splitMultipart takes a multipart body apart (RFC 2046 §5.1). mime/multipart would not do: it hands headers over as a map,
// and their order is the Push Initiator's to choose. Line ends are CRLF or LF, as the first delimiter line has it.
//
// The parts come in room, and may be as many as fit.
func splitMultipart(body []byte, boundary string, room []part) ([]part, error) {
	if boundary == "" || len(boundary) > maxBoundary {
		return nil, fmt.Errorf("the multipart has no boundary parameter of 1 to %d octets", maxBoundary)
	}
	delimiter := []byte("--" + boundary)
	first, ok := nextDelimiter(body, delimiter, 0)
	if !ok || first.last {
		return nil, errors.New("the multipart does not begin with its delimiter line")
	}
	crlf := bytes.HasSuffix(body[:first.end], []byte("\r\n"))
	parts := room[:0]
	for at := first; !at.last; {
		next, ok := nextDelimiter(body, delimiter, at.end)
		if !ok {
			return nil, errors.New("the multipart has no close delimiter")
		}
		if len(parts) == cap(parts) {
			return nil, fmt.Errorf("the multipart has more than %d parts", cap(parts))
		}
		// The line end before a delimiter belongs to it.
		end := max(next.start-1, at.end)
		if crlf && end > at.end && body[end-1] == '\r' {
			end--
		}
		p, err := parsePart(body[at.end:end:end])
		if err != nil {
			return nil, fmt.Errorf("part %d: %w", len(parts)+1, err)
		}
		parts = append(parts, p)
		at = next
	}
	return parts, nil
}

// delimiterLine is a line that begins with the delimiter: where it starts and where the next line does.
type delimiterLine struct {
	start, end int
	last       bool // the close delimiter
}

func nextDelimiter(body, delimiter []byte, from int) (delimiterLine, bool) {
	for {
		i := bytes.Index(body[from:], delimiter)
		if i < 0 {
			return delimiterLine{}, false
		}
		start := from + i
		from = start + 1
		if start > 0 && body[start-1] != '\n' {
			continue
		}
		rest := body[start+len(delimiter):]
		if bytes.HasPrefix(rest, []byte("--")) {
			return delimiterLine{start: start, last: true}, true
		}
		blanks := len(rest) - len(bytes.TrimLeft(rest, " \t"))
		for _, lineEnd := range [...]string{"\r\n", "\n"} {
			if bytes.HasPrefix(rest[blanks:], []byte(lineEnd)) {
				return delimiterLine{start: start, end: start + len(delimiter) + blanks + len(lineEnd)}, true
			}
		}
	}
}

// parsePart divides an entity into headers and body.
func parsePart(entity []byte) (part, error) {
	var p part
	for size := 0; ; {
		line, rest, ended := bytes.Cut(entity, []byte{'\n'})
		line = bytes.TrimSuffix(line, []byte{'\r'})
		if size += len(line); size > maxHeaderOctets {
			return p, fmt.Errorf("the headers are longer than %d octets", maxHeaderOctets)
		}
		if len(line) == 0 {
			p.body = rest
			return p, nil
		}
		if err := p.addHeaderLine(headerLine(line)); err != nil {
			return p, err
		}
		if !ended { // the blank line is the one that belongs to the next delimiter: an empty body
			return p, nil
		}
		entity = rest
	}
}

func (p *part) addHeaderLine(line string) error {
	if !isText(line) {
		return fmt.Errorf("the header line %q is not text in UTF-8", clip(line, 40))
	}
	if line[0] == ' ' || line[0] == '\t' { // folded: it goes on
		if len(p.headers) == 0 {
			return fmt.Errorf("the header line %q continues nothing", clip(line, 40))
		}
		h := &p.headers[len(p.headers)-1]
		h.Value = strings.TrimSpace(h.Value + " " + strings.TrimSpace(line))
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	name = strings.TrimRight(name, " \t")
	if !ok || name == "" || strings.IndexFunc(name, notToken) >= 0 {
		return fmt.Errorf("%q is no header line", clip(line, 40))
	}
	if len(p.headers) == maxHeaders {
		return fmt.Errorf("more than %d headers", maxHeaders)
	}
	if p.headers == nil {
		p.headers = make([]push.Header, 0, 4)
	}
	p.headers = append(p.headers, push.Header{Name: name, Value: strings.TrimSpace(value)})
	return nil
}

// isText says whether s is UTF-8 without control characters but the tab.
func isText(s string) bool {
	ascii := true
	for i := range len(s) {
		c := s[i]
		if c < ' ' && c != '\t' || c == 0x7F {
			return false
		}
		ascii = ascii && c < utf8.RuneSelf
	}
	return ascii || utf8.ValidString(s)
}

// notToken says whether c can not be part of a header name (RFC 9110 §5.6.2).
func notToken(c rune) bool {
	switch c {
	case '"', '(', ')', ',', '/', ':', ';', '<', '=', '>', '?', '@', '[', '\\', ']', '{', '}':
		return true
	}
	return c <= ' ' || c >= 0x7F
}

// take removes the named header and returns its value. A header that came twice is an error: which one counts would be a
// guess.
func (p *part) take(name string) (string, error) {
	value, found := "", false
	kept := p.headers[:0]
	for _, h := range p.headers {
		if !strings.EqualFold(h.Name, name) {
			kept = append(kept, h)
			continue
		}
		if found {
			return "", fmt.Errorf("%s is given twice", name)
		}
		value, found = h.Value, true
	}
	p.headers = kept
	return value, nil
}
