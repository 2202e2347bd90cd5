package ipsegment

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/conformance"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/routing"
)

const segments = `
segment = [
  { cidr = "10.0.0.0/8", apn = "internet", node = "wide" },
  { cidr = "10.45.0.0/16", apn = "internet", node = "ggsn1" },
  { cidr = "10.45.0.0/16", apn = "mms", node = "ggsn2" },
  { cidr = "192.168.0.0/16", node = "any" },
  { cidr = "192.168.7.0/24", apn = "m2m", node = "m2m" },
  { cidr = "192.168.7.0/24", node = "seven" },
  { cidr = "2001:db8:45::/48", node = "six" },
]`

func session(addr, apn string) push.Subscriber {
	return push.Subscriber{Sessions: []push.Session{{Address: netip.MustParseAddr(addr), APN: apn}}}
}

func address(t push.AddressType, value string) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: t, Value: value}}
}

func TestRoute(t *testing.T) {
	p := New()
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(segments)}); err != nil {
		t.Fatal(err)
	}
	type testRow struct {
		name string
		of   push.Subscriber
		node string // "" for not here
		apn  string
	}
	tests := []testRow{
		{"longest prefix", session("10.45.1.2", "internet"), "ggsn1", "internet"},
		{"the other access point", session("10.45.1.2", "mms"), "ggsn2", "mms"},
		{"access points compare without case", session("10.45.1.2", "MMS"), "ggsn2", "MMS"},
		{"shorter prefix where no longer one holds it", session("10.9.1.2", "internet"), "wide", "internet"},
		{"access point that the range does not have", session("10.9.1.2", "mms"), "", ""},
		{"overlapping ranges, access point unknown", address(push.IPv4, "10.45.1.2"), "", ""},
		{"address without a session", address(push.IPv4, "10.9.1.2"), "wide", "internet"},
		{"range for every access point", session("192.168.1.2", "mms"), "any", "mms"},
		{"own access point before every one", session("192.168.7.2", "m2m"), "m2m", "m2m"},
		{"every access point beside another's", session("192.168.7.2", "mms"), "seven", "mms"},
		{"IPv6", address(push.IPv6, "2001:db8:45::7"), "six", ""},
		{"IPv4 in IPv6", session("::ffff:10.45.1.2", "mms"), "ggsn2", "mms"},
		{"in no range", address(push.IPv4, "198.51.100.1"), "", ""},
		{"a number", address(push.PLMN, "+358401234567"), "", ""},
		{"second session", push.Subscriber{Sessions: []push.Session{
			{Address: netip.MustParseAddr("198.51.100.1")}, {Address: netip.MustParseAddr("10.45.1.2"), APN: "mms"},
		}}, "ggsn2", "mms"},
	}
	over := session("10.45.1.2", "internet").Sessions[0]
	over.Expires = time.Now().Add(-time.Second)
	live := session("10.45.1.3", "mms").Sessions[0]
	live.Expires = time.Now().Add(time.Hour)
	tests = append(tests, []testRow{
		{"expired", push.Subscriber{Sessions: []push.Session{over}}, "", ""},
		{"the one that has not expired", push.Subscriber{Sessions: []push.Session{over, live}}, "ggsn2", "mms"},
	}...)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			if tt.node == "" {
				if !errors.Is(err, push.ErrNotHere) {
					t.Errorf("got %+v, %v; want not here", r, err)
				}
				return
			}
			if err != nil || r.Node != tt.node || r.APN != tt.apn || r.Session == nil || r.Session.GGSN != tt.node {
				t.Errorf("got %+v, %v; want node %s, access point %q", r, err, tt.node, tt.apn)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"right", segments, ""},
		{"nothing", "", "segment: there is none: no address could be routed"},
		{
			"everything at once", `segment = [{ cidr = "10.45.0.0" }, { cidr = "10.45.0.1/16", node = "a" }]`,
			`segment.0.cidr: "10.45.0.0" is no range of addresses like 10.45.0.0/16; segment.0.node: is missing; ` +
				`segment.1.cidr: 10.45.0.1/16 has bits behind its prefix; meant is perhaps 10.45.0.0/16`,
		},
		{
			"twice", `segment = [{ cidr = "10.0.0.0/8", node = "a" }, { cidr = "10.0.0.0/8", node = "b" }]`,
			"segment.1.cidr: 10.0.0.0/8 is given twice for the same access point",
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
	known := session("10.45.1.2", "mms")
	s := known.Sessions[0]
	s.GGSN = "ggsn2"
	conformance.Routing(t, conformance.RoutingSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: segments,
			Wrong: []conformance.WrongConfig{{TOML: `segment = [{ cidr = "10.45.0.1/16" }]`, Keys: []string{"segment.0.cidr", "segment.0.node"}}},
		},
		New: func() routing.Strategy { return New() },
		Known: []conformance.KnownRoute{{
			Request: push.RouteRequest{Subscriber: known}, Route: push.Route{Node: "ggsn2", APN: "mms", Session: &s},
		}},
		Unknown: []push.RouteRequest{{Subscriber: address(push.PLMN, "+358401234567")}},
	})
}
