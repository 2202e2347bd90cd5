package ggsn

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// crowd is how many contexts there are in the benchmarks.
const crowd = 100_000

// newCrowd is a GGSN with a context for each of many terminals.
func newCrowd(b *testing.B) (*GGSN, []push.IMSI) {
	b.Helper()
	p := newPeer(b)
	g := p.start(p.configuration("[ggsn]\ncontexts = 200000", "[gtp]\ncreate_rate = \"\"", "[addresses]\npool = [\"10.32.0.0/14\"]"), clock.System())
	list := make([]push.IMSI, crowd)
	for i := range list {
		list[i] = push.IMSI(fmt.Sprintf("24001%010d", i))
		m := p.create(list[i])
		c, cause := g.accept(&gtp.Request{From: p.to.AddrPort()}, m)
		if !cause.Accepted() {
			b.Fatal(cause)
		}
		g.begun(c)
	}
	return g, list
}

// BenchmarkPush is a push to a context that is there, of 100,000, from the gateway's word to its result. The CPU time is that of the whole
// process, and of the kernel that takes the packet from it.
func BenchmarkPush(b *testing.B) {
	g, list := newCrowd(b)
	payload := make([]byte, 300)
	var answered atomic.Int64
	done := func(node.Result) { answered.Add(1) }
	b.ReportAllocs()
	before := cpu(b)
	i := 0
	for ; b.Loop(); i++ {
		g.Push(node.Push{
			ID: "id", IMSI: list[i*7919%crowd], Payload: payload, SourcePort: 9200, TerminalPort: 2948, Within: time.Minute,
		}, done)
	}
	g.Flush()
	for answered.Load() < int64(i) {
		time.Sleep(time.Millisecond)
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(i), "CPU-us/push")
}

// BenchmarkMemory is what a context takes of the whole node.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		g, _ := newCrowd(b)
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/crowd, "octets/context")
		g.close()
	}
}

// BenchmarkCreate is a Create and the Delete of its context, over the sockets of the machine.
func BenchmarkCreate(b *testing.B) {
	p := newPeer(b)
	p.start(p.configuration("[gtp]\ncreate_rate = \"\"", "[addresses]\nquarantine = \"0s\""), clock.System())
	before := cpu(b)
	n := 0
	for ; b.Loop(); n++ {
		r := p.up(p.create(imsi2))
		p.ask(*r.TEIDControl, &gtp.DeletePDPContextRequest{NSAPI: 5})
	}
	b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/1e3/float64(n), "CPU-us/context")
}

// cpu is what the process took so far.
func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
