package policy

import "strings"

// A glob is a compiled pattern over media types: "*" stands for any text, also none and also with "/"; "?" for one octet.
type glob struct {
	pattern string // lower case
	literal bool   // no wildcard in it
}

func newGlob(pattern string) glob {
	p := strings.ToLower(strings.TrimSpace(pattern))
	return glob{pattern: p, literal: !strings.ContainsAny(p, "*?")}
}

func anyGlob(gs []glob, s string) bool {
	for i := range gs {
		if gs[i].matches(s) {
			return true
		}
	}
	return false
}

// matches compares with a text in lower case. It does not allocate, and needs at most len(pattern)·len(s) steps, whatever the
// pattern: on a mismatch only the last "*" is stretched.
func (g *glob) matches(s string) bool {
	if g.literal {
		return g.pattern == s
	}
	p := g.pattern
	i, j := 0, 0        // next of s, next of p
	star, from := -1, 0 // last "*" in p, where in s the text after it was tried
	for i < len(s) {
		switch {
		case j < len(p) && p[j] == '*':
			star, from = j, i
			j++
		case j < len(p) && (p[j] == '?' || p[j] == s[i]):
			i++
			j++
		case star >= 0:
			from++
			i, j = from, star+1
		default:
			return false
		}
	}
	return strings.Trim(p[j:], "*") == ""
}
