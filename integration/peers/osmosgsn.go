package peers

import (
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// OsmocomSGSN is OsmoSGSN.
var OsmocomSGSN = Part{"OsmoSGSN", program("osmo-sgsn")}

// An SGSN says what an OsmoSGSN is to serve.
type SGSN struct {
	In      *Namespace
	Address string // for GTP and Gb, on an interface of the namespace, and its name for the register
	GGSN    string // address
	HLR     *OsmoHLR
}

// The ports of Gb: NS over UDP at the SGSN, and OsmoSGSN's terminal interface on 127.0.0.1.
const (
	portNS    = 23000
	vtyOfSGSN = 4245
)

// toRegister finds a connection to the port of GSUP that is established (proc(5)): remote address and state 01.
var toRegister = regexp.MustCompile(`(?m)^ *\d+: \S+ [0-9A-F]{8}:107E 01 `)

// StartOsmoSGSN starts an OsmoSGSN, and returns where its cells connect to when it is connected with the register. There is one in a
// namespace, since its ports are fixed.
func StartOsmoSGSN(t testing.TB, s SGSN) netip.AddrPort {
	t.Helper()
	Need(t, OsmocomSGSN)
	text, err := osmocom.ReadFile("osmocom/osmo-sgsn.cfg")
	if err != nil {
		t.Fatal(err)
	}
	register, _, _ := strings.Cut(s.HLR.GSUP, ":")
	configuration := strings.NewReplacer("ADDRESS", s.Address, "GGSN", s.GGSN, "REGISTER", register).Replace(string(text))
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "osmo-sgsn.cfg"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := s.In.Command("osmo-sgsn", "-c", "osmo-sgsn.cfg")
	cmd.Dir = folder
	process.Start(t, "osmo-sgsn", cmd, nil)
	process.Eventually(t, 20*time.Second, "osmo-sgsn listens", func() bool {
		return s.In.Listeners(t, "tcp", vtyOfSGSN) == 1 && s.In.Listeners(t, "udp", portNS) == 1 && s.In.Listeners(t, "udp", 2123) == 1
	})
	process.Eventually(t, 20*time.Second, "osmo-sgsn is connected with the register", func() bool {
		out, err := s.In.Command("cat", "/proc/net/tcp").Output()
		return err == nil && toRegister.Match(out)
	})
	return netip.AddrPortFrom(netip.MustParseAddr(s.Address), portNS)
}
