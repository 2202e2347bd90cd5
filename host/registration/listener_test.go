package registration

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

// After the tests, all that the document says must have been seen.
func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.fuzz").Value.String() == "" {
		for _, missing := range unseen() {
			fmt.Fprintln(os.Stderr, "no test gets from the listener, although the document has it:", missing)
			status = max(status, 1)
		}
	}
	if err := goleak.Find(); status == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		status = 1
	}
	os.Exit(status)
}

// fakeDirectory keeps registrations by place. It fails, or panics, on demand.
type fakeDirectory struct {
	clock   func() time.Time
	mu      sync.Mutex
	hashes  map[string][]byte
	places  map[store.SessionKey]subscriber.Registering
	err     error
	panics  bool
	blocked chan struct{} // Register waits for it to be closed
	entered chan struct{}
}

func newFakeDirectory(t testing.TB) *fakeDirectory {
	d := &fakeDirectory{clock: time.Now, hashes: make(map[string][]byte), places: make(map[store.SessionKey]subscriber.Registering)}
	d.hashes[alice], d.hashes[bob] = hashOf(t, "wonderland"), hashOf(t, "builder")
	return d
}

const (
	alice = "alice@push.example.net"
	bob   = "bob@push.example.net"
)

func hashOf(t testing.TB, password string) []byte {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func (d *fakeDirectory) Password(user string) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	hash, ok := d.hashes[user]
	if !ok {
		return nil, subscriber.ErrUnknown
	}
	return hash, nil
}

func (d *fakeDirectory) Register(ctx context.Context, r subscriber.Registering) (store.Registration, error) {
	if d.panics {
		panic("on demand")
	}
	if d.blocked != nil {
		d.entered <- struct{}{}
		select {
		case <-d.blocked:
		case <-ctx.Done():
			return store.Registration{}, ctx.Err()
		}
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return store.Registration{}, d.err
	}
	d.places[r.Key] = r
	return d.registration(r), nil
}

func (d *fakeDirectory) registration(r subscriber.Registering) store.Registration {
	return store.Registration{User: r.User, Device: r.Device, Dynamic: "d-1@push.example.net", Expires: d.clock().Add(time.Hour)}
}

func (d *fakeDirectory) Release(_ context.Context, k store.SessionKey, user, device string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return d.err
	}
	if r, ok := d.places[k]; !ok || r.User != user || r.Device != device {
		return subscriber.ErrUnknown
	}
	delete(d.places, k)
	return nil
}

func (d *fakeDirectory) Registered(k store.SessionKey) (store.Registration, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	r, ok := d.places[k]
	return d.registration(r), ok
}

// at returns what is registered where.
func (d *fakeDirectory) at() map[store.SessionKey]subscriber.Registering {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.places)
}

// A listener is a Handler that serves.
type listener struct {
	*Handler
	url string
}

// relayOptions is a relay that speaks from 127.0.0.9.
func relayOptions(t testing.TB) Relay {
	return Relay{
		Name: "ggsn-a", Hash: hashOf(t, "relay secret"), GGSN: []string{"ggsn-a", "ggsn-a2"},
		Sources: []netip.Prefix{netip.MustParsePrefix("127.0.0.9/32"), netip.MustParsePrefix("::1/128")},
	}
}

func listen(t testing.TB, o Options) *listener {
	t.Helper()
	h, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, l, nil) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return &listener{Handler: h, url: "http://" + l.Addr().String()}
}

// A question is a request from an address.
type question struct {
	from         string // default 127.0.0.2
	method, path string
	login        [2]string // name and password; none if empty
	body         string
	header       http.Header
}

type reply struct {
	status int
	header http.Header
	body   map[string]any
}

// ask sends a request over a connection of its own, and checks that the document has the answer.
func (l *listener) ask(t testing.TB, q question) reply {
	t.Helper()
	if q.from == "" {
		q.from = "127.0.0.2"
	}
	transport := &http.Transport{
		DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(q.from)}}).DialContext, DisableKeepAlives: true,
	}
	defer transport.CloseIdleConnections()
	var body io.Reader
	if q.body != "" {
		body = strings.NewReader(q.body)
	}
	req, err := http.NewRequest(q.method, l.url+q.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if q.body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	maps.Copy(req.Header, q.header)
	if q.login[0] != "" {
		req.SetBasicAuth(q.login[0], q.login[1])
	}
	res, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	r := reply{status: res.StatusCode, header: res.Header}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &r.body); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if err := described(q.method, req.URL.Path, res, r.body); err != nil {
		t.Error(err)
	}
	return r
}

// described tells what the document lacks of an answer. Paths and methods that it does not have must be refused.
func described(method, path string, res *http.Response, body map[string]any) error {
	op, ok := documented()[method+" "+path]
	if !ok {
		if res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
			return fmt.Errorf("the document has no %s %s, which is answered with %d", method, path, res.StatusCode)
		}
		return nil
	}
	fields, ok := op[res.StatusCode]
	if !ok {
		return fmt.Errorf("the document has no %d of %s %s", res.StatusCode, method, path)
	}
	seenMu.Lock()
	defer seenMu.Unlock()
	seen[fmt.Sprint(method, " ", path, " ", res.StatusCode)] = true
	contentType, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	if contentType != fields.contentType {
		return fmt.Errorf("%s %s %d has content of the type %q, the document says %q", method, path, res.StatusCode, contentType, fields.contentType)
	}
	if fields.any {
		return nil
	}
	for name := range body {
		if !slices.Contains(fields.names, name) {
			return fmt.Errorf("the document has no field %q of %s %s %d", name, method, path, res.StatusCode)
		}
		seen[fmt.Sprint("field ", fields.contentType, " ", name)] = true
	}
	for _, name := range fields.required {
		if _, ok := body[name]; !ok {
			return fmt.Errorf("%s %s %d has no field %q, which the document requires", method, path, res.StatusCode, name)
		}
	}
	return nil
}

func TestOptions(t *testing.T) {
	d := newFakeDirectory(t)
	relay := relayOptions(t)
	change := func(f func(*Relay)) Options {
		r := relay
		f(&r)
		return Options{Directory: d, Relays: []Relay{r}}
	}
	for _, tt := range []struct {
		name    string
		options Options
		says    string // "" for none
	}{
		{"a GGSN", Options{Directory: d, GGSN: "ggsn-a", APN: "Internet.example"}, ""},
		{"a GGSN without an APN", Options{Directory: d, GGSN: "ggsn-a"}, ""},
		{"a relay", Options{Directory: d, Relays: []Relay{relay}}, ""},
		{"nobody", Options{Directory: d}, "nobody could register"},
		{"no directory", Options{GGSN: "ggsn-a"}, "no directory"},
		{"a wrong APN", Options{Directory: d, GGSN: "ggsn-a", APN: "a b"}, `"a b" is no APN`},
		{"one name twice", Options{Directory: d, Relays: []Relay{relay, relay}}, `relay "ggsn-a": the name is taken`},
		{"a relay without a name", change(func(r *Relay) { r.Name = "" }), "a name for HTTP"},
		{"a relay with a colon", change(func(r *Relay) { r.Name = "a:b" }), `relay "a:b": a name for HTTP`},
		{"a relay without a hash", change(func(r *Relay) { r.Hash = []byte("secret") }), "the password hash"},
		{"a relay from anywhere", change(func(r *Relay) { r.Sources = nil }), "no source addresses"},
		{"a relay of nothing", change(func(r *Relay) { r.GGSN = nil }), "no GGSN"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(tt.options)
			if tt.says == "" && err != nil || tt.says != "" && (err == nil || !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

var errDisk = errors.New("the disk is full")
