package pdp

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// certificate is one for 127.0.0.1 that vouches for itself, as files of PEM.
func certificate(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames: []string{"north.example.net"}, IsCA: true, BasicConstraintsValid: true,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert = written(t, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	return cert, written(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

// What a push node is shown comes from files, and is read again for each connection.
func TestTLSToPushNode(t *testing.T) {
	cert, key := certificate(t)
	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(pair.Leaf)
	s, err := node.NewServer(newFakeNode(), node.ServerOptions{Tokens: []string{token}, TLS: &tls.Config{
		Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go s.Serve(l)
	defer s.Stop(t.Context())
	secret := written(t, "token", "an-old-token-of-before\n")
	p, g := configured(t, fmt.Sprintf(`node = [{ name = "own", push_node = %q, token_file = %q, tls = true, ca_file = %q, cert_file = %q,
		key_file = %q, server_name = "north.example.net" }]`, l.Addr(), secret, cert, cert, key), func(p *Plugin) { p.dial = quickly })
	g.until(t, "the token is not the node's", func(why string) bool { return strings.Contains(why, "not one of this node's") })
	if err := os.WriteFile(secret, []byte(token), 0o600); err != nil {
		t.Fatal(err)
	}
	g.until(t, "it is up", func(why string) bool { return why == "" })
	p.Start(asleep("a", ""))
	if o := g.next(t).outcome; o.Kind != push.OutcomeAccepted {
		t.Errorf("got %+v", o)
	}
}

// Files that can not be used are told when the bearer is configured, with the node that they are of.
func TestCredentialsThatCanNotBeUsed(t *testing.T) {
	cert, key := certificate(t)
	for name, tt := range map[string]struct{ keys, want string }{
		"no token file":       {`token_file = "nosuch"`, "nosuch: no such file"},
		"an empty token":      {fmt.Sprintf("token_file = %q", written(t, "token", "\n")), "16 to 4096"},
		"no certificates":     {fmt.Sprintf("token_file = %q, tls = true, ca_file = %q", tokenFile(t), key), "has no certificate"},
		"no CA file":          {fmt.Sprintf("token_file = %q, tls = true, ca_file = \"nosuch\"", tokenFile(t)), "nosuch: no such file"},
		"a key that is none":  {fmt.Sprintf("token_file = %q, tls = true, cert_file = %q, key_file = %q", tokenFile(t), cert, cert), "cert.pem"},
		"everything is there": {fmt.Sprintf("token_file = %q, tls = true, ca_file = %q, cert_file = %q, key_file = %q", tokenFile(t), cert, cert, key), ""},
	} {
		config := fmt.Sprintf(`node = [{ name = "a", source = "::1" }, { name = "own", push_node = %q, %s }]`, nobody, tt.keys)
		err := New().Configure(t.Context(), plugin.Config{TOML: []byte(config)})
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "node.1.push_node: ")):
			t.Errorf("%s: got %v; want %q", name, err, tt.want)
		}
	}
}

// Closing ends the connections to push nodes, also those that are not up.
func TestCloseEndsConnections(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Run("one that is up, one that is not", func(t *testing.T) {
		_, address, _ := serveNode(t, newFakeNode(), "127.0.0.1:0")
		secret := tokenFile(t)
		p, g := configured(t, fmt.Sprintf(`node = [{ name = "up", push_node = %q, token_file = %q }, { name = "down", push_node = %q, token_file = %q }]`,
			address, secret, nobody, secret), nil)
		g.until(t, "one is up", func(why string) bool { return strings.HasPrefix(why, "push node of down: ") })
		p.Close()
	})
	goleak.VerifyNone(t, before)
}

// lines is a log that a test reads.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) count(s string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), s)
}

// The operator reads of a push node that is down, with why, and once for each change.
func TestLogOfLinks(t *testing.T) {
	heard := &lines{}
	p, g := configured(t, fmt.Sprintf(`node = [{ name = "own", push_node = %q, token_file = %q }]`, nobody, tokenFile(t)), func(p *Plugin) {
		p.log = hclog.New(&hclog.LoggerOptions{Output: heard})
		p.dial = func(string, node.DialOptions) (node.Node, func(), error) { return newFakeNode(), func() {}, nil }
	})
	g.until(t, "the push node is down", func(why string) bool { return why != "" })
	l := p.links["own"]
	refused := node.Link{Why: "the token is not one of this node's"}
	for _, row := range []struct {
		name  string
		now   node.Link
		warns int
		backs int
	}{
		{"up at first", node.Link{Up: true, Window: 10}, 0, 0},
		{"fewer pushes", node.Link{Up: true, Window: 1, Why: "busy"}, 0, 0},
		{"down", node.Link{Why: "connection refused"}, 1, 0},
		{"still down", node.Link{Why: "connection refused"}, 1, 0},
		{"the token is refused", refused, 2, 0},
		{"up again", node.Link{Up: true, Window: 10}, 2, 1},
	} {
		p.linkIs(l, row.now)
		if w, b := heard.count("[WARN]"), heard.count("push node is back"); w != row.warns || b != row.backs {
			t.Errorf("%s: %d warnings and %d of its return, want %d and %d", row.name, w, b, row.warns, row.backs)
		}
	}
	if heard.count(refused.Why) != 1 || heard.count("nodes=own") != 3 {
		t.Errorf("the log is %s", heard.text.String())
	}
}
