package hlr

import (
	_ "embed"
	"fmt"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/diameter"
	"github.com/ppgbox/ppgbox/sdk/plugin"

	register "github.com/ppgbox/ppgbox/sdk/hlr"
)

// Sample is a configuration with every key.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	Backend        string      `toml:"backend"`
	Within         string      `toml:"within"`
	Attempt        string      `toml:"attempt"`
	Tries          int         `toml:"tries"`
	Pause          string      `toml:"pause"`
	Remember       string      `toml:"remember"`
	RememberAbsent string      `toml:"remember_absent"`
	CacheEntries   int         `toml:"cache_entries"`
	DefaultNode    string      `toml:"default_node"`
	DefaultAPN     string      `toml:"default_apn"`
	OsmoHLR        osmohlrFile `toml:"osmohlr"`
	Sh             shFile      `toml:"sh"`
	SGSN           []sgsnFile  `toml:"sgsn"`
}

type sgsnFile struct {
	SGSN any    `toml:"sgsn"` // a string or a list of strings
	Node string `toml:"node"`
	APN  string `toml:"apn"`
}

// config is the configuration as it is used.
type config struct {
	backend string
	finder  register.Config
	places  places
	osmohlr register.OsmoHLRConfig
	peer    diameter.Config
	sh      register.ShConfig
}

// Limits of the configuration.
const (
	maxTries       = 10
	maxEntries     = 1_000_000
	maxOutstanding = 65_536
	maxAPN         = 100 // octets (3GPP TS 23.003 §9.1)
	maxLabel       = 63
)

const (
	digits  = "0123456789"
	letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)

func defaults() file {
	return file{
		Within: "3s", Attempt: "1s", Tries: 2, Pause: "100ms", Remember: "10s", RememberAbsent: "5s", CacheEntries: 10_000,
		OsmoHLR: defaultOsmoHLR(), Sh: defaultSh(),
	}
}

func keys() []plugin.Key {
	return append([]plugin.Key{
		{Name: "backend", Type: plugin.TypeString, Required: true, Doc: `how the register is asked: "osmohlr" or "sh"`},
		{Name: "within", Type: plugin.TypeDuration, Default: `"3s"`, Doc: "time for an answer, tries included"},
		{Name: "attempt", Type: plugin.TypeDuration, Default: `"1s"`, Doc: "time for one try"},
		{Name: "tries", Type: plugin.TypeInteger, Default: "2", Doc: "how often a question is put if asking again may help"},
		{Name: "pause", Type: plugin.TypeDuration, Default: `"100ms"`, Doc: "time between two tries"},
		{Name: "remember", Type: plugin.TypeDuration, Default: `"10s"`, Doc: "how long the answer of an attached one is used; 0s is not at all"},
		{Name: "remember_absent", Type: plugin.TypeDuration, Default: `"5s"`, Doc: "the same for one that is not attached or not known"},
		{Name: "cache_entries", Type: plugin.TypeInteger, Default: "10000", Doc: "answers remembered at most"},
		{Name: "default_node", Type: plugin.TypeString, Doc: "node for SGSNs that no row is about"},
		{Name: "default_apn", Type: plugin.TypeString, Doc: "access point to use there"},
		{Name: "sgsn", Type: plugin.TypeTables, Doc: "SGSNs and the nodes that can talk to them; the first row that fits counts"},
		{
			Name: "sgsn[].sgsn", Type: "string or list of strings", Required: true,
			Doc: `number, address or name; a beginning, as "467010*"; a range, as 10.23.0.0/24`,
		},
		{Name: "sgsn[].node", Type: plugin.TypeString, Required: true, Doc: "node, as the bearer's configuration names it"},
		{Name: "sgsn[].apn", Type: plugin.TypeString, Doc: "access point to use there"},
	}, backendKeys()...)
}

func parseConfig(c plugin.Config) (config, error) {
	f := defaults()
	problems := c.Decode(&f)
	parsed := config{backend: f.Backend, finder: f.limits(&problems), places: f.places(&problems)}
	switch f.Backend {
	case backendOsmoHLR, backendSh:
	case "":
		problems.Addf("backend", `is missing: "osmohlr" or "sh"`)
	default:
		problems.Addf("backend", `%q is none; there are "osmohlr" and "sh"`, f.Backend)
	}
	// The table of the other backend may stay, but not with mistakes in it.
	if f.Backend == backendOsmoHLR || f.OsmoHLR != defaultOsmoHLR() {
		parsed.osmohlr = f.OsmoHLR.parse(&problems)
	}
	if f.Backend == backendSh || f.Sh != defaultSh() {
		parsed.peer, parsed.sh = f.Sh.parse(&problems)
	}
	return parsed, problems.Err()
}

func (f file) limits(problems *plugin.Problems) register.Config {
	c := register.Config{
		Limit:    duration(problems, "within", f.Within, time.Nanosecond),
		Attempt:  duration(problems, "attempt", f.Attempt, time.Nanosecond),
		Attempts: f.Tries,
		Pause:    duration(problems, "pause", f.Pause, time.Nanosecond),
		Remember: memory(problems, "remember", f.Remember), RememberAbsent: memory(problems, "remember_absent", f.RememberAbsent),
		Entries: f.CacheEntries,
	}
	if c.Attempt > c.Limit && c.Limit > 0 {
		problems.Addf("attempt", "%s is longer than within, %s", c.Attempt, c.Limit)
	}
	between(problems, "tries", f.Tries, maxTries)
	between(problems, "cache_entries", f.CacheEntries, maxEntries)
	return c
}

func (f file) places(problems *plugin.Problems) places {
	parsed := places{rest: place{node: f.DefaultNode, apn: f.DefaultAPN}}
	if len(f.SGSN) == 0 && f.DefaultNode == "" {
		problems.Addf("sgsn", "there is none, and no default_node: nobody could be routed")
	}
	if f.DefaultAPN != "" && f.DefaultNode == "" {
		problems.Addf("default_apn", "is for the default_node, which is missing")
	}
	checkAPN(problems, "default_apn", f.DefaultAPN)
	seen := map[pattern]int{}
	for i, s := range f.SGSN {
		at := func(key string) string { return fmt.Sprintf("sgsn.%d.%s", i, key) }
		r := row{place: place{node: s.Node, apn: s.APN}}
		if s.Node == "" {
			problems.Addf(at("node"), "is missing")
		}
		checkAPN(problems, at("apn"), s.APN)
		texts, ok := texts(s.SGSN)
		switch {
		case !ok:
			problems.Addf(at("sgsn"), "must be a string in quotes or a list of such")
		case len(texts) == 0:
			problems.Addf(at("sgsn"), "is missing")
		}
		for _, text := range texts {
			p, err := parsePattern(text)
			if err != nil {
				problems.Addf(at("sgsn"), "%v", err)
				continue
			}
			if before, twice := seen[p]; twice {
				problems.Addf(at("sgsn"), "%q is in sgsn.%d already", text, before)
			}
			seen[p] = i
			r.sgsn = append(r.sgsn, p)
		}
		parsed.rows = append(parsed.rows, r)
	}
	return parsed
}

// texts takes a string or a list of strings.
func texts(v any) (list []string, ok bool) {
	switch v := v.(type) {
	case nil:
		return nil, true
	case string:
		return []string{v}, true
	case []any:
		for _, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			list = append(list, s)
		}
		return list, true
	}
	return nil, false
}

func duration(problems *plugin.Problems, key, text string, least time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		problems.Addf(key, "%q is no duration; write it like \"3s\"", text)
	case d < least && least <= time.Nanosecond:
		problems.Addf(key, "must not be %s", d)
	case d < least:
		problems.Addf(key, "must be %s or longer, not %s", least, d)
	}
	return d
}

// memory is a duration of which nothing means that nothing is remembered, which a register.Config says by less than nothing.
func memory(problems *plugin.Problems, key, text string) time.Duration {
	d := duration(problems, key, text, 0)
	if d == 0 {
		return -1
	}
	return d
}

func between(problems *plugin.Problems, key string, n, most int) {
	if n < 1 || n > most {
		problems.Addf(key, "must be between 1 and %d, not %d", most, n)
	}
}

// checkAPN refuses what is no access point name (3GPP TS 23.003 §9.1); none is fine.
func checkAPN(problems *plugin.Problems, key, apn string) {
	if apn == "" {
		return
	}
	wrong := len(apn) > maxAPN
	for label := range strings.SplitSeq(apn, ".") {
		wrong = wrong || label == "" || len(label) > maxLabel ||
			strings.Trim(label, letters+digits+"-") != "" || strings.Trim(label, "-") != label
	}
	if wrong {
		problems.Addf(key, "%q is no access point name: letters, digits and hyphens, with dots between", apn)
	}
}
