package diameter

import (
	"errors"
	"math/rand/v2"
	"time"
)

// The watchdog of RFC 3539 §3.4: after a silence of Tw a Device-Watchdog-Request is sent; after another one the connection is
// suspect and carries no requests; after a third it is closed. Whatever the peer sends takes suspicion away.
type watchdog struct {
	generation uint64 // of the timer: one that was stopped too late has an older one
	stop       func()
	asked      *call // the request without an answer yet
}

// smallest is the shortest Tw that gets a random part (RFC 3539 §3.4.1: Tw must not be less).
const smallest = 6 * time.Second

// arm starts Tw anew. The caller holds the lock.
func (c *conn) arm() {
	c.disarm()
	wait := c.peer.config.Watchdog
	if wait >= smallest {
		wait += rand.N(4*time.Second) - 2*time.Second
	}
	generation := c.watch.generation
	c.watch.stop = c.peer.config.AfterFunc(wait, func() { c.silence(generation) })
}

// disarm stops Tw. The caller holds the lock.
func (c *conn) disarm() {
	c.watch.generation++
	if c.watch.stop != nil {
		c.watch.stop()
		c.watch.stop = nil
	}
}

// alive notes that the peer sent something. The caller holds the lock.
func (c *conn) alive() {
	if c.state == Down {
		return // the peer said goodbye; the time until it has to close runs
	}
	c.state = Okay
	c.arm()
}

// silence is the expiry of Tw.
func (c *conn) silence(generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.watch.generation || c.cause != nil {
		return
	}
	if c.watch.asked != nil && c.pending[c.watch.asked.header.HopByHop] != c.watch.asked {
		c.watch.asked = nil // answered
	}
	switch {
	case c.watch.asked == nil:
		asked, err := c.begins(Message{Header: Header{Command: commandWatchdog}, AVPs: c.peer.origin()})
		if err != nil {
			go c.end(err)
			return
		}
		c.watch.asked = asked
		c.arm()
	case c.state == Okay:
		c.state = Suspect
		asked := c.watch.asked
		delete(c.pending, asked.header.HopByHop)
		c.failPending(errors.Join(ErrLost, errors.New("the peer did not answer a watchdog")))
		c.pending[asked.header.HopByHop] = asked
		c.arm()
	default:
		go c.end(errors.New("the peer did not answer a watchdog"))
	}
}
