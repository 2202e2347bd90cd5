package diameter

import (
	"context"
	"errors"
)

// causeRebooting is the Disconnect-Cause after which connecting again is welcome; busy and do-not-want-to-talk-to-you are the others
// (RFC 6733 §5.4.3).
const causeRebooting = 0

// goodbye asks the peer to end the connection and waits for its answer, at most until the context ends (RFC 6733 §5.4.1).
func (c *conn) goodbye(ctx context.Context) {
	c.mu.Lock()
	if c.state != Okay {
		c.mu.Unlock()
		return
	}
	waiting, err := c.begins(Message{
		Header: Header{Command: commandDisconnect},
		AVPs:   append(c.peer.origin()[:2], Unsigned32(codeDisconnectCause, causeRebooting)),
	})
	c.state = Down
	c.mu.Unlock()
	if err != nil {
		return
	}
	select {
	case <-waiting.answer:
	case <-ctx.Done():
	}
}

// dismissed answers the Disconnect-Peer-Request of the peer. It closes after the answer (RFC 6733 §5.4); until then answers to what
// was asked may still come. The caller holds the lock.
func (c *conn) dismissed(m Message) {
	cause := uint32(causeRebooting)
	if a, ok := m.AVPs.Find(codeDisconnectCause); ok {
		if value, err := a.Unsigned32(); err == nil {
			cause = value
		}
	}
	c.unwished = cause != causeRebooting
	c.state = Down
	c.disarm()
	goodbye := c.peer.answer(m)
	goodbye.AVPs = goodbye.AVPs[:3]
	if err := c.send(goodbye); err != nil {
		go c.end(err)
		return
	}
	c.watch.stop = c.peer.config.AfterFunc(c.peer.config.Connect, func() {
		c.end(errors.New("the peer said goodbye and did not close"))
	})
}
