//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"
)

// kannel is a Kannel of its own: bearerbox and one or two wapboxes in a temporary folder. Its settings are the ones that were
// found to be fastest: no store, no access log, log-level 4 (errors), large tables.
type kannel struct {
	folder   string
	boxes    []*program
	frontage []string
}

// kannelSettings is what the template below takes.
type kannelSettings struct {
	Admin, Smsbox, Wapbox, PPG, SMSC int // ports
	Folder, Username, Password       string
}

// The boxes read one file; two wapboxes need two, since the PPG's port is in it. bearerbox refuses a smsbox-port without a
// group smsbox, and the other way round.
var kannelConfiguration = template.Must(template.New("kannel.conf").Parse(`group = core
admin-port = {{.Admin}}
admin-interface = 127.0.0.1
admin-password = bench
smsbox-port = {{.Smsbox}}
smsbox-interface = 127.0.0.1
wapbox-port = {{.Wapbox}}
smsbox-max-pending = 10000
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"
log-file = "{{.Folder}}/core.log"
log-level = 4
dlr-storage = internal

group = smsc
smsc = smpp
smsc-id = sink
host = 127.0.0.1
port = {{.SMSC}}
smsc-username = bench
smsc-password = bench
system-type = vma
transceiver-mode = true
interface-version = 34
reconnect-delay = 1
max-pending-submits = 1000
enquire-link-interval = 30

group = wapbox
bearerbox-host = 127.0.0.1
log-file = "{{.Folder}}/wap.log"
log-level = 4
syslog-level = none

group = ppg
ppg-url = /wappush
ppg-port = {{.PPG}}
concurrent-pushes = 10000
users = 1024
global-sender = 1234
service-name = ppg
ppg-smsbox-id = bench
trusted-pi = false
ppg-allow-ip = "127.0.0.1"

group = wap-push-user
wap-push-user = {{.Username}}
ppg-username = {{.Username}}
ppg-password = {{.Password}}
allow-ip = "127.0.0.1"

group = smsbox
bearerbox-host = 127.0.0.1
smsbox-id = bench
sendsms-port = 0
log-file = "{{.Folder}}/smsbox.log"
log-level = 4
`))

const kannelPatience = 20 * time.Second

// kannelPrograms returns the paths of bearerbox and wapbox. Debian keeps them where the PATH of an ordinary user does not lead.
func kannelPrograms() (bearerbox, wapbox string, err error) {
	find := func(name string) string {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
		if path := filepath.Join("/usr/sbin", name); isFile(path) {
			return path
		}
		return ""
	}
	if bearerbox, wapbox = find("bearerbox"), find("wapbox"); bearerbox == "" || wapbox == "" {
		return "", "", fmt.Errorf("bearerbox and wapbox are not here: apt-get install kannel")
	}
	return bearerbox, wapbox, nil
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// startKannel starts a Kannel that submits to smsc.
func startKannel(wapboxes, smsc int) (_ *kannel, err error) {
	bearerbox, wapbox, err := kannelPrograms()
	if err != nil {
		return nil, err
	}
	k := &kannel{}
	if k.folder, err = os.MkdirTemp("", "bench-kannel-"); err != nil {
		return nil, fmt.Errorf("starting Kannel: %w", err)
	}
	defer func() {
		if err != nil {
			k.stop()
		}
	}()
	s := kannelSettings{Folder: k.folder, Username: username, Password: password, SMSC: smsc}
	for _, port := range []*int{&s.Admin, &s.Smsbox, &s.Wapbox} {
		if *port, err = freePort(); err != nil {
			return nil, err
		}
	}
	for i := range wapboxes {
		if s.PPG, err = freePort(); err != nil {
			return nil, err
		}
		name := fmt.Sprintf("kannel%d.conf", i+1)
		if err := writeTemplate(filepath.Join(k.folder, name), kannelConfiguration, s); err != nil {
			return nil, err
		}
		if i == 0 {
			if err := k.box("bearerbox", bearerbox, name, s.Smsbox); err != nil {
				return nil, err
			}
		}
		if err := k.box(fmt.Sprintf("wapbox%d", i+1), wapbox, name, s.PPG); err != nil {
			return nil, err
		}
		k.frontage = append(k.frontage, loopback(s.PPG))
	}
	time.Sleep(time.Duration(wapboxes) * 1500 * time.Millisecond) // bearerbox lets in one box a second, and says nowhere that it did
	return k, nil
}

func writeTemplate(path string, t *template.Template, data any) error {
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("writing a configuration: %w", err)
	}
	defer f.Close()
	if err := t.Execute(f, data); err != nil {
		return fmt.Errorf("writing a configuration: %w", err)
	}
	return nil
}

func (k *kannel) box(name, path, configuration string, port int) error {
	p, err := launch(k.folder, name, path, "-v", "4", configuration)
	if err != nil {
		return err
	}
	k.boxes = append(k.boxes, p)
	return p.waitListening(port, kannelPatience)
}

func (k *kannel) pap() []string { return k.frontage }

func (*kannel) links() int { return 1 }

func (k *kannel) usage() []usage {
	var all []usage
	for _, b := range k.boxes {
		all = append(all, readUsage(b.name, b.pid()))
	}
	return all
}

func (k *kannel) stop() {
	for i := len(k.boxes) - 1; i >= 0; i-- {
		k.boxes[i].end(3 * time.Second)
	}
	_ = os.RemoveAll(k.folder)
}
