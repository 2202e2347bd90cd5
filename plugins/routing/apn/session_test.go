package apn

import (
	"errors"
	"net/netip"
	"reflect"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

func now() time.Time { return time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC) }

func at(addr, apn, ggsn string, left time.Duration) push.Session {
	s := push.Session{Address: netip.MustParseAddr(addr), APN: apn, GGSN: ggsn, IMSI: "240010000000001", Generation: 7}
	if left != 0 {
		s.Expires = now().Add(left)
	}
	return s
}

func address(t push.AddressType, value string, sessions ...push.Session) push.Subscriber {
	return push.Subscriber{Address: push.Address{Type: t, Value: value}, Sessions: sessions}
}

// A rule for the GGSN "north", whose node has another name, and one for a GGSN called like its node.
const places = `rule = [
  { apn = "internet", node = "tunnel", ggsn = "north", user_domain = ["example.net"] },
  { apn = "internet", node = "ggsn1" },
]`

func TestSession(t *testing.T) {
	p := configured(t, places)
	p.now = now
	tests := []struct {
		name string
		of   push.Subscriber
		node string
		used int // which of the subscriber's sessions; -1 for offline
	}{
		{"none", known("4670", ""), "tunnel", -1},
		{"at the access point", known("4670", "", at("10.0.0.1", "internet", "north", 0)), "tunnel", 0},
		{"access points compare without case", known("4670", "", at("10.0.0.1", "Internet", "", time.Hour)), "tunnel", 0},
		{"at another access point", known("4670", "", at("10.0.0.1", "mms", "north", 0)), "tunnel", -1},
		{"at an access point that is not known", known("4670", "", at("10.0.0.1", "", "north", 0)), "tunnel", -1},
		{"at another GGSN", known("4670", "", at("10.0.0.1", "internet", "south", 0)), "tunnel", -1},
		{"at a GGSN called like the node, which is called otherwise", known("4670", "", at("10.0.0.1", "internet", "tunnel", 0)), "tunnel", -1},
		{"expired", known("4670", "", at("10.0.0.1", "internet", "north", -time.Second)), "tunnel", -1},
		{"of several the first that is live", known(
			"4670", "", at("10.0.0.1", "mms", "", 0), at("10.0.0.2", "internet", "", -1), at("10.0.0.3", "internet", "", 1), at("10.0.0.4", "internet", "", 0),
		), "tunnel", 2},
		{"GGSN called like the node", address(push.PLMN, "+4670", at("10.0.0.1", "internet", "ggsn1", 0)), "ggsn1", 0},
		{"a number at the GGSN of another rule", address(push.PLMN, "+4670", at("10.0.0.1", "internet", "north", 0)), "ggsn1", -1},
		{"an address with one session", address(push.IPv4, "10.0.0.1", at("10.0.0.1", "internet", "ggsn1", 0)), "ggsn1", 0},
		{"an address with one live session", address(
			push.IPv4, "10.0.0.1", at("10.0.0.1", "internet", "south", -1), at("10.0.0.1", "internet", "ggsn1", 0),
		), "ggsn1", 1},
		{"an IPv6 address with one session", address(push.IPv6, "2001:db8::1", at("2001:db8::1", "internet", "", 0)), "ggsn1", 0},
		{"IPv4 in IPv6", address(push.IPv4, "10.0.0.1", at("::ffff:10.0.0.1", "internet", "", 0)), "ggsn1", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			want := push.Route{Node: tt.node, APN: "internet"}
			if tt.used >= 0 {
				want.Session, want.IMSI = &tt.of.Sessions[tt.used], "240010000000001"
			}
			if err != nil || !reflect.DeepEqual(r, want) {
				t.Errorf("got %+v, session %+v, %v; want %+v, session %+v", r, r.Session, err, want, want.Session)
			}
		})
	}
}

// An address that no session is known of is pushed to as it is.
func TestAddress(t *testing.T) {
	p := configured(t, places)
	p.now = now
	for _, of := range []push.Subscriber{
		address(push.IPv4, "10.0.0.9"), address(push.IPv6, "2001:db8::9"), address(push.IPv4, "10.0.0.9", at("10.0.0.1", "mms", "north", 0)),
	} {
		r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: of})
		want := push.Route{Node: "ggsn1", APN: "internet", Session: &push.Session{Address: netip.MustParseAddr(of.Address.Value)}}
		if err != nil || !reflect.DeepEqual(r, want) {
			t.Errorf("%s: got %+v, session %+v, %v; want %+v", of.Address, r, r.Session, err, want)
		}
	}
}

func TestNotAtTheAddress(t *testing.T) {
	p := configured(t, places)
	p.now = now
	tests := []struct {
		name string
		of   push.Subscriber
		want string
	}{
		{
			"several sessions", address(push.IPv4, "10.0.0.1", at("10.0.0.1", "internet", "ggsn1", 0), at("10.0.0.1", "mms", "ggsn1", 0)),
			`2 sessions have the address 10.0.0.1, as access point "internet" at GGSN "ggsn1" and access point "mms" at GGSN "ggsn1"`,
		},
		{
			"several sessions, IPv6", address(push.IPv6, "2001:db8::1", at("2001:db8::1", "internet", "ggsn1", 0), at("2001:db8::1", "internet", "south", 0)),
			`2 sessions have the address 2001:db8::1, as access point "internet" at GGSN "ggsn1" and access point "internet" at GGSN "south"`,
		},
		{
			"a session elsewhere", address(push.IPv4, "10.0.0.1", at("10.0.0.1", "internet", "south", 0)),
			`the session with the address 10.0.0.1 is at access point "internet" at GGSN "south", and the rule is about access point "internet" at GGSN "ggsn1"`,
		},
		{"expired", address(push.IPv4, "10.0.0.1", at("10.0.0.1", "internet", "ggsn1", -1)), "all sessions with the address 10.0.0.1 have expired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := p.Route(t.Context(), push.RouteRequest{Subscriber: tt.of})
			if !errors.Is(err, push.ErrNotHere) || err.Error() != "not here: "+tt.want {
				t.Errorf("got %+v, %v; want not here: %s", r, err, tt.want)
			}
		})
	}
	_, err := p.Route(t.Context(), push.RouteRequest{Subscriber: address(push.IPv4, "10.0.1")})
	var e *push.Error
	if !errors.As(err, &e) || e.Temporary || e.Code != 2002 {
		t.Errorf("no address: got %v; want a permanent error with code 2002", err)
	}
}
