package peers

import (
	"bufio"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// OsmocomGGSN is OsmoGGSN with its sgsnemu.
var OsmocomGGSN = Part{"OsmoGGSN with sgsnemu", both(program("osmo-ggsn"), program("sgsnemu"))}

func both(one, other func() error) func() error {
	return func() error {
		if err := one(); err != nil {
			return err
		}
		return other()
	}
}

// A GGSN says what an OsmoGGSN is to serve.
type GGSN struct {
	In      *Namespace
	Address string // for GTP, on an interface of the namespace
	APN     string
	Pool    netip.Prefix // the addresses of the mobiles, IPv4 or IPv6; the first is the GGSN's own, on Tun
	Tun     string       // name of the tunnel device that the mobiles are behind
}

// Gateway returns the GGSN's own address among those of the mobiles.
func (g GGSN) Gateway() netip.Addr { return g.Pool.Addr().Next() }

// An OsmoGGSN is a running OsmoGGSN.
type OsmoGGSN struct {
	GGSN
	process *process.Process
}

// StartOsmoGGSN starts an OsmoGGSN. There is one in a namespace, since its ports are fixed.
func StartOsmoGGSN(t testing.TB, g GGSN) *OsmoGGSN {
	t.Helper()
	Need(t, OsmocomGGSN)
	text, err := osmocom.ReadFile("osmocom/osmo-ggsn.cfg")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	protocol := "ip"
	if g.Pool.Addr().Is6() {
		protocol = "ipv6"
	}
	configuration := strings.NewReplacer(
		"ADDRESS", g.Address, "APN", g.APN, "TUN", g.Tun, "TYPE", pdpType(g.Pool), "PROTOCOL", protocol,
		"POOL", g.Pool.String(), "GATEWAY", netip.PrefixFrom(g.Gateway(), g.Pool.Bits()).String(),
	).Replace(string(text))
	if err := os.WriteFile(filepath.Join(folder, "osmo-ggsn.cfg"), []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := g.In.Command("osmo-ggsn", "-c", "osmo-ggsn.cfg")
	cmd.Dir = folder
	o := &OsmoGGSN{GGSN: g, process: process.Start(t, "osmo-ggsn "+g.APN, cmd, nil)}
	process.Eventually(t, 20*time.Second, "osmo-ggsn listens", func() bool {
		return g.In.Listeners(t, "tcp", vtyOfGGSN) == 1 && g.In.Listeners(t, "udp", 2123) == 1
	})
	return o
}

func pdpType(pool netip.Prefix) string {
	if pool.Addr().Is6() {
		return "v6"
	}
	return "v4"
}

// vtyOfGGSN is the port of OsmoGGSN's terminal interface, on 127.0.0.1.
const vtyOfGGSN = 4260

// Contexts returns OsmoGGSN's own list of the PDP contexts that it has.
func (o *OsmoGGSN) Contexts(t testing.TB) string {
	t.Helper()
	var list strings.Builder
	o.In.Within(t, func() error {
		conn, err := net.DialTimeout("tcp4", "127.0.0.1:4260", 5*time.Second)
		if err != nil {
			return err
		}
		defer conn.Close()
		_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := conn.Write([]byte("show pdp-context ggsn ggsn0\r\nexit\r\n")); err != nil {
			return err
		}
		in := bufio.NewScanner(conn)
		for in.Scan() {
			list.WriteString(in.Text() + "\n")
		}
		return in.Err()
	})
	return list.String()
}

// Dropped returns how many packets OsmoGGSN says it dropped for an address that has no PDP context.
func (o *OsmoGGSN) Dropped(address netip.Addr) int {
	return strings.Count(o.process.Log(), "Rx DL data packet for IP address with no associated PDP Ctx: "+address.String()+" ")
}
