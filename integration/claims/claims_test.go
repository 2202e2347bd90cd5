//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"sync"
	"testing"

	"github.com/ppgbox/ppgbox/integration/peers"
	"github.com/ppgbox/ppgbox/integration/wire"
)

var folder string // of the programs, set by TestMain

// programs are compiled once, when the first test needs them.
var programs = sync.OnceValues(func() (binaries, error) { return build(folder) })

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "claims-test-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// runOf runs an arm.
func runOf(t *testing.T, a arm, p plan) []*record {
	t.Helper()
	b, err := programs()
	if err != nil {
		t.Fatal(err)
	}
	records, err := run(t.Context(), b, a, p)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// Every arm runs, with few pushes and as real processes. That nothing came garbled or twice, and that every push has a result, is a part
// of run. How long it took means nothing here.
func TestArms(t *testing.T) {
	for _, a := range allArms {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			p := plan{cells: quickCells(), pushes: 8, rate: 100, compression: 60, storedFaster: 10, seed: 1}.of(a)
			records := runOf(t, a, p)
			for _, c := range p.cells {
				all := of(records, c)
				if len(all) != p.pushes {
					t.Errorf("%+v: %d records, want %d", c, len(all), p.pushes)
				}
				delivered := 0
				for _, r := range all {
					whole := !r.shown[1].IsZero()
					if r.state == "delivered" {
						delivered++
					}
					switch {
					case r.told.IsZero():
						t.Errorf("%s has no result", r.number)
					case r.state == "delivered" && !whole:
						t.Errorf("%s is reported as delivered, its handset does not have it", r.number)
					case whole && r.shown[1].Before(r.sent.Add(p.machine(arrives))):
						t.Errorf("%s was there within %v", r.number, r.shown[1].Sub(r.sent))
					case whole && r.tries < c.Segments:
						t.Errorf("%s was there with %d of %d segments", r.number, r.tries, c.Segments)
					}
				}
				if delivered == 0 {
					t.Errorf("%+v: none of %d was delivered", c, len(all))
				}
				r := newRow(a, c, a.memories()[0], all, p.compression)
				r.expect(c, quickPlays)
				if c.Loss == 0 && (r.Expected != 1 || r.ExpectedLoad != float64(c.Segments)) {
					t.Errorf("without losses %.4f and %.4f segments are expected", r.Expected, r.ExpectedLoad)
				}
			}
		})
	}
}

// What reached the radio network, as tshark reads it: every push that a handset shows is put together by it too, with the same words.
func TestTsharkReadsTheSame(t *testing.T) {
	peers.Need(t, peers.Dumpcap, peers.Tshark)
	for _, a := range allArms {
		t.Run(string(a), func(t *testing.T) {
			t.Parallel() // most of the time is waiting
			// So slow that one is over before the next begins: tshark tells messages apart by their reference and not by their receiver.
			p := plan{cells: []cell{{3, 0, false}, {2, 20, false}}, pushes: 2, rate: 3, compression: 60, storedFaster: 10, seed: 2}.of(a)
			var capture *wire.Capture
			var port string
			p.captured = func(msc string) (func(), error) {
				var err error
				if _, port, err = net.SplitHostPort(msc); err != nil {
					return nil, err
				}
				capture = wire.Start(t, "tcp port "+port)
				return func() { capture.Stop(t) }, nil
			}
			records := runOf(t, a, p)
			read := map[string]bool{}
			for _, packet := range capture.Packets(t, "wbxml", "tcp.port=="+port+",smpp") {
				for _, one := range apart(packet) {
					document, err := one.Document()
					if err != nil {
						t.Fatal(err)
					}
					for _, e := range document.Elements {
						if e.Name == "indication" {
							read[e.Attributes["href"]+" "+e.Text] = true
						}
					}
				}
			}
			for _, r := range records {
				if !r.shown[1].IsZero() && !read[link(r.number)+" "+text(r.number, r.cell.Segments)] {
					t.Errorf("tshark did not read the push to %s; it read %v", r.number, read)
				}
			}
			if len(read) == 0 {
				t.Error("tshark read nothing")
			}
		})
	}
}

// apart returns a packet for each WBXML document in a packet: TCP may carry several PDUs in one.
func apart(p wire.Packet) []wire.Packet {
	var all []wire.Packet
	var look func([]wire.Field)
	look = func(fields []wire.Field) {
		for _, f := range fields {
			if f.Name == "wbxml" {
				all = append(all, wire.Packet{Protocols: []wire.Field{f}})
			} else {
				look(f.Fields)
			}
		}
	}
	look(p.Protocols)
	return all
}
