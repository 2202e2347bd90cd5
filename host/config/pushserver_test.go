package config

import (
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const pushServer = `
[listen]
client = "10.23.0.1:8090"
radius = "10.23.0.1:1813"
[subscribers]
push_domains = ["Push.Example.net", "m2m.example.net"]
dynamic_validity = "2h"
session_expiry = "3h"
most = 4
most_sessions = 5
[[client]]
address = "10.24.0.1:8090"
ggsn = "ggsn2"
apn = "Internet"
certificate = "client.pem"
key = "client.key"
[[relay]]
name = "ggsn3"
password_file = "ggsn3.hash"
source = "10.25.0.1"
[radius]
[[radius.client]]
source = ["10.23.0.0/24"]
secret_file = "radius.secret"
ggsn = "ggsn1"
[radius.forward]
address = "10.26.0.1:1813"
secret_file = "next.secret"
timeout = "1s"
tries = 2
wait_for_answer = true
`

func TestPushServerKeys(t *testing.T) {
	c, err := Parse("/etc/x.toml", []byte(pushServer))
	if err != nil {
		t.Fatal(err)
	}
	pfx := netip.MustParsePrefix
	for _, tt := range []struct {
		name      string
		got, want any
	}{
		{"subscribers", c.Subscribers, Subscribers{
			PushDomains: []string{"push.example.net", "m2m.example.net"}, DynamicValidity: 2 * time.Hour, SessionExpiry: 3 * time.Hour, Most: 4, MostSessions: 5,
		}},
		{"clients", c.Clients, []Client{
			{Address: "10.23.0.1:8090", GGSN: DefaultGGSN},
			{Address: "10.24.0.1:8090", GGSN: "ggsn2", APN: "internet", Certificate: "/etc/client.pem", Key: "/etc/client.key"},
		}},
		{"relays", c.Relays, []Relay{{Name: "ggsn3", PasswordFile: "/etc/ggsn3.hash", Source: []netip.Prefix{pfx("10.25.0.1/32")}, GGSN: []string{"ggsn3"}}}},
		{"radius", c.RADIUS, RADIUS{
			Clients: []RADIUSClient{{Source: []netip.Prefix{pfx("10.23.0.0/24")}, SecretFile: "/etc/radius.secret", GGSN: "ggsn1"}},
			Forward: &RADIUSForward{Address: "10.26.0.1:1813", SecretFile: "/etc/next.secret", Timeout: time.Second, Tries: 2, WaitForAnswer: true},
		}},
	} {
		if !reflect.DeepEqual(tt.got, tt.want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", tt.name, tt.got, tt.want)
		}
	}
}

// A secret is the first line of its file as it is, blanks included; what is wrong with a file never shows what is in it.
func TestSecretsAreRead(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("x.toml", pushServer)
	write("radius.secret", "testing 123 \r\nsecond line\n")
	write("next.secret", "\nhidden")
	write("ggsn3.hash", "plain-password")
	c, err := Load(filepath.Join(dir, "x.toml"))
	if err == nil {
		t.Fatal("files that hold no secret and no hash were taken")
	}
	if got := string(c.RADIUS.Clients[0].Secret); got != "testing 123 " {
		t.Errorf("the secret is %q", got)
	}
	for _, want := range []string{"radius.forward.secret_file", "next.secret is empty", "relay.0.password_file", "holds no bcrypt hash"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error has no %q:\n%v", want, err)
		}
	}
	for _, secret := range []string{"hidden", "plain-password", "testing"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows %q:\n%v", secret, err)
		}
	}
}

// A policy is for an application by whatever name the file gives it.
func TestMatchedApplicationHasItsOneName(t *testing.T) {
	const text = "[plugin.p]\nuse = 'bearer/sms'\n[[policy]]\nname = 'x'\nmatch.application = ['mms.ua', 'x-wap-application:wml.ua', '4']\n[[policy.attempt]]\nbearer = 'p'\n"
	c, err := Parse("x.toml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"x-wap-application:mms.ua", "x-wap-application:wml.ua", "x-wap-application:mms.ua"}
	if got := c.Policies[0].Match.Application; !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
