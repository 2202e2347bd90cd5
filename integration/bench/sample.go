//go:build linux

package main

import (
	"slices"
	"time"
)

// A sample is what one run of a row found. CPU times are seconds for each 1000 accepted pushes.
type sample struct {
	Row row `json:"row"`

	Accepted   int `json:"accepted"`
	Refused    int `json:"refused"`
	Broken     int `json:"broken"`
	Complete   int `json:"complete"`
	Lost       int `json:"lost"`       // accepted, and not complete at the end
	Garbled    int `json:"garbled"`    // arrived, and not what was pushed
	Duplicates int `json:"duplicates"` // segments that came again
	Notified   int `json:"notified"`

	AcceptedPerSecond float64 `json:"accepted_per_s"`
	PushesPerSecond   float64 `json:"pushes_per_s"` // complete at the sink, from the first POST to the last submit
	Seconds           float64 `json:"seconds"`

	Answer latency `json:"post_to_answer"`
	Submit latency `json:"post_to_last_submit"`

	Processes []usage `json:"processes"` // of this load alone, but for memory
	CPU       float64 `json:"cpu_s_per_1000"`
	Generator float64 `json:"generator_cpu_s_per_1000"` // with the sink; not part of CPU
	Peak      float64 `json:"peak_rss_mib"`             // sum over all processes
	Stolen    float64 `json:"steal_pct"`                // of the machine's time, by the hypervisor

	FirstRefusal string `json:"first_refusal,omitempty"`
}

// A latency is in milliseconds.
type latency struct {
	P50 float64 `json:"p50_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

func newSample(r row, b *book, started int64) *sample {
	m := &sample{
		Row: r, Accepted: b.accepted, Refused: b.refused, Broken: b.broken, Complete: b.complete, Lost: max(b.accepted-b.complete, 0),
		Garbled: b.garbled, Duplicates: b.duplicates, Notified: b.notified, FirstRefusal: b.firstRefusal,
	}
	seconds := func(to int64) float64 { return max(time.Duration(to-started).Seconds(), 1e-9) }
	m.Seconds = seconds(b.lastArrival)
	m.AcceptedPerSecond = float64(b.accepted) / seconds(b.lastAnswer)
	m.PushesPerSecond = float64(b.complete) / m.Seconds
	var answers, submits []int64
	for _, p := range b.pushes {
		if p.answered > 0 {
			answers = append(answers, p.answered-p.due)
		}
		if p.whole {
			submits = append(submits, p.arrived-p.due)
		}
	}
	m.Answer, m.Submit = latencyOf(answers), latencyOf(submits)
	return m
}

// take books what the processes used.
func (m *sample) take(spent []usage, generator float64) {
	per := 1000 / float64(max(m.Accepted, 1))
	t := total(spent)
	m.Processes, m.CPU, m.Generator, m.Peak = spent, t.CPU*per, generator*per, t.Peak
}

// cpuOf returns what one process used, in milliseconds a push.
func (m *sample) cpuOf(process string) float64 {
	for _, p := range m.Processes {
		if p.Process == process {
			return p.CPU * 1000 / float64(max(m.Accepted, 1))
		}
	}
	return 0
}

func latencyOf(nanoseconds []int64) latency {
	if len(nanoseconds) == 0 {
		return latency{}
	}
	slices.Sort(nanoseconds)
	at := func(part float64) float64 {
		return float64(nanoseconds[min(int(part*float64(len(nanoseconds))), len(nanoseconds)-1)]) / 1e6
	}
	return latency{P50: at(0.5), P99: at(0.99), Max: at(1)}
}

// median of what a field of several samples is; 0 without samples.
func median(samples []*sample, field func(*sample) float64) float64 {
	var values []float64
	for _, s := range samples {
		values = append(values, field(s))
	}
	return medianOf(values)
}

func medianOf(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	switch n := len(sorted); {
	case n == 0:
		return 0
	case n%2 == 0:
		return (sorted[n/2-1] + sorted[n/2]) / 2
	default:
		return sorted[n/2]
	}
}
