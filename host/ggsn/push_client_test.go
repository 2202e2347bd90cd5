package ggsn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/gtp"
)

const (
	alice = "alice@push.example.net"
	bob   = "bob@push.example.net"

	nodeToken = "0123456789abcdef"
)

// A gateway is the client listener of one, with its directory.
type gateway struct {
	*httptest.Server
	directory *subscriber.Directory
	away      atomic.Bool // it breaks connections off
	deaf      atomic.Bool // it does what it is asked for and breaks the connection off
	asked     atomic.Int32
}

func hashed(t *testing.T, password string) []byte {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func newGateway(t *testing.T, begin func(http.Handler) *httptest.Server) *gateway {
	t.Helper()
	s, err := sqlite.Open(sqlite.Options{Path: filepath.Join(t.TempDir(), "ppgbox.db"), Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	d, err := subscriber.Open(t.Context(), subscriber.Options{
		Store: s, Clock: clock.System(), Log: hclog.NewNullLogger(), Domains: []string{"push.example.net"}, DynamicValidity: time.Hour,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Put(t.Context(), []store.Subscriber{
		{Users: []string{alice}, Password: hashed(t, "wonderland")}, {Users: []string{bob}, Password: hashed(t, "builder")},
	}); err != nil {
		t.Fatal(err)
	}
	h, err := registration.New(registration.Options{Directory: d, Relays: []registration.Relay{{
		Name: "relay", Hash: hashed(t, "relay secret"), Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, GGSN: []string{"ggsn-a"},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	gw := &gateway{directory: d}
	gw.Server = begin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		gw.asked.Add(1)
		if gw.deaf.Load() {
			h.ServeHTTP(httptest.NewRecorder(), r)
		}
		if gw.deaf.Load() || gw.away.Load() {
			panic(http.ErrAbortHandler)
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(gw.Close)
	return gw
}

// at is who is registered at an address, as user and device.
func (gw *gateway) at(a netip.Addr) string {
	r, ok := gw.directory.Registered(store.SessionKey{GGSN: "ggsn-a", APN: "push.example", Address: a})
	if !ok {
		return ""
	}
	return r.User + " " + r.Device
}

// section is the GGSN's configuration of a gateway.
func (gw *gateway) section(t *testing.T, password string) string {
	return fmt.Sprintf("[registration]\nlisten = \"127.0.0.1:0\"\ngateway = %q\nname = \"relay\"\npassword_file = %q\n", gw.URL, secretFile(t, password))
}

// A written is a log that can be read while it is written.
type written struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (w *written) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.Write(b)
}

func (w *written) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.b.String()
}

// relaying starts a GGSN with a gateway and the context of a terminal.
func relaying(t *testing.T, gw *gateway, password string) (*GGSN, *peer, *gtp.CreatePDPContextResponse, *written) {
	t.Helper()
	p := newPeer(t)
	c, err := Load(p.configuration(fmt.Sprintf("[node]\nggsn = \"ggsn-a\"\nlisten = \"127.0.0.1:0\"\ntoken_file = %q", secretFile(t, nodeToken)),
		"[addresses]\npool = [\"127.0.7.0/29\"]", gw.section(t, password)))
	if err != nil {
		t.Fatal(err)
	}
	log := &written{}
	g, err := start(c, hclog.New(&hclog.LoggerOptions{Output: log, Level: hclog.Info}), clock.System())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	p.know(g)
	return g, p, p.up(p.create(imsi2)), log
}

func terminalOf(r *gtp.CreatePDPContextResponse) netip.Addr { return r.EndUserAddress.IPv4 }

// A wish is a request of a push client.
type wish struct {
	from           netip.Addr
	method         string
	user, password string
	query, body    string
	header         http.Header
}

// reply is its answer.
type reply struct {
	status int
	header http.Header
	body   map[string]any
}

func ask(t *testing.T, g *GGSN, w wish) reply {
	t.Helper()
	d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(w.from, 0))}
	client := http.Client{Timeout: patience, Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
	req, err := http.NewRequestWithContext(t.Context(), w.method, "http://"+g.RegistrationAddress()+"/v1/registration"+w.query, strings.NewReader(w.body))
	if err != nil {
		t.Fatal(err)
	}
	if w.header != nil {
		req.Header = w.header
	}
	if w.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if w.user != "" {
		req.SetBasicAuth(w.user, w.password)
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	r := reply{status: resp.StatusCode, header: resp.Header}
	if err := json.NewDecoder(resp.Body).Decode(&r.body); err != nil && resp.StatusCode != http.StatusNoContent {
		t.Fatalf("%d without JSON: %v", resp.StatusCode, err)
	}
	return r
}

// asAlice is her registration from an address.
func asAlice(from netip.Addr) wish {
	return wish{from: from, method: http.MethodPost, user: alice, password: "wonderland", body: `{"user":"` + alice + `","device":"phone"}`}
}

func (w wish) released() wish {
	w.method, w.body, w.query = http.MethodDelete, "", "?device=phone"
	return w
}
