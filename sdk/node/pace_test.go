package node

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	pb "github.com/ppgbox/ppgbox/sdk/pluginrpc/nodev1"
)

func TestPace(t *testing.T) {
	tests := []struct {
		name  string
		since time.Duration // the frame before
		items int
		want  time.Duration
	}{
		{"alone", time.Second, 1, 0},
		{"soon after another", time.Millisecond, 1, between - time.Millisecond},
		{"at once after another", 0, enough - 1, between},
		{"as late as it has to be", between, 1, 0},
		{"there is enough", 0, enough, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var p pace
				p.await(1)
				time.Sleep(tt.since)
				began := time.Now()
				p.await(tt.items)
				if got := time.Since(began); got != tt.want {
					t.Errorf("it waits %v, want %v", got, tt.want)
				}
			})
		})
	}
}

// Pushes that come one after the other go in frames that have many; the first goes alone.
func TestPushesGoTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Client{}
		c.calls.init(&c.mu, 1000)
		c.mu.Lock()
		link := c.calls.connected()
		c.calls.setWindow(1000)
		c.mu.Unlock()
		const pushes = 100
		go func() {
			for i := range pushes {
				p := somePush(fmt.Sprint(i), "push")
				p.Within = time.Hour
				c.mu.Lock()
				c.calls.add(p, func(Result) {})
				c.mu.Unlock()
				time.Sleep(between / 10)
			}
		}()
		var frames []int
		for sum := 0; sum < pushes; {
			out := &pb.GatewayFrame{}
			c.mu.Lock()
			ok := c.calls.fill(link, out)
			c.mu.Unlock()
			if !ok {
				t.Fatal("the connection is no more")
			}
			frames = append(frames, len(out.Pushes))
			sum += len(out.Pushes)
		}
		if frames[0] != 1 || len(frames) > pushes/10+2 {
			t.Errorf("%d pushes went in frames of %v", pushes, frames)
		}
		c.calls.timer.Stop()
	})
}
