package registration

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/ppgbox/ppgbox/host/subscriber"
)

// everyOperation is a request of each that is as it should be.
func everyOperation() []question {
	login, body := [2]string{alice, "wonderland"}, fmt.Sprintf(`{"user":%q,"device":"phone"}`, alice)
	return []question{
		{method: http.MethodPost, path: pathOwn, login: login, body: body},
		{method: http.MethodGet, path: pathOwn + "?device=phone", login: login},
		{method: http.MethodDelete, path: pathOwn + "?device=phone", login: login},
		{from: "127.0.0.9", method: http.MethodPost, path: pathRelay, login: relayLogin, body: relayed().json()},
		{from: "127.0.0.9", method: http.MethodDelete, path: pathRelay + releaseOf(relayed()).query(), login: relayLogin},
	}
}

// After some failures the next has to wait, a right one that was not seen before, too; other addresses do not, and who was in before stays in.
func TestFailuresSlow(t *testing.T) {
	for _, q := range everyOperation() {
		t.Run(q.method+" "+q.path, func(t *testing.T) {
			d := newFakeDirectory(t)
			l := listen(t, Options{Directory: d, GGSN: "ggsn-a", Relays: []Relay{relayOptions(t)}})
			now := time.Now()
			l.verifier.failures.now = func() time.Time { return now }
			known := question{from: q.from, method: http.MethodPost, path: pathOwn, login: [2]string{bob, "builder"}, body: fmt.Sprintf(`{"user":%q}`, bob)}
			if r := l.ask(t, known); r.status != http.StatusOK {
				t.Fatal(r.status)
			}
			wrong := q
			wrong.login[1] = "guess"
			for range freeFailures {
				if r := l.ask(t, wrong); r.status != http.StatusUnauthorized {
					t.Fatalf("%d %v", r.status, r.body)
				}
			}
			for _, q := range []question{wrong, q} {
				if r := l.ask(t, q); r.status != http.StatusTooManyRequests || r.header.Get("Retry-After") != "10" {
					t.Errorf("%d, Retry-After %q", r.status, r.header.Get("Retry-After"))
				}
			}
			if r := l.ask(t, known); r.status != http.StatusOK {
				t.Errorf("one that was verified before: %d", r.status)
			}
			other := known
			other.from = "127.0.0.5"
			if r := l.ask(t, other); r.status != http.StatusOK {
				t.Errorf("another address: %d", r.status)
			}
		})
	}
}

// What a directory says becomes an answer.
func TestDirectoryFails(t *testing.T) {
	for _, tt := range []struct {
		name   string
		err    error
		panics bool
		status int
	}{
		{"the disk", errDisk, false, 503},
		{"no room", fmt.Errorf("register: %w", subscriber.ErrFull), false, 503},
		{"the user is removed meanwhile", subscriber.ErrUnknown, false, 403},
		{"another domain", fmt.Errorf("register: %w", subscriber.ErrForeign), false, 403},
		{"a panic", nil, true, 500},
	} {
		for _, q := range everyOperation() {
			release := q.method == http.MethodDelete
			if q.method == http.MethodGet || release && tt.status != 503 {
				continue // stores nothing
			}
			t.Run(tt.name+" "+q.path, func(t *testing.T) {
				d := newFakeDirectory(t)
				d.err, d.panics = tt.err, tt.panics
				l := listen(t, Options{Directory: d, GGSN: "ggsn-a", Relays: []Relay{relayOptions(t)}})
				r := l.ask(t, q)
				if r.status != tt.status || (r.header.Get("Retry-After") != "") != (tt.status == 503) {
					t.Errorf("%d %v", r.status, r.header)
				}
				if detail, _ := r.body["detail"].(string); tt.err != nil && strings.Contains(detail, tt.err.Error()) {
					t.Errorf("a stranger learns %q", detail)
				}
			})
		}
	}
}

// Beyond the requests that are handled at once the answer is 503.
func TestTooManyRequests(t *testing.T) {
	d := newFakeDirectory(t)
	d.blocked, d.entered = make(chan struct{}), make(chan struct{}, 1)
	l := listen(t, Options{Directory: d, GGSN: "ggsn-a", Relays: []Relay{relayOptions(t)}, Requests: 1})
	first := make(chan reply, 1)
	go func() { first <- l.ask(t, everyOperation()[0]) }()
	<-d.entered
	for _, q := range everyOperation() {
		if r := l.ask(t, q); r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "1" {
			t.Errorf("%s %s: %d", q.method, q.path, r.status)
		}
	}
	close(d.blocked)
	if r := <-first; r.status != http.StatusOK {
		t.Errorf("the first: %d", r.status)
	}
}

// A store that does not answer ends the wait, not the listener.
func TestSlowStore(t *testing.T) {
	d := newFakeDirectory(t)
	d.blocked, d.entered = make(chan struct{}), make(chan struct{}, 1)
	l := listen(t, Options{Directory: d, GGSN: "ggsn-a", Timeout: 50 * time.Millisecond})
	if r := l.ask(t, everyOperation()[0]); r.status != http.StatusServiceUnavailable {
		t.Errorf("%d %v", r.status, r.body)
	}
}

// A body that does not come ends the wait.
func TestSlowBody(t *testing.T) {
	d := newFakeDirectory(t)
	l := listen(t, Options{Directory: d, GGSN: "ggsn-a", Timeout: 50 * time.Millisecond})
	c, err := net.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", pathOwn, basic(alice, "wonderland"))
	_ = c.SetReadDeadline(time.Now().Add(10 * time.Second))
	text, err := io.ReadAll(c)
	if err != nil || !strings.HasPrefix(string(text), "HTTP/1.1 400 ") {
		t.Errorf("%q, %v", text, err)
	}
}

// Connections beyond those of one address, or beyond all, are closed; a place is free again when one ends.
func TestConnections(t *testing.T) {
	l := listen(t, Options{
		Directory: newFakeDirectory(t), GGSN: "ggsn-a", Relays: []Relay{relayOptions(t)}, Connections: 4, ConnectionsPerSource: 1,
	})
	dial := func(from string) net.Conn {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", strings.TrimPrefix(l.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	// served sends a request that keeps the connection.
	served := func(c net.Conn) bool {
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
			return false
		}
		_, err := c.Read(make([]byte, 4096))
		return err == nil
	}
	a := dial("127.0.0.2")
	if !served(a) {
		t.Fatal("the first is not served")
	}
	for _, tt := range []struct {
		from string
		want bool
	}{{"127.0.0.2", false}, {"127.0.0.9", true}, {"127.0.0.9", true}, {"127.0.0.9", true}, {"127.0.0.4", false}} {
		if got := served(dial(tt.from)); got != tt.want {
			t.Errorf("one more from %s is served: %v", tt.from, got)
		}
	}
	a.Close()
	deadline := time.Now().Add(10 * time.Second)
	for !served(dial("127.0.0.2")) {
		if time.Now().After(deadline) {
			t.Fatal("the place of a connection that ended is not free")
		}
	}
}

// IPv4 over an IPv6 socket is IPv4, and a zone is no part of an address that another host could use.
func TestSourceAddresses(t *testing.T) {
	for _, tt := range []struct{ remote, want string }{
		{"[::ffff:10.0.0.7]:4711", "10.0.0.7"},
		{"[2001:db8::7]:4711", "2001:db8::7"},
		{"[fe80::7%eth0]:4711", "fe80::7"},
	} {
		d := newFakeDirectory(t)
		h, err := New(Options{Directory: d, GGSN: "ggsn-a", APN: "internet"})
		if err != nil {
			t.Fatal(err)
		}
		req := httptest.NewRequest(http.MethodPost, pathOwn, strings.NewReader(`{"user":"`+alice+`","address":"`+tt.want+`"}`))
		req.RemoteAddr = tt.remote
		req.Header.Set("Content-Type", "application/json")
		req.SetBasicAuth(alice, "wonderland")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, req)
		if w.Code != http.StatusOK || d.at()[placeA(tt.want)].User != alice {
			t.Errorf("%s: %d, registered %v", tt.remote, w.Code, d.at())
		}
	}
}

func TestMetrics(t *testing.T) {
	m := NewMetrics()
	l := listen(t, Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a", APN: "internet", Metrics: m})
	q := everyOperation()
	for _, q := range []question{q[0], q[0], q[2], q[2], {method: http.MethodGet, path: "/x"}} {
		l.ask(t, q)
	}
	const want = `
# HELP ppgbox_registration_answers_total Answers to push clients and relays, by GGSN and APN of the listener, operation and HTTP status.
# TYPE ppgbox_registration_answers_total counter
ppgbox_registration_answers_total{apn="internet",ggsn="ggsn-a",operation="none",status="404"} 1
ppgbox_registration_answers_total{apn="internet",ggsn="ggsn-a",operation="register",status="200"} 2
ppgbox_registration_answers_total{apn="internet",ggsn="ggsn-a",operation="release",status="204"} 1
ppgbox_registration_answers_total{apn="internet",ggsn="ggsn-a",operation="release",status="404"} 1
`
	if err := testutil.CollectAndCompare(m, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// A listener that fails is an error; one that was told to end is none.
func TestServeEnds(t *testing.T) {
	h, err := New(Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a"})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := h.Serve(t.Context(), l, nil); !errors.Is(err, net.ErrClosed) {
		t.Errorf("with a closed listener: %v", err)
	}
	if l, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := h.Serve(ctx, l, nil); err != nil {
		t.Error(err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("the listener stays open: %v", err)
	}
}

func TestFailuresAreBounded(t *testing.T) {
	now := time.Now()
	f := newFailures(func() time.Time { return now })
	worst := placeOf(netip.MustParseAddr("10.255.0.1"))
	for range freeFailures {
		f.record(worst)
	}
	a := netip.MustParseAddr("10.0.0.0")
	for range 2 * maxPlaces {
		a = a.Next()
		f.record(placeOf(a))
	}
	if len(f.places) > maxPlaces {
		t.Errorf("%d places", len(f.places))
	}
	if f.wait(worst) != failureEvery {
		t.Errorf("the one with the most failures was forgotten for the others: it waits %v", f.wait(worst))
	}
	if now = now.Add(time.Hour); f.wait(worst) != 0 {
		t.Error("it waits for ever")
	}
	x, y := netip.MustParseAddr("2001:db8:0:1::1"), netip.MustParseAddr("2001:db8:0:1::2")
	if placeOf(x) != placeOf(y) || placeOf(x) == placeOf(netip.MustParseAddr("2001:db8:0:2::1")) {
		t.Error("IPv6 counts by the /64")
	}
}
