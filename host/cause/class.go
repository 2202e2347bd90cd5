package cause

import "strings"

// MaxClass is how many octets a class has at most.
const MaxClass = 2*maxPart + len(between)

const (
	maxPart = 80 // octets
	between = ": "
)

// Class is what a cause has in common with others of its kind, without the numbers, names and addresses of one case: the status of
// the SMSC if it names one, else its words. Where it tells one thing after the other, as errors that were wrapped do, those are the
// words of the first, which says what was done, and of the last, which says what happened. It is "" if nothing is left. A cause is text
// of a plugin, so there may be any number of classes. The name that the gateway puts before the error of a plugin is no part of it.
func Class(text string) string {
	if status := smppStatus(text); status != "" {
		return shortened(status)
	}
	text = withoutPlugin(strings.ToValidUTF8(text, ""))
	head, rest, divided := strings.Cut(text, between)
	first := shortened(generalWords(head))
	if !divided {
		return first
	}
	last := shortened(generalWords(rest[strings.LastIndex(rest, between)+1:]))
	switch {
	case first == "":
		return last
	case last == "":
		return first
	}
	return first + between + last
}

func shortened(s string) string {
	if len(s) <= maxPart {
		return s
	}
	return strings.TrimSpace(strings.ToValidUTF8(s[:maxPart], ""))
}

// withoutPlugin takes "plugin hlr: " and "plugin hlr (routing/hlr): " from the beginning of a cause.
func withoutPlugin(text string) string {
	rest, ok := strings.CutPrefix(text, "plugin ")
	if !ok {
		return text
	}
	name, what, ok := strings.Cut(rest, between)
	name, use, hasUse := strings.Cut(name, " ")
	if !ok || name == "" || hasUse && !(strings.HasPrefix(use, "(") && strings.HasSuffix(use, ")")) {
		return text
	}
	return what
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
