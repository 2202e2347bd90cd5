//go:build linux

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"text/template"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
)

// nodeToken is what the gateway shows the push GGSN.
const nodeToken = "not-so-secret-a-token"

// A packetNetwork is a push GGSN between a register and an SGSN whose answers take their time, all on loopback.
type packetNetwork struct {
	hlr    *sgsn.HLR
	sgsn   *sgsn.SGSN
	ggsn   *program
	folder string
	node   string // address for gateways
	admin  string
}

// ggsnSettings is what the template below takes.
type ggsnSettings struct {
	Admin, Control, User, HLR, Node string // addresses
	PeerControl, PeerUser           uint16
	Contexts                        int
}

// What is not here is at its default.
var ggsnConfiguration = template.Must(template.New("ggsn.toml").Parse(`[ggsn]
admin    = "{{.Admin}}"
apns     = ["push.example"]
contexts = {{.Contexts}}

[gtp]
control = "{{.Control}}"
user    = "{{.User}}"
sgsns   = ["127.0.0.0/8"]
peer_control_port = {{.PeerControl}}
peer_user_port    = {{.PeerUser}}

[addresses]
pool = ["10.64.0.0/12"]

[push]
source = "10.46.0.1"

[hlr]
backend = "gtp"
[hlr.gtp]
address = "{{.HLR}}"

[node]
listen     = "{{.Node}}"
token_file = "node.token"
`))

// openNetwork starts the parts. Observe hears what the SGSN sees.
func openNetwork(binary string, plan activationPlan, observe func(sgsn.Event)) (_ *packetNetwork, err error) {
	n := &packetNetwork{}
	defer func() {
		if err != nil {
			n.close()
			err = fmt.Errorf("starting the packet network: %w", err)
		}
	}()
	control, err := freeUDP()
	if err != nil {
		return nil, err
	}
	user, err := freeUDP()
	if err != nil {
		return nil, err
	}
	here := netip.MustParseAddr("127.0.0.1")
	anyPort := netip.AddrPortFrom(here, 0)
	if n.hlr, err = sgsn.StartHLR(sgsn.HLRConfig{
		Address: anyPort, GGSNControl: control, Link: sgsn.Link{OneWay: plan.hlr / 2}, Everybody: &sgsn.Subscriber{SGSN: here},
	}); err != nil {
		return nil, err
	}
	if n.sgsn, err = sgsn.Start(sgsn.Config{
		Control: anyPort, User: anyPort, GGSNControl: control, GGSNUser: user, ControlLink: sgsn.Link{OneWay: plan.sgsn / 2}, Observe: observe,
	}); err != nil {
		return nil, err
	}
	if n.folder, err = os.MkdirTemp("", "bench-ggsn-"); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(n.folder, "node.token"), []byte(nodeToken+"\n"), 0o600); err != nil {
		return nil, err
	}
	settings := ggsnSettings{
		Control: loopback(int(control)), User: loopback(int(user)), HLR: n.hlr.Address().String(),
		PeerControl: n.sgsn.Control().Port(), PeerUser: n.sgsn.User().Port(), Contexts: plan.pushes + warmUp,
	}
	adminPort, err := freePort()
	if err != nil {
		return nil, err
	}
	nodePort, err := freePort()
	if err != nil {
		return nil, err
	}
	settings.Admin, settings.Node = loopback(adminPort), loopback(nodePort)
	n.admin, n.node = settings.Admin, settings.Node
	if err := writeTemplate(filepath.Join(n.folder, "ggsn.toml"), ggsnConfiguration, settings); err != nil {
		return nil, err
	}
	if n.ggsn, err = launch(n.folder, "ggsn", binary, "ggsn", "-c", "ggsn.toml"); err != nil {
		return nil, err
	}
	if err := n.ggsn.waitListening(nodePort, ppgboxPatience); err != nil {
		return nil, err
	}
	return n, n.ggsn.waitListening(adminPort, ppgboxPatience)
}

// freeUDP returns a UDP port that nobody has.
func freeUDP() (uint16, error) {
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, err
	}
	at := conn.LocalAddr().(*net.UDPAddr).AddrPort()
	return at.Port(), conn.Close()
}

// usage is what the GGSN used so far.
func (n *packetNetwork) usage() usage { return readUsage("ggsn", n.ggsn.pid()) }

// contexts is how many the GGSN says it has.
func (n *packetNetwork) contexts() (int, error) {
	var h struct {
		Contexts int `json:"contexts"`
	}
	client := http.Client{Timeout: 10 * time.Second}
	response, err := client.Get("http://" + n.admin + "/healthz")
	if err != nil {
		return 0, fmt.Errorf("asking the GGSN for its health: %w", err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&h); err != nil {
		return 0, fmt.Errorf("asking the GGSN for its health: %w", err)
	}
	return h.Contexts, nil
}

// close ends the parts that were started.
func (n *packetNetwork) close() {
	if n.ggsn != nil {
		n.ggsn.end(10 * time.Second)
	}
	var errs []error
	if n.sgsn != nil {
		errs = append(errs, n.sgsn.Close())
	}
	if n.hlr != nil {
		errs = append(errs, n.hlr.Close())
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, "bench: ending the packet network:", err)
	}
	if n.folder != "" {
		_ = os.RemoveAll(n.folder)
	}
}
