package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ppgbox/ppgbox/host/pap/paptest"
)

func TestHandshakes(t *testing.T) {
	for _, tt := range []struct {
		name, line, want string
		counted          float64
	}{
		{
			"a certificate of another CA", "http: TLS handshake error from [::1]:4711: tls: failed to verify certificate: x509: certificate signed by unknown authority\n",
			"[INFO]  a TLS handshake failed: source=[::1]:4711 reason=\"the client certificate is none that listen.pap_client_ca has issued, or is not valid: x509: certificate signed by unknown authority\"", 1,
		},
		{"an old version", "http: TLS handshake error from 127.0.0.1:4711: tls: client offered only unsupported versions: [302 301]\n", "[INFO]  a TLS handshake failed: source=127.0.0.1:4711", 1},
		{"a probe", "http: TLS handshake error from 127.0.0.1:4711: EOF\n", "[DEBUG] http: TLS handshake error", 0},
		{"something else", "http: response.WriteHeader on hijacked connection\n", "[DEBUG] http: response", 0},
	} {
		var out bytes.Buffer
		h := newHandshakes(hclog.New(&hclog.LoggerOptions{Output: &out, Level: hclog.Debug}))
		h.logger().Print(tt.line)
		if got := out.String(); !strings.Contains(got, tt.want) || strings.Count(got, "\n") != 1 || testutil.ToFloat64(h.failed) != tt.counted {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}

// A Push Initiator whose certificate another CA has issued is in the metrics of a gateway.
func TestHandshakeFailuresAreCounted(t *testing.T) {
	dir := t.TempDir()
	ca, other := paptest.NewCA(t, "ca"), paptest.NewCA(t, "other")
	certificate, key := paptest.PEM(t, ca.Issue(t, "gateway"))
	write(t, dir, "gateway.pem", certificate)
	write(t, dir, "gateway.key", key)
	write(t, dir, "clients.pem", ca.PEM())
	g := start(t, strings.ReplaceAll(overTLS, "DIR", dir))
	foreign := other.Issue(t, "", "as.example.net")
	as := newSecureInitiator(t, g.papURL, ca)
	as.client.Transport.(*http.Transport).TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &foreign, nil // whatever CAs the server names
	}
	if status, said := as.push("1", "mms.ua"); status != 0 {
		t.Errorf("answered %d %s", status, said)
	}
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(g.adminURL + "/metrics")
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err == nil && strings.Contains(string(text), "ppgbox_pap_tls_handshake_failures_total 1\n") {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("not counted: %v", err)
		}
	}
}
