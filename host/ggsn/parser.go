package ggsn

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A parser checks a configuration and keeps what is wrong with it.
type parser struct{ config.Values }

// loopback reads where health is told; "" is nowhere.
func (p *parser) loopback(key, s string) {
	if s == "" {
		return
	}
	p.Address(key, s)
	host, _, err := net.SplitHostPort(s)
	a, parsed := netip.ParseAddr(host)
	if err == nil && host != "localhost" && (parsed != nil || !a.IsLoopback()) {
		p.Problems.Addf(key, "must be a loopback address such as 127.0.0.1:8083: there is no authentication at it")
	}
}

// socket reads the address of a GTP socket, which is also the one that SGSNs are told.
func (p *parser) socket(key, s string) netip.AddrPort {
	a, err := netip.ParseAddrPort(s)
	if err != nil || a.Addr().IsUnspecified() || a.Addr().IsMulticast() || a.Addr().Zone() != "" {
		p.Problems.Addf(key, "must be an address of this machine that SGSNs reach, like 192.0.2.10:2123, not %q", s)
	}
	return netip.AddrPortFrom(a.Addr().Unmap(), a.Port())
}

// prefixes reads networks, or addresses alone. Bits behind a prefix do not matter.
func (p *parser) prefixes(key string, list []string) []netip.Prefix {
	var all []netip.Prefix
	for i, s := range list {
		prefix, err := netip.ParsePrefix(s)
		if err != nil {
			var a netip.Addr
			if a, err = netip.ParseAddr(s); err == nil {
				prefix = netip.PrefixFrom(a, a.BitLen())
			}
		}
		if err != nil || !prefix.IsValid() {
			p.Problems.Addf(key+"."+strconv.Itoa(i), "%q is no network like 192.0.2.0/24", s)
			continue
		}
		all = append(all, prefix.Masked())
	}
	return all
}

// The longest access point name, and label of one, in octets (3GPP TS 23.003 §9.1).
const (
	maxAPN   = 63
	maxLabel = 63
)

func (p *parser) apn(key, apn string) {
	wrong := apn == "" || len(apn) > maxAPN
	for label := range strings.SplitSeq(apn, ".") {
		ok := label != "" && len(label) <= maxLabel && strings.Trim(label, "-") == label
		for _, c := range label {
			ok = ok && (c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-')
		}
		wrong = wrong || !ok
	}
	if wrong {
		p.Problems.Addf(key, "%q is no access point name: letters, digits and hyphens, with dots between", apn)
	}
}

// firstLine reads a secret.
func (p *parser) firstLine(key, name string) string {
	if name == "" {
		p.Problems.Addf(key, "is missing")
		return ""
	}
	text, err := os.ReadFile(p.Resolve(name))
	if err != nil {
		p.Problems.Addf(key, "%v", err)
		return ""
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r")
}

// node reads [node], what gateways connect to.
func (p *parser) node(f nodeFile, c *Config) {
	c.nodeListen, c.ggsn = f.Listen, f.GGSN
	if c.ggsn == "" {
		c.ggsn = c.control.Addr().String()
	}
	c.node = node.ServerOptions{
		Name: c.name, APNs: c.apns,
		Window:   p.Integer("node.window", f.Window, 1, node.MaxWindow),
		Gateways: p.Integer("node.gateways", f.Gateways, 1, 1000),
	}
	if f.Listen == "" {
		return
	}
	p.Address("node.listen", f.Listen)
	c.node.Tokens = p.tokens(f.Tokens)
	if c.node.TLS = p.tls(f); c.node.TLS == nil {
		p.needsTLS(f.Listen)
	}
}

// tokens reads those that gateways may show, one a line.
func (p *parser) tokens(name string) []string {
	if name == "" {
		p.Problems.Addf("node.token_file", "is missing: gateways show a token of it")
		return nil
	}
	text, err := os.ReadFile(p.Resolve(name))
	if err != nil {
		p.Problems.Addf("node.token_file", "%v", err)
		return nil
	}
	var tokens []string
	for line := range strings.Lines(string(text)) {
		if token := strings.TrimSpace(line); token != "" {
			if err := node.CheckToken(token); err != nil {
				p.Problems.Addf("node.token_file", "%v", err)
			}
			tokens = append(tokens, token)
		}
	}
	if len(tokens) == 0 {
		p.Problems.Addf("node.token_file", "has no token")
	}
	return tokens
}

// tls reads the certificates; nil is none.
func (p *parser) tls(f nodeFile) *tls.Config {
	if f.Cert == "" && f.Key == "" {
		if f.ClientCA != "" {
			p.Problems.Addf("node.client_ca", "needs tls_cert and tls_key")
		}
		return nil
	}
	pair, err := tls.LoadX509KeyPair(p.Resolve(f.Cert), p.Resolve(f.Key))
	if err != nil {
		p.Problems.Addf("node.tls_cert", "%v", err)
		return nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if f.ClientCA == "" {
		return c
	}
	text, err := os.ReadFile(p.Resolve(f.ClientCA))
	c.ClientCAs, c.ClientAuth = x509.NewCertPool(), tls.RequireAndVerifyClientCert
	if err != nil || !c.ClientCAs.AppendCertsFromPEM(text) {
		p.Problems.Addf("node.client_ca", "has no certificate")
	}
	return c
}

// needsTLS refuses an address that others than this machine can reach, where the token would be for everybody to read.
func (p *parser) needsTLS(listen string) {
	host, _, _ := net.SplitHostPort(listen)
	if a, err := netip.ParseAddr(host); host != "localhost" && (err != nil || !a.IsLoopback()) {
		p.Problems.Addf("node.listen", "%s is no loopback address: it needs tls_cert and tls_key", listen)
	}
}
