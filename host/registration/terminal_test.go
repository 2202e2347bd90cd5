package registration

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
)

func placeA(address string) store.SessionKey {
	return store.SessionKey{GGSN: "ggsn-a", APN: "internet", Address: netip.MustParseAddr(address)}
}

// A terminal registers, asks, renews and releases.
func TestTerminal(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	d := newFakeDirectory(t)
	d.clock = func() time.Time { return now }
	l := listen(t, Options{Directory: d, GGSN: "ggsn-a", APN: "Internet", Clock: clock.NewFake(now)})
	login := [2]string{alice, "wonderland"}
	register := question{method: http.MethodPost, path: pathOwn, login: login, body: `{"user":"alice@PUSH.example.net","device":"phone"}`}
	for range 2 { // the second time is the renewal
		r := l.ask(t, register)
		want := map[string]any{
			"user": alice, "device": "phone", "dynamic": "d-1@push.example.net", "validity_seconds": 3600.0, "expires": "2026-03-01T13:00:00Z", "address": "127.0.0.2",
		}
		if r.status != http.StatusOK || fmt.Sprint(r.body) != fmt.Sprint(want) {
			t.Fatalf("%d %v, want %v", r.status, r.body, want)
		}
		if r.header.Get("Cache-Control") != "no-store" {
			t.Error("the answer may be stored on the way")
		}
	}
	want := subscriber.Registering{User: alice, Device: "phone", Key: placeA("127.0.0.2")}
	if at := d.at(); len(at) != 1 || at[placeA("127.0.0.2")] != want {
		t.Errorf("registered %+v, want %+v", at, want)
	}
	if r := l.ask(t, question{method: http.MethodGet, path: pathOwn + "?device=phone", login: login}); r.status != http.StatusOK || r.body["address"] != "127.0.0.2" {
		t.Errorf("%d %v", r.status, r.body)
	}
	for _, tt := range []struct {
		name string
		question
	}{
		{"another device", question{path: pathOwn + "?device=tablet", login: login}},
		{"another address", question{path: pathOwn + "?device=phone", login: login, from: "127.0.0.3"}},
		{"another user", question{path: pathOwn + "?device=phone", login: [2]string{bob, "builder"}}},
	} {
		for _, tt.method = range []string{http.MethodGet, http.MethodDelete} {
			if r := l.ask(t, tt.question); r.status != http.StatusNotFound {
				t.Errorf("%s of %s: %d", tt.method, tt.name, r.status)
			}
		}
	}
	if len(d.at()) != 1 {
		t.Fatal("somebody else released it")
	}
	release := question{method: http.MethodDelete, path: pathOwn + "?device=phone", login: login}
	if r := l.ask(t, release); r.status != http.StatusNoContent || len(d.at()) != 0 {
		t.Errorf("%d, %v", r.status, d.at())
	}
	if r := l.ask(t, release); r.status != http.StatusNotFound {
		t.Errorf("released again: %d", r.status)
	}
}

// What is refused, and that nothing is registered by it.
func TestTerminalIsRefused(t *testing.T) {
	right := [2]string{alice, "wonderland"}
	const body = `{"user":"alice@push.example.net"}`
	for _, tt := range []struct {
		name   string
		status int
		field  string
		question
	}{
		{"no credential", 401, "", question{body: body}},
		{"a wrong password", 401, "", question{body: body, login: [2]string{alice, "guess"}}},
		{"an empty password", 401, "", question{body: body, login: [2]string{alice, ""}}},
		{"a user that nobody is", 401, "", question{body: body, login: [2]string{"carol@push.example.net", "wonderland"}}},
		{"no user identifier", 401, "", question{body: body, login: [2]string{"alice", "wonderland"}}},
		{"somebody else's identifier with the own password", 401, "", question{body: `{"user":"bob@push.example.net"}`, login: [2]string{bob, "wonderland"}}},
		{"somebody else's identifier with the own credential", 403, "user", question{body: `{"user":"bob@push.example.net"}`, login: right}},
		{"another address", 403, "address", question{body: `{"user":"alice@push.example.net","address":"127.0.0.3"}`, login: right}},
		{"no address", 400, "address", question{body: `{"user":"alice@push.example.net","address":"here"}`, login: right}},
		{"through a proxy", 403, "", question{body: body, login: right, header: http.Header{"Via": {"1.1 wap"}}}},
		{"forwarded", 403, "", question{body: body, login: right, header: http.Header{"X-Forwarded-For": {"127.0.0.2"}}}},
		{"behind an empty one", 403, "", question{body: body, login: right, header: http.Header{"X-Forwarded-For": {"", "127.0.0.2"}}}},
		{"by one that hides it", 403, "", question{body: body, login: right, header: http.Header{"X-Forwarded-For": {""}}}},
		{"by another name", 403, "", question{body: body, login: right, header: http.Header{"X-Real-Ip": {"127.0.0.2"}}}},
		{"another type", 415, "", question{body: body, login: right, header: http.Header{"Content-Type": {"text/plain"}}}},
		{"a long body", 413, "", question{body: `{"user":"` + strings.Repeat("a", longestBody) + `"}`, login: right}},
		{"no body", 400, "", question{login: right, header: http.Header{"Content-Type": {"application/json"}}}},
		{"no user", 400, "user", question{body: `{"device":"phone"}`, login: right}},
		{"a user without a domain", 400, "user", question{body: `{"user":"alice"}`, login: right}},
		{"a long user", 400, "user", question{body: `{"user":"` + strings.Repeat("a", 250) + `@push.example.net"}`, login: right}},
		{"an unknown field", 400, "imsi", question{body: `{"user":"alice@push.example.net","imsi":"244910000000001"}`, login: right}},
		{"a field in another case", 400, "User", question{body: `{"User":"alice@push.example.net"}`, login: right}},
		{"a field twice", 400, "user", question{body: `{"user":"alice@push.example.net","user":"bob@push.example.net"}`, login: right}},
		{"a number", 400, "device", question{body: `{"user":"alice@push.example.net","device":1}`, login: right}},
		{"a device with a slash", 400, "device", question{body: `{"user":"alice@push.example.net","device":"a/b"}`, login: right}},
		{"a query", 400, "device", question{path: pathOwn + "?device=phone", body: body, login: right}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newFakeDirectory(t)
			l := listen(t, Options{Directory: d, GGSN: "ggsn-a", APN: "internet"})
			if tt.method = http.MethodPost; tt.path == "" {
				tt.path = pathOwn
			}
			r := l.ask(t, tt.question)
			field, _ := r.body["field"].(string)
			if r.status != tt.status || field != tt.field {
				t.Errorf("%d %v, want %d and the field %q", r.status, r.body, tt.status, tt.field)
			}
			if challenged := r.header.Get("WWW-Authenticate") != ""; challenged != (tt.status == http.StatusUnauthorized) {
				t.Errorf("challenged: %v", challenged)
			}
			if at := d.at(); len(at) != 0 {
				t.Errorf("registered %v", at)
			}
		})
	}
}

// Requests without a body are refused as well.
func TestQuestionIsRefused(t *testing.T) {
	right := [2]string{alice, "wonderland"}
	for _, tt := range []struct {
		name   string
		status int
		question
	}{
		{"no credential", 401, question{path: pathOwn}},
		{"a wrong password", 401, question{path: pathOwn, login: [2]string{alice, "guess"}}},
		{"through a proxy", 403, question{path: pathOwn, login: right, header: http.Header{"Forwarded": {"for=127.0.0.2"}}}},
		{"an unknown parameter", 400, question{path: pathOwn + "?user=alice", login: right}},
		{"a parameter twice", 400, question{path: pathOwn + "?device=a&device=b", login: right}},
		{"a parameter that is not UTF-8", 400, question{path: pathOwn + "?device=%ff", login: right}},
		{"a query that is none", 400, question{path: pathOwn + "?device=%f", login: right}},
	} {
		for _, tt.method = range []string{http.MethodGet, http.MethodDelete} {
			t.Run(tt.method+" "+tt.name, func(t *testing.T) {
				l := listen(t, Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a"})
				if r := l.ask(t, tt.question); r.status != tt.status {
					t.Errorf("%d %v, want %d", r.status, r.body, tt.status)
				}
			})
		}
	}
}

func TestPathsAndMethods(t *testing.T) {
	l := listen(t, Options{Directory: newFakeDirectory(t), GGSN: "ggsn-a"})
	for _, tt := range []struct {
		method, path string
		status       int
		allow        string
	}{
		{http.MethodGet, "/", 404, ""},
		{http.MethodPost, pathOwn + "/", 404, ""},
		{http.MethodPut, pathOwn, 405, "DELETE, GET, POST"},
		{http.MethodPost, pathDocument, 405, "GET"},
	} {
		r := l.ask(t, question{method: tt.method, path: tt.path, login: [2]string{alice, "wonderland"}})
		if r.status != tt.status || r.header.Get("Allow") != tt.allow {
			t.Errorf("%s %s: %d, Allow %q", tt.method, tt.path, r.status, r.header.Get("Allow"))
		}
	}
	// A path is there for those that the listener was made for.
	if r := l.ask(t, question{method: http.MethodPost, path: pathRelay}); r.status != http.StatusNotFound {
		t.Errorf("relays without a relay: %d", r.status)
	}
	l = listen(t, Options{Directory: newFakeDirectory(t), Relays: []Relay{relayOptions(t)}})
	if r := l.ask(t, question{method: http.MethodPost, path: pathOwn}); r.status != http.StatusNotFound {
		t.Errorf("terminals without a GGSN: %d", r.status)
	}
}

// One address at two listeners is two places.
func TestOverlappingAddresses(t *testing.T) {
	d := newFakeDirectory(t)
	a := listen(t, Options{Directory: d, GGSN: "ggsn-a", APN: "internet"})
	b := listen(t, Options{Directory: d, GGSN: "ggsn-b", APN: "internet"})
	a.ask(t, question{method: http.MethodPost, path: pathOwn, login: [2]string{alice, "wonderland"}, body: `{"user":"` + alice + `"}`})
	b.ask(t, question{method: http.MethodPost, path: pathOwn, login: [2]string{bob, "builder"}, body: `{"user":"` + bob + `"}`})
	at := d.at()
	other := placeA("127.0.0.2")
	other.GGSN = "ggsn-b"
	if len(at) != 2 || at[placeA("127.0.0.2")].User != alice || at[other].User != bob {
		t.Errorf("registered %v", at)
	}
}
