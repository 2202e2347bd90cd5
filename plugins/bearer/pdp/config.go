package pdp

import (
	_ "embed"
	"fmt"
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
	TerminalPort   int        `toml:"terminal_port"`
	SourcePort     int        `toml:"source_port"`
	MaxOctets      int        `toml:"max_octets"`
	Listen         string     `toml:"listen_for_errors"`
	InFlight       int        `toml:"in_flight"`
	StaticFile     string     `toml:"static_file"`
	ActivationWait string     `toml:"activation_wait"`
	WakePort       int        `toml:"wake_port"`
	Wakes          int        `toml:"wakes"`
	Nodes          []nodeFile `toml:"node"`
}

// config is the configuration as it is used.
type config struct {
	terminalPort   uint16
	sourcePort     uint16
	maxOctets      int
	listen         time.Duration
	inFlight       int
	staticFile     string
	activationWait time.Duration
	wakePort       uint16
	wakes          int
	nodes          map[string]*pdpNode
	order          []*pdpNode
	only           string // the node that wakes terminals, if there is one of them
}

// What the configuration has where it says nothing, and its limits.
const (
	defaultMaxOctets      = 1400
	longestDatagram       = 65507 // UDP over IPv4
	defaultListen         = "300ms"
	maxListen             = 10 * time.Second
	defaultInFlight       = 10_000
	maxInFlight           = 1_000_000
	defaultActivationWait = "3s"
	maxActivationWait     = time.Minute
	defaultWakePort       = 9 // discard (RFC 863)
	defaultWakes          = 2
	maxWakes              = 10
)

func keys() []plugin.Key {
	return []plugin.Key{
		{Name: "terminal_port", Type: "integer", Default: "2948", Doc: "port that terminals listen on"},
		{Name: "source_port", Type: "integer", Default: "9200", Doc: "port that pushes come from; 0 is any"},
		{Name: "max_octets", Type: "integer", Default: "1400", Doc: "longest datagram"},
		{Name: "listen_for_errors", Type: "duration", Default: `"300ms"`, Doc: "how long after sending an error of the network may come; 0s is not at all"},
		{Name: "in_flight", Type: "integer", Default: "10000", Doc: "pushes taken from the gateway at once"},
		{Name: "static_file", Type: plugin.TypeFile, Default: `""`, Doc: "static addresses: lines of +NUMBER or IMSI, address, node"},
		{Name: "activation_wait", Type: "duration", Default: `"3s"`, Doc: "how long a terminal that was sent a packet to wake it may take"},
		{Name: "wake_port", Type: "integer", Default: "9", Doc: "port that such packets go to"},
		{Name: "wakes", Type: "integer", Default: "2", Doc: "how often one push wakes its terminal by a packet"},
		{Name: "node", Type: "list of tables", Doc: "nodes that routing strategies name"},
		{Name: "node[].name", Type: "string", Required: true, Doc: "the node's name"},
		{Name: "node[].source", Type: "string", Doc: "address that its terminals see pushes come from"},
		{Name: "node[].source_ipv6", Type: "string", Doc: "the same for IPv6, if source is IPv4"},
		{Name: "node[].interface", Type: "string", Doc: "interface or tunnel device that its pushes leave by"},
		{Name: "node[].activation", Type: "string", Default: `""`, Doc: "packet: a packet to a static address wakes its terminal"},
		{Name: "node[].push_node", Type: "string", Default: `""`, Doc: "host:port of the push node that wakes its terminals"},
		{Name: "node[].through", Type: "string", Default: `"here"`, Doc: "where pushes to terminals that are online leave: here or push_node"},
		{Name: "node[].token_file", Type: plugin.TypeFile, Default: `""`, Doc: "file whose first line is the token for the push node"},
		{Name: "node[].tls", Type: "boolean", Default: "false", Doc: "speak TLS with the push node"},
		{Name: "node[].ca_file", Type: plugin.TypeFile, Default: `""`, Doc: "certificates that the push node's must come from; none: the system's"},
		{Name: "node[].cert_file", Type: plugin.TypeFile, Default: `""`, Doc: "certificate to show the push node"},
		{Name: "node[].key_file", Type: plugin.TypeFile, Default: `""`, Doc: "its key"},
		{Name: "node[].server_name", Type: "string", Default: `""`, Doc: "name in the push node's certificate; none: the host of push_node"},
		{Name: "node[].plaintext", Type: "boolean", Default: "false", Doc: "without TLS the token may leave this machine"},
	}
}

func parseConfig(c plugin.Config) (config, error) {
	f := file{
		TerminalPort: int(wdp.PortPush), SourcePort: int(wdp.PortWSP), MaxOctets: defaultMaxOctets, Listen: defaultListen, InFlight: defaultInFlight,
		ActivationWait: defaultActivationWait, WakePort: defaultWakePort, Wakes: defaultWakes,
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
	if f.WakePort < 1 || f.WakePort > 65535 {
		problems.Addf("wake_port", "%d is no port; a port is 1 to 65535", f.WakePort)
	}
	if f.Wakes < 1 || f.Wakes > maxWakes {
		problems.Addf("wakes", "must be 1 to %d, not %d", maxWakes, f.Wakes)
	}
	listen := parseDuration(&problems, "listen_for_errors", f.Listen, 0, maxListen)
	activationWait := parseDuration(&problems, "activation_wait", f.ActivationWait, time.Millisecond, maxActivationWait)
	parsed := config{
		terminalPort: uint16(f.TerminalPort), sourcePort: uint16(f.SourcePort), maxOctets: f.MaxOctets,
		listen: listen, inFlight: f.InFlight, nodes: make(map[string]*pdpNode, len(f.Nodes)),
		staticFile: f.StaticFile, activationWait: activationWait, wakePort: uint16(f.WakePort), wakes: f.Wakes,
	}
	var waking []string
	for i, n := range f.Nodes {
		at := func(key string) string { return fmt.Sprintf("node.%d.%s", i, key) }
		if _, twice := parsed.nodes[n.Name]; twice {
			problems.Addf(at("name"), "node %q is given twice", n.Name)
		}
		if n.Name == "" {
			problems.Addf(at("name"), "is missing")
		}
		one := n.parse(&problems, at)
		parsed.nodes[n.Name] = one
		parsed.order = append(parsed.order, one)
		if one.wakesTerminals() {
			waking = append(waking, n.Name)
		}
	}
	if len(waking) == 1 {
		parsed.only = waking[0]
	}
	return parsed, problems.Err()
}

func parseDuration(problems *plugin.Problems, key, text string, least, most time.Duration) time.Duration {
	d, err := time.ParseDuration(text)
	switch {
	case err != nil:
		problems.Addf(key, "%q is no duration; write it like \"300ms\"", text)
	case d < least || d > most:
		problems.Addf(key, "must be %s to %s, not %s", least, most, d)
	}
	return d
}
