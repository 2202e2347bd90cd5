package peers

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"embed"
	"encoding/pem"
	"fmt"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/process"
)

// The configurations of freeDiameter, and the extension that makes it an HSS with a table of users.
//
//go:embed diameter
var diameter embed.FS

// FreeDiameter is freeDiameter with the dictionary of 3GPP, its headers, and a compiler for an extension.
var FreeDiameter = Part{"freeDiameter with its headers and gcc", func() error {
	for _, check := range []func() error{
		program("freeDiameterd"), program("gcc"), file("/usr/include/freeDiameter/extension.h"), file("/usr/lib/freeDiameter/dict_dcca_3gpp.fdx"),
	} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}}

// DiameterRealm is the realm of all nodes here, and the end of their names.
const DiameterRealm = "test.example"

// A DiameterNode is a running freeDiameter.
type DiameterNode struct {
	Address string

	name, folder string
	peer         string // that it connects to, "" for none
	process      *process.Process
}

// An HSS is a freeDiameter that answers User-Data-Requests (3GPP TS 29.329 §6.1) from a table.
type HSS struct{ DiameterNode }

// StartHSS starts the one HSS of an isolated test, without users.
func StartHSS(t testing.TB) *HSS {
	t.Helper()
	Need(t, FreeDiameter)
	h := &HSS{DiameterNode{Address: "127.0.0.1:3868", name: "hss"}}
	h.prepare(t)
	source, err := diameter.ReadFile("diameter/app_sh.c")
	if err != nil {
		t.Fatal(err)
	}
	h.write(t, "app_sh.c", source)
	compile := exec.Command("gcc", "-shared", "-fPIC", "-O2", "-o", "app_sh.fdx", "app_sh.c")
	compile.Dir = h.folder
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("gcc: %v:\n%s", err, out)
	}
	h.SetUsers(t, nil)
	h.Start(t)
	return h
}

// SetUsers says whom the HSS knows: by an MSISDN or a public identity a document (3GPP TS 29.328, Sh-Data), or "!5100" for that
// Experimental-Result-Code. It counts from the next question on.
func (h *HSS) SetUsers(t testing.TB, users map[string]string) {
	t.Helper()
	var table strings.Builder
	for i, user := range slices.Sorted(maps.Keys(users)) {
		answer := users[user]
		if !strings.HasPrefix(answer, "!") {
			answer = fmt.Sprintf("user%d.xml", i)
			h.write(t, answer, []byte(users[user]))
		}
		fmt.Fprintf(&table, "%s %s\n", user, answer)
	}
	h.write(t, "sh.subscribers", []byte(table.String()))
}

// StartDiameterRelay starts the one relay of an isolated test, between its clients and the HSS.
func StartDiameterRelay(t testing.TB) *DiameterNode {
	t.Helper()
	Need(t, FreeDiameter)
	n := &DiameterNode{Address: "127.0.0.1:3878", name: "relay", peer: "hss." + DiameterRealm}
	n.prepare(t)
	n.Start(t)
	return n
}

// Start runs the node, again after Kill, and returns when it listens and has agreed on capabilities with the peer that it connects to.
func (n *DiameterNode) Start(t testing.TB) {
	t.Helper()
	cmd := exec.Command("freeDiameterd", "-c", n.name+".conf")
	cmd.Dir = n.folder
	n.process = process.Start(t, "freeDiameter as "+n.name, cmd, nil)
	awaitListener(t, "freeDiameter as "+n.name, n.Address)
	if n.peer == "" {
		return
	}
	process.Eventually(t, 20*time.Second, n.name+" has "+n.peer+" for a peer", func() bool {
		return strings.Contains(n.process.Log(), "'STATE_OPEN'\t'"+n.peer+"'")
	})
}

// Kill ends the node as kill -9 does.
func (n *DiameterNode) Kill() { n.process.Kill() }

func (n *DiameterNode) write(t testing.TB, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(n.folder, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// prepare makes the node's folder.
func (n *DiameterNode) prepare(t testing.TB) {
	t.Helper()
	uplink(t)
	n.folder = t.TempDir()
	identity := n.name + "." + DiameterRealm
	var text []byte
	for _, name := range []string{"node.conf", n.name + ".conf"} {
		part, err := diameter.ReadFile("diameter/" + name)
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part...)
	}
	_, port, _ := strings.Cut(n.Address, ":")
	n.write(t, n.name+".conf", []byte(strings.NewReplacer("IDENTITY", identity, "PORT", port).Replace(string(text))))
	n.write(t, "acl.conf", []byte("ALLOW_IPSEC *."+DiameterRealm+"\n")) // without TLS
	certificate, key := selfSigned(t, identity)
	n.write(t, "node.pem", certificate)
	n.write(t, "node.key", key)
}

// uplink gives an isolated test an interface besides the loopback one: freeDiameter does not start without an address of another.
func uplink(t testing.TB) {
	t.Helper()
	own := Own()
	if own.IP(t, "-o", "link", "show", "type", "veth") != "" {
		return
	}
	own.IP(t, "link", "add", "up0", "type", "veth", "peer", "name", "up1")
	own.IP(t, "addr", "add", "10.23.1.1/24", "dev", "up0")
	own.IP(t, "link", "set", "up0", "up")
	own.IP(t, "link", "set", "up1", "up")
}

// selfSigned makes a certificate, which freeDiameter wants even where TLS is off, with the node's own name.
func selfSigned(t testing.TB, name string) (certificate, key []byte) {
	t.Helper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(private)})
}
