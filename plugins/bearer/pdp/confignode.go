package pdp

import (
	"net"
	"net/netip"
	"strings"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

type nodeFile struct {
	Name       string `toml:"name"`
	Source     string `toml:"source"`
	SourceIPv6 string `toml:"source_ipv6"`
	Interface  string `toml:"interface"`
	Activation string `toml:"activation"`
	PushNode   string `toml:"push_node"`
	Through    string `toml:"through"`
	TokenFile  string `toml:"token_file"`
	TLS        bool   `toml:"tls"`
	CAFile     string `toml:"ca_file"`
	CertFile   string `toml:"cert_file"`
	KeyFile    string `toml:"key_file"`
	ServerName string `toml:"server_name"`
	Plaintext  bool   `toml:"plaintext"`
}

// A pdpNode is a node that routing strategies name.
type pdpNode struct {
	name string
	// What pushes to its terminals leave from: an address of each family that it has, and a device.
	ipv4, ipv6 netip.Addr
	device     string
	// byPacket says that a packet to a static address wakes its terminal.
	byPacket bool
	// push is the push node that wakes its terminals; the zero value is none.
	push peer
	// through says that pushes to terminals that are online leave by the push node, too.
	through bool
}

// wakesTerminals reports whether a terminal without a session can be reached by the node.
func (n *pdpNode) wakesTerminals() bool { return n.byPacket || n.push.address != "" }

// A peer is a push node as the configuration has it.
type peer struct {
	address                                          string
	tokenFile, caFile, certFile, keyFile, serverName string
	tls, plaintext                                   bool
}

// Values of keys.
const (
	activationPacket = "packet"
	throughHere      = "here"
	throughPushNode  = "push_node"
)

const maxDevice = 15 // characters (Linux, IFNAMSIZ)

func (n nodeFile) parse(problems *plugin.Problems, at func(key string) string) *pdpNode {
	parsed := &pdpNode{name: n.Name, device: n.Interface}
	if n.Source == "" && n.SourceIPv6 == "" && n.Interface == "" && n.PushNode == "" {
		problems.Addf(at("source"), "is missing: a node needs a source, a source_ipv6, an interface or a push_node")
	}
	n.parseSources(problems, at, parsed)
	if len(n.Interface) > maxDevice || strings.ContainsAny(n.Interface, "/ \t\n\x00") {
		problems.Addf(at("interface"), "%q is no name of an interface", n.Interface)
	}
	n.parseActivation(problems, at, parsed)
	n.parsePeer(problems, at, parsed)
	return parsed
}

func (n nodeFile) parseSources(problems *plugin.Problems, at func(key string) string, parsed *pdpNode) {
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
}

func (n nodeFile) parseActivation(problems *plugin.Problems, at func(key string) string, parsed *pdpNode) {
	switch n.Activation {
	case "":
	case activationPacket:
		parsed.byPacket = true
		if n.PushNode != "" {
			problems.Addf(at("activation"), "the push node wakes the terminals already; leave one of the two out")
		}
	default:
		problems.Addf(at("activation"), "%q is none; there is %q, and push nodes", n.Activation, activationPacket)
	}
	sources := n.Source != "" || n.SourceIPv6 != "" || n.Interface != ""
	switch n.Through {
	case "":
		parsed.through = n.PushNode != "" && !sources
	case throughHere:
		if !sources {
			problems.Addf(at("through"), "from here pushes need a source, a source_ipv6 or an interface to leave from")
		}
	case throughPushNode:
		parsed.through = true
		if n.PushNode == "" {
			problems.Addf(at("through"), "there is no push_node")
		}
	default:
		problems.Addf(at("through"), "%q is neither %q nor %q", n.Through, throughHere, throughPushNode)
	}
}

func (n nodeFile) parsePeer(problems *plugin.Problems, at func(key string) string, parsed *pdpNode) {
	parsed.push = peer{
		address: n.PushNode, tokenFile: n.TokenFile, caFile: n.CAFile, certFile: n.CertFile, keyFile: n.KeyFile,
		serverName: n.ServerName, tls: n.TLS, plaintext: n.Plaintext,
	}
	if n.PushNode == "" {
		if parsed.push != (peer{}) {
			problems.Addf(at("push_node"), "is missing, and there are keys about it")
		}
		return
	}
	if host, port, err := net.SplitHostPort(n.PushNode); err != nil || host == "" || port == "" {
		problems.Addf(at("push_node"), "%q is not host:port", n.PushNode)
	}
	if n.TokenFile == "" {
		problems.Addf(at("token_file"), "is missing: the push node wants a token")
	}
	if !n.TLS && (n.CAFile != "" || n.CertFile != "" || n.KeyFile != "" || n.ServerName != "") {
		problems.Addf(at("tls"), "is false, and there are keys about it")
	}
	if (n.CertFile == "") != (n.KeyFile == "") {
		problems.Addf(at("key_file"), "cert_file and key_file go together")
	}
	if n.TLS && n.Plaintext {
		problems.Addf(at("plaintext"), "there is TLS")
	}
}
