package metrics

import (
	"maps"
	"strings"
	"sync"
	"sync/atomic"
)

// causes makes labels of the causes that bearers give: few, and without the numbers, names and addresses of one case. Causes are
// text of plugins, so how many different ones there are is bounded, too. A push that is tried over two bearers has one, so a label
// that is known takes no lock and no memory.
type causes struct {
	known atomic.Pointer[map[string]bool] // never changed, but replaced
	mu    sync.Mutex                      // held while it is replaced
}

const (
	maxCauses   = 100
	maxCause    = 60 // octets
	otherCause  = "other"
	absentCause = "none given"
)

// label gives the class of a cause: the status of the SMSC if it names one, else its words up to the first colon.
func (c *causes) label(cause string) string {
	class := smppStatus(cause)
	if class == "" {
		head, _, _ := strings.Cut(cause, ":")
		class = generalWords(strings.ToValidUTF8(head, ""))
	}
	if class == "" {
		return absentCause
	}
	if len(class) > maxCause {
		class = strings.ToValidUTF8(class[:maxCause], "")
	}
	if known := c.known.Load(); known != nil && (*known)[class] {
		return class
	}
	return c.add(class)
}

func (c *causes) add(class string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := map[string]bool{}
	if old := c.known.Load(); old != nil {
		switch {
		case (*old)[class]:
			return class
		case len(*old) >= maxCauses:
			return otherCause
		}
		known = maps.Clone(*old)
	}
	class = strings.Clone(class)
	known[class] = true
	c.known.Store(&known)
	return class
}

// smppStatus returns the first SMPP command_status that text gives by its name (SMPP 3.4 §5.1.3), "" if there is none.
func smppStatus(text string) string {
	const prefix = "ESME_R"
	for from := 0; ; {
		i := strings.Index(text[from:], prefix)
		if i < 0 {
			return ""
		}
		start := from + i
		from = start + len(prefix)
		end := from
		for end < len(text) && text[end] >= 'A' && text[end] <= 'Z' {
			end++
		}
		whole := (start == 0 || !isWordOctet(text[start-1])) && (end == len(text) || !isWordOctet(text[end]))
		if end > from && whole {
			return text[start:end]
		}
	}
}

func isWordOctet(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// particular is what makes a word one of one case only: a number, an address, a quotation.
const particular = `0123456789@"/`

// generalWords returns the words of text that are not of one case only, one blank between them.
func generalWords(text string) string {
	if areGeneralWords(text) {
		return text
	}
	var kept []string
	for word := range strings.FieldsFuncSeq(text, isASCIIBlank) {
		if !strings.ContainsAny(word, particular) {
			kept = append(kept, strings.Fields(word)...) // blanks outside ASCII divide what is kept, and not what is left out
		}
	}
	return strings.Join(kept, " ")
}

// areGeneralWords says whether text is plainly what generalWords would make of it, which most causes are.
func areGeneralWords(text string) bool {
	blank := true // one before this octet
	for i := range len(text) {
		c := text[i]
		switch {
		case c == ' ' && blank, c < ' ', c > '~', c >= '0' && c <= '9', c == '@', c == '"', c == '/':
			return false
		}
		blank = c == ' '
	}
	return !blank
}

func isASCIIBlank(c rune) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r' }
