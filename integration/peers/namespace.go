package peers

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// namespacesOfItsOwn makes the named namespaces of a process its own: what is mounted there is seen by it and its children alone, and
// is gone when the last of them is, however that ended.
const namespacesOfItsOwn = `mkdir -p /var/run/netns && mount -t tmpfs none /var/run/netns && ip link set lo up`

// Namespaces is a kernel with network namespaces and tunnel devices that allows them to the user, who is root, with util-linux and
// iproute2.
var Namespaces = Part{
	"network namespaces with tunnels (root, unshare, ip)",
	run("unshare", "--mount", "--net", "sh", "-c", namespacesOfItsOwn+` && ip netns add try && ip -n try tuntap add mode tun name tun0`),
}

// isolated is the variable that tells the test in its own process which one it is.
const isolated = "PPGBOX_ISOLATED_TEST"

// Isolate runs the body of a test in another process of the same program, which begins with a network of its own: a loopback
// interface and nothing else. So addresses and ports are free, and whatever the body leaves behind ends with the process. The
// test has to be a top-level one. environment holds what the body needs to know, as in "NAME=value".
func Isolate(t *testing.T, environment []string, body func(t *testing.T)) {
	t.Helper()
	if os.Getenv(isolated) == t.Name() {
		body(t)
		return
	}
	Need(t, Namespaces)
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	const patience = 2 * time.Minute
	cmd := exec.Command("unshare", "--mount", "--net", "sh", "-c", namespacesOfItsOwn+` && exec "$@"`, "sh",
		program, "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.v", "-test.count=1", "-test.timeout="+patience.String())
	cmd.Env = append(append(os.Environ(), environment...), isolated+"="+t.Name())
	p := process.Start(t, t.Name()+" in its own network", cmd, nil)
	err = p.Wait(t, patience+5*time.Second)
	switch log := p.Log(); {
	case err == nil && strings.Contains(log, "--- PASS: "+t.Name()+" "):
	case err == nil && strings.Contains(log, "--- SKIP: "+t.Name()+" "):
		t.Skip(log)
	default:
		t.Errorf("in its own network: %v", err)
	}
}

// A Namespace is a network of its own among those of an isolated test: interfaces, addresses, routes, ports.
type Namespace struct {
	name string // "" is the one that the test itself is in
}

// Own returns the namespace that an isolated test is in.
func Own() *Namespace { return &Namespace{} }

// NewNamespace makes a namespace with a loopback interface, for an isolated test.
func NewNamespace(t testing.TB, name string) *Namespace {
	t.Helper()
	if os.Getenv(isolated) == "" {
		t.Fatal("a namespace outside of an isolated test would stay behind")
	}
	n := &Namespace{name: name}
	ip(t, "netns", "add", name)
	n.IP(t, "link", "set", "lo", "up")
	return n
}

// Command returns a command that runs in the namespace. Its process id is that of the program itself.
func (n *Namespace) Command(program string, arguments ...string) *exec.Cmd {
	if n.name == "" {
		return exec.Command(program, arguments...)
	}
	return exec.Command("ip", append([]string{"netns", "exec", n.name, program}, arguments...)...)
}

// IP runs iproute2's ip in the namespace and returns what it prints.
func (n *Namespace) IP(t testing.TB, arguments ...string) string {
	t.Helper()
	if n.name != "" {
		arguments = append([]string{"-n", n.name}, arguments...)
	}
	return ip(t, arguments...)
}

// Forward has the namespace pass packets on that are not for itself, as a router does.
func (n *Namespace) Forward(t testing.TB) {
	t.Helper()
	if out, err := n.Command("sh", "-c", "echo 1 >/proc/sys/net/ipv4/ip_forward").CombinedOutput(); err != nil {
		t.Fatalf("forwarding in %q: %v: %s", n.name, err, out)
	}
}

// Listeners returns how many sockets listen at a UDP or TCP port of the namespace, IPv4 only.
func (n *Namespace) Listeners(t testing.TB, protocol string, port int) int {
	t.Helper()
	out, err := n.Command("cat", filepath.Join("/proc/net", protocol)).Output()
	if err != nil {
		t.Fatalf("listeners of %q: %v", n.name, err)
	}
	// The local address is the second column, in hexadecimal (proc(5)); 0A is LISTEN, 07 is all that a UDP socket is.
	at := regexp.MustCompile(fmt.Sprintf(`(?m)^ *\d+: [0-9A-F]{8}:%04X [0-9A-F]{8}:0000 0[A7] `, port))
	return len(at.FindAll(out, -1))
}

// An End is one end of a cable: an interface in a namespace, with an address and its prefix length.
type End struct {
	In        *Namespace
	Interface string
	Address   string // "10.23.0.1/24"
}

// Cable connects two namespaces.
func Cable(t testing.TB, a, b End) {
	t.Helper()
	// Made in the namespaces where they belong, so that names need be free only there.
	pair := []string{"link", "add", a.Interface, "type", "veth", "peer", "name", b.Interface}
	if b.In.name != "" {
		pair = append(pair, "netns", b.In.name)
	}
	a.In.IP(t, pair...)
	for _, e := range []End{a, b} {
		e.In.IP(t, "addr", "add", e.Address, "dev", e.Interface)
		e.In.IP(t, "link", "set", e.Interface, "up")
	}
}

func ip(t testing.TB, arguments ...string) string {
	t.Helper()
	out, err := exec.Command("ip", arguments...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip %s: %v: %s", strings.Join(arguments, " "), err, out)
	}
	return string(out)
}
