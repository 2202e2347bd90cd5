package integration

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/integration/box"
	"github.com/ppgbox/ppgbox/integration/initiator"
	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/process"
	"github.com/ppgbox/ppgbox/integration/wire"
)

const pushServer = `
[subscribers]
push_domains = ["push.example.net"]

[[client]]
address = %[1]q
ggsn    = "ggsn1"
apn     = "internet"

[[radius.client]]
source      = "127.0.0.0/8"
secret_file = "radius.secret"
ggsn        = "ggsn1"

[plugin.ipsegment]
use = "routing/ipsegment"
[plugin.ipsegment.config]
segment = [{ cidr = %[2]q, apn = "internet", ggsn = "ggsn1", node = "ggsn1" }]

[plugin.pdp]
use = "bearer/pdp"
[plugin.pdp.config]
listen_for_errors = "200ms"
node = [{ name = "ggsn1", source = %[3]q }]

[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "46700000001"
window = "10s"
link   = [{ address = %[4]q, system_id = "ppgbox" }]

[[policy]]
name      = "users"
match     = { address_type = "USER" }
terminals = "any"
[[policy.attempt]]
bearer  = "pdp"
routing = ["ipsegment"]
within  = "10s"
[[policy.attempt]]
bearer = "sms"
within = "20s"
`

// Alice is a user with one terminal, whose number is Anna's.
const (
	alice         = "alice@push.example.net"
	alicePassword = "wonderland"
	clientPort    = "8090"
	wapGateway    = "10.60.0.2"
	portalAddress = "10.60.0.1"
)

// A figure is the whole of the push server: portal, gateway, packet network, WAP gateway, and Alice's terminal.
type figure struct {
	gateway       *box.Box
	handsets      *handsets
	notifications *initiator.Listener
	mobile        *peers.Online
	portal        string // URL
	pushclient    string // the program

	pushes int

	mu     sync.Mutex
	loaded []http.Header // by which pages of the portal were asked for
}

// A push to a user identifier finds the terminal that has registered, over OsmoGGSN, and what it speaks of is loaded through Kannel to the
// screen. Without a registration it goes by SMS, and to nobody if there is no such user.
func TestPushServer(t *testing.T) {
	t.Parallel()
	isolate(t, append([]peers.Part{peers.Bearerbox, peers.Radclient}, packetParts...), func(t *testing.T) {
		f := &figure{handsets: newHandsets(t), notifications: initiator.Listen(t), pushclient: filepath.Join(t.TempDir(), "pushclient")}
		build := exec.Command("go", "build", "-o", f.pushclient, "github.com/ppgbox/ppgbox/contrib/handset/cmd/pushclient")
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("building pushclient: %v:\n%s", err, out)
		}
		network := newPacketNetwork(t, pool)
		clientAddress := net.JoinHostPort(network.ggsn.Gateway().String(), clientPort)
		f.startServices(t)
		f.gateway = newAccountedBox(t, fmt.Sprintf(pushServer, clientAddress, pool, network.ggsn.Gateway(), f.handsets.smsc))
		capture := wire.StartOn(t, "any", packets+" or tcp port "+clientPort+" or net 10.60.0.0/24")
		f.gateway.Start(t)
		f.mobile = network.mobile(t, 1)
		f.subscribe(t)

		f.push(t, "before the registration", alice, nil)
		f.mistaken(t, "http://"+clientAddress)
		client, dynamic := f.register(t, "http://"+clientAddress)
		f.push(t, "to the static identifier", alice, client)
		f.gateway.Kill(t)
		f.gateway.Start(t)
		f.push(t, "to the dynamic identifier, after the gateway was killed", dynamic, client)
		f.refused(t, "an unknown user", "nobody@push.example.net", "2003")
		f.refused(t, "a foreign domain", "alice@elsewhere.example.com", "2002")
		f.release(t, client)
		f.push(t, "after the release", alice, nil)
		f.refused(t, "a dynamic identifier that was released", dynamic, "2003")
		f.withAccounting(t, "http://"+clientAddress)
		f.mobile.Deactivate(t)
		f.gateway.Stop(t)
		capture.Stop(t)
		f.checkFigure(t, capture)
	})
}

// startServices starts the WAP gateway, behind the GGSN, and the portal.
func (f *figure) startServices(t *testing.T) {
	t.Helper()
	wap := peers.NewNamespace(t, "wap")
	peers.Own().Forward(t)
	peers.Cable(t, peers.End{In: peers.Own(), Interface: "wap0", Address: portalAddress + "/24"}, peers.End{In: wap, Interface: "wap0", Address: wapGateway + "/24"})
	wap.IP(t, "route", "add", pool.String(), "via", portalAddress)
	peers.StartWAPGateway(t, wap, wapGateway)

	portal := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.loaded = append(f.loaded, r.Header)
		f.mu.Unlock()
		w.Header().Set("Content-Type", "text/vnd.wap.wml")
		_, _ = io.WriteString(w, `<?xml version="1.0"?><!DOCTYPE wml PUBLIC "-//WAPFORUM//DTD WML 1.1//EN" "http://www.wapforum.org/DTD/wml_1.1.xml">`+
			`<wml><card><p>This is `+r.URL.Path+`</p></card></wml>`)
	}))
	listener, err := net.Listen("tcp", portalAddress+":0")
	if err != nil {
		t.Fatal(err)
	}
	portal.Listener.Close()
	portal.Listener = listener
	portal.Start()
	t.Cleanup(portal.Close)
	f.portal = portal.URL
}

// subscribe enters Alice.
func (f *figure) subscribe(t *testing.T) {
	t.Helper()
	hash, err := f.gateway.Command(alicePassword, "password")
	if err != nil {
		t.Fatal(err)
	}
	f.gateway.Write(t, "alice.hash", hash)
	f.gateway.Write(t, "alice.password", alicePassword)
	if _, err := f.gateway.Command("", "subscriber", "add", alice, "--terminal", "+"+anna, "--password-file", "alice.hash", "--admin", f.gateway.Admin); err != nil {
		t.Fatal(err)
	}
}

// start starts Alice's push client at the mobile. She says yes to whatever it asks.
func (f *figure) start(t *testing.T, listener, passwordFile string) *process.Process {
	t.Helper()
	cmd := f.mobile.In.Command(f.pushclient, "--url", listener, "--user", alice, "--password-file", filepath.Join(f.gateway.Folder, passwordFile),
		"--device", "phone", "--bind", f.mobile.PDP.String(), "--wap", wapGateway)
	cmd.Stdin = strings.NewReader(strings.Repeat("y\n", 10))
	return process.Start(t, "pushclient", cmd, nil)
}

// mistaken tries with a wrong password: the client is refused and ends.
func (f *figure) mistaken(t *testing.T, listener string) {
	t.Helper()
	f.gateway.Write(t, "another.password", "looking glass")
	client := f.start(t, listener, "another.password")
	if err := client.Wait(t, 20*time.Second); err == nil || !strings.Contains(client.Log(), "401") {
		t.Errorf("a push client with a wrong password: %v:\n%s", err, client.Log())
	}
	f.push(t, "after a registration with a wrong password", alice, nil)
}

// register has the client register, through the tunnel, and returns its dynamic identifier.
func (f *figure) register(t *testing.T, listener string) (client *process.Process, dynamic string) {
	t.Helper()
	client = f.start(t, listener, "alice.password")
	registered := regexp.MustCompile("registered: " + regexp.QuoteMeta(f.mobile.PDP.String()) + ` as (\S+@push\.example\.net), for `)
	process.Eventually(t, 20*time.Second, "the push client is registered", func() bool {
		found := registered.FindStringSubmatch(client.Log())
		if found != nil {
			dynamic = found[1]
		}
		return found != nil
	})
	return client, dynamic
}

func (f *figure) release(t *testing.T, client *process.Process) {
	t.Helper()
	client.Signal(syscall.SIGTERM)
	if err := client.Wait(t, 20*time.Second); err != nil || !strings.Contains(client.Log(), "released") {
		t.Errorf("the push client ended with %v, want that it has released its registration", err)
	}
}

// withAccounting has the GGSN tell of the mobile's session, too. The client that registers at the same address is then known to be the
// terminal with Anna's number; and what the GGSN takes back is gone, whether or not the client has released it.
func (f *figure) withAccounting(t *testing.T, listener string) {
	t.Helper()
	session := peers.Accounting{
		Status: "Start", GGSN: f.mobile.GGSN.Address, Session: "0A17000100000001", APN: "internet",
		MSISDN: f.mobile.MSISDN, IMSI: f.mobile.IMSI, Address: f.mobile.PDP.String(),
	}
	peers.Account(t, radiusGateway, radiusSecret, session)
	f.push(t, "to a session at which nobody listens", alice, nil)
	client, dynamic := f.register(t, listener)
	shown, err := f.gateway.Command("", "subscriber", "show", alice, "--admin", f.gateway.Admin)
	if err != nil || strings.Count(shown, "terminal ") != 1 || strings.Count(shown, "online at "+session.Address) != 1 {
		t.Errorf("registered at a session that the GGSN has told of (%v):\n%s\nwant one terminal that is online once", err, shown)
	}
	f.push(t, "to a registration at a session that the GGSN has told of", alice, client)
	session.Status = "Stop"
	peers.Account(t, radiusGateway, radiusSecret, session)
	f.push(t, "after the GGSN has told of the end", alice, nil)
	f.refused(t, "a dynamic identifier whose session is over", dynamic, "2003")
	if strings.Contains(client.Log(), fmt.Sprintf("/page/%d", f.pushes-1)) {
		t.Errorf("a push after the end of the session came to the client:\n%s", client.Log())
	}
	f.release(t, client)
}

// submit submits an indication of a page of the portal that no other speaks of. Its text is the page's path.
func (f *figure) submit(t *testing.T, user string) (page string, push initiator.Push, answer initiator.Answer) {
	t.Helper()
	f.pushes++
	page = fmt.Sprintf("/page/%d", f.pushes)
	push = initiator.Push{
		ID: fmt.Sprintf("user-%d@pi.example", f.pushes), NotifyTo: f.notifications.URL,
		To:   []string{"WAPPUSH=" + url.QueryEscape(user) + "/TYPE=USER@ppg.example.net"}, // escaped (WAP-249 §7.1)
		Type: "text/vnd.wap.si", Content: initiator.SI(f.portal+page, page, "signal-high", page),
	}
	answer, err := f.gateway.Client().Submit(push)
	if err != nil {
		t.Fatal(err)
	}
	return page, push, answer
}

// push pushes to a user, and fails unless the client at the mobile shows it and loads the page to its screen, or, without a client, the
// handset with Anna's number shows it; and nobody else.
func (f *figure) push(t *testing.T, when, user string, client *process.Process) {
	t.Helper()
	page, push, answer := f.submit(t, user)
	if answer.Code() != "1001" {
		t.Fatalf("%s: answer %s:\n%s", when, answer.Code(), answer.Body)
	}
	bySMS := []string{anna}
	if client != nil {
		bySMS = nil
		checkOutcome(t, f.notifications, push.ID, "delivered", "1000", overIP)
		screen := regexp.MustCompile(regexp.QuoteMeta("screen: "+f.portal+page) + ` \(200, \S+\)\n    \| ` + regexp.QuoteMeta("This is "+page) + `\n`)
		process.Eventually(t, 20*time.Second, when+": the page is on the screen", func() bool { return screen.MatchString(client.Log() + "\n") })
	} else {
		checkOutcome(t, f.notifications, push.ID, "delivered", "1000", "confirmed")
		process.Eventually(t, 5*time.Second, when+": the handset shows it", func() bool { return len(f.handsets.of(page)) > 0 })
	}
	if got := f.handsets.of(page); !slices.Equal(got, bySMS) {
		t.Errorf("%s: by SMS to %v, want %v", when, got, bySMS)
	}
}

// refused submits a push that is answered with a code, and comes to nobody.
func (f *figure) refused(t *testing.T, what, user, code string) {
	t.Helper()
	_, push, answer := f.submit(t, user)
	if answer.Code() != code {
		t.Errorf("%s: answer %s, want %s:\n%s", what, answer.Code(), code, answer.Body)
	}
	if n := f.notifications.Of(push.ID); len(n) > 0 {
		t.Errorf("%s: refused, and notified of: %+v", what, n)
	}
}

// checkFigure holds what tshark reads, and what the portal was asked, against what happened.
func (f *figure) checkFigure(t *testing.T, capture *wire.Capture) {
	t.Helper()
	all := wellFormed(t, capture, "tcp.port=="+clientPort+",http")
	inTunnel := having(all, map[string]string{"gtp.message": gPDU})
	pdp := f.mobile.PDP.String()
	count := func(what string, want int, from, to string, fields map[string]string) {
		t.Helper()
		n := 0
		for _, p := range having(inTunnel, fields) {
			source, destination := inner(p)
			if (from == "" || from == source) && (to == "" || to == destination) {
				n++
			}
		}
		if n != want {
			t.Errorf("tshark saw %d × %s in the tunnel, want %d", n, what, want)
		}
	}
	count("a registration", 3, pdp, "", map[string]string{"http.request.method": "POST", "http.request.uri": "/v1/registration"})
	count("a release", 2, pdp, "", map[string]string{"http.request.method": "DELETE"})
	count("a push", 4, "", pdp, map[string]string{"wsp.pdu_type": "0x06", "wbxml": ""})
	count("a Get", 3, pdp, wapGateway, map[string]string{"wsp.pdu_type": "0x40"})
	count("a Reply", 3, wapGateway, pdp, map[string]string{"wsp.pdu_type": "0x04"})
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.loaded {
		if !strings.Contains(h.Get("Via"), "Kannel") || h.Get("X-WAP-Network-Client-IP") != pdp {
			t.Errorf("the portal was asked with %v, want by Kannel for %s", h, pdp)
		}
	}
	if len(f.loaded) != 3 {
		t.Errorf("the portal was asked for %d pages, want 3", len(f.loaded))
	}
}
