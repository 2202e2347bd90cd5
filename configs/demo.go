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

//go:embed demo-ggsn.toml.tmpl
var demoGGSN string

// DemoAddresses are where the parts of the demo meet, each as "host:port"; port 0 is any that is free.
type DemoAddresses struct {
	PAP          string // where the gateway listens for pushes
	Admin        string // where it tells its status; on loopback
	Client       string // where push clients register
	SMSC         string // where the SMSC emulator listens
	Node         string // where the push GGSN takes pushes
	TerminalPort uint16 // UDP port of terminals on this machine
}

// Demo returns the configuration of the demo's gateway. Its store is a file below the folder that it is written to, and so is the token
// for the push GGSN, node.token.
func Demo(a DemoAddresses) ([]byte, error) {
	t, err := template.ParseFS(Files, "demo.toml.tmpl")
	if err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	return filled(t, a)
}

// DemoNetwork is where the parts of the demo's packet network meet, each as "host:port".
type DemoNetwork struct {
	GGSNControl, GGSNUser         string // the push GGSN, GTP-C and GTP-U
	SGSNControlPort, SGSNUserPort uint16
	HLR                           string // the register behind GTP
	Node                          string // where the push GGSN takes pushes
}

// DemoGGSN returns the configuration of the demo's push GGSN, which has its files beside it: node.token, and the restart counter.
func DemoGGSN(n DemoNetwork) ([]byte, error) {
	t, err := template.New("demo-ggsn.toml").Parse(demoGGSN)
	if err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	return filled(t, n)
}

func filled(t *template.Template, a any) ([]byte, error) {
	var b bytes.Buffer
	if err := t.Execute(&b, a); err != nil {
		return nil, fmt.Errorf("configs: %w", err)
	}
	return b.Bytes(), nil
}
