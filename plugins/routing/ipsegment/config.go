package ipsegment

import (
	_ "embed"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// Sample is a configuration with every key.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	Segments []struct {
		CIDR string `toml:"cidr"`
		APN  string `toml:"apn"`
		Node string `toml:"node"`
	} `toml:"segment"`
}

// A segment is a range of addresses that one node serves.
type segment struct {
	prefix netip.Prefix
	apn    string // "" for every access point
	node   string
}

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "segment", Type: "list of tables", Required: true, Doc: "ranges of terminal addresses"},
		{Name: "segment[].cidr", Type: "string", Required: true, Doc: "the range, as 10.45.0.0/16"},
		{Name: "segment[].apn", Type: "string", Doc: "access point it belongs to; left out, every one"},
		{Name: "segment[].node", Type: "string", Required: true, Doc: "node that serves it, as the bearer's configuration names it"},
	}
}

// parseConfig returns the segments with the longest prefixes first; of equal prefixes, those with an access point come first.
func parseConfig(c plugin.Config) ([]segment, error) {
	var f file
	problems := c.Decode(&f)
	if len(f.Segments) == 0 {
		problems.Addf("segment", "there is none: no address could be routed")
	}
	var list []segment
	for i, s := range f.Segments {
		at := func(key string) string { return fmt.Sprintf("segment.%d.%s", i, key) }
		prefix, err := netip.ParsePrefix(s.CIDR)
		switch {
		case err != nil:
			problems.Addf(at("cidr"), "%q is no range of addresses like 10.45.0.0/16", s.CIDR)
		case prefix != prefix.Masked():
			problems.Addf(at("cidr"), "%s has bits behind its prefix; meant is perhaps %s", s.CIDR, prefix.Masked())
		case slices.ContainsFunc(list, func(o segment) bool { return o.prefix == prefix && strings.EqualFold(o.apn, s.APN) }):
			problems.Addf(at("cidr"), "%s is given twice for the same access point", s.CIDR)
		}
		if s.Node == "" {
			problems.Addf(at("node"), "is missing")
		}
		list = append(list, segment{prefix, s.APN, s.Node})
	}
	slices.SortStableFunc(list, func(a, b segment) int {
		if d := b.prefix.Bits() - a.prefix.Bits(); d != 0 {
			return d
		}
		return strings.Compare(b.apn, a.apn)
	})
	return list, problems.Err()
}
