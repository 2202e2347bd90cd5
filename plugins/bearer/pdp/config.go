package pdp

import (
	_ "embed"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/wdp"
)

// Sample is a configuration with every key and its default.
//
//go:embed sample.toml
var Sample string

// file is the configuration as it is written.
type file struct {
	TerminalPort int        `toml:"terminal_port"`
	SourcePort   int        `toml:"source_port"`
	MaxOctets    int        `toml:"max_octets"`
	Listen       string     `toml:"listen_for_errors"`
	InFlight     int        `toml:"in_flight"`
	Nodes        []nodeFile `toml:"node"`
}

type nodeFile struct {
	Name       string `toml:"name"`
	Source     string `toml:"source"`
	SourceIPv6 string `toml:"source_ipv6"`
	Interface  string `toml:"interface"`
}

// config is the configuration as it is used.
type config struct {
	terminalPort uint16
	sourcePort   uint16
	maxOctets    int
	listen       time.Duration
	inFlight     int
	nodes        map[string]node
}

// A node is what pushes to its terminals leave from: an address of each family that it has, and a device.
type node struct {
	ipv4, ipv6 netip.Addr
	device     string
}

// What the configuration has where it says nothing, and its limits.
const (
	defaultMaxOctets = 1400
	longestDatagram  = 65507 // UDP over IPv4
	defaultListen    = "300ms"
	maxListen        = 10 * time.Second
	defaultInFlight  = 10_000
	maxInFlight      = 1_000_000
	maxDevice        = 15 // characters (Linux, IFNAMSIZ)
)

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "terminal_port", Type: "integer", Default: "2948", Doc: "port that terminals listen on"},
		{Name: "source_port", Type: "integer", Default: "9200", Doc: "port that pushes come from; 0 is any"},
		{Name: "max_octets", Type: "integer", Default: "1400", Doc: "longest datagram"},
		{Name: "listen_for_errors", Type: "duration", Default: `"300ms"`, Doc: "how long after sending an error of the network may come; 0s is not at all"},
		{Name: "in_flight", Type: "integer", Default: "10000", Doc: "pushes taken from the gateway at once"},
		{Name: "node", Type: "list of tables", Doc: "nodes that routing strategies name"},
		{Name: "node[].name", Type: "string", Required: true, Doc: "the node's name"},
		{Name: "node[].source", Type: "string", Doc: "address that its terminals see pushes come from"},
		{Name: "node[].source_ipv6", Type: "string", Doc: "the same for IPv6, if source is IPv4"},
		{Name: "node[].interface", Type: "string", Doc: "interface or tunnel device that its pushes leave by"},
	}
}

func parseConfig(c plugin.Config) (config, error) {
	f := file{
		TerminalPort: int(wdp.PortPush), SourcePort: int(wdp.PortWSP), MaxOctets: defaultMaxOctets, Listen: defaultListen, InFlight: defaultInFlight,
	}
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
	if f.InFlight < 1 || f.InFlight > maxInFlight {
		problems.Addf("in_flight", "must be 1 to %d, not %d", maxInFlight, f.InFlight)
	}
	listen, err := time.ParseDuration(f.Listen)
	switch {
	case err != nil:
		problems.Addf("listen_for_errors", "%q is no duration; write it like \"300ms\"", f.Listen)
	case listen < 0 || listen > maxListen:
		problems.Addf("listen_for_errors", "must be 0s to %s, not %s", maxListen, listen)
	}
	parsed := config{
		terminalPort: uint16(f.TerminalPort), sourcePort: uint16(f.SourcePort), maxOctets: f.MaxOctets,
		listen: listen, inFlight: f.InFlight, nodes: make(map[string]node, len(f.Nodes)),
	}
	for i, n := range f.Nodes {
		at := func(key string) string { return fmt.Sprintf("node.%d.%s", i, key) }
		if _, twice := parsed.nodes[n.Name]; twice {
			problems.Addf(at("name"), "node %q is given twice", n.Name)
		}
		if n.Name == "" {
			problems.Addf(at("name"), "is missing")
		}
		parsed.nodes[n.Name] = n.parse(&problems, at)
	}
	return parsed, problems.Err()
}

func (n nodeFile) parse(problems *plugin.Problems, at func(key string) string) node {
	parsed := node{device: n.Interface}
	if n.Source == "" && n.SourceIPv6 == "" && n.Interface == "" {
		problems.Addf(at("source"), "is missing: a node needs a source, a source_ipv6 or an interface")
	}
	if n.Source != "" {
		switch addr, err := netip.ParseAddr(n.Source); {
		case err != nil:
			problems.Addf(at("source"), "%q is no IP address", n.Source)
		case addr.Unmap().IsMulticast():
			problems.Addf(at("source"), "%s is no address of one machine", n.Source)
		case addr.Unmap().Is4():
			parsed.ipv4 = addr.Unmap()
		default:
			parsed.ipv6 = addr
		}
	}
	if n.SourceIPv6 != "" {
		switch addr, err := netip.ParseAddr(n.SourceIPv6); {
		case err != nil || addr.Unmap().Is4():
			problems.Addf(at("source_ipv6"), "%q is no IPv6 address", n.SourceIPv6)
		case addr.IsMulticast():
			problems.Addf(at("source_ipv6"), "%s is no address of one machine", n.SourceIPv6)
		case parsed.ipv6.IsValid():
			problems.Addf(at("source_ipv6"), "source is an IPv6 address already")
		default:
			parsed.ipv6 = addr
		}
	}
	if len(n.Interface) > maxDevice || strings.ContainsAny(n.Interface, "/ \t\n\x00") {
		problems.Addf(at("interface"), "%q is no name of an interface", n.Interface)
	}
	return parsed
}
