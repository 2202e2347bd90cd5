package config

import (
	"slices"
	"strconv"
	"strings"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// checkPlans reports policies that can never do what they say, given what the plugins are able to do. A policy with an
// match that could not be read or an instance that could not be asked is left alone: those have their own problems.
func (r *reader) checkPlans(c *Config, infos map[string]plugin.Info) {
	for i := range c.Policies {
		p := &c.Policies[i]
		at := path{"policy", strconv.Itoa(i)}
		if match := at.with("match").String(); slices.ContainsFunc(c.problems, func(q Problem) bool {
			return q.Key == match || strings.HasPrefix(q.Key, match+".")
		}) {
			continue
		}
		bearers := make([]plugin.Info, 0, len(p.Attempts))
		for _, a := range p.Attempts {
			if info, ok := infos[a.Bearer]; ok {
				bearers = append(bearers, info)
			}
		}
		if len(bearers) > 0 && len(bearers) == len(p.Attempts) {
			r.checkAddresses(at, p, bearers)
			r.checkConfirmed(at, p, bearers)
		}
		r.checkEncoder(at, p, c.Plugins, infos)
	}
}

// checkAddresses compares the address types that a policy is for with those that its bearers take.
func (r *reader) checkAddresses(at path, p *policy.Policy, bearers []plugin.Info) {
	wanted, key := p.Match.AddressType, "address_type"
	switch {
	case len(wanted) > 0:
	case len(p.Match.Prefix) > 0:
		wanted, key = []push.AddressType{push.PLMN}, "prefix"
	case len(p.Match.UserDomain) > 0:
		wanted, key = []push.AddressType{push.USER}, "user_domain"
	default:
		return
	}
	var not []string
	for _, t := range wanted {
		if !slices.ContainsFunc(bearers, func(b plugin.Info) bool { return policy.Takes(&b, t) }) {
			not = append(not, string(t))
		}
	}
	if len(not) > 0 {
		r.problem(at.with("match", key), "", "no bearer of this policy takes %s addresses", strings.Join(not, " or "))
	}
	if len(not) == len(wanted) {
		return // what follows for each attempt is clear
	}
	for i, b := range bearers {
		if !slices.ContainsFunc(wanted, func(t push.AddressType) bool { return policy.Takes(&b, t) }) {
			r.problem(at.with("attempt", strconv.Itoa(i), "bearer"), "", "is never used: %q takes none of the addresses that this policy is for",
				p.Attempts[i].Bearer)
		}
	}
}

// checkConfirmed reports a policy for confirmed pushes alone without a bearer that confirms.
func (r *reader) checkConfirmed(at path, p *policy.Policy, bearers []plugin.Info) {
	if !slices.Equal(p.Match.DeliveryMethod, []push.DeliveryMethod{push.Confirmed}) {
		return
	}
	if !slices.ContainsFunc(bearers, func(b plugin.Info) bool { return b.Confirms }) {
		r.problem(at.with("match", "delivery_method"), "", "no bearer of this policy can confirm a delivery")
	}
}

// checkEncoder reports an encoder that takes nothing of what the policy names, and a choice that "auto" can not make.
func (r *reader) checkEncoder(at path, p *policy.Policy, plugins []Plugin, infos map[string]plugin.Info) {
	switch p.Encoder {
	case policy.EncoderNone:
	case policy.EncoderAuto:
		r.checkAuto(at, p, plugins, infos)
	default:
		info, ok := infos[p.Encoder]
		if !ok {
			return
		}
		var not []string
		for _, pattern := range p.Match.ContentType {
			one := policy.Match{ContentType: []string{pattern}}
			if !slices.ContainsFunc(info.Takes, one.TakesContentType) {
				not = append(not, pattern)
			}
		}
		if len(not) > 0 {
			r.problem(at.with("encoder"), "", "%q does not take %s", p.Encoder, strings.Join(not, ", "))
		}
	}
}

func (r *reader) checkAuto(at path, p *policy.Policy, plugins []Plugin, infos map[string]plugin.Info) {
	takenBy := map[string]string{}
	for i := range plugins {
		name := plugins[i].Name
		for _, t := range infos[name].Takes { // only encoders take any
			t = strings.ToLower(t)
			if other, taken := takenBy[t]; taken && other != name && p.Match.TakesContentType(t) {
				r.problem(at.with("encoder"), "", "\"auto\" can not choose: %q and %q both take %s; name one", other, name, t)
			}
			takenBy[t] = name
		}
	}
}
