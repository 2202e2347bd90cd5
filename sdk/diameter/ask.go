package diameter

import (
	"context"
	"errors"
	"fmt"
)

// ask sends a request and waits for its answer: until the context ends, at most Config.Answer. The identifiers are set here.
func (p *Peer) ask(ctx context.Context, m Message) (Message, error) {
	limit := fmt.Errorf("%w: %s", ErrTimeout, p.config.Answer)
	ctx, cancel := context.WithTimeoutCause(ctx, p.config.Answer, limit)
	defer cancel()
	c, err := p.usable(ctx)
	if err != nil {
		return Message{}, err
	}
	waiting, err := c.ask(m)
	if err != nil {
		return Message{}, err
	}
	select {
	case answer := <-waiting.answer:
		return answer.message, answer.err
	case <-ctx.Done():
		c.forget(waiting)
		err := context.Cause(ctx)
		if errors.Is(err, context.DeadlineExceeded) {
			err = fmt.Errorf("%w: %w", ErrTimeout, err)
		}
		return Message{}, err
	}
}

// ask begins a request of the application.
func (c *conn) ask(m Message) (*call, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.cause != nil:
		return nil, fmt.Errorf("%w: %w", ErrDown, c.cause)
	case c.state != Okay:
		return nil, fmt.Errorf("%w: the connection is %s", ErrDown, c.state)
	case len(c.pending) >= c.peer.config.Outstanding:
		return nil, ErrBusy
	}
	return c.begins(m)
}
