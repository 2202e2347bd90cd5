package dispatch

import (
	"sync"
	"sync/atomic"
)

// A ledger counts the deliveries that are not final, in all and by Push Initiator. There are as many initiators as the
// configuration has had since the start.
type ledger struct {
	all         atomic.Int64
	byInitiator sync.Map // of string to *atomic.Int64
}

func (l *ledger) add(initiator string, n int64) {
	l.all.Add(n)
	l.of(initiator).Add(n)
}

func (l *ledger) of(initiator string) *atomic.Int64 {
	if v, ok := l.byInitiator.Load(initiator); ok {
		return v.(*atomic.Int64)
	}
	v, _ := l.byInitiator.LoadOrStore(initiator, new(atomic.Int64))
	return v.(*atomic.Int64)
}

// Pending is the number of deliveries that are not final.
func (d *Dispatcher) Pending() int { return int(d.pending.all.Load()) }

// PendingOf is the number of those that one Push Initiator submitted.
func (d *Dispatcher) PendingOf(initiator string) int { return int(d.pending.of(initiator).Load()) }
