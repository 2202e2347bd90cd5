package metrics

import (
	"regexp"
	"strings"
	"sync"
)

// causes makes labels of the causes that bearers give: few, and without the numbers, names and addresses of one case. Causes are
// text of plugins, so how many different ones there are is bounded, too.
type causes struct {
	mu    sync.Mutex
	known map[string]bool
}

const (
	maxCauses   = 100
	maxCause    = 60 // octets
	otherCause  = "other"
	absentCause = "none given"
)

var (
	// An SMPP command_status by its name (SMPP 3.4 §5.1.3).
	smppStatus = regexp.MustCompile(`\bESME_R[A-Z]+\b`)
	// What is of one case only: numbers, and words with a digit, an @ or a quotation mark in them.
	particular = regexp.MustCompile(`\S*[0-9@"/]\S*`)
)

// label gives the class of a cause: the status of the SMSC if it names one, else its words up to the first colon.
func (c *causes) label(cause string) string {
	class := smppStatus.FindString(cause)
	if class == "" {
		head, _, _ := strings.Cut(cause, ":")
		class = strings.Join(strings.Fields(particular.ReplaceAllString(strings.ToValidUTF8(head, ""), " ")), " ")
	}
	if class == "" {
		return absentCause
	}
	if len(class) > maxCause {
		class = strings.ToValidUTF8(class[:maxCause], "")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.known[class] {
		if len(c.known) >= maxCauses {
			return otherCause
		}
		if c.known == nil {
			c.known = map[string]bool{}
		}
		c.known[strings.Clone(class)] = true
	}
	return class
}
