package peers

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// An OsmoHLR is a running OsmoHLR with its database.
type OsmoHLR struct {
	Control string // address of its control interface
	GSUP    string // address where SGSNs connect to

	folder  string
	process *process.Process
}

// StartOsmoHLR starts an OsmoHLR without subscribers on an address in 127.0.0.0/8 that nobody else uses: its ports are fixed.
func StartOsmoHLR(t testing.TB, ip string) *OsmoHLR {
	t.Helper()
	Need(t, OsmocomHLR)
	h := &OsmoHLR{Control: ip + ":4259", GSUP: ip + ":4222", folder: t.TempDir()}
	text, err := osmocom.ReadFile("osmocom/osmo-hlr.cfg")
	if err != nil {
		t.Fatal(err)
	}
	text = []byte(strings.ReplaceAll(string(text), "127.0.0.1", ip))
	if err := os.WriteFile(filepath.Join(h.folder, "osmo-hlr.cfg"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	h.Start(t)
	return h
}

// Start runs it, again after Kill, with what is in its database.
func (h *OsmoHLR) Start(t testing.TB) {
	t.Helper()
	cmd := exec.Command("osmo-hlr", "-c", "osmo-hlr.cfg", "-l", "./hlr.db")
	cmd.Dir = h.folder
	h.process = process.Start(t, "osmo-hlr", cmd, nil)
	awaitListener(t, "osmo-hlr", h.Control)
	awaitListener(t, "osmo-hlr for SGSNs", h.GSUP)
}

// Kill ends it as kill -9 does.
func (h *OsmoHLR) Kill() { h.process.Kill() }

// Subscribe makes a subscriber with a number, without "+", and says whether he may use the packet-switched network.
func (h *OsmoHLR) Subscribe(t testing.TB, imsi, msisdn string, packetSwitched bool) {
	t.Helper()
	enabled := "0"
	if packetSwitched {
		enabled = "1"
	}
	name := "subscriber.by-imsi-" + imsi
	for i, command := range []string{"subscriber.create " + imsi, name + ".msisdn " + msisdn, name + ".ps-enabled " + enabled} {
		answer, err := h.Ask(fmt.Sprintf("SET %d %s", i+1, command))
		if err != nil || !strings.HasPrefix(answer, "SET_REPLY") {
			t.Fatalf("OsmoHLR to %q: %q, %v", command, answer, err)
		}
	}
}

// Ask puts one command to the control interface, as in "GET 1 NAME", on a connection of its own, and returns the answer.
func (h *OsmoHLR) Ask(command string) (string, error) {
	conn, err := net.DialTimeout("tcp", h.Control, 5*time.Second)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	return control(conn, command)
}
