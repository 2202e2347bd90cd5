//go:build linux

package main

import (
	"fmt"
	"os"
)

// A suspension is what ppgbox does with pushes on the wire to an SMSC that does not answer.
type suspension struct {
	Pushes    int     `json:"pushes"`
	OnTheWire int     `json:"on_the_wire"` // that the sink got, and did not answer
	Took      float64 `json:"took_s"`      // from the first POST to the last submit
	// RSS is the resident memory of all processes with them suspended, in MiB, after further pushes went past them.
	RSS       float64 `json:"rss_mib"`
	Processes []usage `json:"processes"`
	// Before and Beside are pushes a second without and with them, each over the same 64 connections and links.
	Before []float64 `json:"pushes_per_s_before"`
	Beside []float64 `json:"pushes_per_s_beside"`
	Ratio  float64   `json:"ratio"` // of the medians, beside to before
	Lost   int       `json:"lost"`
}

const (
	suspendedConnections = 64
	// suspendedPatience is the answer's and the push's time, so that nothing is given up while it lasts.
	suspendedPatience = "30m"
	suspendedRounds   = 3
)

// suspend measures a suspension: the rate of answered pushes before and beside so many that are never answered.
func (b *bench) suspend(count, pushes int) (*suspension, error) {
	r := row{Gateway: "ppgbox", Segments: 1, Connections: suspendedConnections, Pushes: pushes}
	s, err := b.open(r, func(p *ppgboxSettings) {
		p.Patient = suspendedPatience
		p.Links, p.Window = 2, count/2+5000 // one link has at most 100,000 places
	})
	if err != nil {
		return nil, fmt.Errorf("suspended pushes: %w", err)
	}
	defer s.close()
	result := &suspension{Pushes: count}
	round := func(into *[]float64) error {
		started := s.loop.now()
		book, err := s.load(r, pushes, true)
		if err != nil {
			return fmt.Errorf("suspended pushes: %w", err)
		}
		m := newSample(r, book, started)
		*into = append(*into, m.PushesPerSecond)
		result.Lost += m.Lost + m.Refused + m.Garbled + m.Duplicates
		return s.loop.runFor(settle)
	}
	var warm []float64
	if err := round(&warm); err != nil {
		return nil, err
	}
	for range suspendedRounds {
		if err := round(&result.Before); err != nil {
			return nil, err
		}
	}
	first, started := s.next, s.loop.now()
	s.sink.silent = func(n int) bool { return n >= first && n < first+count }
	book, err := s.load(r, count, true)
	if err != nil {
		return nil, fmt.Errorf("suspended pushes: %w", err)
	}
	m := newSample(r, book, started)
	result.OnTheWire, result.Took = book.complete, m.Seconds
	fmt.Fprintf(os.Stderr, "suspended: %d of %d on the wire after %.0f s, %d refused\n", book.complete, count, m.Seconds, book.refused)
	for range suspendedRounds {
		if err := round(&result.Beside); err != nil {
			return nil, err
		}
	}
	result.Processes = s.gateway.usage()
	result.RSS = total(result.Processes).RSS
	result.Ratio = medianOf(result.Beside) / max(medianOf(result.Before), 1)
	return result, nil
}
