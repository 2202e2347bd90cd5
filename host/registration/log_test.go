package registration

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/store/sqlite"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A logged is what was written to a log.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

// take returns what came since the last time.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}

// The operator's log says who was refused and why; who asked is told one thing in all cases of a wrong credential.
func TestRefusalsInTheLog(t *testing.T) {
	ctx := context.Background()
	s, err := sqlite.Open(sqlite.Options{Path: filepath.Join(t.TempDir(), "ppgbox.db"), Clock: clock.System()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := subscriber.Open(ctx, subscriber.Options{Store: s, Clock: clock.System(), Log: hclog.NewNullLogger(), Domains: []string{"push.example.net"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	const imsi = "244910000000002"
	err = d.Put(ctx, []store.Subscriber{
		{Users: []string{alice}, Password: hashOf(t, "wonderland")},
		{Users: []string{bob}, Terminals: []store.Terminal{{IMSI: imsi}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	// The network says that 127.0.0.3 is of bob's SIM.
	told := make(chan error, 1)
	d.SessionStart(store.Session{
		SessionKey: store.SessionKey{GGSN: "ggsn-a", APN: "internet", Address: netip.MustParseAddr("127.0.0.3")}, Accounting: "1", IMSI: push.IMSI(imsi),
	}, time.Now(), func(err error) { told <- err })
	if err := <-told; err != nil {
		t.Fatal(err)
	}
	var log logged
	l := listen(t, Options{
		Directory: d, GGSN: "ggsn-a", APN: "internet", Relays: []Relay{relayOptions(t)}, Log: hclog.New(&hclog.LoggerOptions{Output: &log}),
	})
	body := fmt.Sprintf(`{"user":%q}`, alice)
	login := func(from, name, password string) question {
		return question{from: from, method: http.MethodPost, path: pathOwn, login: [2]string{name, password}, body: body}
	}
	relay := func(name, password string, f fields) question {
		return question{from: "127.0.0.9", method: http.MethodPost, path: pathRelay, login: [2]string{name, password}, body: f.json()}
	}
	const wrong, bound = "wrong name or password", "the address belongs to another subscriber's terminal"
	for _, tt := range []struct {
		name string
		question
		status       int
		detail       string
		user, reason string // in the log
	}{
		{"a wrong password", login("127.0.0.10", alice, "guess"), 401, wrong, alice, "wrong name or password: wrong password"},
		{"nobody", login("127.0.0.11", "carol@push.example.net", "x"), 401, wrong, "carol@push.example.net", subscriber.ErrUnknown.Error()},
		{"no password", login("127.0.0.12", bob, "x"), 401, wrong, bob, subscriber.ErrNoPassword.Error()},
		{"another domain", login("127.0.0.13", "alice@elsewhere.example", "x"), 401, wrong, "alice@elsewhere.example", "push domains (push.example.net)"},
		{"no domain", login("127.0.0.14", "alice", "x"), 401, wrong, "alice", "has no domain"},
		{"a long name", login("127.0.0.15", strings.Repeat("a", 5000)+"@push.example.net", "x"), 401, wrong, strings.Repeat("a", longestUser), "at most 256 octets"},
		{"a line", login("127.0.0.16", "alice\nx@push.example.net", "x"), 401, wrong, "alice?x@push.example.net", "control character"},
		{"somebody else's terminal", login("127.0.0.3", alice, "wonderland"), 403, bound, alice, bound},
		{"an unknown relay", relay("ggsn-x", "x", relayed()), 401, wrong, "ggsn-x", "no relay has this name"},
		{"a relay's wrong password", relay("ggsn-a", "x", relayed()), 401, wrong, "ggsn-a", "wrong password"},
		{
			"a relayed wrong password", relay("ggsn-a", "relay secret", relayed("authorization", basic(alice, "guess"))), 403,
			"wrong user identifier or password", alice, "wrong user identifier or password: wrong password",
		},
		{"a relayed IMSI of somebody else", relay("ggsn-a", "relay secret", relayed("imsi", imsi)), 403, bound, alice, bound},
	} {
		r := l.ask(t, tt.question)
		if r.status != tt.status || r.body["detail"] != tt.detail {
			t.Errorf("%s: %d %v", tt.name, r.status, r.body)
		}
		if _, ok := d.Registered(store.SessionKey{GGSN: "ggsn-a", APN: "internet", Address: netip.MustParseAddr("127.0.0.3")}); ok {
			t.Errorf("%s: registered", tt.name)
		}
		line := log.take()
		if strings.Count(line, "\n") != 1 || !strings.Contains(line, tt.reason) || strings.Count(line, tt.detail) > 1 ||
			!strings.Contains(line, "user="+tt.user) && !strings.Contains(line, "register "+tt.user) || len(line) > 1500 {
			t.Errorf("%s: the log has %s", tt.name, line)
		}
	}
}
