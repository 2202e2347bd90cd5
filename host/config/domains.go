package config

import "strings"

// domains reads the domains of an initiator.
func (r *reader) domains(t *table, l Listen) []string {
	var domains []string
	for i, s := range t.texts("domain") {
		d := strings.ToLower(s)
		name, wildcard := strings.CutPrefix(d, "*.")
		switch {
		case s == "": // reported
		case !isDomain(name) || wildcard && !strings.Contains(name, "."): // "*.net" would be half the world
			t.problem(t.item("domain", i), "", `must be a DNS name like "as.example.net", or "*.example.net" for all with one label more, not %q`, s)
		default:
			domains = append(domains, d)
		}
	}
	if len(domains) > 0 && l.PAPClientCA == "" {
		t.bad("domain", "", "can not be proven: listen.pap_client_ca does not say whose certificates count")
	}
	return domains
}

// isDomain tells whether a text in lower case is a DNS name (RFC 1123 §2.1); "_" is in use in names that are no host's.
func isDomain(s string) bool {
	labels := strings.Split(s, ".")
	if len(s) > 253 {
		return false
	}
	for _, l := range labels {
		strange := func(c rune) bool { return !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') }
		if l == "" || len(l) > 63 || l[0] == '-' || l[len(l)-1] == '-' || strings.ContainsFunc(l, strange) {
			return false
		}
	}
	return strings.ContainsFunc(labels[len(labels)-1], func(c rune) bool { return c < '0' || c > '9' }) // else it is an address
}

// sharedDomain finds a domain that is among both, or that a wildcard of the other covers.
func sharedDomain(a, b []string) (string, bool) {
	for _, p := range a {
		for _, q := range b {
			if p == q || covered(p, q) {
				return p, true
			}
			if covered(q, p) {
				return q, true
			}
		}
	}
	return "", false
}

// covered tells whether the wildcard stands for the name.
func covered(name, wildcard string) bool {
	parent, ok := strings.CutPrefix(wildcard, "*.")
	_, rest, _ := strings.Cut(name, ".")
	return ok && rest == parent
}
