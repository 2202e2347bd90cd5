package node

import (
	"errors"
	"net"
	"sync"
	"time"
)

const (
	// tokenTimeout is from the connection to a token that the server takes.
	tokenTimeout = 5 * time.Second
	// maxNewcomers is how many connections of one address may be without it: not more than there are places beside those of gateways.
	maxNewcomers = spareConnections
	// spareConnections are those that may be there beside the gateways.
	spareConnections = 8
)

// Why a newcomer is turned away.
var (
	errTooMany = errors.New("too many connections of this address have shown no token")
	errSilent  = errors.New("no token came in time")
)

// A newcomers listener bounds the connections that have shown no token: they have places that gateways need.
type newcomers struct {
	net.Listener
	within time.Duration
	refuse func(from string, err error)

	mu   sync.Mutex
	from map[string]int // by address, without port
}

func newNewcomers(l net.Listener, within time.Duration, refuse func(string, error)) *newcomers {
	return &newcomers{Listener: l, within: within, refuse: refuse, from: make(map[string]int)}
}

// Accept is part of net.Listener.
func (n *newcomers) Accept() (net.Conn, error) {
	for {
		conn, err := n.Listener.Accept()
		if err != nil {
			return nil, err
		}
		c := &newcomer{Conn: conn, of: n}
		if tcp, ok := conn.RemoteAddr().(*net.TCPAddr); ok {
			c.host = tcp.IP.String()
		}
		n.mu.Lock()
		full := c.host != "" && n.from[c.host] >= maxNewcomers
		if !full {
			n.from[c.host]++
		}
		n.mu.Unlock()
		if full {
			_ = conn.Close()
			n.refuse(conn.RemoteAddr().String(), errTooMany)
			continue
		}
		c.late = time.AfterFunc(n.within, func() {
			if c.settle() {
				_ = conn.Close()
				n.refuse(conn.RemoteAddr().String(), errSilent)
			}
		})
		return c, nil
	}
}

// A newcomer is a connection until it shows a token, and after.
type newcomer struct {
	net.Conn
	of   *newcomers
	host string
	late *time.Timer
	once sync.Once
}

// settle has a connection count as a newcomer no longer, and reports whether it did.
func (c *newcomer) settle() (was bool) {
	c.once.Do(func() {
		was = true
		c.of.mu.Lock()
		defer c.of.mu.Unlock()
		if c.of.from[c.host]--; c.of.from[c.host] == 0 {
			delete(c.of.from, c.host)
		}
	})
	return was
}

// Close is part of net.Conn.
func (c *newcomer) Close() error {
	c.settle()
	c.late.Stop()
	return c.Conn.Close()
}

// RemoteAddr is part of net.Conn. It leads a stream to its connection.
func (c *newcomer) RemoteAddr() net.Addr { return newcomerAddr{c.Conn.RemoteAddr(), c} }

type newcomerAddr struct {
	net.Addr
	conn *newcomer
}

// admitted takes word that a stream from an address has shown a token.
func admitted(a net.Addr) {
	if a, ok := a.(newcomerAddr); ok && a.conn.settle() {
		a.conn.late.Stop()
	}
}
