package dispatch

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func TestDescribeRoute(t *testing.T) {
	at := func(ggsn, apn string) push.Session {
		return push.Session{GGSN: ggsn, APN: apn, Address: netip.MustParseAddr("10.45.0.7")}
	}
	over := at("ggsn2", "internet")
	over.Expires = start
	open := at("ggsn2", "internet")
	open.Expires = start.Add(time.Nanosecond)
	here := at("ggsn1", "internet")
	tests := []struct {
		name     string
		route    push.Route
		sessions []push.Session
		want     string
	}{
		{"online", push.Route{Session: &here}, []push.Session{at("ggsn2", "mms"), here}, "online at 10.45.0.7"},
		{"offline", push.Route{}, nil, "offline"},
		{"at another GGSN", push.Route{}, []push.Session{at("192.0.2.10", "internet")}, "offline there; online at ggsn 192.0.2.10 apn internet"},
		{"at a GGSN that is not known", push.Route{}, []push.Session{at("", "mms")}, "offline there; online at apn mms"},
		{"by an access point that is not known", push.Route{}, []push.Session{at("ggsn1", "")}, "offline there; online at ggsn ggsn1"},
		{"anywhere", push.Route{}, []push.Session{at("", "")}, "offline there; online at 10.45.0.7"},
		{"its session is over", push.Route{}, []push.Session{over}, "offline"},
		{"its session is not over yet", push.Route{}, []push.Session{over, open}, "offline there; online at ggsn ggsn2 apn internet"},
		{
			"in many places",
			push.Route{},
			[]push.Session{at("a", "w"), at("b", "x"), at("c", "y"), at("d", "z"), at("e", "z")},
			"offline there; online at ggsn a apn w and ggsn b apn x and ggsn c apn y and 2 more",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := DescribeRoute(tt.route, tt.sessions, start); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

func TestDescribeSessions(t *testing.T) {
	at := func(addr, ggsn, apn string) push.Session {
		return push.Session{GGSN: ggsn, APN: apn, Address: netip.MustParseAddr(addr)}
	}
	many := make([]push.Session, listedTerminals+2)
	for i := range many {
		many[i] = at("10.0.0.1", "", "")
	}
	tests := []struct {
		name     string
		sessions []push.Session
		want     string
	}{
		{"none", nil, "has no session"},
		{"one", []push.Session{at("10.45.0.7", "ggsn1", "internet")}, "is online at 10.45.0.7 (ggsn ggsn1, apn internet)"},
		{
			"several",
			[]push.Session{at("10.45.0.7", "ggsn1", ""), at("2001:db8::1", "", "mms"), at("10.0.0.1", "", "")},
			"is online at 10.45.0.7 (ggsn ggsn1) and 2001:db8::1 (apn mms) and 10.0.0.1",
		},
		{"many", many, "is online at 10.0.0.1" + strings.Repeat(" and 10.0.0.1", listedTerminals-1) + " and 2 more"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := describeSessions(tt.sessions); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestOfflineThere has a strategy look for the terminal where it is not, for a number and for a user.
func TestOfflineThere(t *testing.T) {
	address := push.Address{Type: push.PLMN, Value: "+358400000001"}
	for _, tt := range []struct {
		name    string
		to      push.Address
		resolve string
	}{
		{"a number", address, "resolve: the terminal is online at 10.45.0.7 (ggsn ggsn1, apn internet)\n"},
		{"a user", alice, "resolve: " + phone + ", which is online at 10.45.0.7 (ggsn ggsn1, apn internet)\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"apn"}}))
			b.people.are(tt.to, phone)
			b.people.online(tt.to, phone, "10.45.0.7", 7)
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { return push.Route{Node: "ggsn2"}, nil }
			rec := b.acceptTo(store.Push{}, tt.to)
			b.answer(b.wantSent("pdp", phone), push.OutcomeUnreachable)
			got := steps(b.final(rec.Deliveries[0]).Attempts[0])
			if !strings.Contains(got, tt.resolve) || !strings.Contains(got, "route: offline there; online at ggsn ggsn1 apn internet\n") {
				t.Errorf("the timeline is\n%s", got)
			}
		})
	}
	t.Run("a number without a session", func(t *testing.T) {
		b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"apn"}}))
		rec := b.acceptTo(store.Push{}, address)
		if got := steps(b.final(rec.Deliveries[0]).Attempts[0]); !strings.Contains(got, "resolve: the terminal has no session\n") {
			t.Errorf("the timeline is\n%s", got)
		}
	})
}
