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

func userOf(name string) push.Address { return push.Address{Type: push.USER, Value: name} }

// TestAddressOfNobody has an address stop standing for anybody after the push to it was accepted.
func TestAddressOfNobody(t *testing.T) {
	tests := []struct {
		name    string
		address push.Address
		code    int
		when    func(b *bench) // after the push was accepted
	}{
		{"not known when it is dispatched", userOf("nobody@push.example"), 2003, func(*bench) {}},
		{"of another domain when it is dispatched", userOf("bob@elsewhere"), 2002, func(*bench) {}},
		{"gone while it waited for its terminal", alice, 2003, func(b *bench) {
			s := b.wantSent("sms", phone)
			b.people.are(alice)
			b.answer(s, push.OutcomeDelivered)
		}},
		{"gone before a retry", alice, 2003, func(b *bench) {
			b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
			b.answer(b.wantSent("sms", phone), push.OutcomeFailedForNow)
			b.people.are(alice)
			b.advance(time.Second)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms", Retry: policy.Retry{Times: 1, After: time.Second}}))
			b.people.are(alice, phone)
			if tt.address == alice {
				b.accept(store.Push{}, "358400000001")
			}
			rec := b.acceptTo(store.Push{}, tt.address)
			tt.when(b)
			if r := b.final(rec.Deliveries[0]).Result; r.State != store.Undeliverable || r.Code != tt.code {
				t.Errorf("the result is %+v, want undeliverable with %d", r, tt.code)
			}
			b.noneSent()
			b.nothingLeft()
		})
	}
}

// TestResolvedWhenDispatched lets the terminal be another one than when the push was accepted, in each place in which it waits.
func TestResolvedWhenDispatched(t *testing.T) {
	for _, wait := range []string{"for deliver-after", "for its turn"} {
		t.Run(wait, func(t *testing.T) {
			b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms"}))
			b.people.are(alice, phone)
			p := store.Push{PushID: "it"}
			var before sentItem
			if wait == "for deliver-after" {
				p.DeliverAfter = start.Add(time.Hour)
			} else {
				b.accept(store.Push{}, "358400000001")
				before = b.nextSent()
			}
			b.acceptTo(p, alice)
			b.noneSent()
			b.people.are(alice, other)
			if wait == "for deliver-after" {
				b.advance(time.Hour)
			} else {
				b.answer(before, push.OutcomeDelivered)
			}
			s := b.wantSent("sms", other)
			if s.PushID != "it" || s.Terminal.MSISDN != "358400000002" {
				t.Errorf("sent %+v", s.Delivery)
			}
			b.answer(s, push.OutcomeDelivered)
			b.nothingLeft()
		})
	}
}

// TestSpreadAfterWaiting lets a user get a second terminal while a push waits for the first, which then is not the user's any more.
func TestSpreadAfterWaiting(t *testing.T) {
	for _, terminals := range []string{policy.TerminalsAny, policy.TerminalsAll} {
		t.Run(terminals, func(t *testing.T) {
			b := newTown(t, to(terminals, policy.Attempt{Bearer: "pdp"}))
			b.people.are(alice, phone)
			b.accept(store.Push{}, "358400000001")
			before := b.nextSent()
			b.acceptTo(store.Push{DeliverBefore: start.Add(time.Hour)}, alice)
			b.noneSent()
			b.people.are(alice, other, tablet)
			b.answer(before, push.OutcomeDelivered)
			b.answer(b.wantSent("pdp", other), push.OutcomeAccepted)
			if terminals == policy.TerminalsAll {
				b.answer(b.wantSent("pdp", tablet), push.OutcomeAccepted)
			}
			b.nothingLeft()
		})
	}
}

// TestReachableBeforeTheTimer has a terminal come back at the moment at which deliver-after passes. Nothing is known yet of who it is.
func TestReachableBeforeTheTimer(t *testing.T) {
	b := newTown(t, to(policy.TerminalsAny, policy.Attempt{Bearer: "sms"}))
	b.people.are(alice, phone)
	b.acceptTo(store.Push{DeliverAfter: start.Add(time.Hour)}, alice)
	b.settle()
	b.box.post(func() {
		b.clock.Advance(time.Hour)
		b.wakeLane(b.lanes[alice.String()])
	})
	b.answer(b.wantSent("sms", phone), push.OutcomeDelivered)
	b.nothingLeft()
}

// TestNumbersAskNobody keeps the directory off the way of a push that needs nothing of it.
func TestNumbersAskNobody(t *testing.T) {
	number := push.Address{Type: push.PLMN, Value: "+358400000001"}
	tests := []struct {
		name    string
		attempt policy.Attempt
		inputs  []push.Input
		asked   bool
	}{
		{"a bearer without routing", policy.Attempt{Bearer: "sms"}, []push.Input{push.InputMSISDN}, false},
		{"a routing strategy", policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}, nil, true},
		{"an encoder that needs the IMSI", policy.Attempt{Bearer: "sms"}, []push.Input{push.InputIMSI}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b := newTown(t, one(tt.attempt))
			wbxml := b.plugins.infos["wbxml"]
			wbxml.Inputs = tt.inputs
			b.plugins.infos["wbxml"] = wbxml
			b.plugins.encode = func(r push.EncodeRequest) (push.Message, error) {
				imsi, _ := r.Input(push.InputIMSI)
				return push.Message{Body: imsi}, nil
			}
			b.people.are(number, phone)
			b.people.of[number][0].Subscriber.IMSI = "244910000000001"
			b.people.online(number, phone, "10.45.0.7", 7)
			rec := b.acceptTo(store.Push{Message: push.Message{ContentType: "text/vnd.wap.si"}}, number)
			s := b.wantSent(tt.attempt.Bearer, phone)
			b.answer(s, push.OutcomeDelivered)
			says := strings.Contains(steps(b.final(rec.Deliveries[0]).Attempts[0]), "resolve: the terminal is online at 10.45.0.7 (ggsn ggsn1, apn internet)")
			if asked := b.people.times() > 0; asked != tt.asked || says != tt.asked {
				t.Errorf("the directory was asked: %v, the timeline says so: %v, want %v", asked, says, tt.asked)
			}
			if len(tt.inputs) > 0 && tt.asked && string(s.Message.Body) != "244910000000001" {
				t.Errorf("the encoder was given the IMSI %q", s.Message.Body)
			}
		})
	}
}

// TestAddressPush is to the terminal that has the address, in that terminal's lane.
func TestAddressPush(t *testing.T) {
	b := newTown(t, one(policy.Attempt{Bearer: "pdp", Routing: []string{"a"}}))
	addr := push.Address{Type: push.IPv4, Value: "10.45.0.7"}
	b.people.are(addr, phone)
	b.people.online(addr, phone, "10.45.0.7", 7)
	b.acceptTo(store.Push{}, addr)
	if s := b.wantSent("pdp", phone); s.Route.Session.Address != netip.MustParseAddr("10.45.0.7") || s.Terminal.Address != addr {
		t.Errorf("sent %+v", s.Delivery)
	}
}

// TestWithoutADirectory serves what stands for itself, and leaves users to bearers that know them.
func TestWithoutADirectory(t *testing.T) {
	b := newTown(t, one(policy.Attempt{Bearer: "sms"}, policy.Attempt{Bearer: "pdp"}))
	b.people = nil
	b.Stop()
	b.open(one(policy.Attempt{Bearer: "sms"}, policy.Attempt{Bearer: "pdp"}))
	rec := b.acceptTo(store.Push{}, alice)
	s := b.wantSent("pdp", alice.String())
	b.answer(s, push.OutcomeAccepted)
	if f := b.final(rec.Deliveries[0]); f.Result.State != store.Delivered || strings.Contains(steps(f.Attempts[1]), "resolve") {
		t.Errorf("the result is %+v, with\n%s", f.Result, steps(f.Attempts[1]))
	}
}
