package pap

import (
	"context"
	"sync"
	"time"
)

// deadlineContext is the context of a request that ends at a time of its own, too. It costs no timer until somebody waits
// for it, which accepting a push does not.
type deadlineContext struct {
	context.Context // of the request
	at              time.Time

	mu     sync.Mutex
	timed  context.Context // nil until somebody waits
	cancel context.CancelFunc
	ended  bool
}

func (c *deadlineContext) start() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.timed == nil {
		c.timed, c.cancel = context.WithDeadline(c.Context, c.at)
		if c.ended {
			c.cancel()
		}
	}
	return c.timed
}

// end cancels the context.
func (c *deadlineContext) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	if c.cancel != nil {
		c.cancel()
	}
}

func (c *deadlineContext) Done() <-chan struct{} { return c.start().Done() }
func (c *deadlineContext) Err() error            { return c.start().Err() }

func (c *deadlineContext) Deadline() (time.Time, bool) {
	if parent, ok := c.Context.Deadline(); ok && parent.Before(c.at) {
		return parent, true
	}
	return c.at, true
}
