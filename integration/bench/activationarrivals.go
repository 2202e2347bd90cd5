//go:build linux

package main

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/ppgbox/ppgbox/contrib/sgsn"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// imsiPrefix stands before the number of the terminal, in ten digits: the IMSI of the terminal of push n.
const imsiPrefix = "24491"

func imsiOf(n int) push.IMSI {
	b := []byte(imsiPrefix + "0000000000")
	putNumber(b[len(imsiPrefix):], n)
	return push.IMSI(b)
}

// terminalOf is the number in an IMSI, -1 for another one.
func terminalOf(imsi push.IMSI) int {
	if len(imsi) != len(imsiPrefix)+10 || imsi[:len(imsiPrefix)] != imsiPrefix {
		return -1
	}
	n, err := strconv.Atoi(string(imsi[len(imsiPrefix):]))
	if err != nil {
		return -1
	}
	return n
}

// arrivals are what the SGSN saw: when the push of each terminal came. Its note is called from several goroutines.
type arrivals struct {
	began   time.Time      // of the clock of at; every push is due on it, too
	at      []atomic.Int64 // 0 for not yet
	carried atomic.Pointer[carrier]

	activated, arrived, again, garbled, strays atomic.Int64
}

// A carrier reads the number of the terminal that a push is for out of what came.
type carrier func(payload []byte) (terminal int, ok bool)

func newArrivals(terminals int) *arrivals {
	return &arrivals{began: time.Now(), at: make([]atomic.Int64, terminals)}
}

func (a *arrivals) note(e sgsn.Event) {
	switch e.Kind {
	case sgsn.Activated:
		a.activated.Add(1)
	case sgsn.Delivered:
		n := terminalOf(e.IMSI)
		if n < 0 || n >= len(a.at) {
			a.strays.Add(1)
			return
		}
		if carried, ok := (*a.carried.Load())(e.Datagram.Payload); !ok || carried != n {
			a.garbled.Add(1)
		}
		if !a.at[n].CompareAndSwap(0, int64(max(e.At.Sub(a.began), 1))) {
			a.again.Add(1)
			return
		}
		a.arrived.Add(1)
	case sgsn.Garbled:
		a.garbled.Add(1)
	case sgsn.Stray, sgsn.Unwanted:
		a.strays.Add(1)
	}
}

func (a *arrivals) count() int { return int(a.arrived.Load()) }

// await returns when so many pushes have arrived, or none has for some time.
func (a *arrivals) await(count int) {
	last, moved := a.count(), time.Now()
	for last < count && time.Since(moved) < quiet {
		time.Sleep(10 * time.Millisecond)
		if now := a.count(); now != last {
			last, moved = now, time.Now()
		}
	}
}

// forget begins anew with the same terminals.
func (a *arrivals) forget() {
	for i := range a.at {
		a.at[i].Store(0)
	}
	a.arrived.Store(0)
}
