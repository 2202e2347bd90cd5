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
		GGSN string `toml:"ggsn"`
		APN  string `toml:"apn"`
		Node string `toml:"node"`
	} `toml:"segment"`
}

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "segment", Type: "list of tables", Required: true, Doc: "ranges of terminal addresses"},
		{Name: "segment[].cidr", Type: "string", Required: true, Doc: "the range, as 10.45.0.0/16"},
		{Name: "segment[].ggsn", Type: "string", Doc: "GGSN it belongs to, as RADIUS or the client listener names it; left out, every one"},
		{Name: "segment[].apn", Type: "string", Doc: "access point it belongs to; left out, every one"},
		{Name: "segment[].node", Type: "string", Required: true, Doc: "node that serves it, as the bearer's configuration names it"},
	}
}

func parseConfig(c plugin.Config) (segments, error) {
	var f file
	problems := c.Decode(&f)
	if len(f.Segments) == 0 {
		problems.Addf("segment", "there is none: no address could be routed")
	}
	var list segments
	for i, s := range f.Segments {
		at := func(key string) string { return fmt.Sprintf("segment.%d.%s", i, key) }
		prefix, err := netip.ParsePrefix(s.CIDR)
		switch {
		case err != nil:
			problems.Addf(at("cidr"), "%q is no range of addresses like 10.45.0.0/16", s.CIDR)
		case prefix != prefix.Masked():
			problems.Addf(at("cidr"), "%s has bits behind its prefix; meant is perhaps %s", s.CIDR, prefix.Masked())
		case slices.ContainsFunc(list, func(o segment) bool {
			return o.prefix == prefix && o.ggsn == s.GGSN && strings.EqualFold(o.apn, s.APN)
		}):
			problems.Addf(at("cidr"), "%s is given twice for the same GGSN and access point", s.CIDR)
		}
		if addr, err := netip.ParseAddr(s.GGSN); err == nil && addr.Unmap().String() != s.GGSN {
			problems.Addf(at("ggsn"), "%q names no session's GGSN; one without a name is known as %s", s.GGSN, addr.Unmap())
		}
		if s.Node == "" {
			problems.Addf(at("node"), "is missing")
		}
		list = append(list, segment{prefix: prefix, ggsn: s.GGSN, apn: s.APN, node: s.Node})
	}
	list.sort()
	return list, problems.Err()
}
