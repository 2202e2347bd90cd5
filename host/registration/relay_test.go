package registration

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"net/url"
	"testing"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}

var relayLogin = [2]string{"ggsn-a", "relay secret"}

// relayed is a registration that a relay may pass on, with changes: a field that becomes "-" is left out.
func relayed(changes ...string) fields {
	f := fields{
		"ggsn": "ggsn-a2", "apn": "Internet", "address": "10.0.0.7", "imsi": "244910000000001", "msisdn": "+358401234567", "user": alice, "device": "phone",
		"authorization": basic(alice, "wonderland"),
	}
	for i := 0; i < len(changes); i += 2 {
		if f[changes[i]] = changes[i+1]; changes[i+1] == "-" {
			delete(f, changes[i])
		}
	}
	return f
}

func (f fields) json() string {
	text := "{"
	for name, value := range f {
		if text != "{" {
			text += ","
		}
		text += fmt.Sprintf("%q:%q", name, value)
	}
	return text + "}"
}

func (f fields) query() string {
	q := url.Values{}
	for name, value := range f {
		q.Set(name, value)
	}
	return "?" + q.Encode()
}

// releaseOf is the release that belongs to a registration.
func releaseOf(f fields) fields {
	f = maps.Clone(f)
	for _, name := range []string{"imsi", "msisdn", "authorization"} {
		delete(f, name)
	}
	return f
}

func TestRelay(t *testing.T) {
	d := newFakeDirectory(t)
	l := listen(t, Options{Directory: d, Relays: []Relay{relayOptions(t)}})
	r := l.ask(t, question{from: "127.0.0.9", method: http.MethodPost, path: pathRelay, login: relayLogin, body: relayed().json()})
	if r.status != http.StatusOK || r.body["address"] != "10.0.0.7" || r.body["user"] != alice {
		t.Fatalf("%d %v", r.status, r.body)
	}
	key := store.SessionKey{GGSN: "ggsn-a2", APN: "internet", Address: netip.MustParseAddr("10.0.0.7")}
	want := subscriber.Registering{User: alice, Device: "phone", Key: key, IMSI: "244910000000001", MSISDN: "358401234567"}
	if at := d.at(); len(at) != 1 || at[key] != want {
		t.Errorf("registered %+v, want %+v", at, want)
	}
	release := func(changes ...string) int {
		f := releaseOf(relayed(changes...))
		return l.ask(t, question{from: "127.0.0.9", method: http.MethodDelete, path: pathRelay + f.query(), login: relayLogin}).status
	}
	for _, other := range [][]string{{"user", bob}, {"device", "tablet"}, {"address", "10.0.0.8"}, {"apn", "mms"}, {"ggsn", "ggsn-a"}} {
		if status := release(other...); status != http.StatusNotFound {
			t.Errorf("release with another %s: %d", other[0], status)
		}
	}
	if status := release("address", "::ffff:10.0.0.7"); status != http.StatusNoContent || len(d.at()) != 0 {
		t.Errorf("released: %d, %v", status, d.at())
	}
}

func TestRelayIsRefused(t *testing.T) {
	for _, tt := range []struct {
		name   string
		status int
		field  string
		said   fields
		login  [2]string
		from   string
	}{
		{"no credential", 401, "", relayed(), [2]string{}, ""},
		{"a wrong password", 401, "", relayed(), [2]string{"ggsn-a", "guess"}, ""},
		{"a relay that nobody is", 401, "", relayed(), [2]string{"ggsn-x", "relay secret"}, ""},
		{"a user's credential", 401, "", relayed(), [2]string{alice, "wonderland"}, ""},
		{"another address", 403, "", relayed(), relayLogin, "127.0.0.2"},
		{"a GGSN of others", 403, "ggsn", relayed("ggsn", "ggsn-b"), relayLogin, ""},
		{"a user's wrong password", 403, "authorization", relayed("authorization", basic(alice, "guess")), relayLogin, ""},
		{"another user's credential", 403, "user", relayed("user", bob), relayLogin, ""},
		{"another scheme", 400, "authorization", relayed("authorization", "Bearer x"), relayLogin, ""},
		{"no credential of the user", 400, "authorization", relayed("authorization", "-"), relayLogin, ""},
		{"no GGSN", 400, "ggsn", relayed("ggsn", "-"), relayLogin, ""},
		{"no APN", 400, "apn", relayed("apn", "-"), relayLogin, ""},
		{"an empty APN", 400, "apn", relayed("apn", ""), relayLogin, ""},
		{"no address of the terminal", 400, "address", relayed("address", "-"), relayLogin, ""},
		{"an address of all", 400, "address", relayed("address", "255.255.255.255"), relayLogin, ""},
		{"an address of many", 400, "address", relayed("address", "ff02::1"), relayLogin, ""},
		{"an address of none", 400, "address", relayed("address", "0.0.0.0"), relayLogin, ""},
		{"an address with a zone", 400, "address", relayed("address", "fe80::1%eth0"), relayLogin, ""},
		{"no user", 400, "user", relayed("user", "-"), relayLogin, ""},
		{"a short IMSI", 400, "imsi", relayed("imsi", "24491"), relayLogin, ""},
		{"an IMSI with letters", 400, "imsi", relayed("imsi", "24491000000000a"), relayLogin, ""},
		{"a long MSISDN", 400, "msisdn", relayed("msisdn", "+1234567890123456"), relayLogin, ""},
		{"an MSISDN of a plus", 400, "msisdn", relayed("msisdn", "+"), relayLogin, ""},
		{"a wrong device", 400, "device", relayed("device", "a b"), relayLogin, ""},
		{"an unknown field", 400, "password", relayed("password", "x"), relayLogin, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFakeDirectory(t)
			l := listen(t, Options{Directory: d, Relays: []Relay{relayOptions(t)}})
			if tt.from == "" {
				tt.from = "127.0.0.9"
			}
			r := l.ask(t, question{from: tt.from, method: http.MethodPost, path: pathRelay, login: tt.login, body: tt.said.json()})
			if field, _ := r.body["field"].(string); r.status != tt.status || field != tt.field {
				t.Errorf("%d %v, want %d and the field %q", r.status, r.body, tt.status, tt.field)
			}
			if at := d.at(); len(at) != 0 {
				t.Errorf("registered %v", at)
			}
			if tt.field == "authorization" || tt.field == "imsi" || tt.field == "msisdn" || tt.name == "another user's credential" {
				return // a release has no such field
			}
			q := question{from: tt.from, method: http.MethodDelete, path: pathRelay + releaseOf(tt.said).query(), login: tt.login}
			if r := l.ask(t, q); r.status != tt.status {
				t.Errorf("as a release: %d %v", r.status, r.body)
			}
		})
	}
}

// What else is refused of a relay's registration.
func TestRelayBody(t *testing.T) {
	l := listen(t, Options{Directory: newFakeDirectory(t), Relays: []Relay{relayOptions(t)}})
	long := relayed("device", string(make([]byte, longestBody)))
	text := http.Header{"Content-Type": {"text/plain"}}
	for _, tt := range []struct {
		name   string
		status int
		question
	}{
		{"a long body", 413, question{path: pathRelay, body: long.json()}},
		{"another type", 415, question{path: pathRelay, body: relayed().json(), header: text}},
		{"a query", 400, question{path: pathRelay + "?device=x", body: relayed().json()}},
	} {
		tt.from, tt.method, tt.login = "127.0.0.9", http.MethodPost, relayLogin
		if r := l.ask(t, tt.question); r.status != tt.status {
			t.Errorf("%s: %d %v, want %d", tt.name, r.status, r.body, tt.status)
		}
	}
}

// Wrong passwords of one terminal slow that terminal down, and neither the relay nor its other terminals.
func TestRelayedFailuresAreTheTerminals(t *testing.T) {
	l := listen(t, Options{Directory: newFakeDirectory(t), Relays: []Relay{relayOptions(t)}})
	ask := func(address, password string) int {
		f := relayed("address", address, "authorization", basic(alice, password))
		return l.ask(t, question{from: "127.0.0.9", method: http.MethodPost, path: pathRelay, login: relayLogin, body: f.json()}).status
	}
	for i := range freeFailures + 1 {
		want := http.StatusForbidden
		if i == freeFailures {
			want = http.StatusTooManyRequests
		}
		if got := ask("10.0.0.7", "guess"); got != want {
			t.Errorf("try %d: %d, want %d", i+1, got, want)
		}
	}
	if got := ask("10.0.0.8", "wonderland"); got != http.StatusOK {
		t.Errorf("another terminal: %d", got)
	}
}
