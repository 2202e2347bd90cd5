package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
	"golang.org/x/crypto/bcrypt"

	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/wsp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const alice = "alice@push.example.net"

// A directory knows one user and keeps what is registered.
type directory struct {
	hash []byte

	mu         sync.Mutex
	registered []subscriber.Registering // in order
	released   []store.SessionKey
}

func (d *directory) Password(user string) ([]byte, error) {
	if user != alice {
		return nil, subscriber.ErrUnknown
	}
	return d.hash, nil
}

func (d *directory) Register(_ context.Context, r subscriber.Registering) (store.Registration, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.registered = append(d.registered, r)
	return store.Registration{User: r.User, Device: r.Device, Dynamic: "d-1@push.example.net", Expires: time.Now().Add(2 * time.Second)}, nil
}

func (d *directory) Release(_ context.Context, k store.SessionKey, _, _ string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.released = append(d.released, k)
	return nil
}

func (d *directory) Registered(store.SessionKey) (store.Registration, bool) {
	return store.Registration{}, false
}

func listen(t *testing.T, d *directory) (url string) {
	t.Helper()
	h, err := registration.New(registration.Options{Directory: d, GGSN: "ggsn-a", APN: "internet"})
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
	return "http://" + l.Addr().String()
}

// The whole life of a push client: it registers the address that it has, renews, shows what is pushed there, asks its user, and
// releases.
func TestRun(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("wonderland"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	d := &directory{hash: hash}
	url := listen(t, d)
	secret := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(secret, []byte("wonderland\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	printed, out := io.Pipe()
	in, keys := io.Pipe()
	defer keys.Close()
	done := make(chan error, 1)
	go func() {
		done <- run(ctx, []string{
			"--url", url, "--user", alice, "--password-file", secret, "--device", "phone", "--bind", "127.0.0.3", "--listen", "0",
			"--wap", "127.0.0.4", "--on", "mms.ua=cat",
		}, in, out)
		out.Close()
	}()
	lines := bufio.NewScanner(printed)
	after := func(words string) string {
		t.Helper()
		if !lines.Scan() {
			t.Fatalf("no line, want %q", words)
		}
		_, rest, ok := strings.Cut(lines.Text(), words)
		if !ok {
			t.Fatalf("got %q, want %q", lines.Text(), words)
		}
		return rest
	}
	port := after("listening at ")
	after("registered: 127.0.0.3 as d-1@push.example.net, for 1s")

	conn, err := net.Dial("udp", port)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	push := func(p wsp.Push) {
		t.Helper()
		pdu, err := wsp.EncodePush(p, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Write(pdu); err != nil {
			t.Fatal(err)
		}
	}
	push(wsp.Push{ContentType: "text/plain", Data: []byte("hello")})
	after(`push: from ` + conn.LocalAddr().String() + `: text "hello"`)
	push(wsp.Push{ContentType: "text/plain", Data: []byte("for MMS"), Headers: []wsp.Header{{Name: "X-Wap-Application-Id", Value: "mms.ua"}}})
	after("push: ")
	after("command: cat ended")
	after("    | for MMS")
	push(wsp.Push{ContentType: "text/vnd.wap.si", Data: []byte(`<!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">
		<si><indication href="http://example.com/mail">4 new e-mails</indication></si>`)})
	after("push: ")
	after(`load "http://example.com/mail"? (y/n)`)
	if _, err := io.WriteString(keys, "no\n"); err != nil {
		t.Fatal(err)
	}
	after("declined: http://example.com/mail")

	// It renews after half a second.
	deadline := time.Now().Add(20 * time.Second)
	for renewed := false; !renewed; time.Sleep(10 * time.Millisecond) {
		d.mu.Lock()
		renewed = len(d.registered) >= 2
		d.mu.Unlock()
		if time.Now().After(deadline) {
			t.Fatal("it does not renew")
		}
	}
	cancel()
	after("released")
	if lines.Scan() {
		t.Errorf("then came %q", lines.Text())
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
	key := store.SessionKey{GGSN: "ggsn-a", APN: "internet", Address: netip.MustParseAddr("127.0.0.3")}
	for _, r := range d.registered {
		if want := (subscriber.Registering{User: alice, Device: "phone", Key: key}); r != want {
			t.Errorf("registered %+v, want %+v", r, want)
		}
	}
	if len(d.released) != 1 || d.released[0] != key {
		t.Errorf("released %v", d.released)
	}
}

func TestRunRefuses(t *testing.T) {
	taken, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, err := net.SplitHostPort(taken.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	secret := filepath.Join(folder, "password")
	if err := os.WriteFile(secret, []byte("guess"), 0o600); err != nil {
		t.Fatal(err)
	}
	url := listen(t, &directory{hash: []byte("none")})
	there := []string{"--bind", "127.0.0.1", "--listen", "0", "--confirm", "no"}
	for _, tt := range []struct {
		name string
		args []string
		says string
	}{
		{"an unknown flag", []string{"--nonsense"}, "nonsense"},
		{"a word that is no flag", []string{"yes"}, `"yes" is no flag`},
		{"a URL without a user", []string{"--url", url, "--password-file", secret}, "--url needs --user"},
		{"no password file", append(there, "--url", url, "--user", alice, "--password-file", filepath.Join(folder, "x")), "no such file"},
		{"a file without certificates", append(there, "--url", url, "--user", alice, "--password-file", secret, "--ca", secret), "has no certificate"},
		{"a wrong password", append(there, "--url", url, "--user", alice, "--password-file", secret), "401 Unauthorized"},
		{"another confirmation", []string{"--confirm", "maybe"}, "must be yes, ask or no"},
		{"a command without a name", []string{"--on", "mms.ua"}, "must be APPLICATION=COMMAND"},
		{"a command for nothing", []string{"--on", "=cat"}, "must be APPLICATION=COMMAND"},
		{"a port that is none", []string{"--listen", "65536"}, "no port"},
		{"an address that is none", []string{"--bind", "here"}, "bind"},
		{"a port that is taken", []string{"--bind", "127.0.0.1", "--listen", port}, "in use"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := run(t.Context(), tt.args, strings.NewReader(""), io.Discard)
			if err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error %v, want %q", err, tt.says)
			}
		})
	}
}

func TestParse(t *testing.T) {
	for wap, want := range map[string]string{"": "", "10.0.0.1": "10.0.0.1:9200", "10.0.0.1:9300": "10.0.0.1:9300", "2001:db8::1": "[2001:db8::1]:9200", "[::1]": "[::1]:9200"} {
		o, err := parse([]string{"--wap", wap, "--on", "4=cat -n", "--on", "*=tee log"})
		if err != nil || o.wap != want {
			t.Errorf("--wap %q is %q, %v; want %q", wap, o.wap, err, want)
		}
		if len(o.commands["x-wap-application:mms.ua"]) != 2 || len(o.commands["*"]) != 2 {
			t.Errorf("commands %q", o.commands)
		}
	}
}
