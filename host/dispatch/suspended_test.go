package dispatch

import (
	"bytes"
	"fmt"
	"net/netip"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// silent is a store that answers at once and a bearer that never does.
type silent struct{ instant }

func (s *silent) Deliver(string, push.Delivery) {}

func (s *silent) Encode(_ string, r push.EncodeRequest, _ time.Duration, done func(push.Message, error)) {
	m := push.Message{ContentType: string([]byte("application/vnd.wap.sic")), Body: bytes.Clone(r.Message.Body[:len(r.Message.Body)/3])}
	for _, h := range r.Message.Headers {
		m.Headers = append(m.Headers, push.Header{Name: string([]byte(h.Name)), Value: string([]byte(h.Value))})
	}
	done(m, nil)
}

func (s *silent) Route(_ string, _ push.RouteRequest, _ time.Duration, done func(push.Route, error)) {
	done(push.Route{}, push.ErrNotHere)
}

// everybody is a directory in which every user has as many terminals, without keeping any.
type everybody int

func (e everybody) Resolve(a push.Address) ([]subscriber.Terminal, error) {
	if a.Type == push.PLMN {
		return []subscriber.Terminal{{Lane: a.String(), Subscriber: push.Subscriber{Address: a, MSISDN: a.MSISDN()}}}, nil
	}
	var list []subscriber.Terminal
	number, _, _ := strings.Cut(a.Value, "@")
	for n := range int(e) {
		m := push.MSISDN(fmt.Sprint(number, n))
		list = append(list, subscriber.Terminal{Lane: "PLMN:+" + string(m), Subscriber: push.Subscriber{
			Address: a, MSISDN: m, IMSI: push.IMSI("24491" + m[:10]),
			Sessions: []push.Session{{
				GGSN: "ggsn1", APN: "internet", Address: netip.AddrFrom4([4]byte{10, 45, 0, byte(n)}), Generation: 1 << 40, Expires: start.Add(time.Hour),
			}},
		}})
	}
	return list, nil
}

func (everybody) Live(uint64) bool           { return true }
func (everybody) Since(netip.Addr) time.Time { return time.Time{} }

// BenchmarkSuspended is what a delivery costs in memory while its bearer does not answer: as a push from the network brings it,
// encoded, with one attempt behind it that found no way.
func BenchmarkSuspended(b *testing.B) {
	number := func(n int) push.Address {
		return push.Address{Type: push.PLMN, Value: fmt.Sprint("+", 358_000_000_000+n)}
	}
	user := func(n int) push.Address {
		return push.Address{Type: push.USER, Value: fmt.Sprint(35_800_000_000+n, "@push.example")}
	}
	for _, bb := range []struct {
		name        string
		subscribers Subscribers
		terminals   string
		address     func(n int) push.Address
	}{
		{"number", nil, policy.TerminalsAny, number},
		{"number with directory", everybody(1), policy.TerminalsAny, number},
		{"user", everybody(1), policy.TerminalsAny, user},
		{"any of 2 terminals", everybody(2), policy.TerminalsAny, user},
		{"all of 2 terminals", everybody(2), policy.TerminalsAll, user},
	} {
		b.Run(bb.name, func(b *testing.B) { suspend(b, bb.subscribers, bb.terminals, bb.address) })
	}
}

func suspend(b *testing.B, subscribers Subscribers, terminals string, address func(n int) push.Address) {
	s := &silent{instant{info: plugin.Info{
		Kind: plugin.KindBearer, Confirms: true, AddressTypes: []push.AddressType{push.PLMN},
	}}}
	fake := clock.NewFake(start)
	s.d = New(Options{
		Clock: fake, Store: s, Plugins: s, Log: hclog.NewNullLogger(), NotifyFor: time.Hour, Subscribers: subscribers,
		Notify: func(*store.Push, *store.Delivery, *store.Notification) {},
	})
	set, err := policy.New(
		[]policy.Policy{to(
			terminals,
			policy.Attempt{Bearer: "pdp", Routing: []string{"ipsegment"}}, policy.Attempt{Bearer: "sms", Within: time.Hour},
		)},
		[]policy.EncoderInfo{{Instance: "wbxml", Takes: []string{"text/vnd.wap.si"}}},
		[]policy.BearerInfo{{Instance: "pdp", Info: s.info}, {Instance: "sms", Info: s.info}},
	)
	if err != nil {
		b.Fatal(err)
	}
	go s.d.Run(set)
	defer s.d.Stop()
	s.d.Window("sms", 2*b.N, "")
	before := inUse()
	for n := range b.N {
		a := address(n)
		p := &store.Push{
			ID: int64(2 * n), Initiator: string([]byte("initiator")), PushID: fmt.Sprintf("%d@initiator.example", n), Received: start,
			DeliverBefore: start.Add(24 * time.Hour), PAPVersion: "2.0",
			Message: push.Message{
				ContentType: string([]byte("text/vnd.wap.si")), Body: make([]byte, 300),
				Headers: []push.Header{{Name: "X-Wap-Application-Id", Value: string([]byte("x-wap-application:wml.ua"))}},
			},
		}
		s.d.Add(&store.Record{Push: p, Deliveries: []*store.Delivery{{
			ID: int64(2*n + 1), Push: p.ID, Address: a, AddressText: "WAPPUSH=" + a.Value + "/TYPE=PLMN@ppg.example", Lane: a.String(),
			Result: store.Result{State: store.Pending},
		}}})
	}
	settleAll(s.d, fake)
	after := inUse()
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/float64(b.N), "B/delivery")
	b.ReportMetric(float64(after.HeapObjects-before.HeapObjects)/float64(b.N), "objects/delivery")
	runtime.KeepAlive(s)
}

// settleAll waits until all that was posted is worked off, and lets time pass in which nothing happens.
func settleAll(d *Dispatcher, fake *clock.Fake) {
	for range 30 {
		done := make(chan struct{})
		d.box.post(func() { close(done) })
		<-done
		fake.Advance(100 * time.Millisecond)
	}
}

func inUse() (m runtime.MemStats) {
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}

// BenchmarkFold is what it costs to fold the papers of a job and to unfold them again.
func BenchmarkFold(b *testing.B) {
	d := New(Options{})
	e := &encodingOf{encoder: "wbxml", done: true, message: filled[push.Message](1)}
	c := &content{push: &store.Push{PushID: "p", Received: start}, encodings: []*encodingOf{e}}
	a := filled[store.Attempt](100)
	j := &job{
		papers: &papers{content: c, delivery: &store.Delivery{ID: 1}, encoding: e, attempt: &a},
		lane:   &lane{name: testLane},
	}
	b.ReportAllocs()
	for b.Loop() {
		d.fold(j)
		d.unfold(j)
	}
}
