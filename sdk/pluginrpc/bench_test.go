package pluginrpc

import (
	"context"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// The benchmarks hold inFlight items open over the real gRPC path in one process, so that time and allocations are those of
// both sides together.
const inFlight = 256

func benchSubscriber() push.Subscriber {
	return push.Subscriber{
		Address: push.Address{Type: push.PLMN, Value: "+358401234567"}, MSISDN: "358401234567", IMSI: "244051234567890",
		Sessions: []push.Session{{GGSN: "ggsn1", APN: "internet", Address: netip.MustParseAddr("10.1.2.3"), Generation: 7}},
	}
}

func BenchmarkRoutingHop(b *testing.B) { benchmarkRouting(b, inFlight) }

// One item at a time: what a hop costs where nothing can be batched.
func BenchmarkRoutingHopAlone(b *testing.B) { benchmarkRouting(b, 1) }

func benchmarkRouting(b *testing.B, open int) {
	session := benchSubscriber().Sessions[0]
	f := &fakeRouting{route: func(context.Context, push.RouteRequest) (push.Route, error) {
		return push.Route{Node: "ggsn1", APN: "internet", Session: &session}, nil
	}}
	s, err := loopback(b, f).OpenRouting(b.Context(), newRecorder())
	if err != nil {
		b.Fatal(err)
	}
	req := push.RouteRequest{
		PushID: "4711@pi.example.net", Subscriber: benchSubscriber(), ApplicationID: push.DefaultApplicationID, Size: 200,
	}
	slots := make(chan struct{}, open)
	b.ReportAllocs()
	for b.Loop() {
		slots <- struct{}{}
		s.Route(req, 10*time.Second, func(_ push.Route, err error) {
			if err != nil {
				b.Error(err)
			}
			<-slots
		})
	}
	for range open {
		slots <- struct{}{}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

func BenchmarkBearerHop(b *testing.B) {
	p := &fakeBearer{window: inFlight}
	p.start = func(d push.Delivery, h BearerHost) {
		h.Result(d.ID, push.Outcome{Kind: push.OutcomeAccepted, Code: 1000, Cause: "ESME_ROK"})
	}
	events := &benchEvents{slots: make(chan struct{}, inFlight)}
	s, err := loopback(b, p).OpenBearer(b.Context(), events)
	if err != nil {
		b.Fatal(err)
	}
	d := push.Delivery{
		PushID: "4711@pi.example.net", Lane: "PLMN:+358401234567", Terminal: benchSubscriber(), Timeout: time.Minute,
		Message: push.Message{ContentType: "application/vnd.wap.sic", Body: make([]byte, 800), Headers: []push.Header{
			{Name: "X-Wap-Application-Id", Value: "x-wap-application:wml.ua"}, {Name: "Content-Length", Value: "800"},
		}},
		Route: push.Route{Node: "smsc1"},
	}
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		events.slots <- struct{}{}
		n++
		d.ID = strconv.Itoa(n)
		s.Deliver(d)
	}
	for range inFlight {
		events.slots <- struct{}{}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
}

type benchEvents struct{ slots chan struct{} }

func (e *benchEvents) Result(string, push.Outcome)   { <-e.slots }
func (*benchEvents) Window(int, string)              {}
func (*benchEvents) Closed(error)                    {}
func (*benchEvents) Progress(string, uint64, []byte) {}
func (*benchEvents) Event(push.Event)                {}
