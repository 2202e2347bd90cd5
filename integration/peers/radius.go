package peers

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Radclient is FreeRADIUS's client, with its dictionary of the 3GPP's attributes.
var Radclient = Part{"FreeRADIUS's radclient", program("radclient")}

// An Accounting is what a GGSN tells of a PDP context, or of itself (RFC 2866, 3GPP TS 29.061 §16.4).
type Accounting struct {
	Status  string // Acct-Status-Type: "Start", "Interim-Update", "Stop", "Accounting-On", "Accounting-Off"
	GGSN    string // its address
	Session string // Acct-Session-Id
	MSISDN  string
	IMSI    string
	APN     string
	Address string // of the terminal; "" for a record of the GGSN itself
}

// attributes returns the record as radclient takes it.
func (a Accounting) attributes() string {
	lines := []string{
		"Acct-Status-Type = " + a.Status, "NAS-IP-Address = " + a.GGSN, `NAS-Identifier = "ggsn-` + a.GGSN + `"`, `Acct-Session-Id = "` + a.Session + `"`,
	}
	if a.Address == "" {
		return strings.Join(lines, "\n") + "\n"
	}
	lines = append(
		lines,
		`User-Name = "`+a.MSISDN+`"`, `Calling-Station-Id = "`+a.MSISDN+`"`, `Called-Station-Id = "`+a.APN+`"`,
		"Framed-Protocol = GPRS-PDP-Context", "Service-Type = Framed-User", "Framed-IP-Address = "+a.Address,
		`3GPP-IMSI = "`+a.IMSI+`"`, "3GPP-GGSN-Address = "+a.GGSN, "3GPP-SGSN-Address = 10.23.0.2", `3GPP-NSAPI = "5"`, "3GPP-PDP-Type = 0",
		`3GPP-IMSI-MCC-MNC = "24001"`, `3GPP-GGSN-MCC-MNC = "24001"`, "3GPP-RAT-Type = 2", `3GPP-Selection-Mode = "0"`,
	)
	switch a.Status {
	case "Interim-Update":
		lines = append(lines, "Acct-Session-Time = 60")
	case "Stop":
		lines = append(lines, "Acct-Session-Time = 120", "Acct-Terminate-Cause = User-Request", "3GPP-Session-Stop-Indicator = 255")
	}
	return strings.Join(lines, "\n") + "\n"
}

// RadclientCommand returns the command that sends a record to an accounting server in the namespace, again under the same identifier
// after each time-out ("0.5", in seconds), so often. It ends without an error if the record was answered.
func (n *Namespace) RadclientCommand(t testing.TB, server, secret, timeout, again string, a Accounting) *exec.Cmd {
	t.Helper()
	Need(t, Radclient)
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	// Lines as they come, not when a buffer is full.
	cmd := n.Command("stdbuf", "-oL", "radclient", "-x", "-t", timeout, "-r", again, "-S", file, server, "acct")
	cmd.Stdin = strings.NewReader(a.attributes())
	return cmd
}

// Account sends a record to an accounting server and fails the test unless it is answered.
func Account(t testing.TB, server, secret string, a Accounting) {
	t.Helper()
	out, err := Own().RadclientCommand(t, server, secret, "3", "3", a).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Received Accounting-Response") {
		t.Errorf("radclient on %s of session %s: %v:\n%s", a.Status, a.Session, err, out)
	}
}
