package sms

import (
	"fmt"
	"testing"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// Pushes through the bearer, with an SMSC in the same process that answers at once: the CPU time is that of both.
func BenchmarkPushes(b *testing.B) {
	for _, segments := range []int{1, 2} {
		b.Run(fmt.Sprintf("segments=%d", segments), func(b *testing.B) {
			s := startSMSC(b, nil)
			s.counted()
			p, _ := start(b, s, "")
			g := &counter{bearer: p, places: make(chan struct{}, 500)}
			p.Open(g)
			ds := make([]push.Delivery, 1000)
			for i := range ds {
				ds[i] = deliveryOf(fmt.Sprint(i), fmt.Sprint(358400000000+i), segments)
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				g.places <- struct{}{}
				d := ds[i%len(ds)]
				d.ID = fmt.Sprint(i)
				p.Start(d)
			}
			for range cap(g.places) {
				g.places <- struct{}{}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "pushes/s")
		})
	}
}

// counted leaves out what a benchmark does not look at.
func (s *smsc) counted() { s.submit = nil }

// counter is a gateway that keeps 500 deliveries in flight.
type counter struct {
	bearer *Plugin
	places chan struct{}
}

func (c *counter) Result(id string, o push.Outcome) {
	if o.Kind != push.OutcomeDelivered {
		panic(fmt.Sprint(id, o))
	}
	<-c.places
}
func (c *counter) Progress(id string, n uint64, _ []byte) { c.bearer.Stored(id, n) }
func (c *counter) Event(push.Event)                       {}
func (c *counter) Window(int, string)                     {}
