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

const address = "10.45.0.7"

// waitAtBearer has a push routed and wait for a place at its bearer, so that the world changes between routing and sending.
func (b *bench) waitAtBearer(to push.Address) *store.Record {
	b.t.Helper()
	b.Window("pdp", 0, "")
	rec := b.acceptTo(store.Push{}, to)
	b.awaitReady()
	return rec
}

func (b *bench) awaitReady() {
	b.t.Helper()
	b.await("a push to wait at its bearer", func() bool { return b.States(b.t.Context())["ready"] == 1 })
}

// TestOwnerChangesBeforeSending lets the address that a push was routed to change hands. Nothing may go to the new owner.
func TestOwnerChangesBeforeSending(t *testing.T) {
	tests := []struct {
		name    string
		changes func(b *bench)
		bearer  string // that gets it in the end
		address string
	}{
		{"nothing changes", func(*bench) {}, "pdp", address},
		{"the terminal has another session", func(b *bench) {
			b.people.ends(7)
			b.people.online(alice, phone, "10.45.0.9", 9)
		}, "pdp", "10.45.0.9"},
		{"the same address in another session", func(b *bench) {
			b.people.ends(7)
			b.people.online(alice, phone, address, 9)
		}, "pdp", address},
		{"the terminal is offline", func(b *bench) {
			b.people.ends(7)
			b.people.are(alice, phone)
		}, "sms", ""},
		{"the directory names what is not alive", func(b *bench) { b.people.ends(7) }, "sms", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}, policy.Attempt{Bearer: "sms"}))
			b.people.are(alice, phone)
			b.people.online(alice, phone, address, 7)
			rec := b.waitAtBearer(alice)
			b.settle() // it is folded, too
			tt.changes(b)
			b.Window("pdp", 1, "")
			s := b.wantSent(tt.bearer, phone)
			if tt.address == "" && s.Route.Session != nil || tt.address != "" && s.Route.Session.Address != netip.MustParseAddr(tt.address) {
				t.Errorf("it was sent to %+v, want %q", s.Route.Session, tt.address)
			}
			if s.Route.Session != nil && !b.people.Live(s.Route.Session.Generation) {
				t.Errorf("it was sent to a session that is over")
			}
			b.answer(s, push.OutcomeDelivered)
			first := b.final(rec.Deliveries[0]).Attempts[0]
			said := strings.Contains(steps(first), "route: not sent to 10.45.0.7: the address has another owner now, or was released")
			if want := tt.name != "nothing changes"; said != want {
				t.Errorf("the timeline is\n%s", steps(first))
			}
			b.nothingLeft()
		})
	}
}

// TestReroutedInBounds gives up for now when the strategies name sessions that are over again and again, in every try anew.
func TestReroutedInBounds(t *testing.T) {
	b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}, Retry: policy.Retry{Times: 1, After: time.Second}}))
	b.people.are(alice, phone)
	b.people.online(alice, phone, address, 7)
	b.people.ends(7)
	rec := b.acceptTo(store.Push{}, alice)
	b.await("the first try to end", func() bool { return b.States(t.Context())["sleeping"] == 1 })
	b.advance(time.Second)
	b.final(rec.Deliveries[0])
	attempts := b.store.record(rec).Deliveries[0].Attempts
	if len(attempts) != 2 {
		t.Errorf("%d attempts, want 2", len(attempts))
	}
	for _, a := range attempts {
		if n := strings.Count(steps(a), "not sent to "); a.Outcome.Kind != push.OutcomeFailedForNow || n != mostRerouted+1 {
			t.Errorf("attempt %d ended as %+v after %d ways:\n%s", a.Number, a.Outcome, n, steps(a))
		}
	}
	b.noneSent()
}

// TestAddressReassigned tells of a new owner of the address that a push is to, at each point until it is sent.
func TestAddressReassigned(t *testing.T) {
	addr := push.Address{Type: push.IPv4, Value: address}
	tests := []struct {
		name string
		when func(b *bench) *store.Record
		sent bool
	}{
		{"before it was submitted", func(b *bench) *store.Record {
			b.people.tells(address, start)
			return b.acceptTo(store.Push{}, addr)
		}, true},
		{"between submission and delivery", func(b *bench) *store.Record {
			rec := b.acceptTo(store.Push{DeliverAfter: start.Add(time.Hour)}, addr)
			b.people.tells(address, start.Add(time.Minute))
			b.advance(time.Hour)
			return rec
		}, false},
		{"between routing and sending", func(b *bench) *store.Record {
			rec := b.waitAtBearer(addr)
			b.people.tells(address, start.Add(time.Second))
			b.Window("pdp", 1, "")
			return rec
		}, false},
		{"while the host was down", func(b *bench) *store.Record {
			rec := b.waitAtBearer(addr)
			b.people.tells(address, start.Add(time.Second))
			b.restart(rec, time.Minute, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}))
			return rec
		}, false},
		{"before a retry", func(b *bench) *store.Record {
			rec := b.acceptTo(store.Push{}, addr)
			b.answer(b.nextSent(), push.OutcomeFailedForNow)
			b.people.tells(address, start.Add(time.Second))
			b.advance(time.Second)
			return rec
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}, Retry: policy.Retry{Times: 1, After: time.Second}}))
			b.people.are(addr, addr.String())
			b.people.online(addr, addr.String(), address, 7)
			rec := tt.when(b)
			if tt.sent {
				b.answer(b.wantSent("pdp", addr.String()), push.OutcomeAccepted)
			}
			f := b.final(rec.Deliveries[0])
			r, last := f.Result, f.Attempts[len(f.Attempts)-1]
			if asked := strings.Contains(steps(last), "route: online"); asked != (tt.sent || tt.name == "between routing and sending") {
				t.Errorf("a strategy was asked: %v", asked)
			}
			if want := tt.sent; (r.State == store.Delivered) != want || !want && (r.Code != 2003 || r.Text != hasAnotherOwner) {
				t.Errorf("the result is %+v", r)
			}
			b.noneSent()
			b.nothingLeft()
		})
	}
}

// TestMadeUpSessions has a strategy answer an address that it has from elsewhere, so without a generation.
func TestMadeUpSessions(t *testing.T) {
	tests := []struct {
		name string
		is   func(b *bench)
		sent bool
	}{
		{"nobody was told of", func(*bench) {}, true},
		{"somebody had it when the push was accepted", func(b *bench) { b.people.tells(address, start) }, true},
		{"somebody got it since", func(b *bench) { b.people.tells(address, start.Add(time.Second)) }, false},
		{"the terminal itself got it since", func(b *bench) {
			b.people.online(alice, phone, address, 7)
			b.people.tells(address, start.Add(time.Second))
		}, true},
		{"the terminal's own is over", func(b *bench) {
			b.people.online(alice, phone, address, 7)
			b.people.ends(7)
		}, false},
		{"the terminal's own is at another GGSN", func(b *bench) {
			b.people.online(alice, phone, address, 7)
			b.people.of[alice][0].Subscriber.Sessions[0].GGSN = "ggsn2"
			b.people.tells(address, start.Add(time.Second))
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}, policy.Attempt{Bearer: "sms"}))
			b.people.are(alice, phone)
			made := push.Session{Address: netip.MustParseAddr(address)}
			b.plugins.route = func(string, push.RouteRequest) (push.Route, error) { return push.Route{Session: &made}, nil }
			if tt.is(b); strings.Contains(tt.name, "GGSN") {
				made.GGSN = "ggsn1"
			}
			b.acceptTo(store.Push{}, alice)
			bearer := "sms"
			if tt.sent {
				bearer = "pdp"
			}
			b.wantSent(bearer, phone)
		})
	}
}
