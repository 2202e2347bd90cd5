package policy

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A Verdict is why one policy was taken or passed over.
type Verdict struct {
	Policy  string `json:"policy"`
	Matched bool   `json:"matched"`
	// Key is the first match key that did not hold, as it is written in the configuration.
	Key string `json:"key,omitempty"`
	// Wanted are the values that the policy allows for Key, and Got what the push has.
	Wanted []string `json:"wanted,omitempty"`
	Got    string   `json:"got,omitempty"`
	// Text says the same in one line.
	Text string `json:"text"`
}

// Explain returns a verdict for each policy in order, up to the first that matches. It is what Choose does, slowly.
func (s *Set) Explain(sub Subject) []Verdict {
	sub = sub.plain()
	var vs []Verdict
	for i := range s.policies {
		c := &s.policies[i]
		k := c.match.miss(&sub)
		if k == keyNone {
			return append(vs, Verdict{Policy: c.policy.Name, Matched: true, Text: "matches"})
		}
		v := Verdict{Policy: c.policy.Name}
		v.Key, v.Wanted, v.Got = c.match.describe(k, &sub)
		got := v.Got
		if got == "" {
			got = "nothing"
		}
		bound := map[key]string{keyMinSize: "at least ", keyMaxSize: "at most "}[k]
		v.Text = fmt.Sprintf("%s: wants %s%s, got %s", v.Key, bound, strings.Join(v.Wanted, " or "), got)
		vs = append(vs, v)
	}
	return vs
}

// describe gives a key's name, what the policy wants of it and what the push has.
func (m *matcher) describe(k key, s *Subject) (name string, wanted []string, got string) {
	switch k {
	case keyContentType:
		return "content_type", m.ContentType, s.ContentType
	case keyInitiator:
		return "initiator", m.Initiator, s.Initiator
	case keyApplication:
		return "application", m.Application, s.Application
	case keyAddressType:
		return "address_type", names(m.AddressType, func(t push.AddressType) string { return string(t) }), string(s.Address.Type)
	case keyPrefix:
		return "prefix", m.Prefix, string(s.Address.MSISDN())
	case keyUserDomain:
		return "user_domain", m.UserDomain, userDomain(s.Address)
	case keyPriority:
		return "priority", names(m.Priority, priorityName), priorityName(s.Priority)
	case keyDeliveryMethod:
		return "delivery_method", names(m.DeliveryMethod, methodName), methodName(s.Method)
	case keyNetwork:
		return "network", m.Network, s.Network
	case keyBearer:
		return "bearer", m.Bearer, s.Bearer
	case keyMinSize:
		return "min_size", []string{strconv.Itoa(m.MinSize)}, strconv.Itoa(s.Size)
	case keyMaxSize:
		return "max_size", []string{strconv.Itoa(m.MaxSize)}, strconv.Itoa(s.Size)
	}
	return "", nil, ""
}

func names[T any](list []T, name func(T) string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = name(v)
	}
	return out
}

func priorityName(p push.Priority) string {
	switch p {
	case push.PriorityLow:
		return "low"
	case push.PriorityMedium:
		return "medium"
	case push.PriorityHigh:
		return "high"
	}
	return strconv.Itoa(int(p))
}

func methodName(m push.DeliveryMethod) string {
	switch m {
	case push.NotSpecified:
		return "notspecified"
	case push.Unconfirmed:
		return "unconfirmed"
	case push.PreferConfirmed:
		return "preferconfirmed"
	case push.Confirmed:
		return "confirmed"
	}
	return strconv.Itoa(int(m))
}
