package smstx

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// mostly answers what is for the terminals of new messages at once, and nothing else.
type mostly struct{}

func (mostly) Submit(s Segment) bool {
	if s.Message.Priority > 0 {
		s.Answered(Answer{Verdict: Through})
	}
	return true
}

// New messages beside 100,000 that wait for an answer: the time from Add to the result, whose 99th percentile is told.
func BenchmarkBesideSuspended(b *testing.B) {
	const n = 100_000
	for _, suspended := range []int{0, n} {
		b.Run(fmt.Sprint("suspended=", suspended), func(b *testing.B) {
			e := New(Options{Link: mostly{}})
			none := func(*Message, Result) {}
			for i := range suspended {
				_ = e.Add(&Message{Terminal: fmt.Sprint(i), Segments: make(Octets, 2), Window: time.Hour, Done: none})
			}
			var took []time.Duration
			var began time.Time
			ended := func(*Message, Result) { took = append(took, time.Since(began)) }
			segments := make(Octets, 2)
			b.ReportAllocs()
			for b.Loop() {
				began = time.Now()
				_ = e.Add(&Message{Terminal: "new", Priority: 1, Segments: segments, Window: time.Minute, Done: ended})
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*99/100].Nanoseconds()), "p99-ns")
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(len(took)), "ns/message")
			e.mu.Lock()
			if e.alarm != nil {
				e.alarm()
			}
			e.mu.Unlock()
		})
	}
}
