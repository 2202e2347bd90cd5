package hlr

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

var (
	errLost = errors.New("connection lost before the answer")
	errBusy = errors.New("too many questions outstanding")
)

// writing limits how long one write may take.
const writing = 5 * time.Second

// ControlCounters count answers that were dropped, and connections, since a backend was made.
type ControlCounters struct {
	// Stale answers came late, or for the second time.
	Stale uint64
	// Foreign frames were for nothing that was asked.
	Foreign uint64
	// Connections that came about.
	Connections uint64
}

type controlCounting struct{ stale, foreign, connections atomic.Uint64 }

// A controlConn is one connection to a control interface.
type controlConn struct {
	net      net.Conn
	most     int
	counting *controlCounting
	out      chan []byte
	ended    chan struct{}

	mu       sync.Mutex
	cause    error // why it ended
	next     uint32
	pending  map[uint32]*controlCall
	received uint64 // frames
}

type controlCall struct {
	name   string
	answer chan controlReply // has room for one; closed if the connection ended
}

func newControlConn(socket net.Conn, most int, counting *controlCounting) *controlConn {
	c := &controlConn{
		net:      socket,
		most:     most,
		counting: counting,
		out:      make(chan []byte, most),
		ended:    make(chan struct{}),
		next:     1,
		pending:  map[uint32]*controlCall{},
	}
	go c.read()
	go c.write()
	return c
}

func (c *controlConn) alive() bool {
	select {
	case <-c.ended:
		return false
	default:
		return true
	}
}

func (c *controlConn) end(cause error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return
	}
	c.cause = fmt.Errorf("%w: %w", errLost, cause)
	_ = c.net.Close()
	close(c.ended)
	for id, waiting := range c.pending {
		delete(c.pending, id)
		close(waiting.answer)
	}
}

func (c *controlConn) write() {
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

func (c *controlConn) read() {
	for {
		text, err := readControl(c.net, func() { c.counting.foreign.Add(1) })
		if err != nil {
			if err == io.EOF {
				err = errors.New("the register closed the connection")
			}
			c.end(err)
			return
		}
		c.receive(text)
	}
}

func (c *controlConn) receive(text string) {
	reply, err := parseControl(text)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received++
	if err != nil {
		c.counting.foreign.Add(1)
		return
	}
	waiting, ok := c.pending[reply.id]
	switch {
	case ok && (reply.refused || reply.name == waiting.name):
		delete(c.pending, reply.id)
		waiting.answer <- reply
	case !ok && reply.id != 0 && reply.id < c.next:
		c.counting.stale.Add(1)
	default:
		c.counting.foreign.Add(1)
	}
}

// get asks for one variable.
func (c *controlConn) get(ctx context.Context, name string) (controlReply, error) {
	id, waiting, before, err := c.begin(name)
	if err != nil {
		return controlReply{}, err
	}
	select {
	case reply, ok := <-waiting.answer:
		if !ok {
			c.mu.Lock()
			defer c.mu.Unlock()
			return controlReply{}, c.cause
		}
		return reply, nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.pending, id)
		silent := c.received == before
		c.mu.Unlock()
		if silent && errors.Is(stopped(ctx, ""), ErrTimeout) {
			// Nothing at all came since: the other end may be gone without a word.
			c.end(errors.New("the register is silent"))
		}
		return controlReply{}, ctx.Err()
	}
}

func (c *controlConn) begin(name string) (id uint32, waiting *controlCall, before uint64, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return 0, nil, 0, c.cause
	}
	if len(c.pending) >= c.most {
		return 0, nil, 0, errBusy
	}
	id = c.next
	select {
	case c.out <- appendGet(nil, id, name):
	default:
		return 0, nil, 0, errBusy
	}
	if c.next++; c.next == 1<<31 { // Osmocom programs read the number as an int
		c.next = 1
	}
	waiting = &controlCall{name: name, answer: make(chan controlReply, 1)}
	c.pending[id] = waiting
	return id, waiting, c.received, nil
}
