// Package heap makes garbage collection cheap in the gateway's processes, where little is live and much comes and goes.
package heap

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// A heap may grow by room before it is collected, within the two percentages of what is live. While pushes come and go some
// megabytes are live, and a heap of five times that is collected so seldom that it costs next to nothing. With very many
// suspended deliveries a hundred megabytes are, and the room is what is resident beside them: more of it makes collections
// rarer, which are then a tenth of what a push costs.
const (
	room        = 48 << 20
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
