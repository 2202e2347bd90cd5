package pdp

import (
	_ "embed"
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Sample is a configuration with every key and its default.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	TerminalPort int `toml:"terminal_port"`
	SourcePort   int `toml:"source_port"`
	MaxOctets    int `toml:"max_octets"`
	Nodes        []struct {
		Name   string `toml:"name"`
		Source string `toml:"source"`
	} `toml:"node"`
}

// config is the configuration as it is used.
type config struct {
	terminalPort uint16
	sourcePort   uint16
	maxOctets    int
	sources      map[string]netip.Addr // by node
}

// What the configuration has where it says nothing.
const (
	defaultMaxOctets = 1400
	longestDatagram  = 65507 // UDP over IPv4
)

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "terminal_port", Type: "integer", Default: "2948", Doc: "port that terminals listen on"},
		{Name: "source_port", Type: "integer", Default: "9200", Doc: "port that pushes come from; 0 is any"},
		{Name: "max_octets", Type: "integer", Default: "1400", Doc: "longest datagram"},
		{Name: "node", Type: "list of tables", Doc: "nodes that routing strategies name"},
		{Name: "node[].name", Type: "string", Required: true, Doc: "the node's name"},
		{Name: "node[].source", Type: "string", Required: true, Doc: "address that its terminals see pushes come from"},
	}
}

func defaultFile() file {
	return file{TerminalPort: int(wdp.PortPush), SourcePort: int(wdp.PortWSP), MaxOctets: defaultMaxOctets}
}

func parseConfig(c plugin.Config) (config, error) {
	f := defaultFile()
	problems := c.Decode(&f)
	if f.TerminalPort < 1 || f.TerminalPort > 65535 {
		problems.Addf("terminal_port", "%d is no port; a port is 1 to 65535", f.TerminalPort)
	}
	if f.SourcePort < 0 || f.SourcePort > 65535 {
		problems.Addf("source_port", "%d is no port; a port is 1 to 65535, 0 is any", f.SourcePort)
	}
	if f.MaxOctets < 1 || f.MaxOctets > longestDatagram {
		problems.Addf("max_octets", "must be 1 to %d, not %d", longestDatagram, f.MaxOctets)
	}
	parsed := config{
		terminalPort: uint16(f.TerminalPort), sourcePort: uint16(f.SourcePort), maxOctets: f.MaxOctets, sources: map[string]netip.Addr{},
	}
	for i, n := range f.Nodes {
		at := func(key string) string { return fmt.Sprintf("node.%d.%s", i, key) }
		source, err := netip.ParseAddr(n.Source)
		if err != nil {
			problems.Addf(at("source"), "%q is no IP address", n.Source)
		}
		if _, twice := parsed.sources[n.Name]; twice {
			problems.Addf(at("name"), "node %q is given twice", n.Name)
		}
		if n.Name == "" {
			problems.Addf(at("name"), "is missing")
		}
		parsed.sources[n.Name] = source
	}
	return parsed, problems.Err()
}
