package diameter

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// writing limits how long one write may take.
const writing = 5 * time.Second

// A call is a request that waits for its answer.
type call struct {
	header Header
	// answer gets one reply; it has room for it, so that nobody waits for a caller that left.
	answer chan reply
}

type reply struct {
	message Message
	err     error
}

// A conn is one connection after the capabilities exchange.
type conn struct {
	peer  *Peer
	net   net.Conn
	out   chan []byte
	ended chan struct{}

	mu       sync.Mutex
	state    State
	cause    error // why it ended
	pending  map[uint32]*call
	begin    uint32 // the first hop-by-hop identifier
	next     uint32 // the next one
	watch    watchdog
	unwished bool // the peer ended it and does not want another soon
}

func newConn(p *Peer, socket net.Conn) *conn {
	begin := rand.Uint32()
	return &conn{
		peer:    p,
		net:     socket,
		out:     make(chan []byte, p.config.Outstanding+16),
		ended:   make(chan struct{}),
		state:   Okay,
		pending: map[uint32]*call{},
		begin:   begin,
		next:    begin,
	}
}

func (c *conn) currentState() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

func (c *conn) unwanted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.unwished
}

// serve reads until the connection ends and says why it did.
func (c *conn) serve(ctx context.Context) error {
	var writer sync.WaitGroup
	writer.Go(c.write)
	defer writer.Wait()
	defer context.AfterFunc(ctx, func() { c.end(ErrClosed) })()
	c.mu.Lock()
	c.arm()
	c.mu.Unlock()
	for {
		frame, err := readFrame(c.net, c.peer.config.MaxMessage)
		if err != nil {
			if errors.Is(err, ErrMalformed) {
				c.peer.counting.malformed.Add(1)
			}
			if errors.Is(err, io.EOF) {
				err = errors.New("the peer closed the connection")
			}
			c.end(err)
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.cause
		}
		m, err := Decode(frame)
		if err != nil {
			c.peer.counting.malformed.Add(1)
		}
		c.receive(m, err)
	}
}

func (c *conn) write() {
	for {
		select {
		case frame := <-c.out:
			_ = c.net.SetWriteDeadline(time.Now().Add(writing))
			if _, err := c.net.Write(frame); err != nil {
				c.end(err)
				return
			}
		case <-c.ended:
			return
		}
	}
}

// end closes the connection once; what waits for an answer ends with ErrLost.
func (c *conn) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause, c.state = cause, Down
	c.disarm()
	c.failPending(fmt.Errorf("%w: %w", ErrLost, cause))
	_ = c.net.Close()
	close(c.ended)
}

// failPending ends all requests that wait. The caller holds the lock.
func (c *conn) failPending(err error) {
	for id, waiting := range c.pending {
		delete(c.pending, id)
		waiting.answer <- reply{err: err}
	}
}

// send queues a message. A peer that reads so slowly that the queue is full loses the connection.
func (c *conn) send(m Message) error {
	frame, err := m.Append(nil)
	if err != nil {
		return err
	}
	select {
	case c.out <- frame:
		return nil
	case <-c.ended:
		return ErrLost
	default:
		go c.end(errors.New("the peer does not read"))
		return ErrLost
	}
}

// begins queues a request with identifiers of its own and returns the call that its answer will come to. The caller holds the lock.
func (c *conn) begins(m Message) (*call, error) {
	m.Request = true
	m.HopByHop = c.next
	m.EndToEnd = c.peer.ids.nextEndToEnd()
	c.next++
	waiting := &call{header: m.Header, answer: make(chan reply, 1)}
	c.pending[m.HopByHop] = waiting
	if err := c.send(m); err != nil {
		delete(c.pending, m.HopByHop)
		return nil, err
	}
	return waiting, nil
}

// forget drops a call that nobody waits for any more; an answer that comes later is stale.
func (c *conn) forget(waiting *call) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.pending, waiting.header.HopByHop)
}

// receive handles one message. Broken tells that its AVPs could not be read, the header being right.
func (c *conn) receive(m Message, broken error) {
	if broken == nil && m.Application == applicationBase {
		c.peer.learn(m.AVPs)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.alive()
	if m.Request {
		c.serveRequest(m, broken)
		return
	}
	waiting, ok := c.pending[m.HopByHop]
	switch {
	case ok && waiting.header.EndToEnd == m.EndToEnd && waiting.header.Command == m.Command &&
		waiting.header.Application == m.Application:
		delete(c.pending, m.HopByHop)
		waiting.answer <- reply{message: m, err: broken}
	case !ok && m.HopByHop-c.begin < c.next-c.begin:
		c.peer.counting.stale.Add(1)
	default:
		c.peer.counting.foreign.Add(1)
	}
}

// serveRequest answers what a peer may ask of a client. The caller holds the lock.
func (c *conn) serveRequest(m Message, broken error) {
	var err error
	switch {
	case broken != nil:
		c.peer.counting.refused.Add(1)
		err = c.send(c.peer.refuse(m, ResultInvalidAVPLength))
	case m.Application == applicationBase && m.Command == commandWatchdog:
		err = c.send(c.peer.answer(m))
	case m.Application == applicationBase && m.Command == commandDisconnect:
		c.dismissed(m)
	case m.Application == applicationBase || m.Application == c.peer.config.Application.ID:
		c.peer.counting.refused.Add(1)
		err = c.send(c.peer.refuse(m, ResultCommandUnsupported))
	default:
		c.peer.counting.refused.Add(1)
		err = c.send(c.peer.refuse(m, ResultApplicationUnsupported))
	}
	if err != nil {
		go c.end(err)
	}
}

// answer makes the answer to a request of the base protocol that went well.
func (p *Peer) answer(m Message) Message {
	return Message{
		Header: Header{Command: m.Command, Application: m.Application, HopByHop: m.HopByHop, EndToEnd: m.EndToEnd},
		AVPs:   append(AVPs{Unsigned32(codeResultCode, ResultSuccess)}, p.origin()...),
	}
}

// refuse makes the answer to a request that can not be served. Protocol errors have the E bit, others not (RFC 6733 §7.1.3, §7.2).
func (p *Peer) refuse(m Message, code uint32) Message {
	refusal := p.answer(m)
	refusal.Proxiable = m.Proxiable
	refusal.Error = code/1000 == 3
	refusal.AVPs[0] = Unsigned32(codeResultCode, code)
	if session, ok := m.AVPs.Find(codeSessionID); ok {
		refusal.AVPs = append(AVPs{session}, refusal.AVPs...) // first, if present (RFC 6733 §8.8)
	}
	return refusal
}

// origin are the AVPs that say who speaks, and since when.
func (p *Peer) origin() AVPs {
	return AVPs{
		Octets(codeOriginHost, p.config.Host),
		Octets(codeOriginRealm, p.config.Realm),
		Unsigned32(codeOriginStateID, p.started),
	}
}
