package apn

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// codeAddressError is the PAP code of a push to an address that is none (OMA-TS-PAP §9.13).
const codeAddressError = 2002

// session is the one to push to, as the gateway knows it: of the subscriber's live sessions where the rule says the first, since the
// newest comes first; nil if there is none, which is no reason against the rule. A session at another access point or GGSN, or whose
// own access point is not known, may have an address that belongs to somebody else there.
func (p *Plugin) session(r rule, of push.Subscriber) (*push.Session, error) {
	if t := of.Address.Type; t == push.IPv4 || t == push.IPv6 {
		return p.sessionWith(of.Address.Value, r, of.Sessions)
	}
	for _, s := range of.Sessions {
		if p.live(s) && r.serves(s) {
			return &s, nil
		}
	}
	return nil, nil
}

func (p *Plugin) live(s push.Session) bool { return s.Expires.IsZero() || p.now().Before(s.Expires) }

// sessionWith is the session that has the address that is pushed to, or without any the address alone. Who has it elsewhere is not
// who would get the push, and of several that have it the push does not say which is meant.
func (p *Plugin) sessionWith(address string, r rule, sessions []push.Session) (*push.Session, error) {
	addr, err := netip.ParseAddr(address)
	if err != nil {
		return nil, &push.Error{Code: codeAddressError, Text: "the address is no IP address", Cause: err.Error()}
	}
	var live []push.Session
	has := func(s push.Session) bool { return s.Address.Unmap() == addr.Unmap() }
	for _, s := range sessions {
		if has(s) && p.live(s) {
			live = append(live, s)
		}
	}
	switch {
	case len(live) == 0 && slices.ContainsFunc(sessions, has):
		return nil, notHere("all sessions with the address %s have expired", address)
	case len(live) == 0:
		return &push.Session{Address: addr}, nil
	case len(live) > 1:
		return nil, notHere("%d sessions have the address %s, as %s and %s", len(live), address, place(live[0]), place(live[1]))
	case !r.serves(live[0]):
		return nil, notHere("the session with the address %s is at %s, and the rule is about %s",
			address, place(live[0]), place(push.Session{GGSN: r.ggsn, APN: r.apn}))
	}
	return &live[0], nil
}

// place names where a session is, for operators.
func place(s push.Session) string { return fmt.Sprintf("access point %q at GGSN %q", s.APN, s.GGSN) }
