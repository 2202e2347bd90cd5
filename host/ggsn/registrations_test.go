package ggsn

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// What a push client does from its context is done at the gateway, and the gateways that push over the node hear of it.
func TestRegistration(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	g, _, up, log := relaying(t, gw, "relay secret")
	a := terminalOf(up)
	first := ask(t, g, asAlice(a))
	if first.status != http.StatusOK || first.body["user"] != alice || first.body["address"] != a.String() || gw.at(a) != alice+" phone" {
		t.Fatalf("%d %v, registered is %q", first.status, first.body, gw.at(a))
	}
	terminals, err := gw.directory.Resolve(push.Address{Type: push.USER, Value: alice})
	if err != nil || len(terminals) != 1 || len(terminals[0].Subscriber.Sessions) != 1 {
		t.Fatalf("a push to her finds %+v, %v", terminals, err)
	}
	if s := terminals[0].Subscriber.Sessions[0]; s.Address != a || s.GGSN != "ggsn-a" || s.APN != "push.example" {
		t.Errorf("a push to her finds %+v", s)
	}
	if again := ask(t, g, asAlice(a)); again.status != http.StatusOK || again.body["dynamic"] != first.body["dynamic"] {
		t.Errorf("renewed: %d %v", again.status, again.body)
	}
	if n := counted(t, g, "registered"); n != 1 {
		t.Errorf("%d are registered", n)
	}
	// Who has another credential does not release it.
	guess := asAlice(a).released()
	guess.password = "guess"
	if r := ask(t, g, guess); r.status != http.StatusUnauthorized || gw.at(a) == "" {
		t.Errorf("released with a wrong password: %d %v", r.status, r.body)
	}
	his := asAlice(a).released()
	his.user, his.password = bob, "builder"
	if r := ask(t, g, his); r.status != http.StatusNotFound || gw.at(a) == "" {
		t.Errorf("released by another one: %d %v", r.status, r.body)
	}
	if r := ask(t, g, asAlice(a).released()); r.status != http.StatusNoContent || gw.at(a) != "" {
		t.Errorf("released: %d, registered is %q", r.status, gw.at(a))
	}
	if r := ask(t, g, asAlice(a).released()); r.status != http.StatusNotFound {
		t.Errorf("released twice: %d", r.status)
	}
	for _, secret := range []string{"wonderland", "guess", alice, a.String(), string(imsi2), "relay secret"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log has %q: %s", secret, log)
		}
	}
}

// Events name the context.
func TestRegistrationEvents(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	g, _, up, _ := relaying(t, gw, "relay secret")
	events := make(chan node.Event, 10)
	client, err := node.Dial(g.NodeAddress(), node.DialOptions{
		Credentials: func() (node.Credentials, error) { return node.Credentials{Token: nodeToken}, nil },
		OnEvent:     func(e node.Event) { events <- e },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	eventually(t, "the gateway is connected", func() bool { return g.health().Gateways == 1 && client.Link().Window > 0 })
	a := terminalOf(up)
	for _, step := range []struct {
		ask  wish
		want node.EventKind
	}{{asAlice(a), node.Registered}, {asAlice(a).released(), node.Unregistered}} {
		ask(t, g, step.ask)
		select {
		case e := <-events:
			want := node.Event{Kind: step.want, IMSI: imsi2, MSISDN: "46702123456", GGSN: "ggsn-a", APN: "push.example", Address: a}
			if e != want {
				t.Errorf("the event is %+v, want %+v", e, want)
			}
		case <-time.After(patience):
			t.Fatalf("no event %v", step.want)
		}
	}
}

func TestRegistrationIsRefused(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	g, _, up, _ := relaying(t, gw, "relay secret")
	a := terminalOf(up)
	for _, row := range []struct {
		name   string
		change func(*wish)
		status int
		field  string
		asked  bool // the gateway is
	}{
		{"an address without context", func(w *wish) { w.from = netip.MustParseAddr("127.0.7.5") }, 403, "", false},
		{"a wrong password", func(w *wish) { w.password = "guess" }, 401, "", true},
		{"no credential", func(w *wish) { w.user = "" }, 401, "", false},
		{"another user's credential", func(w *wish) { w.user, w.password = bob, "builder" }, 403, "user", true},
		{"through a proxy", func(w *wish) { w.header = http.Header{"X-Forwarded-For": {a.String()}} }, 403, "", false},
		{"another address", func(w *wish) { w.body = `{"user":"` + alice + `","address":"127.0.7.5"}` }, 403, "address", false},
		{"an unknown field", func(w *wish) { w.body = `{"user":"` + alice + `","imsi":"240010123456789"}` }, 400, "imsi", false},
		{"a long body", func(w *wish) { w.body = `{"user":"` + strings.Repeat("a", 5000) + `"}` }, 413, "", false},
		{"to be shown", func(w *wish) { w.method, w.body = http.MethodGet, "" }, 405, "", false},
	} {
		t.Run(row.name, func(t *testing.T) {
			w, before := asAlice(a), gw.asked.Load()
			row.change(&w)
			r := ask(t, g, w)
			if field, _ := r.body["field"].(string); r.status != row.status || field != row.field {
				t.Errorf("%d %v, want %d and the field %q", r.status, r.body, row.status, row.field)
			}
			if challenge := r.header.Get("WWW-Authenticate"); (challenge != "") != (row.status == 401) {
				t.Errorf("it asks for %q", challenge)
			}
			if asked := gw.asked.Load() != before; asked != row.asked || gw.at(a) != "" {
				t.Errorf("the gateway was asked: %v, registered is %q", asked, gw.at(a))
			}
		})
	}
}

// What the operator has to mend is no terminal's fault: it tries again later.
func TestGatewayRefusesTheRelay(t *testing.T) {
	for _, row := range []struct{ name, password, ggsn, says string }{
		{"its password", "guess", "ggsn-a", "it answers 401"},
		{"its GGSN", "relay secret", "ggsn-b", "it answers 403"},
	} {
		t.Run(row.name, func(t *testing.T) {
			gw := newGateway(t, httptest.NewServer)
			g, _, up, log := relaying(t, gw, row.password)
			g.relay.GGSN = row.ggsn
			r := ask(t, g, asAlice(terminalOf(up)))
			if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" || r.header.Get("WWW-Authenticate") != "" {
				t.Errorf("%d %v %v", r.status, r.header, r.body)
			}
			if !strings.Contains(log.String(), row.says) {
				t.Errorf("the log says %s", log)
			}
		})
	}
}

func TestGatewayAway(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	g, _, up, _ := relaying(t, gw, "relay secret")
	a := terminalOf(up)
	gw.away.Store(true)
	if r := ask(t, g, asAlice(a)); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") == "" {
		t.Errorf("%d %v", r.status, r.header)
	}
	gw.away.Store(false)
	if r := ask(t, g, asAlice(a)); r.status != http.StatusOK {
		t.Errorf("then: %d %v", r.status, r.body)
	}
}

// What is registered at a context ends with it, also where the gateway is away when it does, or the answer did not come.
func TestContextEndsRegistration(t *testing.T) {
	for _, row := range []struct {
		name       string
		away, deaf bool
	}{{"", false, false}, {"while the gateway is away", true, false}, {"and nobody knew of it", false, true}} {
		t.Run(row.name, func(t *testing.T) {
			gw := newGateway(t, httptest.NewServer)
			g, p, up, _ := relaying(t, gw, "relay secret")
			a := terminalOf(up)
			gw.deaf.Store(row.deaf)
			ask(t, g, asAlice(a))
			gw.deaf.Store(false)
			if gw.at(a) != alice+" phone" {
				t.Fatalf("registered is %q", gw.at(a))
			}
			gw.away.Store(row.away)
			before := gw.asked.Load()
			p.ask(*up.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
			if row.away {
				eventually(t, "the gateway is asked", func() bool { return gw.asked.Load() > before })
				gw.away.Store(false)
			}
			eventually(t, "it is released", func() bool { return gw.at(a) == "" })
			eventually(t, "nothing waits", func() bool {
				return counted(t, g, "releases_waiting") == 0 && counted(t, g, "releases_total", "result", "released") == 1
			})
			if r := ask(t, g, asAlice(a)); r.status != http.StatusForbidden {
				t.Errorf("after it: %d", r.status)
			}
		})
	}
}

// A release that comes late does not end what was registered after it.
func TestLateRelease(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	p := newPeer(t)
	g := p.start(p.configuration("[addresses]\npool = [\"127.0.7.1/32\"]\nquarantine = \"0s\"", "[node]\nggsn = \"ggsn-a\"", gw.section(t, "relay secret")), clock.System())
	up := p.up(p.create(imsi2))
	a := terminalOf(up)
	if r := ask(t, g, asAlice(a)); r.status != http.StatusOK {
		t.Fatalf("%d %v", r.status, r.body)
	}
	gw.away.Store(true)
	before := gw.asked.Load()
	p.ask(*up.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
	eventually(t, "the gateway is asked", func() bool { return gw.asked.Load() > before })
	if again := terminalOf(p.up(p.create(imsi2))); again != a {
		t.Fatalf("the terminal has %s now", again)
	}
	gw.away.Store(false)
	if r := ask(t, g, asAlice(a)); r.status != http.StatusOK {
		t.Fatalf("%d %v", r.status, r.body)
	}
	eventually(t, "nothing waits", func() bool { return counted(t, g, "releases_waiting") == 0 })
	if gw.at(a) != alice+" phone" {
		t.Errorf("registered is %q", gw.at(a))
	}
}

// A GGSN that stops releases what is registered.
func TestStopReleases(t *testing.T) {
	gw := newGateway(t, httptest.NewServer)
	g, _, up, _ := relaying(t, gw, "relay secret")
	a := terminalOf(up)
	ask(t, g, asAlice(a))
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	g.Stop(ctx)
	if gw.at(a) != "" {
		t.Errorf("registered is %q", gw.at(a))
	}
}

// The gateway has to prove who it is.
func TestGatewayCertificate(t *testing.T) {
	gw := newGateway(t, httptest.NewTLSServer)
	gw.Config.ErrorLog = hclog.NewNullLogger().StandardLogger(&hclog.StandardLoggerOptions{})
	for _, row := range []struct {
		name   string
		ca     bool
		status int
	}{{"issued by the file's", true, 200}, {"of nobody known", false, 503}} {
		t.Run(row.name, func(t *testing.T) {
			p := newPeer(t)
			section := gw.section(t, "relay secret")
			if row.ca {
				text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: gw.Certificate().Raw})
				section += fmt.Sprintf("ca_file = %q\n", secretFile(t, string(text)))
			}
			g := p.start(p.configuration("[node]\nggsn = \"ggsn-a\"", "[addresses]\npool = [\"127.0.7.0/29\"]", section), clock.System())
			if r := ask(t, g, asAlice(terminalOf(p.up(p.create(imsi2))))); r.status != row.status {
				t.Errorf("%d %v, want %d", r.status, r.body, row.status)
			}
		})
	}
}
