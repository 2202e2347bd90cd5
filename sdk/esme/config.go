package esme

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// Config is one link as it is used. File.Parse makes it.
type Config struct {
	address         string
	receiverAddress string
	bind            string
	systemID        string
	password        string
	passwordFile    string
	systemType      string
	prefix          []string // digits
	priority        int
	window          int
	rate            float64 // requests a second, 0 without a limit
	responseTimeout time.Duration
	tls             bool
	caFile          string
	roots           *x509.CertPool // nil for the system's
	serverName      string
}

// Load reads the files that the link names; at is where its keys are, as in "link.0.".
func (c *Config) Load(problems *plugin.Problems, at string) {
	if c.passwordFile != "" {
		b, _, err := readFile(c.passwordFile)
		if err != nil {
			problems.Addf(at+"password_file", "%v", err)
		}
		c.password, _, _ = strings.Cut(string(b), "\n")
		c.password = strings.TrimSuffix(c.password, "\r")
		if len(c.password) > maxPassword {
			problems.Addf(at+"password_file", "the password must have %d characters at most", maxPassword)
		}
	}
	if c.caFile != "" {
		b, path, err := readFile(c.caFile)
		if err != nil {
			problems.Addf(at+"ca_file", "%v", err)
		} else if c.roots = x509.NewCertPool(); !c.roots.AppendCertsFromPEM(b) {
			problems.Addf(at+"ca_file", "%s has no certificate", path)
		}
	}
}

// reread is the link with its files as they are now, so that a password that was corrected serves the next bind. An error says
// which file can not be used.
func (c *Config) reread() (*Config, error) {
	now := *c
	var problems plugin.Problems
	if now.Load(&problems, ""); len(problems) > 0 {
		return nil, &fileError{problems}
	}
	return &now, nil
}

// A fileError says that a link can not be bound for what its files are.
type fileError struct{ problems plugin.Problems }

// Error is part of error.
func (e *fileError) Error() string { return e.problems.Error() }

// readFile reads a file. Its path, in errors too, is absolute, since nobody sees where the gateway starts its plugins.
func readFile(name string) (content []byte, path string, err error) {
	if path, err = filepath.Abs(name); err != nil {
		return nil, name, err
	}
	content, err = os.ReadFile(path)
	return content, path, err
}

// takes says whether the link takes a number, given in international form without "+".
func (c *Config) takes(number string) bool {
	for _, p := range c.prefix {
		if strings.HasPrefix(number, p) {
			return true
		}
	}
	return len(c.prefix) == 0
}

// modes are the binds of the link: the first one sends.
func (c *Config) modes() []smpp.BindMode {
	switch c.bind {
	case bindTransmitter:
		return []smpp.BindMode{smpp.Transmitter}
	case bindBoth:
		return []smpp.BindMode{smpp.Transmitter, smpp.Receiver}
	}
	return []smpp.BindMode{smpp.Transceiver}
}

// ResponseTimeout is how long the link waits for an answer.
func (c *Config) ResponseTimeout() time.Duration { return c.responseTimeout }

// Receives says whether messages and receipts come over the link.
func (c *Config) Receives() bool { return c.bind != bindTransmitter }

// client is the session's configuration without what it is told of.
func (c *Config) client() smpp.ClientConfig {
	cfg := smpp.ClientConfig{Config: smpp.Config{Window: c.window, ResponseTimeout: c.responseTimeout}}
	if c.tls {
		cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.roots, ServerName: c.serverName}
	}
	return cfg
}
