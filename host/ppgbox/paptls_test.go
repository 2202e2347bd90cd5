package main

import (
	"bytes"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/config"
	"github.com/ppgbox/ppgbox/host/pap"
	"github.com/ppgbox/ppgbox/host/pap/paptest"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const overTLS = `
[listen]
pap = "127.0.0.1:0"
admin = "127.0.0.1:0"
pap_certificate = "DIR/gateway.pem"
pap_key = "DIR/gateway.key"
pap_client_ca = "DIR/clients.pem"
[[application]]
id = "mms.ua" # and nothing else
[[initiator]]
name = "as"
domain = "as.example.net"
source = "127.0.0.0/8"
[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "0s" # nobody listens at the terminal
source_port = 0
[[policy]]
name = "all"
[[policy.attempt]]
bearer = "pdp"
`

// secureInitiator is a Push Initiator that shows a certificate, or none.
type secureInitiator struct {
	t      *testing.T
	url    string
	client *http.Client
	reused bool // the last push came over the connection of the one before
}

func newSecureInitiator(t *testing.T, url string, trusts *paptest.CA, shows ...tls.Certificate) *secureInitiator {
	config := &tls.Config{RootCAs: trusts.Pool(), Certificates: shows}
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &secureInitiator{t: t, url: url, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
}

// push submits a service loading for an application, and returns what HTTP and PAP say.
func (i *secureInitiator) push(id, application string) (status int, said string) {
	i.t.Helper()
	contentType, body, err := pap.Compose(pap.Submission{
		Version: pap.DefaultVersion,
		Message: &pap.PushMessage{PushID: id, Addresses: []pap.Address{{Text: "WAPPUSH=127.0.0.1/TYPE=IPv4@ppg"}}},
		Content: push.Message{
			ContentType: "text/vnd.wap.sl", Body: []byte(`<sl href="http://example.com/"/>`),
			Headers: []push.Header{{Name: "X-Wap-Application-Id", Value: application}},
		},
	})
	if err != nil {
		i.t.Fatal(err)
	}
	ctx := httptrace.WithClientTrace(i.t.Context(), &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) { i.reused = c.Reused }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url+"/wappush", bytes.NewReader(body))
	if err != nil {
		i.t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := i.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		i.t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// want submits a push and says what is not as expected.
func (i *secureInitiator) want(id, application string, status int, says string) {
	i.t.Helper()
	if got, said := i.push(id, application); got != status || !strings.Contains(said, says) {
		i.t.Errorf("push %s was answered %d %s, want %d %s", id, got, said, status, says)
	}
}

// TestPAPOverTLS has an application server prove its domain, and changes the certificates of both sides under open connections.
func TestPAPOverTLS(t *testing.T) {
	dir := t.TempDir()
	ca, next := paptest.NewCA(t, "ca"), paptest.NewCA(t, "the next ca")
	install := func(ca *paptest.CA) {
		t.Helper()
		certificate, key := paptest.PEM(t, ca.Issue(t, "gateway"))
		for name, text := range map[string]string{"gateway.pem": certificate, "gateway.key": key, "clients.pem": ca.PEM()} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	install(ca)
	g := start(t, strings.ReplaceAll(overTLS, "DIR", dir))
	if !strings.HasPrefix(g.papURL, "https://") {
		t.Fatalf("the URL is %s", g.papURL)
	}
	as := newSecureInitiator(t, g.papURL, ca, ca.Issue(t, "", "as.example.net"))
	as.want("1", "mms.ua", 202, `code="1001"`)
	as.want("2", "x-acme:mail", 202, `code="2001" desc="application x-acme:mail is not registered"`)
	newSecureInitiator(t, g.papURL, ca, ca.Issue(t, "", "other.example.net")).want("3", "mms.ua", 403, `<badmessage-response code="2001"`)
	newSecureInitiator(t, g.papURL, ca).want("4", "mms.ua", 403, `<badmessage-response code="2001"`)
	old := newSecureInitiator(t, g.papURL, ca)
	old.client.Transport.(*http.Transport).TLSClientConfig.MaxVersion = tls.VersionTLS11
	if status, said := old.push("6", "mms.ua"); status != 0 || !strings.Contains(said, "version") {
		t.Errorf("TLS 1.1: %d %s", status, said)
	}

	if err := os.WriteFile(filepath.Join(dir, "gateway.key"), []byte("half a key"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, errOut := ppgbox(t, "", "reload", "--admin", g.adminURL); code != exitUsage || !strings.Contains(errOut, "listen.pap_key") {
		t.Errorf("a reload with a damaged key: exit code %d, said %q", code, errOut)
	}
	as.want("7", "mms.ua", 202, `code="1001"`)

	install(next)
	if code, out, errOut := ppgbox(t, "", "reload", "--admin", g.adminURL); code != exitOK || strings.Contains(out, "[listen]") {
		t.Fatalf("reload: exit code %d, said %q %q", code, out, errOut)
	}
	newSecureInitiator(t, g.papURL, next, next.Issue(t, "", "as.example.net")).want("8", "mms.ua", 202, `code="1001"`)
	as.want("9", "mms.ua", 403, `<badmessage-response code="2001"`)
	if !as.reused {
		t.Error("the reload dropped the connection")
	}
}

func TestListenNeedsARestart(t *testing.T) {
	plain := config.Listen{PAP: "127.0.0.1:8080"}
	secure, renamed := plain, plain
	secure.PAPCertificate, secure.PAPKey = "a.pem", "a.key"
	renamed.PAPCertificate, renamed.PAPKey, renamed.PAPClientCA = "b.pem", "b.key", "ca.pem"
	for _, tt := range []struct {
		name          string
		before, after config.Listen
		want          bool
	}{
		{"other files", secure, renamed, false},
		{"TLS begins", plain, secure, true},
		{"TLS ends", secure, plain, true},
		{"another address", secure, config.Listen{PAP: "127.0.0.1:8082", PAPCertificate: "a.pem", PAPKey: "a.key"}, true},
	} {
		notes := needRestart(&config.Config{Listen: tt.before}, &config.Config{Listen: tt.after})
		if (len(notes) == 1) != tt.want {
			t.Errorf("%s: %q", tt.name, notes)
		}
	}
}

// Over TLS, too, who is one connection too many is told so.
func TestTooManyConnectionsOverTLS(t *testing.T) {
	dir := t.TempDir()
	ca := paptest.NewCA(t, "ca")
	certificate, key := paptest.PEM(t, ca.Issue(t, "gateway"))
	write(t, dir, "gateway.pem", certificate)
	write(t, dir, "gateway.key", key)
	write(t, dir, "clients.pem", ca.PEM())
	g := start(t, "[limits]\nconnections = 1\n"+strings.ReplaceAll(overTLS, "DIR", dir))
	as := ca.Issue(t, "", "as.example.net")
	newSecureInitiator(t, g.papURL, ca, as).want("1", "mms.ua", 202, `code="1001"`) // and keeps its connection
	newSecureInitiator(t, g.papURL, ca, as).want("2", "mms.ua", 503, "too many connections")
}
