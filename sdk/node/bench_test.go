package node

import (
	"fmt"
	"testing"
	"time"
)

// sending is a node that sends at once.
type sending struct{}

func (sending) Push(_ Push, done func(Result)) { done(Result{Sent: true}) }
func (sending) Cancel(string)                  {}

// BenchmarkPush is a push from the gateway to the node and its result back, both sides of the stream in it, with as many on their way
// as the node takes.
func BenchmarkPush(b *testing.B) {
	_, address := serve(b, sending{}, nil)
	c, to := dial(b, address, nil)
	to.until(b, "up", isUp)
	slots := make(chan struct{}, 1000)
	p := somePush("", "4711@pi.example.net")
	p.Payload, p.Within = make([]byte, 140), time.Minute
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		slots <- struct{}{}
		p.ID = fmt.Sprint(i)
		c.Push(p, func(Result) { <-slots })
	}
	for range cap(slots) {
		slots <- struct{}{}
	}
}
