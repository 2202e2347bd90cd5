package config

import (
	"bytes"
	"errors"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestDefaults(t *testing.T) {
	c, err := Parse("conf/x.toml", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := &Config{
		File: "conf/x.toml", Dir: "conf", Sum: c.Sum,
		Gateway: Gateway{Name: "localhost", Store: "sqlite:conf/data/ppgbox.db", PluginDir: "conf/plugins", LockFile: "conf/ppgbox.lock"},
		Listen:  Listen{PAP: "127.0.0.1:8080", Admin: "127.0.0.1:8081"},
		Limits: Limits{
			Body: 1 << 20, Recipients: 1000, Pending: 200_000, Connections: 1024, Lifetime: 72 * time.Hour, Keep: 168 * time.Hour,
			KeepPushes: 1_000_000,
		},
		Notify:      Notify{Timeout: 30 * time.Second, RetryMin: 5 * time.Second, RetryMax: 10 * time.Minute, GiveUp: 24 * time.Hour, Parallel: 32},
		Subscribers: Subscribers{DynamicValidity: 24 * time.Hour, SessionExpiry: 25 * time.Hour, Most: 2_000_000, MostSessions: 1_000_000},
		lines:       c.lines,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

func TestEveryKeyIsRead(t *testing.T) {
	const text = `
[gateway]
name = "ppg.example.net"
store = "sqlite:x.db"
plugin_dir = "/opt/plugins"
lock_file = "../lock"
run_dir = "run"
[listen]
pap = "0.0.0.0:1"
admin = "[::1]:2"
pap_certificate = "c.pem"
pap_key = "/k.pem"
pap_client_ca = "ca.pem"
[[application]]
id = "x"
name = "X"
description = "an application"
[[application]]
id = "mms.ua"
[[initiator]]
name = "mmsc"
username = "u"
password_file = "secrets/mmsc"
source = ["10.1.2.3", "10.1.2.3/8", "::ffff:10.0.0.1", "::ffff:10.9.0.0/112", "2001:db8::/32"]
applications = ["x", "4"]
rate = "600/m"
domain = ["AS.example.net", "*.as.example.net"]
prove = "any"
[limits]
body = "2 KiB"
recipients = 1
pending = 2
connections = 3
lifetime = "4s"
keep = "0s"
keep_pushes = 0
[notify]
timeout = "5s"
retry_min = "6s"
retry_max = "7s"
give_up = "8s"
parallel = 9
[plugin.z]
use = "bearer/sms"
[plugin.a]
use = "routing/ipsegment"
[plugin.m]
use = "encoder/wbxml"
[plugin.z.config]
x = [1, { y = "z" }]
[[policy]]
name = "p"
encoder = "m"
terminals = "all"
[policy.match]
content_type = "text/*"
initiator = ["i"]
application = "a"
address_type = ["PLMN"]
prefix = ["+49", "33"]
priority = ["high", "low", "medium"]
delivery_method = ["notspecified", "unconfirmed", "preferconfirmed", "confirmed"]
network = "GSM"
bearer = "SMS"
min_size = 10
max_size = "1kB"
[[policy.attempt]]
bearer = "z"
routing = "a"
within = "9s"
retry = { times = 2, after = "1s" }
on_error = "fail"
on_unknown = "next"
[[policy]]
name = "q"
match.user_domain = "example.net"
[[policy.attempt]]
bearer = "z"
`
	c, err := Parse("/etc/ppgbox/x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	pfx := netip.MustParsePrefix
	want := &Config{
		File: "/etc/ppgbox/x.toml", Dir: "/etc/ppgbox", Sum: c.Sum,
		Gateway: Gateway{
			Name: "ppg.example.net", Store: "sqlite:/etc/ppgbox/x.db", PluginDir: "/opt/plugins", LockFile: "/etc/lock",
			RunDir: "/etc/ppgbox/run",
		},
		Listen: Listen{
			PAP: "0.0.0.0:1", Admin: "[::1]:2",
			PAPCertificate: "/etc/ppgbox/c.pem", PAPKey: "/k.pem", PAPClientCA: "/etc/ppgbox/ca.pem",
		},
		Applications: []Application{{ID: "x", Name: "X", Description: "an application"}, {ID: "x-wap-application:mms.ua"}},
		Initiators: []Initiator{{
			Name: "mmsc", Username: "u", PasswordFile: "/etc/ppgbox/secrets/mmsc",
			Source: []netip.Prefix{pfx("10.1.2.3/32"), pfx("10.0.0.0/8"), pfx("10.0.0.1/32"), pfx("10.9.0.0/16"), pfx("2001:db8::/32")},
			Domain: []string{"as.example.net", "*.as.example.net"}, ProveAny: true,
			Applications: []string{"x", "x-wap-application:mms.ua"}, Rate: 10,
		}},
		Plugins: []Plugin{
			{Name: "z", Use: "bearer/sms", TOML: []byte("x = [1, {y = \"z\"}]\n"), table: map[string]any{"x": []any{int64(1), map[string]any{"y": "z"}}}},
			{Name: "a", Use: "routing/ipsegment", table: map[string]any{}},
			{Name: "m", Use: "encoder/wbxml", table: map[string]any{}},
		},
		Policies: []policy.Policy{
			{
				Name: "p", Encoder: "m", Terminals: policy.TerminalsAll,
				Match: policy.Match{
					ContentType: []string{"text/*"}, Initiator: []string{"i"}, Application: []string{"a"},
					AddressType: []push.AddressType{push.PLMN}, Prefix: []string{"49", "33"},
					Priority:       []push.Priority{push.PriorityHigh, push.PriorityLow, push.PriorityMedium},
					DeliveryMethod: []push.DeliveryMethod{push.NotSpecified, push.Unconfirmed, push.PreferConfirmed, push.Confirmed},
					Network:        []string{"GSM"}, Bearer: []string{"SMS"}, MinSize: 10, MaxSize: 1000,
				},
				Attempts: []policy.Attempt{{
					Bearer: "z", Routing: []string{"a"}, Within: 9 * time.Second, Retry: policy.Retry{Times: 2, After: time.Second},
					OnError: policy.OnErrorFail, OnUnknown: policy.OnUnknownNext,
				}},
			},
			{
				Name: "q", Encoder: policy.EncoderAuto, Terminals: policy.TerminalsAny,
				Match: policy.Match{UserDomain: []string{"example.net"}},
				Attempts: []policy.Attempt{{
					Bearer: "z", Within: time.Minute, Retry: policy.Retry{After: 5 * time.Second},
					OnError: policy.OnErrorNext, OnUnknown: policy.OnUnknownStop,
				}},
			},
		},
		Limits:      Limits{Body: 2048, Recipients: 1, Pending: 2, Connections: 3, Lifetime: 4 * time.Second},
		Notify:      Notify{Timeout: 5 * time.Second, RetryMin: 6 * time.Second, RetryMax: 7 * time.Second, GiveUp: 8 * time.Second, Parallel: 9},
		Subscribers: Subscribers{DynamicValidity: 24 * time.Hour, SessionExpiry: 25 * time.Hour, Most: 2_000_000, MostSessions: 1_000_000},
		lines:       c.lines,
	}
	if !reflect.DeepEqual(c, want) {
		t.Errorf("got  %+v\nwant %+v", c, want)
	}
}

// Comments, order and layout do not change what a plugin gets, so a reload does not touch it for them.
func TestPluginTextIsCanonical(t *testing.T) {
	a, err := Parse("a", []byte("[plugin.sms]\nuse='bearer/sms'\n[plugin.sms.config]\nb = 1 # one\na = 'x'\n[[plugin.sms.config.link]]\nk = 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse("b", []byte("plugin.sms = { use = 'bearer/sms', config = { link = [{ k = 1 }], a = \"x\", b = 0x1 } }"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Plugins[0].TOML, b.Plugins[0].TOML) || len(a.Plugins[0].TOML) == 0 {
		t.Errorf("%s\nis not\n%s", a.Plugins[0].TOML, b.Plugins[0].TOML)
	}
}

func TestLoadReadsPasswords(t *testing.T) {
	const hash = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy" // from the documentation of bcrypt implementations
	tests := []struct {
		name, file string
		write      bool
		want       string // in the problem's text
	}{
		{"a hash", hash + "\n", true, ""},
		{"plain text", "correct horse battery staple\n", true, `run "ppgbox password"`},
		{"a hash of another kind", "{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=\n", true, "no bcrypt hash"},
		{"a hash and more", hash + "x", true, "no bcrypt hash"},
		{"two lines", hash + "\n" + hash + "\n", true, "no bcrypt hash"},
		{"empty", "\n", true, "is empty"},
		{"missing", "", false, "no such file"},
		{"missing, how to make it", "", false, "ppgbox password > "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			secret := filepath.Join(dir, "secrets", "mmsc")
			if err := os.MkdirAll(filepath.Dir(secret), 0o700); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(dir, "gateway.toml")
			text := "[[initiator]]\nname = 'x'\nsource = '::1'\n[[initiator]]\nname = 'mmsc'\nusername = 'mmsc'\npassword_file = 'secrets/mmsc'\n"
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			if tt.write {
				if err := os.WriteFile(secret, []byte(tt.file), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			c, err := Load(file)
			if tt.want == "" {
				if err != nil || string(c.Initiators[1].PasswordHash) != hash {
					t.Fatalf("got %+v, %v", c, err)
				}
				return
			}
			ps, ok := err.(Problems) //nolint:errorlint // it is never wrapped
			if !ok || len(ps) != 1 {
				t.Fatalf("got %v", err)
			}
			p := ps[0]
			if p.Line != 7 || p.Key != "initiator.1.password_file" || !strings.Contains(p.Text, tt.want) || !strings.Contains(p.Text, secret) {
				t.Errorf("got %s", p)
			}
			if first, _, _ := strings.Cut(tt.file, " "); first != "" && strings.TrimSpace(first) != "" && strings.Contains(p.Text, strings.TrimSpace(first)) {
				t.Errorf("the problem tells the secret: %s", p)
			}
		})
	}
}

func TestLoadNamesAMissingFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "gateway.toml")
	if _, err := Load(file); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

func TestNearest(t *testing.T) {
	keys := []string{"content_type", "prefix", "min_size", "bearer", "on_error", "on_unknown"}
	for got, want := range map[string]string{
		"content-type": "content_type", "contenttype": "content_type", "ContentType": "content_type", "preifx": "prefix",
		"minsize": "min_size", "bearers": "bearer", "pre": "prefix", "on": "", "x": "", "": "", "something else": "",
	} {
		if n := nearest(got, keys); n != want {
			t.Errorf("%q: got %q, want %q", got, n, want)
		}
	}
}

func TestEdits(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "ab", 2}, {"ab", "", 2}, {"abc", "abc", 0}, {"abc", "axc", 1}, {"abc", "acb", 1}, {"abc", "bc", 1}, {"kitten", "sitting", 3}} {
		if got := edits(tt.a, tt.b); got != tt.want {
			t.Errorf("%q to %q: %d, want %d", tt.a, tt.b, got, tt.want)
		}
	}
}

// FuzzParse holds what must be so of any text: problems have a line of the text, every key of a valid text is found by the
// line finder, and a plugin gets what the file says.
func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.toml")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte("plugin.a = { use = 'bearer/a', config = { x = [ 1, [ 'a', { b = 1.5 } ], 1979-05-27 ], y = [], z = [{}] } }"))
	f.Add([]byte("\"\\\"a\" = '''\n''''' # \"\"\"\n[[ b . 'c' ]]\r\nd.e.f = \"\"\"\\\"\"\"\"\n[b.g]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse("x.toml", text)
		var ps Problems
		if err != nil && !errors.As(err, &ps) {
			t.Fatalf("no list of problems: %v", err)
		}
		for _, p := range ps {
			if p.Line < 1 || p.Line > bytes.Count(text, []byte("\n"))+1 || p.Text == "" {
				t.Fatalf("no line of the text: %s", p)
			}
		}
		lines := findLines(text)
		raw := map[string]any{}
		if _, err := toml.Decode(string(text), &raw); err != nil {
			return
		}
		every(raw, nil, func(p path) {
			if _, ok := lines.find(p); !ok {
				t.Fatalf("%q is not found", p)
			}
		})
		_ = Check(t.Context(), c, fakes(), nil) // it takes what is broken, too
		for _, p := range c.Plugins {
			again := map[string]any{}
			if _, err := toml.Decode(string(p.TOML), &again); err != nil {
				t.Fatalf("plugin %q: %v in\n%s", p.Name, err, p.TOML)
			}
			if !same(p.table, again) {
				t.Fatalf("plugin %q gets something else:\n%v\n%v", p.Name, p.table, again)
			}
		}
	})
}

// same compares decoded values, whatever form the decoder gave to their lists.
func same(a, b any) bool {
	if la, ok := listOf(a); ok {
		lb, ok := listOf(b)
		return ok && slices.EqualFunc(la, lb, same)
	}
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, same)
	case time.Time:
		b, ok := b.(time.Time)
		return ok && a.Equal(b) && a.Location().String() == b.Location().String()
	case float64:
		b, ok := b.(float64)
		return ok && (a == b || a != a && b != b)
	}
	return a == b
}
