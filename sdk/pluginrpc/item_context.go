package pluginrpc

import (
	"context"
	"sync"
	"time"
)

// itemContext is the context of one item: it ends when its time is over, when the item was answered, and with the stream. Most
// authors only pass it on or do not look at it at all, so what costs something, a timer and a place among the stream's
// children, is made when somebody first asks for it.
type itemContext struct {
	stream   context.Context
	deadline time.Time

	mu       sync.Mutex
	made     context.Context // nil before
	cancel   context.CancelFunc
	answered bool
}

func newItemContext(stream context.Context, timeout time.Duration) *itemContext {
	return &itemContext{stream: stream, deadline: time.Now().Add(timeout)}
}

// make returns the context that has everything.
func (c *itemContext) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.made == nil {
		c.made, c.cancel = context.WithDeadline(c.stream, c.deadline)
		if c.answered {
			c.cancel()
		}
	}
	return c.made
}

// end ends the context: the item was answered.
func (c *itemContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answered = true
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *itemContext) Deadline() (time.Time, bool) { return c.deadline, true }
func (c *itemContext) Done() <-chan struct{}       { return c.make().Done() }
func (c *itemContext) Value(key any) any           { return c.make().Value(key) }

func (c *itemContext) Err() error {
	c.mu.Lock()
	quiet := c.made == nil && !c.answered
	c.mu.Unlock()
	if quiet && c.stream.Err() == nil && time.Now().Before(c.deadline) {
		return nil
	}
	return c.make().Err()
}
