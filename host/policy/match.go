package policy

import (
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Match says which pushes a policy is for. All keys that are given must hold; a list means any of its values. The zero
// value matches every push.
type Match struct {
	// ContentType are media types without parameters, compared without case; "*" stands for any text, "?" for one octet.
	ContentType []string
	Initiator   []string
	Application []string
	AddressType []push.AddressType
	// Prefix are leading digits of an MSISDN, with or without "+". Only PLMN addresses have one.
	Prefix []string
	// UserDomain is what follows the last "@" of a USER address, compared without case.
	UserDomain     []string
	Priority       []push.Priority
	DeliveryMethod []push.DeliveryMethod
	// Network and Bearer are the names that the Push Initiator asked for, compared without case (OMA-TS-PAP §9.2.2). A push
	// that asks for none does not match.
	Network []string
	Bearer  []string
	// MinSize and MaxSize bound the length of the content before encoding, in octets, both inclusive; 0 is no bound.
	MinSize, MaxSize int
}

// A key is the place of a match key in the order in which they are tried.
type key int

const (
	keyNone key = iota
	keyContentType
	keyInitiator
	keyApplication
	keyAddressType
	keyPrefix
	keyUserDomain
	keyPriority
	keyDeliveryMethod
	keyNetwork
	keyBearer
	keyMinSize
	keyMaxSize
)

// A matcher is a Match in the form that is fast to compare.
type matcher struct {
	Match
	globs []glob
}

func newMatcher(m Match) matcher {
	c := matcher{Match: m}
	for _, p := range m.ContentType {
		c.globs = append(c.globs, newGlob(p))
	}
	c.Prefix = make([]string, len(m.Prefix))
	for i, p := range m.Prefix {
		c.Prefix[i] = strings.TrimPrefix(p, "+")
	}
	return c
}

// miss returns the first key that does not hold for a subject with a plain content type, or keyNone. It does not allocate. Choose and Explain both go through it, so
// that what is explained is what was done.
func (m *matcher) miss(s *Subject) key {
	switch {
	case len(m.globs) > 0 && !anyGlob(m.globs, s.ContentType):
		return keyContentType
	case len(m.Initiator) > 0 && !slices.Contains(m.Initiator, s.Initiator):
		return keyInitiator
	case len(m.Application) > 0 && !slices.Contains(m.Application, s.Application):
		return keyApplication
	case len(m.AddressType) > 0 && !slices.Contains(m.AddressType, s.Address.Type):
		return keyAddressType
	case len(m.Prefix) > 0 && !hasPrefix(m.Prefix, s.Address):
		return keyPrefix
	case len(m.UserDomain) > 0 && !hasFold(m.UserDomain, userDomain(s.Address)):
		return keyUserDomain
	case len(m.Priority) > 0 && !slices.Contains(m.Priority, s.Priority):
		return keyPriority
	case len(m.DeliveryMethod) > 0 && !slices.Contains(m.DeliveryMethod, s.Method):
		return keyDeliveryMethod
	case len(m.Network) > 0 && !hasFold(m.Network, s.Network):
		return keyNetwork
	case len(m.Bearer) > 0 && !hasFold(m.Bearer, s.Bearer):
		return keyBearer
	case m.MinSize > 0 && s.Size < m.MinSize:
		return keyMinSize
	case m.MaxSize > 0 && s.Size > m.MaxSize:
		return keyMaxSize
	}
	return keyNone
}

// plain returns the subject with its content type in lower case and without parameters, once for all policies.
func (s Subject) plain() Subject {
	t, _, _ := strings.Cut(s.ContentType, ";")
	s.ContentType = strings.ToLower(strings.TrimSpace(t))
	return s
}

func hasPrefix(prefixes []string, a push.Address) bool {
	number := string(a.MSISDN())
	if number == "" {
		return false
	}
	for _, p := range prefixes {
		if strings.HasPrefix(number, p) {
			return true
		}
	}
	return false
}

// userDomain returns what follows the last "@" of a USER address, "" if there is none.
func userDomain(a push.Address) string {
	if a.Type != push.USER {
		return ""
	}
	i := strings.LastIndexByte(a.Value, '@')
	if i < 0 {
		return ""
	}
	return a.Value[i+1:]
}

func hasFold(list []string, s string) bool {
	if s == "" {
		return false
	}
	for _, v := range list {
		if strings.EqualFold(v, s) {
			return true
		}
	}
	return false
}
