package pluginrpc

import (
	"context"
	"errors"
	"testing"
	"time"
)

// An item's context behaves like one of context.WithTimeout, whatever is asked of it first.
func TestItemContext(t *testing.T) {
	type key struct{}
	rows := []struct {
		name    string
		timeout time.Duration
		end     func(c *itemContext, endStream context.CancelFunc)
		want    error
	}{
		{"open", time.Hour, func(*itemContext, context.CancelFunc) {}, nil},
		{"answered", time.Hour, func(c *itemContext, _ context.CancelFunc) { c.end() }, context.Canceled},
		{"answered twice", time.Hour, func(c *itemContext, _ context.CancelFunc) { c.end(); c.end() }, context.Canceled},
		{"the stream ended", time.Hour, func(_ *itemContext, end context.CancelFunc) { end() }, context.Canceled},
		{"out of time", -time.Second, func(*itemContext, context.CancelFunc) {}, context.DeadlineExceeded},
		{"answered out of time", -time.Second, func(c *itemContext, _ context.CancelFunc) { c.end() }, context.DeadlineExceeded},
	}
	first := map[string]func(*itemContext){
		"nothing": func(*itemContext) {},
		"Err":     func(c *itemContext) { _ = c.Err() },
		"Done":    func(c *itemContext) { c.Done() },
	}
	for _, r := range rows {
		for name, ask := range first {
			t.Run(r.name+", asked for "+name, func(t *testing.T) {
				stream, end := context.WithCancel(context.WithValue(t.Context(), key{}, "value"))
				defer end()
				c := newItemContext(stream, r.timeout)
				defer c.end()
				ask(c)
				child, cancel := context.WithCancel(c)
				defer cancel()
				r.end(c, end)
				if err := c.Err(); !errors.Is(err, r.want) || (err == nil) != (r.want == nil) {
					t.Errorf("Err: %v, want %v", err, r.want)
				}
				select {
				case <-c.Done():
					if r.want == nil {
						t.Error("it is done")
					}
					<-child.Done()
				default:
					if r.want != nil {
						t.Error("it is not done")
					}
				}
				if err := context.Cause(c); !errors.Is(err, r.want) || (err == nil) != (r.want == nil) {
					t.Errorf("cause: %v, want %v", err, r.want)
				}
				if v := c.Value(key{}); v != "value" {
					t.Errorf("value of the stream's context: %v", v)
				}
				if d, ok := c.Deadline(); !ok || (time.Until(d) > 0) != (r.timeout > 0) {
					t.Errorf("deadline %v, %t", d, ok)
				}
			})
		}
	}
	t.Run("its time runs out", func(t *testing.T) {
		c := newItemContext(t.Context(), time.Millisecond)
		next(t, "end", c.Done())
		if err := c.Err(); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Err: %v", err)
		}
	})
}
