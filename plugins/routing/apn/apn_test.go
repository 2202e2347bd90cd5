package apn

import (
	"errors"
	"reflect"
	"testing"

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

func TestValidate(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"right", rules, ""},
		{
			"address of a GGSN in other words", `rule = [{ apn = "a", node = "a", ggsn = "::ffff:192.0.2.1" }]`,
			`rule.0.ggsn: "::ffff:192.0.2.1" names no session's GGSN; one without a name is known as 192.0.2.1`,
		},
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
