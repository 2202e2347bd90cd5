// Package heap makes garbage collection cheap in the gateway's processes, where little is live and much comes and goes.
package heap

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A heap may grow by room before it is collected, within the two percentages of what is live. What is live is small while
// pushes come and go, and collecting less often saves a tenth of the CPU time of each; with very many suspended deliveries it
// is large, and the room is better kept small.
const (
	room        = 64 << 20
	mostGrowth  = 400 // percent
	leastGrowth = 30
)

// Tune adjusts the garbage collector until the context ends, unless GOGC is set.
func Tune(ctx context.Context) {
	if os.Getenv("GOGC") != "" {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for set := 0; ; {
		metrics.Read(live)
		if p := growth(live[0].Value.Uint64()); p != set {
			debug.SetGCPercent(p)
			set = p
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// growth is by how many percent a heap with so many live octets may grow.
func growth(live uint64) int {
	return int(min(max(room*100/max(live, 1), leastGrowth), mostGrowth))
}
