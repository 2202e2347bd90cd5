package hlr

import (
	_ "embed"
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
	DefaultGGSN    string      `toml:"default_ggsn"`
	OsmoHLR        osmohlrFile `toml:"osmohlr"`
	Sh             shFile      `toml:"sh"`
	GTP            gtpFile     `toml:"gtp"`
	SGSN           []sgsnFile  `toml:"sgsn"`
	GGSN           []ggsnFile  `toml:"ggsn"`
}

type sgsnFile struct {
	SGSN any    `toml:"sgsn"` // a string or a list of strings
	Node string `toml:"node"`
	APN  string `toml:"apn"`
	GGSN string `toml:"ggsn"`
}

type ggsnFile struct {
	GGSN any    `toml:"ggsn"` // a string or a list of strings
	Node string `toml:"node"`
}

// config is the configuration as it is used.
type config struct {
	backend string
	finder  register.Config
	places  places // of SGSNs
	ggsns   places
	osmohlr register.OsmoHLRConfig
	peer    diameter.Config
	sh      register.ShConfig
	gtp     register.GTPConfig
	withAPN string // the access point in the backend's questions, "" for none
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
		OsmoHLR: defaultOsmoHLR(), Sh: defaultSh(), GTP: defaultGTP(),
	}
}

func keys() []plugin.Key {
	return append([]plugin.Key{
		{Name: "backend", Type: plugin.TypeString, Required: true, Doc: `how the register is asked: "osmohlr", "sh" or "gtp"`},
		{Name: "within", Type: plugin.TypeDuration, Default: `"3s"`, Doc: "time for an answer, tries included"},
		{Name: "attempt", Type: plugin.TypeDuration, Default: `"1s"`, Doc: "time for one try"},
		{Name: "tries", Type: plugin.TypeInteger, Default: "2", Doc: "how often a question is put if asking again may help"},
		{Name: "pause", Type: plugin.TypeDuration, Default: `"100ms"`, Doc: "time between two tries"},
		{Name: "remember", Type: plugin.TypeDuration, Default: `"10s"`, Doc: "how long the answer of an attached one is used; 0s is not at all"},
		{Name: "remember_absent", Type: plugin.TypeDuration, Default: `"5s"`, Doc: "the same for one that is not attached or not known"},
		{Name: "cache_entries", Type: plugin.TypeInteger, Default: "10000", Doc: "answers remembered at most"},
		{Name: "default_node", Type: plugin.TypeString, Doc: "node for SGSNs that no row is about"},
		{Name: "default_apn", Type: plugin.TypeString, Doc: "access point to use there"},
		{Name: "default_ggsn", Type: plugin.TypeString, Doc: "what sessions call the GGSN there; left out, the node's name"},
		{Name: "sgsn", Type: plugin.TypeTables, Doc: "SGSNs and the nodes that can talk to them; the first row that fits counts"},
		{
			Name: "sgsn[].sgsn", Type: "string or list of strings", Required: true,
			Doc: `number, address or name; a beginning, as "467010*"; a range, as 10.23.0.0/24`,
		},
		{Name: "sgsn[].node", Type: plugin.TypeString, Required: true, Doc: "node, as the bearer's configuration names it"},
		{Name: "sgsn[].apn", Type: plugin.TypeString, Doc: "access point to use there"},
		{Name: "sgsn[].ggsn", Type: plugin.TypeString, Doc: "GGSN whose sessions are meant, as RADIUS or the client listener names it; left out, the node's name"},
		{Name: "ggsn", Type: plugin.TypeTables, Doc: "nodes of GGSNs that the register names; of others the address is the node's name"},
		{Name: "ggsn[].ggsn", Type: "string or list of strings", Required: true, Doc: "address, or a range, as 10.23.1.0/24"},
		{Name: "ggsn[].node", Type: plugin.TypeString, Required: true, Doc: "node, as the bearer's configuration names it"},
	}, backendKeys()...)
}

func parseConfig(c plugin.Config) (config, error) {
	f := defaults()
	problems := c.Decode(&f)
	parsed := config{backend: f.Backend, finder: f.limits(&problems), places: f.places(&problems), ggsns: f.ggsns(&problems)}
	switch f.Backend {
	case backendOsmoHLR, backendSh, backendGTP:
	case "":
		problems.Addf("backend", `is missing: "osmohlr", "sh" or "gtp"`)
	default:
		problems.Addf("backend", `%q is none; there are "osmohlr", "sh" and "gtp"`, f.Backend)
	}
	// The tables of the other backends may stay, but not with mistakes in them.
	if f.Backend == backendOsmoHLR || f.OsmoHLR != defaultOsmoHLR() {
		parsed.osmohlr = f.OsmoHLR.parse(&problems)
	}
	if f.Backend == backendSh || f.Sh != defaultSh() {
		parsed.peer, parsed.sh = f.Sh.parse(&problems)
	}
	if f.Backend == backendGTP || f.GTP != defaultGTP() {
		parsed.gtp = f.GTP.parse(&problems, parsed.finder.Attempt)
	}
	if f.Backend == backendGTP {
		parsed.withAPN = f.GTP.WithAPN
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
