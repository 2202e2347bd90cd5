package sms

import (
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smpp"
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

// The memory of a push on the wire to an SMSC that does not answer, over all that this process keeps of it: octets live after a
// collection, the push itself included.
func BenchmarkSuspended(b *testing.B) {
	const n = 100_000
	for _, tt := range []struct {
		mode     mode
		segments int
	}{{integrated, 1}, {integrated, 2}, {delegate, 1}, {delegate, 2}, {receipts, 2}} {
		b.Run(fmt.Sprintf("mode=%v/segments=%d", tt.mode, tt.segments), func(b *testing.B) {
			for range b.N {
				p, _ := startBearer(b, fmt.Sprintf("source = \"1\"\nmode = %q\nlink = [{ address = %q, system_id = \"ppg\", window = %d }]", tt.mode, sink(b), n))
				eventually(b, "the link is bound", func() bool { return p.links.Places() == n })
				g := &ignoring{p}
				p.Open(g)
				before := liveHeap()
				for i := range n {
					d := deliveryOf(fmt.Sprint("delivery-", i), fmt.Sprint(358400000000+i), tt.segments)
					d.Timeout = time.Hour
					p.Start(d)
				}
				eventually(b, "all is on the wire", func() bool { return outstanding(p) == n })
				b.ReportMetric(float64(liveHeap()-before)/n, "octets/push")
				_ = p.Close()
			}
		})
	}
}

// outstanding is how many pushes are on the air.
func outstanding(p *Plugin) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, t := range p.deliveries {
		if t.link != nil {
			n++
		}
	}
	return n
}

func liveHeap() int64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// sink is an SMSC that answers nothing but binds.
func sink(b *testing.B) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var running sync.WaitGroup
	b.Cleanup(func() { _ = l.Close(); running.Wait() })
	running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer func() { _ = conn.Close() }()
				h, err := readFrame(conn)
				if err != nil {
					return
				}
				answer, _ := smpp.Append(nil, smpp.StatusOK, h.Sequence, &smpp.BindResp{Mode: smpp.Transceiver, SystemID: "sink"})
				_, _ = conn.Write(answer)
				_, _ = io.Copy(io.Discard, conn)
			})
		}
	})
	return l.Addr().String()
}

// ignoring is a gateway that stores everything at once and waits for nothing.
type ignoring struct{ bearer *Plugin }

func (g *ignoring) Result(string, push.Outcome)            {}
func (g *ignoring) Progress(id string, n uint64, _ []byte) { g.bearer.Stored(id, n) }
func (g *ignoring) Event(push.Event)                       {}
func (g *ignoring) Window(int, string)                     {}

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
