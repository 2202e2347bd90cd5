//go:build linux

package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

const gatewayName = "ppg.example.net"

// settings fill the configurations in. Times are the machine's.
type settings struct {
	PAP, Admin, SMSC, MSC          string // addresses; SMSC is what the gateway submits to
	Listen, SMSCAdmin              string // of the push SMSC
	Name, Username, Mode, SystemID string
	Window, Pause, MaxPause        time.Duration // of a transaction
	Patient                        time.Duration // longer than any of them: what waits for the end of one
	InFlight                       int
}

// gatewayConfiguration is that of an operator but for its times. Only a bearer that runs transactions has their times; for the others
// the SMSC ends a push.
var gatewayConfiguration = template.Must(template.New("ppgbox.toml").Parse(`[gateway]
name  = "{{.Name}}"
store = "sqlite:data/ppgbox.db"

[listen]
pap   = "{{.PAP}}"
admin = "{{.Admin}}"

[[initiator]]
name          = "claims"
username      = "{{.Username}}"
password_file = "claims.password"

[plugin.wbxml]
use = "encoder/wbxml"

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source    = "1234"
mode      = "{{.Mode}}"
in_flight = {{.InFlight}}
{{- if eq .Mode "integrated"}}
window    = "{{.Window}}"
pause     = "{{.Pause}}"
max_pause = "{{.MaxPause}}"
{{- else if eq .Mode "delegate"}}
window    = "{{.Patient}}"
{{- else}}
receipt_timeout = "{{.Patient}}"
{{- end}}
[[plugin.sms.config.link]]
address          = "{{.SMSC}}"
system_id        = "{{.SystemID}}"
password         = "secret"
window           = 8000
response_timeout = "{{.Patient}}"

[[policy]]
name  = "all"
[[policy.attempt]]
bearer = "sms"
within = "{{.Patient}}"
`))

var pushSMSCConfiguration = template.Must(template.New("smsc.toml").Parse(`[smsc]
listen = "{{.Listen}}"
admin  = "{{.SMSCAdmin}}"

[[esme]]
system_id     = "{{.SystemID}}"
password_file = "esme.password"
window        = 8000
answer_within = "{{.Patient}}"

[transaction]
window    = "{{.Window}}"
pause     = "{{.Pause}}"
max_pause = "{{.MaxPause}}"

[[delivery]]
address          = "{{.MSC}}"
system_id        = "smsc"
window           = 8000
response_timeout = "{{.Patient}}"
`))

func write(path string, t *template.Template, s settings) error {
	var text strings.Builder
	if err := t.Execute(&text, s); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("writing the configuration: %w", err)
	}
	return nil
}

// writePassword makes the hash of a password as an operator does.
func writePassword(binary, path, word string) error {
	cmd := exec.Command(binary, "password")
	cmd.Stdin = strings.NewReader(word)
	hash, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("ppgbox password: %w", err)
	}
	if err := os.WriteFile(path, hash, 0o600); err != nil {
		return fmt.Errorf("ppgbox password: %w", err)
	}
	return nil
}

// startGateway starts the gateway and returns when its bearer takes pushes.
func startGateway(folder, binary string, s settings) (*part, error) {
	if err := writePassword(binary, filepath.Join(folder, "claims.password"), password); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(folder, "ppgbox.toml"), gatewayConfiguration, s); err != nil {
		return nil, err
	}
	p, err := launch(folder, "gateway", binary, nil, "serve", "-c", "ppgbox.toml")
	if err != nil {
		return nil, err
	}
	if err := p.await(isReady(s.Admin)); err != nil {
		_ = p.stop()
		return nil, err
	}
	return p, nil
}

// isReady asks the admin listener of a process.
func isReady(admin string) func() error {
	client := http.Client{Timeout: time.Second}
	return func() error {
		response, err := client.Get("http://" + admin + "/readyz")
		if err != nil {
			return err
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return fmt.Errorf("readyz: %s", response.Status)
		}
		return nil
	}
}

// startPushSMSC starts "ppgbox smsc".
func startPushSMSC(folder, binary string, s settings) (*part, error) {
	if err := writePassword(binary, filepath.Join(folder, "esme.password"), "secret"); err != nil {
		return nil, err
	}
	if err := write(filepath.Join(folder, "smsc.toml"), pushSMSCConfiguration, s); err != nil {
		return nil, err
	}
	p, err := launch(folder, "smsc", binary, nil, "smsc", "--config", "smsc.toml")
	if err != nil {
		return nil, err
	}
	if err := p.await(isReady(s.SMSCAdmin)); err != nil {
		_ = p.stop()
		return nil, err
	}
	return p, nil
}
