package node

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// authority issues certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	a := authority{cert: &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}}
	a.key, a.cert = issue(t, a.cert, authority{})
	return a
}

func issue(t *testing.T, template *x509.Certificate, by authority) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if by.cert == nil {
		by = authority{template, key}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, by.cert, &key.PublicKey, by.key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func (a authority) pool() *x509.CertPool {
	p := x509.NewCertPool()
	p.AddCert(a.cert)
	return p
}

// of is a certificate for 127.0.0.1.
func (a authority) of(t *testing.T, name string) tls.Certificate {
	t.Helper()
	key, cert := issue(t, &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a)
	return tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	_, plain := serve(t, newDouble(), func(o *ServerOptions) { o.TLS = &tls.Config{Certificates: []tls.Certificate{ours.of(t, "node")}} })
	_, both := serve(t, newDouble(), func(o *ServerOptions) {
		o.TLS = &tls.Config{
			Certificates: []tls.Certificate{ours.of(t, "node")}, ClientCAs: ours.pool(), ClientAuth: tls.RequireAndVerifyClientCert,
		}
	})
	for _, tt := range []struct {
		name, address string
		shown         *tls.Config
		want          string // in the reason, which may be any where the connection just breaks; "" is up
	}{
		{"the node's certificate", plain, &tls.Config{RootCAs: ours.pool()}, ""},
		{"of another authority", plain, &tls.Config{RootCAs: theirs.pool()}, "certificate"},
		{"of another name", plain, &tls.Config{RootCAs: ours.pool(), ServerName: "other.example.net"}, "other.example.net"},
		{"no TLS at the gateway", plain, nil, " "},
		{"no certificate of the gateway", both, &tls.Config{RootCAs: ours.pool()}, " "},
		{"one of another authority", both, &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{theirs.of(t, "gateway")}}, " "},
		{"certificates of both", both, &tls.Config{RootCAs: ours.pool(), Certificates: []tls.Certificate{ours.of(t, "gateway")}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, to := dial(t, tt.address, func(o *DialOptions) {
				o.Credentials = func() (Credentials, error) { return Credentials{Token: token, TLS: tt.shown}, nil }
			})
			if tt.want == "" {
				to.until(t, "up", isUp)
				g := newGiven()
				g.to(c, somePush("a", ""))
				if r := next(t, "result", g.results); !r.Sent {
					t.Errorf("got %+v", r)
				}
				return
			}
			if l := to.until(t, "down", isDown); !strings.Contains(l.Why, tt.want) {
				t.Errorf("the link is %+v", l)
			}
		})
	}
}

// The token does not leave the machine without TLS.
func TestPlaintext(t *testing.T) {
	address := ownAddress(t)
	s, _ := serve(t, newDouble(), func(o *ServerOptions) { o.Plaintext = true })
	at := listen(t, s, net.JoinHostPort(address, "0"))
	_, to := dial(t, at, nil)
	if l := to.until(t, "down", isDown); !strings.Contains(l.Why, "without TLS") {
		t.Errorf("the link is %+v", l)
	}
	_, to = dial(t, at, func(o *DialOptions) { o.Plaintext = true })
	to.until(t, "up", isUp)
}

// ownAddress is an address of this machine that others could reach.
func ownAddress(t *testing.T) string {
	t.Helper()
	list, err := net.InterfaceAddrs()
	if err != nil {
		t.Skip(err)
	}
	for _, a := range list {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() {
			return n.IP.String()
		}
	}
	t.Skip("this machine has no address but the loopback's")
	return ""
}
