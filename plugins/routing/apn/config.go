package apn

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Sample is a configuration with every key.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	Rules []ruleFile `toml:"rule"`
}

type ruleFile struct {
	APN        string   `toml:"apn"`
	Node       string   `toml:"node"`
	GGSN       string   `toml:"ggsn"`
	MSISDN     []string `toml:"msisdn"`
	IMSI       []string `toml:"imsi"`
	UserDomain []string `toml:"user_domain"`
}

// Limits of names and numbers.
const (
	maxAPN    = 100 // octets (3GPP TS 23.003 §9.1)
	maxLabel  = 63
	maxDigits = 15 // of an MSISDN (ITU-T E.164) and an IMSI (3GPP TS 23.003 §2.2)
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "rule", Type: "list of tables", Required: true, Doc: "rules; the first that takes the subscriber answers"},
		{Name: "rule[].apn", Type: "string", Required: true, Doc: "access point that the rule answers"},
		{Name: "rule[].node", Type: "string", Required: true, Doc: "node that serves it, as the bearer's configuration names it"},
		{Name: "rule[].ggsn", Type: "string", Doc: "GGSN whose sessions are meant, as RADIUS or the client listener names it; left out, the node's name"},
		{Name: "rule[].msisdn", Type: "list of strings", Doc: "prefixes of the subscriber's number, as +4670"},
		{Name: "rule[].imsi", Type: "list of strings", Doc: "prefixes of the subscriber's IMSI, as 24001"},
		{Name: "rule[].user_domain", Type: "list of strings", Doc: "domains of user identifiers, what is behind the @"},
	}
}

func parseConfig(c plugin.Config) ([]rule, error) {
	var f file
	problems := c.Decode(&f)
	if len(f.Rules) == 0 {
		problems.Addf("rule", "there is none: nobody could be routed")
	}
	var rules []rule
	forAll := -1
	for i, r := range f.Rules {
		parsed := r.parse(&problems, func(key string) string { return fmt.Sprintf("rule.%d.%s", i, key) })
		if forAll >= 0 {
			problems.Addf(fmt.Sprintf("rule.%d", i), "is never asked: rule.%d before it takes everybody", forAll)
		} else if parsed.everybody() {
			forAll = i
		}
		rules = append(rules, parsed)
	}
	return rules, problems.Err()
}

func (r ruleFile) parse(problems *plugin.Problems, at func(key string) string) rule {
	parsed := rule{apn: r.APN, node: r.Node, ggsn: r.GGSN}
	if parsed.ggsn == "" {
		parsed.ggsn = r.Node
	}
	if addr, err := netip.ParseAddr(r.GGSN); err == nil && addr.Unmap().String() != r.GGSN {
		problems.Addf(at("ggsn"), "%q names no session's GGSN; one without a name is known as %s", r.GGSN, addr.Unmap())
	}
	switch {
	case r.APN == "":
		problems.Addf(at("apn"), "is missing")
	case !isName(r.APN) || len(r.APN) > maxAPN:
		problems.Addf(at("apn"), "%q is no access point name: letters, digits and hyphens, with dots between", r.APN)
	}
	if r.Node == "" {
		problems.Addf(at("node"), "is missing")
	}
	empty := func(key string, list []string) {
		if list != nil && len(list) == 0 {
			problems.Addf(at(key), "is an empty list, which nobody is in; leave it out for everybody")
		}
	}
	empty("msisdn", r.MSISDN)
	empty("imsi", r.IMSI)
	empty("user_domain", r.UserDomain)
	for _, prefix := range r.MSISDN {
		number, international := strings.CutPrefix(prefix, "+")
		if !international || !isNumber(number) {
			problems.Addf(at("msisdn"), "%q is no prefix of an international number like +4670", prefix)
		}
		parsed.msisdn = append(parsed.msisdn, number)
	}
	for _, prefix := range r.IMSI {
		if !isNumber(prefix) {
			problems.Addf(at("imsi"), "%q is no prefix of an IMSI like 24001", prefix)
		}
		parsed.imsi = append(parsed.imsi, prefix)
	}
	for _, domain := range r.UserDomain {
		if !isName(domain) {
			problems.Addf(at("user_domain"), "%q is no domain like push.example.net", domain)
		}
		parsed.userDomains = append(parsed.userDomains, strings.ToLower(domain))
	}
	return parsed
}

func isNumber(s string) bool {
	return s != "" && len(s) <= maxDigits && strings.Trim(s, digits) == ""
}

// isName reports whether s consists of labels as a domain has them, which those of an access point are, too (3GPP TS 23.003 §9.1).
func isName(s string) bool {
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > maxLabel || strings.Trim(label, letters+digits+"-") != "" || strings.Trim(label, "-") != label {
			return false
		}
	}
	return true
}
