package hlr

import (
	"fmt"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// places is the table of SGSNs as it is used.
func (f file) places(problems *plugin.Problems) places {
	parsed := places{rest: place{node: f.DefaultNode, apn: f.DefaultAPN, ggsn: f.DefaultGGSN}}
	ggsnIsNamed := f.Backend == backendGTP && f.GTP.WithAPN != ""
	if len(f.SGSN) == 0 && f.DefaultNode == "" && !ggsnIsNamed {
		problems.Addf("sgsn", "there is none, and no default_node: nobody could be routed")
	}
	if f.DefaultAPN != "" && f.DefaultNode == "" {
		problems.Addf("default_apn", "is for the default_node, which is missing")
	}
	if f.DefaultGGSN != "" && f.DefaultNode == "" {
		problems.Addf("default_ggsn", "is for the default_node, which is missing")
	}
	checkAPN(problems, "default_apn", f.DefaultAPN)
	seen := map[pattern]int{}
	for i, s := range f.SGSN {
		checkAPN(problems, fmt.Sprintf("sgsn.%d.apn", i), s.APN)
		parsed.rows = append(parsed.rows, parseRow(problems, "sgsn", i, s.SGSN, place{node: s.Node, apn: s.APN, ggsn: s.GGSN}, seen))
	}
	return parsed
}

// ggsns is the table of GGSNs as it is used; their access point is the one that the register was asked with.
func (f file) ggsns(problems *plugin.Problems) places {
	var parsed places
	seen := map[pattern]int{}
	for i, g := range f.GGSN {
		parsed.rows = append(parsed.rows, parseRow(problems, "ggsn", i, g.GGSN, place{node: g.Node, apn: f.GTP.WithAPN}, seen))
	}
	return parsed
}

// parseRow reads row i of a table, whose key for what the register says has the table's name. seen are the patterns of earlier rows.
func parseRow(problems *plugin.Problems, table string, i int, named any, to place, seen map[pattern]int) row {
	at := func(key string) string { return fmt.Sprintf("%s.%d.%s", table, i, key) }
	r := row{place: to}
	if to.node == "" {
		problems.Addf(at("node"), "is missing")
	}
	texts, ok := texts(named)
	switch {
	case !ok:
		problems.Addf(at(table), "must be a string in quotes or a list of such")
	case len(texts) == 0:
		problems.Addf(at(table), "is missing")
	}
	for _, text := range texts {
		p, err := parsePattern(text)
		if err == nil && table == "ggsn" && !p.isAddress() {
			err = fmt.Errorf("%q is no address and no range of addresses", text)
		}
		if err != nil {
			problems.Addf(at(table), "%v", err)
			continue
		}
		if before, twice := seen[p]; twice {
			problems.Addf(at(table), "%q is in %s.%d already", text, table, before)
		}
		seen[p] = i
		r.names = append(r.names, p)
	}
	return r
}
