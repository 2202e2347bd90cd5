package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"github.com/ppgbox/ppgbox/host/store"
)

// explain asks the running gateway whom an address stands for, and tells what would be refused or left out.
func TestExplainAsksTheGateway(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	admin := l.Addr().String()
	_ = l.Close()
	text := fmt.Sprintf(`
[listen]
pap = "127.0.0.1:0"
admin = %q
[subscribers]
push_domains = ["push.example.net"]
[[application]]
id = "x-wap-application:wml.ua"
[[initiator]]
name = "local"
source = "127.0.0.1"
[plugin.ipsegment]
use = "routing/ipsegment"
config.segment = [{ cidr = "10.45.0.0/16", node = "ggsn1" }]
[plugin.pdp]
use = "bearer/pdp"
config.node = [{ name = "ggsn1", source = "127.0.0.1" }]
[plugin.sms]
use = "bearer/sms"
[plugin.sms.config]
source = "1"
link = [{ address = "127.0.0.1:1", system_id = "x" }]
[[policy]]
name = "users"
[[policy.attempt]]
bearer = "pdp"
routing = ["ipsegment"]
[[policy.attempt]]
bearer = "sms"
`, admin)
	g := start(t, text)
	err = g.pushServer.directory.Put(t.Context(), []store.Subscriber{
		{Users: []string{"alice@push.example.net"}, Terminals: []store.Terminal{{MSISDN: "358401234567"}, {IMSI: "244910000000002"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file := g.config.File
	changed := write(t, t.TempDir(), "changed.toml", text+"# another\n")
	for _, tt := range []struct {
		name       string
		args       []string
		want, none []string
	}{
		{"terminals", []string{"-c", file, "--to", "alice@push.example.net"}, []string{
			"terminal PLMN:+358401234567", "terminal IMSI:244910000000002", "routing ipsegment for IMSI:244910000000002: not here: the subscriber has no address",
			"left out for IMSI:244910000000002: the bearer takes numbers alone",
		}, []string{"left out for PLMN", "another configuration"}},
		{"nobody", []string{"-c", file, "--to", "bob@push.example.net"}, []string{"refused: the user identifier is not known"}, []string{"attempt"}},
		{"an application", []string{"-c", file, "--to", "alice@push.example.net", "--application", "mms.ua"}, []string{"refused: application x-wap-application:mms.ua is not registered"}, []string{"attempt"}},
		{"another file", []string{"-c", changed, "--to", "alice@push.example.net"}, []string{"the running gateway has another configuration, from " + file}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if code := run(append([]string{"explain", "--sl", "http://x.example/"}, tt.args...), os.Stdin, &out, &out); code != exitOK {
				t.Fatalf("exit code %d:\n%s", code, &out)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, &out)
				}
			}
			for _, none := range tt.none {
				if strings.Contains(out.String(), none) {
					t.Errorf("%q in:\n%s", none, &out)
				}
			}
		})
	}
}
