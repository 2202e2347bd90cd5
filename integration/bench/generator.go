//go:build linux

package main

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// A generator posts the pushes of a load over persistent connections: on every connection the next push when the one before
// was answered, or all of them at a fixed rate.
type generator struct {
	loop     *loop
	document *document
	book     *book
	next     int // number of the next push
	end      int
	started  int64
	rate     float64   // pushes a second, 0 for a closed loop
	idle     []*client // connections without a request, at a fixed rate
	clients  []*client
	failure  error
}

// A client is one connection and the push that is on its way on it.
type client struct {
	generator *generator
	socket    *socket
	address   string
	push      int
	busy      bool
}

// connect opens connections, in turn to each of the addresses. They are opened one after the other, since Kannel's queue for
// new connections has 10 places.
func (g *generator) connect(addresses []string, connections int) error {
	for i := range connections {
		c := &client{generator: g, address: addresses[i%len(addresses)]}
		if err := c.connect(); err != nil {
			return err
		}
		g.clients = append(g.clients, c)
	}
	return nil
}

func (c *client) connect() (err error) {
	c.socket, err = c.generator.loop.dial(c.address, c)
	return err
}

// start begins to post the pushes of a book.
func (g *generator) start(b *book, rate float64) {
	g.book, g.document = b, b.document
	g.next, g.end = b.first, b.first+len(b.pushes)
	g.rate, g.started = rate, g.loop.now()
	g.idle = g.idle[:0]
	if rate == 0 {
		for _, c := range g.clients {
			c.postNext()
		}
		return
	}
	g.idle = append(g.idle, g.clients...)
}

// done reports whether every push of the load was answered or lost its connection.
func (g *generator) done() bool {
	return g.book.accepted+g.book.refused+g.book.broken == len(g.book.pushes)
}

// due returns when push n is to be sent.
func (g *generator) due(n int) int64 {
	return g.started + int64(float64(n-g.book.first)/g.rate*float64(time.Second))
}

// postDue posts what is due at a fixed rate, as far as there are idle connections; what waits for one keeps its time.
func (g *generator) postDue() {
	now := g.loop.now()
	for g.next < g.end && len(g.idle) > 0 && g.due(g.next) <= now {
		c := g.idle[0] // the one that waited longest, so that all are used
		copy(g.idle, g.idle[1:])
		g.idle = g.idle[:len(g.idle)-1]
		c.post(g.due(g.next))
	}
}

func (c *client) postNext() {
	if c.generator.next < c.generator.end {
		c.post(c.generator.loop.now())
	}
}

func (c *client) post(due int64) {
	g := c.generator
	c.push, c.busy = g.next, true
	g.next++
	g.book.posted++
	g.book.push(c.push).due = due
	c.socket.write(g.document.push(c.push))
}

// codeAccepted is push-response's code 1001, accepted for processing (OMA-TS-PAP §9.14.2), as it stands in an attribute.
var codeAccepted = []byte(`"1001"`)

func (c *client) received(data []byte) int {
	headers, body, length, err := cutMessage(data)
	if err != nil {
		c.generator.failure = fmt.Errorf("the answer to a push: %w: %.200q", err, data)
		return len(data)
	}
	if length == 0 {
		return 0
	}
	accepted := bytes.HasPrefix(headers, []byte("HTTP/1.1 202")) && bytes.Contains(body, codeAccepted)
	c.generator.book.answered(c.push, c.generator.loop.now(), accepted, data[:length])
	c.free()
	return length
}

// free lets the connection go on with the next push.
func (c *client) free() {
	c.busy = false
	if c.generator.rate > 0 {
		c.generator.idle = append(c.generator.idle, c)
		return
	}
	c.postNext()
}

// closed opens the connection again. What was on its way is not sent again: nobody knows whether it was accepted.
func (c *client) closed(error) {
	g := c.generator
	if err := c.connect(); err != nil {
		g.failure = err
		return
	}
	if c.busy {
		g.book.broken++
		c.free()
	}
}

// A ticker is a timer of the kernel's in the loop, since epoll waits in whole milliseconds.
type ticker struct {
	loop *loop
	fd   int
	tick func()
}

func (l *loop) every(d time.Duration, tick func()) (*ticker, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC|unix.TFD_NONBLOCK)
	if err != nil {
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	step := unix.NsecToTimespec(int64(d))
	if err := unix.TimerfdSettime(fd, 0, &unix.ItimerSpec{Interval: step, Value: step}, nil); err != nil {
		_ = unix.Close(fd)
		return nil, fmt.Errorf("timerfd: %w", err)
	}
	t := &ticker{loop: l, fd: fd, tick: tick}
	return t, l.add(fd, t)
}

func (t *ticker) readable() {
	var count [8]byte
	if _, err := unix.Read(t.fd, count[:]); err == nil {
		t.tick()
	}
}

func (*ticker) writable() {}

func (t *ticker) stop() { t.loop.remove(t.fd) }
