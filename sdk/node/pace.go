package node

import (
	"runtime"
	"time"
)

// between is the least time from one frame to the next while each has little in it: what wakes a process is what a frame costs, and the
// pushes and results in it cost little. What comes alone is written at once.
const between = 5 * time.Millisecond

// enough is how many pushes or results make a frame that does not wait for more.
const enough = 128

// A pace keeps the frames of one writer apart.
type pace struct{ last time.Time }

// await returns when the next frame, with so much to write in it, is to be filled.
func (p *pace) await(n int) {
	now := time.Now()
	if left := between - now.Sub(p.last); left > 0 && n < enough {
		time.Sleep(left)
		now = time.Now()
	} else {
		runtime.Gosched() // whoever is ready to run may put something in, too
	}
	p.last = now
}
