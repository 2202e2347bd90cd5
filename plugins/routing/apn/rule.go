package apn

import (
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// A rule gives the subscribers that it is about an access point and a node. All conditions that it has must hold; of the values of
// one, any will do.
type rule struct {
	apn, node   string
	ggsn        string   // whose sessions are meant
	msisdn      []string // prefixes, digits only
	imsi        []string // prefixes
	userDomains []string // in lower case
}

// everybody reports whether the rule has no condition.
func (r rule) everybody() bool {
	return len(r.msisdn) == 0 && len(r.imsi) == 0 && len(r.userDomains) == 0
}

func (r rule) takes(s push.Subscriber) bool {
	msisdn := s.MSISDN
	if msisdn == "" {
		msisdn = s.Address.MSISDN()
	}
	return begins(string(msisdn), r.msisdn) && begins(string(s.IMSI), r.imsi) &&
		(len(r.userDomains) == 0 || slices.Contains(r.userDomains, userDomain(s.Address)))
}

// serves reports whether a session is where the rule says. Of one whose GGSN is not known the operator's rule is believed.
func (r rule) serves(s push.Session) bool {
	return strings.EqualFold(s.APN, r.apn) && (s.GGSN == "" || s.GGSN == r.ggsn)
}

// begins reports whether a number begins with one of the prefixes, if there are any.
func begins(number string, prefixes []string) bool {
	return len(prefixes) == 0 ||
		slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(number, prefix) })
}

// userDomain is what stands behind the "@" of a user identifier, in lower case, "" for other addresses.
func userDomain(a push.Address) string {
	if a.Type != push.USER {
		return ""
	}
	return strings.ToLower(a.Value[strings.LastIndexByte(a.Value, '@')+1:])
}
