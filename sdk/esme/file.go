package esme

import (
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/ppgbox/ppgbox/sdk/plugin"
)

// File is the table of one link as it is written in a configuration.
type File struct {
	Address         string   `toml:"address"`
	ReceiverAddress string   `toml:"receiver_address"`
	Bind            string   `toml:"bind"`
	SystemID        string   `toml:"system_id"`
	Password        string   `toml:"password"`
	PasswordFile    string   `toml:"password_file"`
	SystemType      string   `toml:"system_type"`
	Prefix          []string `toml:"prefix"`
	Priority        int      `toml:"priority"`
	Window          *int     `toml:"window"`
	Rate            string   `toml:"rate"`
	ResponseTimeout *string  `toml:"response_timeout"`
	TLS             bool     `toml:"tls"`
	CAFile          string   `toml:"ca_file"`
	ServerName      string   `toml:"server_name"`
}

// How a link is bound (SMPP 3.4 §4.1).
const (
	bindTransceiver = "transceiver"
	bindTransmitter = "transmitter"          // nothing comes from the SMSC but answers
	bindBoth        = "transmitter+receiver" // two connections
)

const (
	// defaultWindow is large, because in transaction mode an answer takes as long as the delivery: with 5 s each, 100 places
	// are 20 segments a second.
	defaultWindow = 100
	maxWindow     = 100_000
	// defaultResponseTimeout is longer than a network tries to reach a terminal.
	defaultResponseTimeout = 70 * time.Second

	maxSystemID   = 15 // octets (SMPP 3.4 §5.2.1)
	maxPassword   = 8  // (§5.2.2)
	maxSystemType = 12 // (§5.2.3)
	maxPriority   = 100
)

// MaxLinks is the number of links that one Links may have.
const MaxLinks = 64

// Keys documents the keys of File for a plugin; table is where they are, as in "link[].".
func Keys(table string) []plugin.Key {
	keys := []plugin.Key{
		{Name: "address", Type: plugin.TypeString, Required: true, Doc: "host:port of the SMSC"},
		{Name: "bind", Type: plugin.TypeString, Default: `"transceiver"`, Doc: "transceiver, transmitter, or transmitter+receiver: two connections"},
		{Name: "receiver_address", Type: plugin.TypeString, Default: `""`, Doc: "host:port of the receiver's connection; none: address"},
		{Name: "system_id", Type: plugin.TypeString, Required: true, Doc: "name at the SMSC"},
		{Name: "password", Type: plugin.TypeString, Default: `""`, Doc: "password at the SMSC"},
		{Name: "password_file", Type: plugin.TypeFile, Default: `""`, Doc: "file whose first line is the password"},
		{Name: "system_type", Type: plugin.TypeString, Default: `""`, Doc: "system_type of the bind"},
		{Name: "prefix", Type: plugin.TypeStrings, Default: "[]", Doc: "only numbers that begin with one of these, in international form; none: all"},
		{Name: "priority", Type: plugin.TypeInteger, Default: "0", Doc: "links of a lower one are used while those of a higher one are down or full"},
		{Name: "window", Type: plugin.TypeInteger, Default: "100", Doc: "requests unanswered at once"},
		{Name: "rate", Type: plugin.TypeString, Default: `""`, Doc: "most requests a second, as in 50/s; none: no limit"},
		{Name: "response_timeout", Type: plugin.TypeDuration, Default: `"70s"`, Doc: "what has no answer for so long may have arrived or not"},
		{Name: "tls", Type: plugin.TypeBoolean, Default: "false", Doc: "speak TLS"},
		{Name: "ca_file", Type: plugin.TypeFile, Default: `""`, Doc: "certificates that the SMSC's must come from; none: the system's"},
		{Name: "server_name", Type: plugin.TypeString, Default: `""`, Doc: "name in the SMSC's certificate; none: the host of address"},
	}
	for i := range keys {
		keys[i].Name = table + keys[i].Name
	}
	return keys
}

// Parse checks a link and opens nothing; at is where its keys are, as in "link.0.".
func (f File) Parse(problems *plugin.Problems, at string) Config {
	c := Config{
		address: f.Address, receiverAddress: f.ReceiverAddress, bind: f.Bind, systemID: f.SystemID, password: f.Password,
		passwordFile: f.PasswordFile, systemType: f.SystemType, priority: f.Priority, window: defaultWindow,
		responseTimeout: defaultResponseTimeout, tls: f.TLS, caFile: f.CAFile, serverName: f.ServerName,
	}
	if !isHostPort(f.Address) {
		problems.Addf(at+"address", "must be host:port, not %q", f.Address)
	}
	f.parseBind(problems, at, &c)
	if n := len(f.SystemID); n == 0 || n > maxSystemID {
		problems.Addf(at+"system_id", "must have 1 to %d characters", maxSystemID)
	}
	if f.Password != "" && f.PasswordFile != "" {
		problems.Addf(at+"password", "is given beside password_file")
	}
	if len(f.Password) > maxPassword {
		problems.Addf(at+"password", "must have %d characters at most", maxPassword)
	}
	if len(f.SystemType) > maxSystemType {
		problems.Addf(at+"system_type", "must have %d characters at most", maxSystemType)
	}
	for _, p := range f.Prefix {
		digits := strings.TrimPrefix(p, "+")
		if digits == "" || strings.Trim(digits, "0123456789") != "" {
			problems.Addf(at+"prefix", "%q is not the beginning of a number", p)
		}
		c.prefix = append(c.prefix, digits)
	}
	if f.Priority < -maxPriority || f.Priority > maxPriority {
		problems.Addf(at+"priority", "must be %d to %d, not %d", -maxPriority, maxPriority, f.Priority)
	}
	f.parsePace(problems, at, &c)
	if !f.TLS && f.CAFile != "" {
		problems.Addf(at+"ca_file", "needs tls = true")
	}
	if !f.TLS && f.ServerName != "" {
		problems.Addf(at+"server_name", "needs tls = true")
	}
	return c
}

func (f File) parseBind(problems *plugin.Problems, at string, c *Config) {
	switch f.Bind {
	case "":
		c.bind = bindTransceiver
	case bindTransceiver, bindTransmitter, bindBoth:
	default:
		problems.Addf(at+"bind", "must be %q, %q or %q, not %q", bindTransceiver, bindTransmitter, bindBoth, f.Bind)
	}
	switch {
	case f.ReceiverAddress == "":
		c.receiverAddress = f.Address
	case c.bind != bindBoth:
		problems.Addf(at+"receiver_address", "needs bind = %q", bindBoth)
	case !isHostPort(f.ReceiverAddress):
		problems.Addf(at+"receiver_address", "must be host:port, not %q", f.ReceiverAddress)
	}
}

func (f File) parsePace(problems *plugin.Problems, at string, c *Config) {
	if f.Window != nil {
		if c.window = *f.Window; c.window < 1 || c.window > maxWindow {
			problems.Addf(at+"window", "must be 1 to %d, not %d", maxWindow, c.window)
		}
	}
	if f.Rate != "" {
		perSecond, ok := strings.CutSuffix(f.Rate, "/s")
		rate, err := strconv.ParseFloat(perSecond, 64)
		if !ok || err != nil || !(rate >= 0.1 && rate <= 1e6) {
			problems.Addf(at+"rate", "must be like \"50/s\", not %q", f.Rate)
		}
		c.rate = rate
	}
	if f.ResponseTimeout == nil {
		return
	}
	d, err := time.ParseDuration(*f.ResponseTimeout)
	switch {
	case err != nil:
		problems.Addf(at+"response_timeout", "%q is no duration; write it like \"60s\"", *f.ResponseTimeout)
	case d <= 0:
		problems.Addf(at+"response_timeout", "must be longer than nothing, not %s", *f.ResponseTimeout)
	}
	c.responseTimeout = d
}

func isHostPort(s string) bool {
	host, port, err := net.SplitHostPort(s)
	if err != nil || host == "" {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}
