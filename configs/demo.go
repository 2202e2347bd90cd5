package configs

import (
	"bytes"
	"embed"
	"fmt"
	"text/template"
)

// Files are the configurations of the gateway by file name, and the template that Demo fills.
//
//go:embed gateway.toml sms-only.toml push-server.toml demo.toml.tmpl
var Files embed.FS

// SMSC is the configuration of "ppgbox smsc", smsc.toml.
//
//go:embed smsc.toml
var SMSC string

// GGSN is the configuration of "ppgbox ggsn", ggsn.toml.
//
//go:embed ggsn.toml
var GGSN string

// DemoAddresses are where the parts of the demo meet, each as "host:port"; port 0 is any that is free.
type DemoAddresses struct {
	PAP          string // where the gateway listens for pushes
	Admin        string // where it tells its status; on loopback
	Client       string // where push clients register
	SMSC         string // where the SMSC emulator listens
	TerminalPort uint16 // UDP port of terminals on this machine
}

// Demo returns the configuration of the demo. Its store is a file below the folder that it is written to.
func Demo(a DemoAddresses) ([]byte, error) {
	t, err := template.ParseFS(Files, "demo.toml.tmpl")
	if err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, a); err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	return b.Bytes(), nil
}
