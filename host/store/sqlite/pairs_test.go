package sqlite

import (
	"fmt"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/store"
)

// BenchmarkPairs is what the writer alone costs: transactions of so many pushes that are accepted, and then as many that are
// finished (apart), or of so many that are accepted with the ends of those before them (together), as it is when ends wait for
// company. An operation is one push; CPU time is that of the process, without what encodes the events.
func BenchmarkPairs(b *testing.B) {
	for _, together := range []bool{false, true} {
		for _, pairs := range []int{1, 16, 32} {
			b.Run(fmt.Sprintf("together=%t/pairs=%d", together, pairs), func(b *testing.B) { benchmarkPairs(b, pairs, together) })
		}
	}
}

func benchmarkPairs(b *testing.B, pairs int, together bool) {
	s := openIn(b, b.TempDir())
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	if _, err := s.Claim(b.Context(), time.Hour); err != nil {
		b.Fatal(err)
	}
	var octets, transactions int64
	s.Tell(func(t store.Transaction) {
		octets += t.Octets
		if t.Calls > 0 {
			transactions++
		}
	})
	var cpu, took time.Duration
	write := func(calls ...*call) { // in the writer's goroutine, between two transactions
		err := s.do(b.Context(), func() error { return nil }, func() {
			start, from := time.Now(), processCPU(b)
			s.writer.write(calls)
			took += time.Since(start)
			cpu += processCPU(b) - from
		})
		if err != nil {
			b.Fatal(err)
		}
		for _, c := range calls {
			if c.err != nil {
				b.Fatal(c.err)
			}
		}
	}
	body := make([]byte, 1024)
	var ends []*call
	n := 0
	for ; n < b.N; n += pairs {
		var accepts, finishes []*call
		for i := range pairs {
			list := life(s, n+i, body, false)
			accepts, finishes = append(accepts, callOf(b, list[0])), append(finishes, callOf(b, list[1]))
		}
		if together {
			write(append(accepts, ends...)...)
			ends = finishes
			continue
		}
		write(accepts...)
		write(finishes...)
	}
	b.ReportMetric(float64(cpu.Nanoseconds())/float64(n), "cpu-ns/push")
	b.ReportMetric(float64(took.Nanoseconds())/float64(n), "ns/push")
	b.ReportMetric(float64(octets)/float64(n)/4120, "pages/push")
	b.ReportMetric(float64(transactions)/float64(n), "transactions/push")
	b.ReportMetric(0, "ns/op")
}

func callOf(b *testing.B, e store.Event) *call {
	c, size, err := newChange(e)
	if err != nil {
		b.Fatal(err)
	}
	return &call{changes: []change{c}, size: size}
}

// BenchmarkEncode is what the callers of Commit do: both events of a push become changes.
func BenchmarkEncode(b *testing.B) {
	s := openIn(b, b.TempDir())
	defer func() {
		if err := s.Close(); err != nil {
			b.Error(err)
		}
	}()
	events := life(s, 1, make([]byte, 1024), false)
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range events {
			if _, _, err := newChange(e); err != nil {
				b.Fatal(err)
			}
		}
	}
}
