package config

import (
	"net/netip"
	"slices"
	"strings"
)

// An Initiator is one [[initiator]]: who may push. It proves who it is by credentials, by its source address, by a domain, or by
// several of them.
type Initiator struct {
	Name string
	// Username and PasswordFile are its HTTP basic credentials; both or none. The file holds the bcrypt hash that "ppgbox
	// password" prints, and PasswordHash is what Load read from it.
	Username     string
	PasswordFile string
	PasswordHash []byte
	// Source are the addresses it may speak from; none is any.
	Source []netip.Prefix
	// Domain are DNS names in lower case, of which its client certificate has to hold one; "*." in front stands for one label. None:
	// it needs no certificate.
	Domain []string
	// ProveAny, where both Source and Domain are given: one of them is enough. Default false, it needs both.
	ProveAny bool
	// Applications are the application identifiers it may push to, by their one name (wsp.ApplicationURI); none is any.
	Applications []string
	// Rate is how many pushes a second it may submit; 0, the default, is no limit.
	Rate float64
	// Pending is the most deliveries of its own without a final state; 0, the default, leaves it to Limits.Pending.
	Pending int
}

// initiators reads [[initiator]], after [listen] and [[application]].
func (r *reader) initiators(ts []*table, c *Config) []Initiator {
	var ins []Initiator
	for _, t := range ts {
		in := r.initiator(t, c)
		if in.Name != "" && slices.ContainsFunc(ins, func(o Initiator) bool { return o.Name == in.Name }) {
			t.bad("name", "", "%q is the name of another initiator", in.Name)
		}
		if in.Username != "" && slices.ContainsFunc(ins, func(o Initiator) bool { return o.Username == in.Username }) {
			t.bad("username", "", "%q is the username of another initiator", in.Username)
		}
		for i := range ins {
			r.confused(t, &in, &ins[i])
		}
		ins = append(ins, in)
	}
	return ins
}

func (r *reader) initiator(t *table, c *Config) Initiator {
	defer t.done()
	in := Initiator{
		Name:         t.required("name"),
		Username:     t.text("username", ""),
		PasswordFile: r.resolve(t.text("password_file", "")),
		Domain:       r.domains(t, c.Listen),
		ProveAny:     t.oneOf("prove", "all", "all", "any") == "any",
		Applications: r.allowed(t, c.Applications),
		Rate:         r.rate(t, "rate"),
		Pending:      t.number("pending", 0, 0, 100_000_000),
	}
	for i, s := range t.texts("source") {
		if p, ok := prefix(s); ok {
			in.Source = append(in.Source, p)
		} else if s != "" {
			t.problem(t.item("source", i), "", "must be an IP address or a prefix like 192.0.2.0/24, not %q", s)
		}
	}
	switch {
	case in.Username != "" && in.PasswordFile == "":
		t.bad("password_file", "", "is required with username")
	case in.Username == "" && in.PasswordFile != "":
		t.bad("username", "", "is required with password_file")
	case strings.Contains(in.Username, ":"):
		t.bad("username", "", "must not contain a colon (RFC 7617 §2)")
	case in.Username == "" && !t.has("source") && !t.has("domain"):
		t.problem(t.path, "", "needs a proof of who it is: username and password_file, source, domain, or several of them")
	}
	if t.has("prove") && !(t.has("source") && t.has("domain")) {
		t.bad("prove", "", "is for an initiator with both source and domain")
	}
	return in
}

// A way is one in which an initiator without credentials can be known: by a source, by a domain, or by both together.
type way struct {
	source []netip.Prefix // nil: from anywhere
	domain []string       // nil: without a certificate
}

func (in *Initiator) ways() []way {
	switch {
	case in.Username != "":
		return nil
	case in.ProveAny && len(in.Source) > 0 && len(in.Domain) > 0:
		return []way{{source: in.Source}, {domain: in.Domain}}
	case len(in.Source) > 0 || len(in.Domain) > 0:
		return []way{{in.Source, in.Domain}}
	}
	return nil
}

// confused reports two initiators of which nothing in a request could say which of them it is. A certificate counts more than an
// address, so one with a domain is told from one without.
func (r *reader) confused(t *table, in, other *Initiator) {
	for _, a := range in.ways() {
		for _, b := range other.ways() {
			if (a.domain == nil) != (b.domain == nil) {
				continue
			}
			source, sameSource := overlap(a.source, b.source)
			domain, sameDomain := sharedDomain(a.domain, b.domain)
			switch {
			case sameSource && a.domain == nil:
				t.bad("source", "", "%s can not be told from initiator %q, which speaks from %s too and has no username either", in.Name, other.Name, source)
			case sameSource && sameDomain:
				t.bad("domain", "", "%s can not be told from initiator %q, which has a certificate for %s too and no username either", in.Name, other.Name, domain)
			}
		}
	}
}

// overlap finds a source that is among both. No source is every source.
func overlap(a, b []netip.Prefix) (netip.Prefix, bool) {
	if a == nil || b == nil {
		return netip.Prefix{}, true
	}
	for _, p := range a {
		for _, q := range b {
			if p.Overlaps(q) {
				return p, true
			}
		}
	}
	return netip.Prefix{}, false
}
