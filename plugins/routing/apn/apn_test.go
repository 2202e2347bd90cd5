package apn

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

const rules = `
rule = [
  { apn = "m2m", node = "machines", user_domain = ["machines.example.net"] },
  { apn = "internet", node = "north", msisdn = ["+46701", "+46702"] },
  { apn = "roaming", node = "both", msisdn = ["+46"], imsi = ["26201", "26202"] },
  { apn = "internet", node = "abroad", imsi = ["262"] },
]`

func number(n string) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: push.PLMN, Value: n}}
}

func user(id string) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: push.USER, Value: id}}
}

func known(msisdn push.MSISDN, imsi push.IMSI, sessions ...push.Session) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: push.USER, Value: "anna@example.net"}, MSISDN: msisdn, IMSI: imsi, Sessions: sessions}
}

func configured(t *testing.T, toml string) *Plugin {
	t.Helper()
	p := New()
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(toml)}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRules(t *testing.T) {
	p := configured(t, rules)
	tests := []struct {
		name      string
		of        push.Subscriber
		node, apn string // "" for not here
	}{
		{"a number", number("+46702345678"), "north", "internet"},
		{"a number that no rule begins with", number("+46799999999"), "", ""},
		{"the number of a user", known("46701000000", ""), "north", "internet"},
		{"the first rule wins", known("46701000000", "262010000000000"), "north", "internet"},
		{"both conditions hold", known("46790000000", "262020000000000"), "both", "roaming"},
		{"one of two conditions", known("46790000000", "240010000000000"), "", ""},
		{"the other of two conditions, and a later rule", known("358400000000", "262010000000000"), "abroad", "internet"},
		{"an IMSI", known("", "262990000000000"), "abroad", "internet"},
		{"a user's domain", user("meter7@machines.example.net"), "machines", "m2m"},
		{"domains compare without case", user("meter7@Machines.Example.NET"), "machines", "m2m"},
		{"another domain that ends so", user("meter7@more.machines.example.net"), "", ""},
		{"a user without a domain", user("meter7"), "", ""},
		{"nobody", push.Subscriber{}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			if tt.node == "" {
				if !errors.Is(err, push.ErrNotHere) {
					t.Errorf("got %+v, %v; want not here", r, err)
				}
				return
			}
			if want := (push.Route{Node: tt.node, APN: tt.apn, IMSI: tt.of.IMSI}); err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("got %+v, %v; want %+v", r, err, want)
			}
		})
	}
}

func TestSession(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	p := configured(t, `rule = [{ apn = "internet", node = "ggsn1" }]`)
	p.now = func() time.Time { return now }
	at := func(addr, apn, ggsn string, left time.Duration) push.Session {
		s := push.Session{Address: netip.MustParseAddr(addr), APN: apn, GGSN: ggsn, IMSI: "240010000000001"}
		if left != 0 {
			s.Expires = now.Add(left)
		}
		return s
	}
	tests := []struct {
		name string
		of   push.Subscriber
		addr string // "" for offline
	}{
		{"none", known("4670", ""), ""},
		{"at the access point", known("4670", "", at("10.0.0.1", "internet", "ggsn1", 0)), "10.0.0.1"},
		{"access points compare without case", known("4670", "", at("10.0.0.1", "Internet", "", time.Hour)), "10.0.0.1"},
		{"at another access point", known("4670", "", at("10.0.0.1", "mms", "ggsn1", 0)), ""},
		{"at an access point that is not known", known("4670", "", at("10.0.0.1", "", "ggsn1", 0)), ""},
		{"at another node", known("4670", "", at("10.0.0.1", "internet", "ggsn2", 0)), ""},
		{"expired", known("4670", "", at("10.0.0.1", "internet", "ggsn1", -time.Second)), ""},
		{"of several the first that is live", known(
			"4670", "", at("10.0.0.1", "mms", "", 0), at("10.0.0.2", "internet", "", -1), at("10.0.0.3", "internet", "", 1), at("10.0.0.4", "internet", "", 0),
		), "10.0.0.3"},
		{"an address", push.Subscriber{Address: push.Address{Type: push.IPv4, Value: "10.0.0.9"}}, "10.0.0.9"},
		{"an IPv6 address", push.Subscriber{Address: push.Address{Type: push.IPv6, Value: "2001:db8::9"}}, "2001:db8::9"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			if err != nil || r.Node != "ggsn1" || r.APN != "internet" {
				t.Fatalf("got %+v, %v", r, err)
			}
			switch {
			case r.Session == nil && tt.addr == "":
			case r.Session == nil || r.Session.Address.String() != tt.addr || r.Session.GGSN != "ggsn1":
				t.Errorf("got the session %+v; want %q", r.Session, tt.addr)
			case len(tt.of.Sessions) > 0 && r.IMSI != "240010000000001":
				t.Errorf("the IMSI of the session is lost: %+v", r)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"right", rules, ""},
		{"nothing", "", "rule: there is none: nobody could be routed"},
		{
			"names and numbers", `rule = [{ msisdn = ["4670"], imsi = ["+24001", "1234567890123456"], user_domain = ["@example.net"] }]`,
			`rule.0.apn: is missing; rule.0.node: is missing; rule.0.msisdn: "4670" is no prefix of an international number like +4670; ` +
				`rule.0.imsi: "+24001" is no prefix of an IMSI like 24001; rule.0.imsi: "1234567890123456" is no prefix of an IMSI like 24001; ` +
				`rule.0.user_domain: "@example.net" is no domain like push.example.net`,
		},
		{
			"access point", `rule = [{ apn = "inter net", node = "a" }]`,
			`rule.0.apn: "inter net" is no access point name: letters, digits and hyphens, with dots between`,
		},
		{
			"never asked", `rule = [{ apn = "a", node = "a" }, { apn = "b", node = "b", imsi = ["1"] }]`,
			"rule.1: is never asked: rule.0 before it takes everybody",
		},
		{
			"empty list", `rule = [{ apn = "a", node = "a", imsi = [] }]`,
			"rule.0.imsi: is an empty list, which nobody is in; leave it out for everybody",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ""
			if err := New().Validate(plugin.Config{TOML: []byte(tt.toml)}); err != nil {
				got = err.Error()
			}
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestConformance(t *testing.T) {
	conformance.Routing(t, conformance.RoutingSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: rules,
			Wrong: []conformance.WrongConfig{{TOML: `rule = [{ apn = "a b", msisdn = ["0"] }]`, Keys: []string{"rule.0.apn", "rule.0.node", "rule.0.msisdn"}}},
		},
		New: func() routing.Strategy { return New() },
		Known: []conformance.KnownRoute{{
			Request: push.RouteRequest{Subscriber: number("+46701234567")}, Route: push.Route{Node: "north", APN: "internet"},
		}},
		Unknown: []push.RouteRequest{{Subscriber: number("+358401234567")}},
	})
}
