package config

import (
	"slices"
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
	c.warnOfPushServer(r)
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

// warnOfPushServer finds names that should be the same in two places, and listeners that nobody can use.
func (c *Config) warnOfPushServer(r *reader) {
	var named []string // GGSNs, unless a message may bring other names
	for _, cl := range c.RADIUS.Clients {
		if cl.GGSN == "" {
			named = nil
			break
		}
		named = append(named, cl.GGSN)
	}
	for i, cl := range c.Clients {
		p := path{"client", strconv.Itoa(i), "ggsn"}
		switch {
		case c.Listen.Client != "" && i == 0:
			p = path{"listen", "client"}
		case c.Listen.Client != "":
			p = path{"client", strconv.Itoa(i - 1), "ggsn"}
		}
		if len(named) > 0 && !slices.Contains(named, cl.GGSN) {
			r.problem(p, nearest(cl.GGSN, named), "RADIUS accounting never names a GGSN %q: an address that both tell of would count as two terminals'", cl.GGSN)
		}
	}
	domains := c.Subscribers.PushDomains
	if len(domains) == 0 && (len(c.Clients) > 0 || len(c.Relays) > 0) {
		p := path{"client"}
		if c.Listen.Client != "" {
			p = path{"listen", "client"}
		}
		r.problem(p, "", "nobody can register: [subscribers] push_domains is empty")
	}
	for i := range c.Policies {
		for _, d := range c.Policies[i].Match.UserDomain {
			if !slices.Contains(domains, strings.ToLower(d)) {
				r.problem(path{"policy", strconv.Itoa(i), "match", "user_domain"}, nearest(d, domains), "matches no push: %q is not among [subscribers] push_domains", d)
			}
		}
	}
	if e := c.Subscribers.SessionExpiry; e > 0 && e < c.Subscribers.DynamicValidity && len(c.Clients) > 0 {
		r.problem(path{"subscribers", "session_expiry"}, "", "is %s, so a registration is over before its identifier is not valid any more (dynamic_validity, %s)",
			short(e), short(c.Subscribers.DynamicValidity))
	}
}
