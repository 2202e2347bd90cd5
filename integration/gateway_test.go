package integration

import (
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/integration/box"
)

// build compiles ppgbox once, when the first test needs it.
var build = sync.OnceValues(func() (string, error) { return box.Build(buildFolder) })

var buildFolder string // set by TestMain

func TestMain(m *testing.M) {
	flag.Parse()
	// Tests that are parallel wait for networks most of the time: for paging, for windows, for delays.
	if err := flag.Set("test.parallel", "8"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	var err error
	if buildFolder, err = os.MkdirTemp("", "ppgbox-integration-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(buildFolder)
	os.Exit(code)
}

// newBox returns a gateway that sends to IPv4 addresses in 127.0.0.0/8 over UDP and, if there is an SMSC, to numbers over SMPP.
// It retries and notifies without the patience that a real network asks for.
func newBox(t *testing.T, smsc string) *box.Box {
	t.Helper()
	configuration := fmt.Sprintf(online, loopback(1))
	if smsc != "" {
		configuration += fmt.Sprintf(numbers, smsc)
	}
	return newPlainBox(t, configuration)
}

// newPlainBox returns a gateway with the encoder and the given plugins and policies.
func newPlainBox(t *testing.T, configuration string) *box.Box {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return box.New(t, binary, impatient+configuration)
}

// newSMSC returns a push SMSC with the given ESMEs and delivery links.
func newSMSC(t *testing.T, configuration string) *box.SMSC {
	t.Helper()
	binary, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return box.NewSMSC(t, binary, configuration)
}

const impatient = `[notify]
retry_min = "200ms"
retry_max = "1s"

[plugin.wbxml]
use = "encoder/wbxml"
`

const online = `
[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [{ cidr = "127.0.0.0/8", apn = "internet", node = "ggsn1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
node = [{ name = "ggsn1", source = %q }]

[[policy]]
name  = "online terminals"
match = { address_type = "IPv4", content_type = "text/vnd.wap.*" }
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "10s"
`

const numbers = `
[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "20s"
link   = [{ address = %q, system_id = "ppgbox" }]

[[policy]]
name  = "numbers"
match = { address_type = "PLMN", content_type = "text/vnd.wap.*" }
[[policy.attempt]]
bearer = "sms"
within = "60s"
retry  = { times = 20, after = "300ms" }
`

// loopback returns an address in 127.0.0.0/8 that no other run of these tests uses at the same time: the ports of WAP are fixed.
func loopback(host byte) string {
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(pid>>8) | 0x80, byte(pid), host}).String()
}

// host returns the host of an address.
func host(t *testing.T, address string) string {
	t.Helper()
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return host
}

// port returns the port of an address.
func port(t *testing.T, address string) string {
	t.Helper()
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	return port
}
