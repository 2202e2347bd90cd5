package pap

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/pap/paptest"
)

// wantForbidden reads a PAP document that says 2001 with a text.
func wantForbidden(t *testing.T, body io.Reader, text string) {
	t.Helper()
	doc, err := Parse(body, "", Limits{})
	m, ok := doc.Message.(*BadMessageResponse)
	if err != nil || !ok || m.Code != Forbidden || m.Desc != text {
		t.Errorf("answered %+v, %v; want 2001 %q", doc.Message, err, text)
	}
}

func TestHasDomain(t *testing.T) {
	for _, c := range []struct {
		domain, name string
		want         bool
	}{
		{"as.example.net", "as.example.net", true},
		{"as.example.net", "AS.Example.net", true},
		{"as.example.net", "as.example.net.", false},
		{"as.example.net", "has.example.net", false},
		{"as.example.net", "as.example.network", false},
		{"as.example.net", "*.example.net", false}, // a certificate that many share
		{"*.example.net", "as.example.net", true},
		{"*.example.net", "AS.EXAMPLE.net", true},
		{"*.example.net", "*.example.net", true},
		{"*.example.net", "example.net", false},
		{"*.example.net", ".example.net", false},
		{"*.example.net", "a.b.example.net", false},
		{"*.example.net", "*.b.example.net", false},
		{"*.b.example.net", "*.example.net", false},
		{"*.example.net", "as.anexample.net", false},
		{"*.example.net", "", false},
	} {
		if got := (&Initiator{Domains: []string{"other.example.org", c.domain}}).hasDomain(c.name); got != c.want {
			t.Errorf("%s proven by %q: %v", c.domain, c.name, got)
		}
	}
}

func TestForbiddenBeforeTheBodyIsRead(t *testing.T) {
	h := newTestHandler(t, &fakeGateway{}, func(o *Options) {
		o.Initiators = initiators(t, Initiator{Name: "a", Username: "u", Hash: cheapHash(t, "p"), Sources: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}})
	})
	req := httptest.NewRequest(http.MethodPost, "/wappush", failingBody{})
	req.SetBasicAuth("u", "p")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	if w.Code != http.StatusForbidden {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	wantForbidden(t, w.Body, string(errSource))
}

// shown is what TLS leaves of a client certificate that the CA has issued.
func shown(ca *paptest.CA, c tls.Certificate) *tls.ConnectionState {
	return &tls.ConnectionState{VerifiedChains: [][]*x509.Certificate{{c.Leaf, ca.Certificate}}}
}

func TestKnownByEvidence(t *testing.T) {
	ca, other := paptest.NewCA(t, "ca"), paptest.NewCA(t, "other")
	office, anywhere := netip.MustParsePrefix("10.0.0.0/24"), netip.MustParseAddr("192.0.2.1")
	inside := netip.MustParseAddr("10.0.0.9")
	with := func(name string, either bool, source bool, domains ...string) Initiator {
		pi := Initiator{Name: name, Either: either, Domains: domains, Authorities: []*x509.Certificate{ca.Certificate}}
		if source {
			pi.Sources = []netip.Prefix{office}
		}
		return pi
	}
	r := initiators(
		t,
		with("alone", false, false, "alone.example.net"),
		with("both", false, true, "both.example.net"),
		with("either", true, true, "either.example.net"),
		with("wild", false, false, "*.wild.example.net"),
	).roster.Load()
	withoutTLS := func(source netip.Addr) *evidence { return &evidence{source: source, now: time.Now()} }
	of := func(issuer *paptest.CA, source netip.Addr, names ...string) *evidence {
		return &evidence{source, shown(issuer, issuer.Issue(t, "alone.example.net", names...)), time.Now()}
	}
	late := of(ca, anywhere, "alone.example.net")
	late.now = time.Now().Add(2 * time.Hour)
	unverified := of(ca, anywhere, "alone.example.net")
	unverified.tls.PeerCertificates, unverified.tls.VerifiedChains = unverified.tls.VerifiedChains[0], nil
	for _, c := range []struct {
		name string
		e    *evidence
		want string // "" for nobody
		err  error
	}{
		{"by its domain", of(ca, anywhere, "alone.example.net"), "alone", nil},
		{"by one of several names", of(ca, anywhere, "x.example.org", "alone.example.net"), "alone", nil},
		{"by a wildcard of the configuration", of(ca, anywhere, "as1.wild.example.net"), "wild", nil},
		{"not by the common name", of(ca, anywhere), "", nil},
		{"not by a certificate of another CA", of(other, anywhere, "alone.example.net"), "", nil},
		{"not by a certificate that was not verified", unverified, "", nil},
		{"not by a certificate that has expired since", late, "", nil},
		{"names of two initiators", of(ca, anywhere, "alone.example.net", "as1.wild.example.net"), "", errSeveral},
		{"both", of(ca, inside, "both.example.net"), "both", nil},
		{"both, from elsewhere", of(ca, anywhere, "both.example.net"), "", nil},
		{"either, by its domain", of(ca, anywhere, "either.example.net"), "either", nil},
		{"either, by its address", withoutTLS(inside), "either", nil},
		{"the address of one, the certificate of another", of(ca, inside, "alone.example.net"), "alone", nil},
		{"nothing", withoutTLS(anywhere), "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			pi, err := r.known(c.e)
			if nameOf(pi) != c.want || !errors.Is(err, c.err) {
				t.Errorf("known as %q, %v; want %q, %v", nameOf(pi), err, c.want, c.err)
			}
		})
	}
}

func TestAllows(t *testing.T) {
	ca := paptest.NewCA(t, "ca")
	certificate := shown(ca, ca.Issue(t, "", "as.example.net"))
	source, domain := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, []string{"as.example.net"}
	inside, outside := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("192.0.2.1")
	for _, c := range []struct {
		name   string
		pi     Initiator
		source netip.Addr
		tls    *tls.ConnectionState
		want   error
	}{
		{"neither is asked for", Initiator{}, outside, nil, nil},
		{"source", Initiator{Sources: source}, inside, nil, nil},
		{"no source", Initiator{Sources: source}, outside, certificate, errSource},
		{"no source, and no domain that could be enough", Initiator{Sources: source, Either: true}, outside, certificate, errSource},
		{"domain", Initiator{Domains: domain}, outside, certificate, nil},
		{"no domain", Initiator{Domains: domain}, inside, nil, errCertificate},
		{"no domain, and no source that could be enough", Initiator{Domains: domain, Either: true}, inside, nil, errCertificate},
		{"both", Initiator{Sources: source, Domains: domain}, inside, certificate, nil},
		{"both, without source", Initiator{Sources: source, Domains: domain}, outside, certificate, errSource},
		{"both, without domain", Initiator{Sources: source, Domains: domain}, inside, nil, errCertificate},
		{"either, without source", Initiator{Sources: source, Domains: domain, Either: true}, outside, certificate, nil},
		{"either, without domain", Initiator{Sources: source, Domains: domain, Either: true}, inside, nil, nil},
		{"either, without both", Initiator{Sources: source, Domains: domain, Either: true}, outside, nil, errNeither},
	} {
		c.pi.Authorities = []*x509.Certificate{ca.Certificate}
		if got := c.pi.allows(&evidence{c.source, c.tls, time.Now()}); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// Over real connections: what TLS refuses never reaches the handler, what is forbidden is said in PAP.
func TestHandlerOverTLS(t *testing.T) {
	ca, other := paptest.NewCA(t, "ca"), paptest.NewCA(t, "other")
	authorities := []*x509.Certificate{ca.Certificate}
	local, elsewhere := netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8")
	initiator := func(name string, either bool, source netip.Prefix) Initiator {
		return Initiator{
			Name: name, Username: name, Hash: cheapHash(t, "p"), Sources: []netip.Prefix{source}, Either: either,
			Domains: []string{"as.example.net"}, Authorities: authorities,
		}
	}
	var log bytes.Buffer
	g := &fakeGateway{}
	h := newTestHandler(t, g, func(o *Options) {
		o.Log = hclog.New(&hclog.LoggerOptions{Output: &log})
		o.Initiators = initiators(
			t,
			initiator("both", false, local),
			initiator("far", false, elsewhere),
			initiator("either", true, elsewhere),
			Initiator{Name: "distant", Domains: []string{"distant.example.net"}, Sources: []netip.Prefix{elsewhere}, Authorities: authorities},
			Initiator{Name: "alone", Domains: []string{"alone.example.net"}, Authorities: authorities},
		)
	})
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: ca.Pool(), Certificates: []tls.Certificate{ca.Issue(t, "ppg")}}
	server.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(nil)
	server.StartTLS()
	defer server.Close()

	as, alone := ca.Issue(t, "", "as.example.net"), ca.Issue(t, "", "alone.example.net")
	stranger, distant := ca.Issue(t, "", "other.example.net", "www.example.org"), ca.Issue(t, "", "distant.example.net")
	foreign := other.Issue(t, "", "as.example.net")
	named := ca.Issue(t, "as.example.net") // by the common name
	for _, c := range []struct {
		name     string
		username string
		show     *tls.Certificate
		status   int // 0: the handshake fails
		says     string
		logs     string // and whoever asks is not told
	}{
		{"certificate alone", "", &alone, 202, `code="1001"`, ""},
		{"nothing", "", nil, 401, "no credentials", "no credentials: no client certificate was shown"},
		{"a domain of one with credentials, without them", "", &as, 401, "no credentials", `which has to give its username and password`},
		{"another's certificate", "", &stranger, 401, "no credentials", "no credentials: the client certificate of other.example.net, www.example.org fits no initiator"},
		{"the name in the wrong place", "", &named, 401, "no credentials", `the client certificate of \"as.example.net\" has no DNS name`},
		{"a certificate alone from a wrong address", "", &distant, 401, "no credentials", `initiator \"distant\", which may not push from this address`},
		{"credentials, address and certificate", "both", &as, 202, `code="1001"`, ""},
		{"credentials and address, no certificate", "both", nil, 403, string(errCertificate), "no client certificate was shown"},
		{"credentials and address, another's certificate", "both", &alone, 403, string(errCertificate), "of alone.example.net is for none of the initiator's domains"},
		{"credentials and address, the name in the wrong place", "both", &named, 403, string(errCertificate), "has no DNS name"},
		{"credentials and certificate, wrong address", "far", &as, 403, string(errSource), string(errSource)},
		{"either", "either", &as, 202, `code="1001"`, ""},
		{"neither", "either", nil, 403, string(errNeither), "no client certificate was shown"},
		{"wrong password with a certificate", "nobody", &alone, 401, "wrong username or password", "no initiator has this username"},
		{"certificate of a CA that does not count", "both", &foreign, 0, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			log.Reset()
			g.asked = nil
			config := &tls.Config{RootCAs: ca.Pool()}
			if c.show != nil { // whatever CAs the server names
				config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c.show, nil }
			}
			client := &http.Client{Transport: &http.Transport{TLSClientConfig: config}, Timeout: 10 * time.Second}
			defer client.CloseIdleConnections()
			req, err := http.NewRequest(http.MethodPost, server.URL+"/wappush", strings.NewReader(multi(controlPart, contentPart)))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", related)
			if c.username != "" {
				req.SetBasicAuth(c.username, "p")
			}
			resp, err := client.Do(req)
			if c.status == 0 {
				if err == nil {
					resp.Body.Close()
					t.Fatalf("answered %s", resp.Status)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.StatusCode != c.status {
				t.Fatalf("%s, want %d", resp.Status, c.status)
			}
			if lines := strings.Count(log.String(), "\n"); !strings.Contains(log.String(), c.logs) || (lines == 1) != (c.logs != "") {
				t.Errorf("logged %s", log.String())
			}
			if c.status == http.StatusForbidden {
				wantForbidden(t, resp.Body, c.says)
				if resp.Header.Get("Content-Type") != "application/xml" || !strings.Contains(log.String(), "initiator="+c.username) {
					t.Errorf("%v, logged %s", resp.Header, log.String())
				}
			} else if answer, _ := io.ReadAll(resp.Body); !strings.Contains(string(answer), c.says) || c.status == http.StatusUnauthorized && strings.TrimSpace(string(answer)) != c.says {
				t.Errorf("%s", answer)
			}
			if (len(g.asked) == 1) != (c.status == http.StatusAccepted) {
				t.Errorf("the gateway was asked %q", g.asked)
			}
		})
	}
}

// What the log says of credentials and certificates is one line, whatever they hold, and says which of username and password is wrong.
func TestRefusedCredentialsInTheLog(t *testing.T) {
	ca := paptest.NewCA(t, "ca")
	expired := ca.Issue(t, "", "as.example.net")
	connection := shown(ca, expired)
	connection.PeerCertificates = []*x509.Certificate{expired.Leaf}
	domains := Initiator{Name: "as", Domains: []string{"as.example.net"}, Authorities: []*x509.Certificate{ca.Certificate}}
	account := Initiator{Name: "mmsc", Username: "u", Hash: cheapHash(t, "p")}
	for _, c := range []struct {
		name               string
		list               []Initiator
		username, password string
		tls                *tls.ConnectionState
		now                time.Time
		want               string
	}{
		{"wrong password", []Initiator{account}, "u", "guess", nil, time.Now(), `username=u source=192.0.2.1:1234 status=401 reason="wrong username or password: wrong password"`},
		{"wrong username", []Initiator{account}, "v", "p", nil, time.Now(), `refused: source=192.0.2.1:1234 status=401 reason="wrong username or password: no initiator has this username"`},
		{"nothing, and certificates do not matter", []Initiator{account}, "", "", nil, time.Now(), `reason="no credentials"`},
		{"nothing, over TLS, and certificates do not matter", []Initiator{account}, "", "", &tls.ConnectionState{}, time.Now(), `reason="no credentials"`},
		{"no TLS", []Initiator{domains}, "", "", nil, time.Now(), "no initiator is known by this address or client certificate: no TLS"},
		{"expired since it was shown", []Initiator{domains}, "", "", connection, time.Now().AddDate(100, 0, 0), "the client certificate of as.example.net is not valid any more"},
	} {
		var log bytes.Buffer
		h := newTestHandler(t, &fakeGateway{}, func(o *Options) {
			o.Log, o.Initiators = hclog.New(&hclog.LoggerOptions{Output: &log}), initiators(t, c.list...)
			o.Initiators.now = func() time.Time { return c.now }
		})
		req := httptest.NewRequest(http.MethodPost, "/wappush", strings.NewReader(""))
		req.RemoteAddr, req.TLS = "192.0.2.1:1234", c.tls
		if c.username != "" {
			req.SetBasicAuth(c.username, c.password)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if !strings.Contains(log.String(), c.want) || strings.Count(log.String(), "\n") != 1 {
			t.Errorf("%s: %d, logged %s", c.name, w.Code, &log)
		}
	}
}
