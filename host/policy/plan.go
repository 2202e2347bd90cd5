package policy

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// PAP status codes of a Refusal (OMA-TS-PAP §9.14).
const (
	codeForbidden     = 2001
	codeAddressError  = 2002
	codeNoSuchMethod  = 3007 // Specified Delivery Method Not Possible
	codeNoSuchNetwork = 3009 // Required Network Not Available
	codeNoSuchBearer  = 3010 // Required Bearer Not Available
)

// A Refusal says that a push can not be served as the Push Initiator wants it.
type Refusal struct {
	Code int    // PAP status code
	Text string // for the Push Initiator, without names of instances
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d: %s", r.Code, r.Text) }

// A hurdle is a condition that an attempt has to meet for one push, in the order in which they are tried. Where no attempt
// meets them all, the refusal names the furthest that any attempt came to.
type hurdle int

const (
	hurdleAddress hurdle = iota
	hurdleNetwork
	hurdleBearer
	hurdleConfirm
	hurdleNone
)

// refuse returns a *Refusal if no attempt can serve the push.
func (c *compiled) refuse(s *Subject) error {
	furthest := hurdleAddress
	for _, info := range c.bearers {
		furthest = max(furthest, stopsAt(info, s))
	}
	if furthest == hurdleNone {
		return nil
	}
	return refusal(furthest, s)
}

// plan keeps the attempts that can serve the push. Order stays the operator's, also for preferconfirmed: it is a wish, and
// the plan's first bearer may be first because it is fast or cheap. Only confirmed is a condition.
func (c *compiled) plan(s *Subject) *Plan {
	var skipped []Skip
	for i, info := range c.bearers {
		if h := stopsAt(info, s); h != hurdleNone {
			skipped = append(skipped, Skip{Attempt: i, Bearer: c.policy.Attempts[i].Bearer, Reason: reason(h, info, s)})
		}
	}
	encoder := c.encoder[s.ContentType]
	if len(skipped) == 0 {
		return c.whole[encoder]
	}
	p := &Plan{Policy: &c.policy, Encoder: encoder, Skipped: skipped}
	for i := range c.policy.Attempts {
		if !slices.ContainsFunc(p.Skipped, func(s Skip) bool { return s.Attempt == i }) {
			p.Attempts = append(p.Attempts, c.policy.Attempts[i])
		}
	}
	return p
}

// makeWhole makes the plans of pushes that every attempt can serve.
func (c *compiled) makeWhole() {
	c.whole = map[string]*Plan{}
	add := func(encoder string) {
		p := &Plan{Policy: &c.policy, Encoder: encoder, Attempts: c.policy.Attempts}
		names := make([]string, len(p.Attempts))
		for i := range names {
			names[i] = p.Name(i)
		}
		p.names = names
		c.whole[encoder] = p
	}
	add("")
	for _, encoder := range c.encoder {
		if c.whole[encoder] == nil {
			add(encoder)
		}
	}
}

// stopsAt returns the first condition of the push that a bearer does not meet.
func stopsAt(b *plugin.Info, s *Subject) hurdle {
	switch {
	case !Takes(b, s.Address.Type):
		return hurdleAddress
	case s.NetworkRequired && !serves(b.Network, s.Network):
		return hurdleNetwork
	case s.BearerRequired && !serves(b.Bearer, s.Bearer):
		return hurdleBearer
	case s.Method == push.Confirmed && !b.Confirms:
		return hurdleConfirm
	}
	return hurdleNone
}

// Takes reports whether a bearer can serve an address type. A user's terminal may have a number, which is known only when the push is
// dispatched, so a bearer that takes numbers can serve users.
func Takes(b *plugin.Info, t push.AddressType) bool {
	return slices.Contains(b.AddressTypes, t) || t == push.USER && slices.Contains(b.AddressTypes, push.PLMN)
}

// serves compares a name of WDP appendix C that is required with the one a bearer has. "Any" on either side fits, and a
// requirement without a name requires nothing.
func serves(have, want string) bool {
	return want == "" || strings.EqualFold(want, "Any") || strings.EqualFold(have, "Any") || strings.EqualFold(have, want)
}

func refusal(h hurdle, s *Subject) *Refusal {
	switch h {
	case hurdleNetwork:
		return &Refusal{Code: codeNoSuchNetwork, Text: fmt.Sprintf("network %q is not available for this push", s.Network)}
	case hurdleBearer:
		return &Refusal{Code: codeNoSuchBearer, Text: fmt.Sprintf("bearer %q is not available for this push", s.Bearer)}
	case hurdleConfirm:
		return &Refusal{Code: codeNoSuchMethod, Text: "no bearer for this push can confirm its delivery"}
	default:
		return &Refusal{Code: codeAddressError, Text: fmt.Sprintf("address type %s is not served for this push", s.Address.Type)}
	}
}

func reason(h hurdle, b *plugin.Info, s *Subject) string {
	switch h {
	case hurdleNetwork:
		return fmt.Sprintf("network %q is required, it has %q", s.Network, b.Network)
	case hurdleBearer:
		return fmt.Sprintf("bearer %q is required, it is %q", s.Bearer, b.Bearer)
	case hurdleConfirm:
		return "confirmed delivery is required, it can not confirm"
	default:
		return fmt.Sprintf("it does not take address type %s", s.Address.Type)
	}
}
