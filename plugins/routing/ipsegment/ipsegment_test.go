package ipsegment

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

const ranges = `
segment = [
  { cidr = "10.0.0.0/8", apn = "internet", node = "wide" },
  { cidr = "10.45.0.0/16", apn = "internet", node = "ggsn1" },
  { cidr = "10.45.0.0/16", apn = "mms", node = "ggsn2" },
  { cidr = "172.16.0.0/12", ggsn = "north", node = "n" },
  { cidr = "172.16.0.0/12", ggsn = "south", node = "s" },
  { cidr = "172.16.0.0/12", ggsn = "south", apn = "m2m", node = "meters" },
  { cidr = "172.17.0.0/16", ggsn = "west", apn = "internet", node = "w" },
  { cidr = "172.17.0.0/16", ggsn = "west", apn = "mms", node = "w" },
  { cidr = "172.31.0.0/16", apn = "mms", node = "mms" },
  { cidr = "192.168.0.0/16", node = "any" },
  { cidr = "192.168.7.0/24", apn = "m2m", node = "m2m" },
  { cidr = "192.168.7.0/24", node = "seven" },
  { cidr = "192.168.8.0/24", apn = "internet", node = "by apn" },
  { cidr = "192.168.8.0/24", ggsn = "north", node = "by ggsn" },
  { cidr = "198.18.0.0/16", apn = "a", node = "one" },
  { cidr = "198.18.7.0/24", apn = "b", node = "another" },
  { cidr = "2001:db8:45::/48", node = "six" },
]`

func now() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC) }

func at(addr, apn, ggsn string) push.Session {
	return push.Session{Address: netip.MustParseAddr(addr), APN: apn, GGSN: ggsn, IMSI: "240010000000001", Generation: 7}
}

// expires gives a session a time.
func expires(s push.Session, in time.Duration) push.Session {
	s.Expires = now().Add(in)
	return s
}

func session(addr, apn string) push.Subscriber { return online(at(addr, apn, "")) }

func online(sessions ...push.Session) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: push.USER, Value: "anna@example.net"}, Sessions: sessions}
}

func address(t push.AddressType, value string, sessions ...push.Session) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: t, Value: value}, Sessions: sessions}
}

func configured(t *testing.T) *Plugin {
	t.Helper()
	p := New()
	p.now = now
	if err := p.Configure(t.Context(), plugin.Config{TOML: []byte(ranges)}); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestRoute(t *testing.T) {
	p := configured(t)
	tests := []struct {
		name string
		of   push.Subscriber
		node string
		apn  string
		used int // which of the subscriber's sessions
	}{
		{"longest prefix", session("10.45.1.2", "internet"), "ggsn1", "internet", 0},
		{"the other access point", session("10.45.1.2", "mms"), "ggsn2", "mms", 0},
		{"access points compare without case", session("10.45.1.2", "MMS"), "ggsn2", "MMS", 0},
		{"shorter prefix where no longer one holds it", session("10.9.1.2", "internet"), "wide", "internet", 0},
		{"range for every access point", session("192.168.1.2", "mms"), "any", "mms", 0},
		{"own access point before every one", session("192.168.7.2", "m2m"), "m2m", "m2m", 0},
		{"every access point beside another's", session("192.168.7.2", "mms"), "seven", "mms", 0},
		{"one of two GGSNs", online(at("172.16.0.1", "internet", "north")), "n", "internet", 0},
		{"the other GGSN", online(at("172.16.0.1", "internet", "south")), "s", "internet", 0},
		{"access point at a GGSN", online(at("172.16.0.1", "m2m", "south")), "meters", "m2m", 0},
		{"the same access point at the other GGSN", online(at("172.16.0.1", "m2m", "north")), "n", "m2m", 0},
		{"GGSN known, and no other access point leads elsewhere", online(at("172.16.0.1", "", "north")), "n", "", 0},
		{"access points of one node, own not known", online(at("172.17.0.1", "", "west")), "w", "", 0},
		{"GGSN that no segment names, longest prefix", online(at("172.31.0.1", "mms", "east")), "mms", "mms", 0},
		{"the GGSN says more than the access point", online(at("192.168.8.2", "internet", "north")), "by ggsn", "internet", 0},
		{"IPv6", session("2001:db8:45::7", ""), "six", "", 0},
		{"IPv4 in IPv6", session("::ffff:10.45.1.2", "mms"), "ggsn2", "mms", 0},
		{"newest first", online(at("10.45.1.2", "mms", ""), at("10.45.1.3", "internet", "")), "ggsn2", "mms", 0},
		{"the newest is in no range", online(at("198.51.100.1", "", ""), at("10.45.1.2", "mms", "")), "ggsn2", "mms", 1},
		{"the newest could be in two", online(at("10.45.1.2", "", ""), at("10.45.1.2", "mms", "")), "ggsn2", "mms", 1},
		{"the one that has not expired", online(expires(at("10.45.1.2", "internet", ""), -1), expires(at("10.45.1.3", "mms", ""), 1)), "ggsn2", "mms", 1},
		{"an address with one session", address(push.IPv4, "10.45.1.2", at("10.45.1.2", "mms", "north")), "ggsn2", "mms", 0},
		{"an IPv6 address with one session", address(push.IPv6, "2001:db8:45::7", at("2001:db8:45::7", "mms", "north")), "six", "mms", 0},
		{"an address with one live session", address(
			push.IPv4, "10.45.1.2", expires(at("10.45.1.2", "internet", "north"), -1), at("10.45.1.2", "mms", "south"),
		), "ggsn2", "mms", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			want := push.Route{Node: tt.node, APN: tt.apn, IMSI: "240010000000001", Session: &tt.of.Sessions[tt.used]}
			if err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("got %+v, session %+v, %v; want %+v, session %+v", r, r.Session, err, want, want.Session)
			}
		})
	}
}

// An address that no session is known of is pushed to as it is.
func TestRouteToAddress(t *testing.T) {
	p := configured(t)
	tests := []struct {
		name      string
		of        push.Subscriber
		node, apn string
	}{
		{"in one range", address(push.IPv4, "10.9.1.2"), "wide", "internet"},
		{"in one range for all", address(push.IPv4, "192.168.1.2"), "any", ""},
		{"IPv6", address(push.IPv6, "2001:db8:45::7"), "six", ""},
		{"sessions at other addresses", address(push.IPv4, "10.9.1.2", at("10.9.1.3", "mms", "north")), "wide", "internet"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			want := push.Route{Node: tt.node, APN: tt.apn, Session: &push.Session{Address: netip.MustParseAddr(tt.of.Address.Value)}}
			if err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("got %+v, session %+v, %v; want %+v", r, r.Session, err, want)
			}
		})
	}
}

func TestNotHere(t *testing.T) {
	p := configured(t)
	many := make([]push.Session, 9)
	for i := range many {
		many[i] = at("198.51.100.1", "", "")
	}
	tests := []struct {
		name string
		of   push.Subscriber
		want string
	}{
		{"a number", address(push.PLMN, "+358401234567"), "the subscriber has no address"},
		{"in no range", address(push.IPv4, "198.51.100.1"), "198.51.100.1 is in no segment"},
		{
			"access point that the range does not have", online(at("10.9.1.2", "mms", "north")),
			`no segment of 10.9.1.2 is of access point "mms" at GGSN "north"`,
		},
		{
			"GGSN that the range does not have", online(at("172.18.0.1", "", "east")),
			`no segment of 172.18.0.1 is of an access point that is not known at GGSN "east"`,
		},
		{
			"overlapping ranges, nothing known", address(push.IPv4, "10.45.1.2"),
			"10.45.1.2 is in segments of several nodes, and its GGSN and its access point are not known",
		},
		{
			"overlapping ranges, access point not known", online(at("172.16.0.1", "", "south")),
			"172.16.0.1 is in segments of several nodes, and its access point is not known",
		},
		{
			"overlapping ranges, GGSN not known", online(at("172.16.0.1", "internet", "")),
			"172.16.0.1 is in segments of several nodes, and its GGSN is not known",
		},
		{
			"a longer range of another access point is no reason", session("198.18.7.2", ""),
			"198.18.7.2 is in segments of several nodes, and its GGSN and its access point are not known",
		},
		{"expired", online(expires(at("10.45.1.2", "internet", ""), 0)), "all sessions of the subscriber have expired"},
		{
			"expired, at the address", address(push.IPv4, "10.9.1.2", expires(at("10.9.1.2", "internet", "north"), -1)),
			"all sessions of the subscriber have expired",
		},
		{
			"an address with several sessions", address(push.IPv4, "10.9.1.2", at("10.9.1.2", "internet", "north"), at("10.9.1.2", "internet", "south")),
			`2 sessions have the address 10.9.1.2, as access point "internet" at GGSN "north" and access point "internet" at GGSN "south"`,
		},
		{
			"an IPv6 address with several sessions", address(push.IPv6, "2001:db8:45::7", at("2001:db8:45::7", "a", ""), at("2001:db8:45::7", "b", "")),
			`2 sessions have the address 2001:db8:45::7, as access point "a" at a GGSN that is not known and access point "b" at a GGSN that is not known`,
		},
		{
			"each session for its own reason", online(at("198.51.100.1", "", ""), at("10.45.1.2", "", "north")),
			"198.51.100.1 is in no segment; 10.45.1.2 is in segments of several nodes, and its access point is not known",
		},
		{"many sessions", online(many...), "198.51.100.1 is in no segment; 198.51.100.1 is in no segment; 198.51.100.1 is in no segment; " +
			"198.51.100.1 is in no segment; and 5 sessions more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			if !errors.Is(err, push.ErrNotHere) || err.Error() != "not here: "+tt.want {
				t.Errorf("got %+v, %v; want not here: %s", r, err, tt.want)
			}
		})
	}
}

func TestNoAddress(t *testing.T) {
	_, err := configured(t).Route(t.Context(), push.RouteRequest{Subscriber: address(push.IPv4, "10.45.1")})
	var e *push.Error
	if !errors.As(err, &e) || e.Temporary || e.Code != 2002 {
		t.Errorf("got %v; want a permanent error with code 2002", err)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct{ name, toml, want string }{
		{"right", ranges, ""},
		{"nothing", "", "segment: there is none: no address could be routed"},
		{
			"everything at once", `segment = [{ cidr = "10.45.0.0" }, { cidr = "10.45.0.1/16", node = "a" }]`,
			`segment.0.cidr: "10.45.0.0" is no range of addresses like 10.45.0.0/16; segment.0.node: is missing; ` +
				`segment.1.cidr: 10.45.0.1/16 has bits behind its prefix; meant is perhaps 10.45.0.0/16`,
		},
		{
			"twice", `segment = [{ cidr = "10.0.0.0/8", node = "a" }, { cidr = "10.0.0.0/8", node = "b" }]`,
			"segment.1.cidr: 10.0.0.0/8 is given twice for the same GGSN and access point",
		},
		{
			"twice, of a GGSN", `segment = [{ cidr = "10.0.0.0/8", ggsn = "g", apn = "a", node = "a" }, { cidr = "10.0.0.0/8", ggsn = "g", apn = "A", node = "b" }]`,
			"segment.1.cidr: 10.0.0.0/8 is given twice for the same GGSN and access point",
		},
		{"once for each GGSN", `segment = [{ cidr = "10.0.0.0/8", ggsn = "g", node = "a" }, { cidr = "10.0.0.0/8", ggsn = "G", node = "b" }]`, ""},
		{
			"address of a GGSN in other words", `segment = [{ cidr = "10.0.0.0/8", ggsn = "2001:DB8::1", node = "a" }, { cidr = "10.0.0.0/8", ggsn = "192.0.2.1", node = "b" }]`,
			`segment.0.ggsn: "2001:DB8::1" names no session's GGSN; one without a name is known as 2001:db8::1`,
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
	conformance.Routing(t, conformance.RoutingSuite{
		Plugin: conformance.Plugin{
			Dir: ".", Config: ranges,
			Wrong: []conformance.WrongConfig{{TOML: `segment = [{ cidr = "10.45.0.1/16" }]`, Keys: []string{"segment.0.cidr", "segment.0.node"}}},
		},
		New: func() routing.Strategy { return New() },
		Known: []conformance.KnownRoute{{
			Request: push.RouteRequest{Subscriber: known}, Route: push.Route{Node: "ggsn2", APN: "mms", IMSI: "240010000000001", Session: &known.Sessions[0]},
		}},
		Unknown: []push.RouteRequest{{Subscriber: address(push.PLMN, "+358401234567")}},
	})
}
