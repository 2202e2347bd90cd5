//go:build linux

package main

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"
)

// ppgbox is the gateway of this repository, the real binary with a configuration as an operator writes it. Everything that the
// configuration does not have is at its default, the store above all.
type ppgbox struct {
	folder   string
	binary   string
	host     *program
	settings ppgboxSettings
}

// ppgboxSettings is what the template below takes.
type ppgboxSettings struct {
	PAP, Admin, SMSC   string // addresses
	Name, Username     string
	Links              int // SMPP links, each with so many places:
	Window             int
	Patient            string // how long an SMSC may take to answer; "" for the defaults
	WithoutDataSession bool   // leave out the attempt over a data session, and its routing
	Pending            int    // deliveries without a final state; 0 for the default
	KeepPushes         int    // finished pushes that are kept, beside Pending
	RADIUS             string // address of the accounting listener, "" for none
	PushDomain         string // of user identifiers, "" for none
	Listen             string // for network errors, "" for the default
	TerminalPort       int    // of terminals that are online, with RADIUS
}

// The policy is the first of configs/gateway.toml: over the data session of a terminal that has one, which routing/ipsegment is
// asked for every push, and as a text message where there is none.
var ppgboxConfiguration = template.Must(template.New("ppgbox.toml").Parse(`[gateway]
name  = "{{.Name}}"
store = "sqlite:data/ppgbox.db"

[listen]
pap   = "{{.PAP}}"
admin = "{{.Admin}}"
{{- if .RADIUS}}
radius = "{{.RADIUS}}"

[[radius.client]]
source      = "127.0.0.1"
secret_file = "radius.secret"
ggsn        = "ggsn1"
{{- end}}
{{- if .PushDomain}}

[subscribers]
push_domains = ["{{.PushDomain}}"]
{{- end}}

[[initiator]]
name          = "bench"
username      = "{{.Username}}"
password_file = "bench.password"
source        = "127.0.0.1"
{{- if .Pending}}

[limits]
pending     = {{.Pending}}
keep_pushes = {{.KeepPushes}}
{{- end}}

[plugin.wbxml]
use = "encoder/wbxml"
{{- if not .WithoutDataSession}}

[plugin.ipsegment]
use = "routing/ipsegment"
[[plugin.ipsegment.config.segment]]
cidr = "{{if .RADIUS}}127.0.0.0/8{{else}}10.45.0.0/16{{end}}"
apn  = "internet"
node = "ggsn1"

[plugin.pdp]
use = "bearer/pdp"
{{- if .RADIUS}}
[plugin.pdp.config]
terminal_port = {{.TerminalPort}}
source_port   = 0
{{- if .Listen}}
listen_for_errors = "{{.Listen}}"
{{- end}}
{{- end}}
[[plugin.pdp.config.node]]
name   = "ggsn1"
source = "127.0.0.1"
{{- end}}

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "1234"
{{- if .Patient}}
window = "{{.Patient}}"
{{- end}}
{{- $s := .}}{{range .Links}}
[[plugin.sms.config.link]]
address   = "{{$s.SMSC}}"
system_id = "bench"
window    = {{$s.Window}}
{{- if $s.Patient}}
response_timeout = "{{$s.Patient}}"
{{- end}}
{{- end}}

[[policy]]
name  = "service indications"
match = { content_type = "text/vnd.wap.si" }
{{- if not .WithoutDataSession}}
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "20s"
{{- end}}
[[policy.attempt]]
bearer = "sms"
{{- if .Patient}}
within = "{{.Patient}}"
{{- else}}
within = "60s"
retry  = { times = 3, after = "5s" }
{{- end}}
`))

const ppgboxPatience = 60 * time.Second

// startPPGBox starts the binary. The settings' addresses and names are filled in, but for the SMSC's.
func startPPGBox(binary string, s ppgboxSettings) (_ *ppgbox, err error) {
	b := &ppgbox{binary: binary}
	if b.folder, err = os.MkdirTemp("", "bench-ppgbox-"); err != nil {
		return nil, fmt.Errorf("starting ppgbox: %w", err)
	}
	defer func() {
		if err != nil {
			b.stop()
		}
	}()
	pap, err := freePort()
	if err != nil {
		return nil, err
	}
	admin, err := freePort()
	if err != nil {
		return nil, err
	}
	s.PAP, s.Admin = loopback(pap), loopback(admin)
	s.Name, s.Username = gatewayName, username
	b.settings = s
	if err := b.writePassword(); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(b.folder, "radius.secret"), []byte(accountingSecret+"\n"), 0o600); err != nil {
		return nil, fmt.Errorf("starting ppgbox: %w", err)
	}
	if err := writeTemplate(filepath.Join(b.folder, "ppgbox.toml"), ppgboxConfiguration, s); err != nil {
		return nil, err
	}
	if b.host, err = launch(b.folder, "host", binary, "serve", "-c", "ppgbox.toml"); err != nil {
		return nil, err
	}
	return b, b.waitHealthy(admin)
}

// writePassword makes the bcrypt hash of the Push Initiator's password as an operator does.
func (b *ppgbox) writePassword() error {
	cmd := exec.Command(b.binary, "password")
	cmd.Stdin = strings.NewReader(password)
	hash, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("ppgbox password: %w", err)
	}
	if err := os.WriteFile(filepath.Join(b.folder, "bench.password"), hash, 0o600); err != nil {
		return fmt.Errorf("ppgbox password: %w", err)
	}
	return nil
}

func (b *ppgbox) waitHealthy(admin int) error {
	if err := b.host.waitListening(admin, ppgboxPatience); err != nil {
		return err
	}
	response, err := http.Get("http://" + b.settings.Admin + "/healthz")
	if err != nil {
		return fmt.Errorf("asking ppgbox for its health: %w", err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return errors.New("ppgbox is not healthy:\n" + b.host.lastWords())
	}
	return nil
}

// tellSessions has RADIUS accounting tell that the recipients of the first count pushes are online.
func (b *ppgbox) tellSessions(count int) error {
	t, err := accounting{b.settings.RADIUS, []byte(accountingSecret)}.start(0, count, 0)
	if err == nil && t.Unanswered > 0 {
		err = fmt.Errorf("RADIUS accounting: %d of %d messages were not answered", t.Unanswered, count)
	}
	return err
}

func (b *ppgbox) pap() []string { return []string{b.settings.PAP} }

func (b *ppgbox) links() int { return b.settings.Links }

// usage names the plugins by what they are, as in "bearer/sms".
func (b *ppgbox) usage() []usage {
	all := []usage{readUsage("host", b.host.pid())}
	for pid, command := range running(b.binary) {
		if at := slices.Index(command, "plugin"); at >= 0 && pid != b.host.pid() {
			all = append(all, readUsage(command[len(command)-1], pid))
		}
	}
	slices.SortFunc(all, func(a, b usage) int { return strings.Compare(a.Process, b.Process) })
	return all
}

func (b *ppgbox) stop() {
	if b.host != nil {
		b.host.end(10 * time.Second)
	}
	_ = os.RemoveAll(b.folder)
}
