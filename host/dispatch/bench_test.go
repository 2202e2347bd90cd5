package dispatch

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// instant is a store and plugins that answer at once.
type instant struct {
	memory
	d    *Dispatcher
	info plugin.Info
}

func (i *instant) Commit(_ []store.Event, done func(error)) { done(nil) }
func (i *instant) NextIDs(int) int64                        { return 1 }
func (i *instant) Info(string) (plugin.Info, bool)          { return i.info, true }
func (i *instant) Cancel(string, string)                    {}
func (i *instant) Stored(string, string, uint64)            {}
func (i *instant) Deliver(instance string, dl push.Delivery) {
	i.d.Result(instance, dl.ID, push.Outcome{Kind: push.OutcomeDelivered})
}

func (i *instant) Encode(_ string, r push.EncodeRequest, _ time.Duration, done func(push.Message, error)) {
	done(r.Message, nil)
}

func (i *instant) Route(_ string, _ push.RouteRequest, _ time.Duration, done func(push.Route, error)) {
	done(push.Route{Node: "ggsn1"}, nil)
}

// BenchmarkDelivery is what the dispatcher itself costs for a push to one recipient: plan, encode, route, send, outcome.
func BenchmarkDelivery(b *testing.B) {
	number := func(n int) push.Address { return push.Address{Type: push.PLMN, Value: fmt.Sprint("+", 1_000_000+n)} }
	user := func(n int) push.Address {
		return push.Address{Type: push.USER, Value: fmt.Sprint(35_800_000_000+n, "@push.example")}
	}
	b.Run("number", func(b *testing.B) { deliver(b, nil, number, "a") })
	b.Run("number with directory", func(b *testing.B) { deliver(b, everybody(1), number) })
	b.Run("user", func(b *testing.B) { deliver(b, everybody(1), user, "a") })
}

func deliver(b *testing.B, subscribers Subscribers, address func(n int) push.Address, routing ...string) {
	i := &instant{info: plugin.Info{Kind: plugin.KindBearer, Confirms: true, AddressTypes: []push.AddressType{push.PLMN}}}
	i.d = New(Options{
		Clock: clock.System(), Store: i, Plugins: i, Log: hclog.NewNullLogger(), NotifyFor: time.Hour, Subscribers: subscribers,
		Notify: func(*store.Push, *store.Delivery, *store.Notification) {},
	})
	set, err := policy.New(
		[]policy.Policy{one(policy.Attempt{Bearer: "sms", Routing: routing})},
		[]policy.EncoderInfo{{Instance: "wbxml", Takes: []string{"text/vnd.wap.si"}}},
		[]policy.BearerInfo{{Instance: "sms", Info: i.info}},
	)
	if err != nil {
		b.Fatal(err)
	}
	go i.d.Run(set)
	defer i.d.Stop()
	i.d.Window("sms", 1000, "")
	b.ReportAllocs()
	b.ResetTimer()
	for n := range b.N {
		a := address(n)
		p := &store.Push{ID: int64(n), PushID: "p", Message: push.Message{ContentType: "text/vnd.wap.si"}}
		i.d.Add(&store.Record{Push: p, Deliveries: []*store.Delivery{
			{ID: int64(n), Push: p.ID, Address: a, Lane: a.String(), Result: store.Result{State: store.Pending}},
		}})
		for i.d.Pending() > 500 {
			time.Sleep(10 * time.Microsecond)
		}
	}
	for i.d.Pending() > 0 {
		time.Sleep(10 * time.Microsecond)
	}
}
