package plugin

import (
	"context"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Kind is what a plugin does.
type Kind string

// The kinds of plugins.
const (
	KindEncoder Kind = "encoder"
	KindRouting Kind = "routing"
	KindBearer  Kind = "bearer"
)

// Plugin is the part of the contract that every kind shares. The kind's own interface embeds it.
type Plugin interface {
	// Info describes the plugin. It is called before any configuration is known and always answers the same.
	Info() Info
	// Validate checks a configuration without opening sockets or files and reports all problems at once, as Problems. It
	// changes nothing, and may be called at any time, also beside a running configuration.
	Validate(Config) error
	// Configure puts a configuration that Validate accepted to use. It is called once, before the first item, and the
	// context bounds it. What is not there yet (a peer that is down) is not an error here.
	Configure(context.Context, Config) error
}

// Info is how a plugin describes itself.
type Info struct {
	Kind    Kind
	Name    string // "sms" of "bearer/sms"
	Version string
	// Keys are the keys of its configuration; any other key is refused before the plugin sees it.
	Keys []Key

	// For encoders.
	Takes  []string     // media types it takes, lower case
	Makes  []string     // media types it makes
	Inputs []push.Input // what it needs beside the content

	// For bearers.
	Confirms     bool               // its outcome can be push.OutcomeDelivered
	AddressTypes []push.AddressType // types of recipients it can send to, with the routes it is given
	Network      string             // the network name of WDP appendix C, "GSM"
	Bearer       string             // the bearer name of WDP appendix C, "SMS"
}

// A Key documents one key of a plugin's configuration. Nested tables use dots, lists of tables "[]": "link[].host".
type Key struct {
	Name     string
	Type     string // "string", "integer", "boolean", "duration", "list of strings", "table" …
	Default  string // in TOML, "" if there is none
	Required bool
	Doc      string // one line
}
