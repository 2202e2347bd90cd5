package sqlite

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/store"
)

// BenchmarkRate is 1000 pushes a second, each finished a millisecond after it was accepted: what it costs when the store is far
// from busy, with ends that wait for company, and with such that do not. An operation is one push; CPU time is that of the process.
func BenchmarkRate(b *testing.B) {
	for _, linger := range []time.Duration{1, linger, 5 * linger} {
		b.Run(fmt.Sprint("linger=", linger), func(b *testing.B) { benchmarkRate(b, linger) })
	}
}

func benchmarkRate(b *testing.B, linger time.Duration) {
	path := b.TempDir() + "/ppgbox.db"
	s, err := openWith(path, Options{Path: path, Host: "test", Clock: clock.System()}, hooks{migrations: migrations(), linger: linger})
	if err != nil {
		b.Fatal(err)
	}
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := s.Claim(b.Context(), time.Hour); err != nil {
		b.Fatal(err)
	}
	transactions := 0
	s.Tell(func(store.Transaction) { transactions++ })
	body := make([]byte, 1024)
	var wait sync.WaitGroup
	check := func(err error) {
		if err != nil {
			b.Error(err)
		}
	}
	b.ResetTimer()
	cpu, start := processCPU(b), time.Now()
	for i := range b.N {
		time.Sleep(time.Until(start.Add(time.Duration(i) * time.Millisecond)))
		events := life(s, i, body, false)
		wait.Add(1)
		s.Commit(events[:1], func(err error) {
			check(err)
			time.AfterFunc(time.Millisecond, func() {
				s.Commit(events[1:], func(err error) {
					check(err)
					wait.Done()
				})
			})
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processCPU(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/push")
	b.ReportMetric(float64(transactions)/float64(b.N), "transactions/push")
	b.ReportMetric(0, "ns/op")
}
