package sms

import (
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// linkFile is a link as it is written.
type linkFile struct {
	Address         string  `toml:"address"`
	SystemID        string  `toml:"system_id"`
	Password        string  `toml:"password"`
	PasswordFile    string  `toml:"password_file"`
	SystemType      string  `toml:"system_type"`
	Window          *int    `toml:"window"`
	Rate            string  `toml:"rate"`
	ResponseTimeout *string `toml:"response_timeout"`
	TLS             bool    `toml:"tls"`
	CAFile          string  `toml:"ca_file"`
	ServerName      string  `toml:"server_name"`
}

// linkConfig is a link as it is used.
type linkConfig struct {
	address         string
	systemID        string
	password        string
	passwordFile    string
	systemType      string
	window          int
	rate            float64 // segments a second, 0 without a limit
	responseTimeout time.Duration
	tls             bool
	caFile          string
	roots           *x509.CertPool // nil for the system's
	serverName      string
}

const (
	// defaultLinkWindow is large, because in transaction mode an answer takes as long as the delivery: with 5 s each, 100 places
	// are 20 segments a second.
	defaultLinkWindow = 100
	maxLinkWindow     = 100_000
	// defaultResponseTimeout is longer than a network tries to reach a terminal.
	defaultResponseTimeout = 70 * time.Second

	maxSystemID   = 15 // octets (SMPP 3.4 §5.2.1)
	maxPassword   = 8  // (§5.2.2)
	maxSystemType = 12 // (§5.2.3)
)

// parse checks a link; prefix is where its keys are.
func (f linkFile) parse(problems *plugin.Problems, prefix string) linkConfig {
	c := linkConfig{
		address: f.Address, systemID: f.SystemID, password: f.Password, passwordFile: f.PasswordFile, systemType: f.SystemType,
		window: defaultLinkWindow, responseTimeout: defaultResponseTimeout, tls: f.TLS, caFile: f.CAFile, serverName: f.ServerName,
	}
	if host, port, err := net.SplitHostPort(f.Address); err != nil || host == "" || !isPort(port) {
		problems.Addf(prefix+"address", "must be host:port, not %q", f.Address)
	}
	if n := len(f.SystemID); n == 0 || n > maxSystemID {
		problems.Addf(prefix+"system_id", "must have 1 to %d characters", maxSystemID)
	}
	if f.Password != "" && f.PasswordFile != "" {
		problems.Addf(prefix+"password", "is given beside password_file")
	}
	if len(f.Password) > maxPassword {
		problems.Addf(prefix+"password", "must have %d characters at most", maxPassword)
	}
	if len(f.SystemType) > maxSystemType {
		problems.Addf(prefix+"system_type", "must have %d characters at most", maxSystemType)
	}
	if f.Window != nil {
		if c.window = *f.Window; c.window < 1 || c.window > maxLinkWindow {
			problems.Addf(prefix+"window", "must be 1 to %d, not %d", maxLinkWindow, c.window)
		}
	}
	if f.Rate != "" {
		perSecond, ok := strings.CutSuffix(f.Rate, "/s")
		rate, err := strconv.ParseFloat(perSecond, 64)
		if !ok || err != nil || !(rate >= 0.1 && rate <= 1e6) {
			problems.Addf(prefix+"rate", "must be like \"50/s\", not %q", f.Rate)
		}
		c.rate = rate
	}
	if f.ResponseTimeout != nil {
		c.responseTimeout = duration(problems, prefix+"response_timeout", *f.ResponseTimeout)
	}
	if !f.TLS && f.CAFile != "" {
		problems.Addf(prefix+"ca_file", "needs tls = true")
	}
	if !f.TLS && f.ServerName != "" {
		problems.Addf(prefix+"server_name", "needs tls = true")
	}
	return c
}

func isPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n > 0
}

// load reads the files that the links name.
func (c *config) load() error {
	var problems plugin.Problems
	for i := range c.links {
		l, prefix := &c.links[i], fmt.Sprintf("link.%d.", i)
		if l.passwordFile != "" {
			b, _, err := readFile(l.passwordFile)
			if err != nil {
				problems.Addf(prefix+"password_file", "%v", err)
			}
			l.password, _, _ = strings.Cut(string(b), "\n")
			l.password = strings.TrimSuffix(l.password, "\r")
			if len(l.password) > maxPassword {
				problems.Addf(prefix+"password_file", "the password must have %d characters at most", maxPassword)
			}
		}
		if l.caFile != "" {
			b, path, err := readFile(l.caFile)
			if err != nil {
				problems.Addf(prefix+"ca_file", "%v", err)
			} else if l.roots = x509.NewCertPool(); !l.roots.AppendCertsFromPEM(b) {
				problems.Addf(prefix+"ca_file", "%s has no certificate", path)
			}
		}
	}
	return problems.Err()
}

// readFile reads a file. Its path, in errors too, is absolute, since nobody sees where the gateway starts its plugins.
func readFile(name string) (content []byte, path string, err error) {
	if path, err = filepath.Abs(name); err != nil {
		return nil, name, err
	}
	content, err = os.ReadFile(path)
	return content, path, err
}
