package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Subject is what a policy can look at: one push to one recipient.
type Subject struct {
	// ContentType of the content; parameters are not looked at.
	ContentType string
	// Initiator is the name of the authenticated Push Initiator.
	Initiator string
	// Application is the application identifier of the push (push.Message.ApplicationID).
	Application string
	Address     push.Address
	Priority    push.Priority
	Method      push.DeliveryMethod
	// Network and Bearer are what the Push Initiator asked for, "" for nothing; with Required they are conditions and no
	// wishes (OMA-TS-PAP §9.2.2).
	Network         string
	NetworkRequired bool
	Bearer          string
	BearerRequired  bool
	// Size of the content before encoding, in octets.
	Size int
}

// EncoderInfo is what a policy has to know of an encoder instance.
type EncoderInfo struct {
	Instance string
	Takes    []string // media types, lower case
}

// BearerInfo is what a policy has to know of a bearer instance.
type BearerInfo struct {
	Instance string
	Info     plugin.Info
}

// A Plan is what becomes of one push to one recipient. It shares memory with its Set: read it, do not change it.
type Plan struct {
	Policy *Policy
	// Encoder is the instance to use, "" if the content passes unchanged.
	Encoder string
	// Attempts are those of the policy that can serve this push, in the policy's order; at least one.
	Attempts []Attempt
	// Skipped are the others.
	Skipped []Skip

	names []string // of Attempts, nil if they are made when they are asked for
}

// Name is what people call an attempt of the plan: "service indications, attempt 1 of 2".
func (p *Plan) Name(attempt int) string {
	if len(p.names) == len(p.Attempts) {
		return p.names[attempt]
	}
	return p.Policy.Name + ", attempt " + strconv.Itoa(attempt+1) + " of " + strconv.Itoa(len(p.Attempts))
}

// A Skip is an attempt of the policy that can not serve the push.
type Skip struct {
	Attempt int    `json:"attempt"` // its index in Policy.Attempts
	Bearer  string `json:"bearer"`
	Reason  string `json:"reason"` // readable, with the names of instances: for the operator
}

// A Set is the policies of one configuration. It does not change, so any number of goroutines may ask it.
type Set struct {
	policies []compiled
}

type compiled struct {
	policy  Policy
	match   matcher
	encoder map[string]string // media type to instance; content that is not in it passes
	bearers []*plugin.Info    // for each attempt
	whole   map[string]*Plan  // with all attempts, by encoder; pushes share them
}

// New compiles policies in their order. A policy that names an instance which is not given is an error; config.Check finds
// that, and plans that can not work, with their lines. Where two encoders take one type, EncoderAuto takes the first.
func New(policies []Policy, encoders []EncoderInfo, bearers []BearerInfo) (*Set, error) {
	auto := map[string]string{}
	named := map[string]map[string]string{}
	for _, e := range encoders {
		takes := map[string]string{}
		for _, t := range e.Takes {
			t = strings.ToLower(t)
			takes[t] = e.Instance
			if _, taken := auto[t]; !taken {
				auto[t] = e.Instance
			}
		}
		named[e.Instance] = takes
	}
	set := &Set{policies: make([]compiled, 0, len(policies))}
	for _, p := range policies {
		c := compiled{policy: p, match: newMatcher(p.Match)}
		switch p.Encoder {
		case EncoderNone:
		case EncoderAuto, "":
			c.encoder = auto
		default:
			takes, ok := named[p.Encoder]
			if !ok {
				return nil, fmt.Errorf("policy %q: no encoder %q", p.Name, p.Encoder)
			}
			c.encoder = takes
		}
		for _, a := range p.Attempts {
			i := slices.IndexFunc(bearers, func(b BearerInfo) bool { return b.Instance == a.Bearer })
			if i < 0 {
				return nil, fmt.Errorf("policy %q: no bearer %q", p.Name, a.Bearer)
			}
			c.bearers = append(c.bearers, &bearers[i].Info)
		}
		set.policies = append(set.policies, c)
	}
	for i := range set.policies {
		set.policies[i].makeWhole()
	}
	return set, nil
}

// Choose returns the plan of the first policy that matches, which other pushes may have, too. Its error is always a *Refusal.
func (s *Set) Choose(sub Subject) (*Plan, error) {
	c, err := s.find(&sub)
	if err != nil {
		return nil, err
	}
	return c.plan(&sub), nil
}

// Check returns the error of Choose. It makes no plan, and allocates nothing where nothing is refused.
func (s *Set) Check(sub Subject) error {
	_, err := s.find(&sub)
	return err
}

// find returns the first policy that matches, if one of its attempts can serve the push. It makes the subject plain.
func (s *Set) find(sub *Subject) (*compiled, error) {
	*sub = sub.plain()
	for i := range s.policies {
		if c := &s.policies[i]; c.match.miss(sub) == keyNone {
			return c, c.refuse(sub)
		}
	}
	return nil, &Refusal{Code: codeForbidden, Text: "no policy is for this push"}
}
