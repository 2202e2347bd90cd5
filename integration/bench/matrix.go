//go:build linux

package main

import (
	"fmt"
	"os"
)

// A matrix is which rows are run, in this order: the gateways take turns, and one repetition is over before the next begins.
type matrix struct {
	rows        []row
	repetitions int
	suspended   int // pushes that are never answered, 0 for none
	beside      int // pushes of a load before and beside them
}

const (
	// offeredRate is the fixed rate of the rows in the open loop, in pushes a second.
	offeredRate    = 1000
	offeredSeconds = 15
	// most is the most connections that rows have.
	most = 64
)

// fullMatrix is what make bench runs. Kannel gets so many pushes in a run, and ppgbox twice as many.
func fullMatrix(pushes, repetitions int) matrix {
	m := matrix{repetitions: repetitions, suspended: 100_000, beside: pushes}
	for _, segments := range []int{1, 3} {
		for _, connections := range []int{1, 16, most} {
			k := row{Gateway: "kannel", Wapboxes: 1, Segments: segments, Connections: connections, Pushes: pushes}
			if connections == 1 {
				k.Pushes /= 2 // one connection alone takes several times as long
			}
			p := row{Gateway: "ppgbox", Segments: segments, Connections: connections, Pushes: 2 * k.Pushes}
			m.rows = append(m.rows, k, p)
			if connections == most {
				k.Wapboxes, p.Notified = 2, true
				m.rows = append(m.rows, k, p)
			}
		}
	}
	m.rows = append(m.rows, onlineMatrix(pushes, 1).rows[1:]...)
	k := row{Gateway: "kannel", Wapboxes: 1, Segments: 1, Connections: most, Offered: offeredRate, Pushes: offeredRate * offeredSeconds}
	p := k
	p.Gateway, p.Wapboxes = "ppgbox", 0
	n := p
	n.Notified = true
	m.rows = append(m.rows, k, p, n)
	return m
}

// quickMatrix tries every part of the bench. Its figures mean nothing.
func quickMatrix() matrix {
	return matrix{repetitions: 1, suspended: 500, beside: 100, rows: []row{
		{Gateway: "kannel", Wapboxes: 2, Segments: 3, Connections: 16, Pushes: 400},
		{Gateway: "ppgbox", Segments: 3, Connections: 16, Notified: true, Pushes: 400},
		{Gateway: "ppgbox", Segments: 1, Connections: 16, Offered: offeredRate, Pushes: 400},
		{Gateway: "ppgbox", Segments: 1, Connections: 16, Pushes: 400, Online: true},
	}}
}

// run runs the whole matrix and says on standard error how far it is.
func (m matrix) run(b *bench) (*report, error) {
	rep := &report{Machine: thisMachine(), Repetitions: m.repetitions}
	for i := range m.repetitions {
		for _, r := range m.rows {
			s, err := b.run(r)
			if err != nil {
				return nil, err
			}
			fmt.Fprintf(os.Stderr, "%d/%d %s: %.0f pushes/s, %.3f ms CPU, p50 %.1f ms, p99 %.1f ms, generator %.3f ms\n",
				i+1, m.repetitions, r, s.PushesPerSecond, s.CPU, s.Submit.P50, s.Submit.P99, s.Generator)
			rep.Samples = append(rep.Samples, s)
		}
	}
	if m.suspended > 0 {
		s, err := b.suspend(m.suspended, m.beside)
		if err != nil {
			return nil, err
		}
		rep.Suspended = s
	}
	return rep, nil
}
