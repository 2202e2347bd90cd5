package config

import (
	"strconv"
	"strings"
	"time"
)

// Warnings are what is allowed and hardly meant: a gateway with it starts, and refuses pushes. They are for whoever writes the
// file; Load and Check do not report them.
func (c *Config) Warnings() Problems {
	r := &reader{file: c.File, dir: c.Dir, lines: c.lines}
	if len(c.Initiators) == 0 {
		r.problem(path{"initiator"}, "", "nobody may push: there is no [[initiator]]")
	}
	if c.TLS != nil {
		if key, text := c.TLS.expired(time.Now()); key != "" {
			r.problem(path{"listen", key}, "", "%s", text)
		}
	}
	if len(c.Policies) == 0 {
		r.problem(path{"policy"}, "", "every push is refused: there is no [[policy]]")
	}
	for i := range c.Policies {
		for n, prefix := range c.Policies[i].Match.Prefix {
			if !strings.HasPrefix(prefix, "0") { // no country code does (ITU-T E.164)
				continue
			}
			p := path{"policy", strconv.Itoa(i), "match", "prefix"}
			if item := p.with(strconv.Itoa(n)); r.lines.has(item) {
				p = item
			}
			r.problem(p, suggestPrefix(prefix), "matches no push: numbers are international, a country code and no 0 in front of it, not %q", prefix)
		}
	}
	r.problems.sort()
	return r.problems
}

// suggestPrefix takes away the international prefix of most countries: "+49" for "0049".
func suggestPrefix(prefix string) string {
	if rest, ok := strings.CutPrefix(prefix, "00"); ok && rest != "" && rest[0] != '0' {
		return "+" + rest
	}
	return ""
}
