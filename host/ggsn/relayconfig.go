package ggsn

import (
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/netip"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/host/registration"
)

type relayFile struct {
	Listen       string `toml:"listen"`
	Cert         string `toml:"tls_cert"`
	Key          string `toml:"tls_key"`
	Gateway      string `toml:"gateway"`
	Name         string `toml:"name"`
	PasswordFile string `toml:"password_file"`
	CA           string `toml:"ca_file"`
	Timeout      string `toml:"timeout"`
}

// registrationConfig is where push clients register, and where that is passed on to.
type registrationConfig struct {
	listen string // "" for nowhere
	tls    *tls.Config
	client registration.ClientOptions
}

// registration reads [registration].
func (p *parser) registration(f relayFile) (c registrationConfig) {
	c.client.Timeout = p.Duration("registration.timeout", f.Timeout, 100*time.Millisecond, 10*time.Second)
	if c.listen = f.Listen; f.Listen == "" {
		return c
	}
	host, _, _ := net.SplitHostPort(f.Listen)
	if a, err := netip.ParseAddr(host); err != nil || a.IsUnspecified() {
		p.Problems.Addf("registration.listen", "must be an address that terminals reach through the TUN device, like 10.46.0.1:8090, not %q", f.Listen)
	}
	p.Address("registration.listen", f.Listen)
	if f.Cert != "" || f.Key != "" {
		pair, err := tls.LoadX509KeyPair(p.Resolve(f.Cert), p.Resolve(f.Key))
		if err != nil {
			p.Problems.Addf("registration.tls_cert", "%v", err)
		}
		c.tls = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	}
	c.client.Gateway = p.gateway(f.Gateway)
	if c.client.Name = f.Name; f.Name == "" || strings.Contains(f.Name, ":") {
		p.Problems.Addf("registration.name", "must be the name of the gateway's [[relay]], without colon, not %q", f.Name)
	}
	if c.client.Password = p.firstLine("registration.password_file", f.PasswordFile); c.client.Password == "" {
		p.Problems.Addf("registration.password_file", "has no password")
	}
	if f.CA != "" {
		text, err := os.ReadFile(p.Resolve(f.CA))
		c.client.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: x509.NewCertPool()}
		if err != nil || !c.client.TLS.RootCAs.AppendCertsFromPEM(text) {
			p.Problems.Addf("registration.ca_file", "has no certificate")
		}
	}
	return c
}

// gateway reads where the gateway's client listener is. Passwords of users go there, so it has TLS unless it is on this machine.
func (p *parser) gateway(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.Scheme != "https" && u.Scheme != "http" {
		p.Problems.Addf("registration.gateway", "must be like https://gateway.example.net:8090, not %q", s)
		return ""
	}
	if a, err := netip.ParseAddr(u.Hostname()); u.Scheme == "http" && u.Hostname() != "localhost" && (err != nil || !a.IsLoopback()) {
		p.Problems.Addf("registration.gateway", "must be https: passwords go to %s", u.Host)
	}
	return u.Scheme + "://" + u.Host
}
