package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
)

// DialOptions are how a gateway is connected to a node. The zero value of a field that has a default is that.
type DialOptions struct {
	// Gateway is the gateway's name, for the node's log.
	Gateway string
	// Credentials returns what to show the node. It is asked before each connection, so that a token or a certificate that was
	// changed serves the next one; an error of it is why there is none.
	Credentials func() (Credentials, error)
	// Plaintext lets the token go to other than loopback addresses without TLS, for everybody to read.
	Plaintext bool
	// Queue is how many pushes may wait for the node's window, 10000 by default.
	Queue int
	// LeastPause and MostPause are between two tries to connect, 250 ms and 15 s by default. The pause grows from the one to the
	// other, and varies by a quarter, so that several gateways do not come at once.
	LeastPause, MostPause time.Duration
	// OnEvent is told what the node learned, and OnLink of every change of the connection. Each is called from one goroutine at
	// a time and must not block; neither may call Close. Nil is nobody.
	OnEvent func(Event)
	OnLink  func(Link)
	// Log gets what the node does wrong; nil is nowhere.
	Log hclog.Logger
}

// Credentials are what a gateway shows a node.
type Credentials struct {
	Token string
	// TLS has the certificates that the node's must come from and, if it asks, the gateway's own. Nil is no TLS.
	TLS *tls.Config
}

// A Link is how a client is connected.
type Link struct {
	Up bool
	// Node and APNs are what the node said of itself, since the first connection.
	Node string
	APNs []string
	// Window is how many pushes the node takes at once, 0 while the link is down; Why says why it is not more, "" when all is well.
	Window int
	Why    string
	// Since is when the link went up or down.
	Since time.Time
}

const (
	defaultQueue      = 10_000
	defaultLeastPause = 250 * time.Millisecond
	defaultMostPause  = 15 * time.Second
)

// Client is a push node over the stream, for the gateway. Dial makes one.
//
// It connects by itself, and again with growing pauses when the connection breaks. Pushes that are given before the first try to
// connect has ended wait for that; later on, those that are given while there is no connection end at once with NodeDown. What
// was not written to the node when the connection broke ends with NodeDown, too; what was, and has no result, ends with NodeLost,
// once: it may have been sent.
type Client struct {
	address string
	options DialOptions
	log     hclog.Logger
	pauses  pauses
	stop    context.CancelFunc
	ended   chan struct{}

	mu    sync.Mutex
	calls calls
	link  Link
	retry time.Time // of the next connection, while there is none
}

var _ Node = (*Client)(nil)

// Dial makes a client of the node at an address, host:port, and returns without waiting for the connection. The error is one of the
// address or the options. Close ends it.
func Dial(address string, o DialOptions) (*Client, error) {
	host, port, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("push node: %w", err)
	case host == "" || port == "":
		return nil, fmt.Errorf("push node: %q is not host:port", address)
	case o.Credentials == nil:
		return nil, errors.New("push node: no credentials")
	case len(o.Gateway) > maxName:
		return nil, fmt.Errorf("push node: the name of the gateway has more than %d octets", maxName)
	}
	if o.Queue == 0 {
		o.Queue = defaultQueue
	}
	if o.LeastPause == 0 {
		o.LeastPause = defaultLeastPause
	}
	if o.MostPause == 0 {
		o.MostPause = max(defaultMostPause, o.LeastPause)
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	ctx, stop := context.WithCancel(context.Background())
	c := &Client{
		address: address, options: o, log: o.Log, pauses: pauses{least: o.LeastPause, most: o.MostPause}, stop: stop, ended: make(chan struct{}),
		link: Link{Why: "not connected yet", Since: time.Now()},
	}
	c.calls.init(&c.mu, o.Queue)
	go c.run(ctx)
	return c, nil
}

// Push is part of Node. The result is there when Push.Within ends at the latest: of what the node has not answered by then it is
// NoAnswer. Its own time the node is told a little shorter, so that its result can say more. The exchanges of a result have the time
// since Push.
func (c *Client) Push(p Push, done func(Result)) {
	if err := p.check(); err != nil {
		done(Result{ID: p.ID, Cause: InvalidPush, Text: err.Error()})
		return
	}
	c.mu.Lock()
	r := c.calls.add(p, done)
	if r != nil && r.Cause == NodeDown {
		r.Text, r.RetryAfter = "push node "+c.address+": "+c.link.Why, c.untilRetry()
	}
	c.mu.Unlock()
	if r != nil {
		done(*r)
	}
}

// Cancel is part of Node. What waits for the node's window ends at once with Cancelled.
func (c *Client) Cancel(id string) {
	c.mu.Lock()
	ended := c.calls.cancel(id)
	c.mu.Unlock()
	ended.tell()
}

// Link returns how the client is connected now.
func (c *Client) Link() Link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.link
}

// Close ends the connection and waits for that. What is open ends as when the connection breaks, and every done has been called when
// Close returns. Pushes after it end with NodeDown.
func (c *Client) Close() {
	c.stop()
	<-c.ended
}

// untilRetry is how long a push that finds no connection had better wait.
func (c *Client) untilRetry() time.Duration { return max(0, time.Until(c.retry)) + time.Second }

// setLink tells of a change.
func (c *Client) setLink(change func(*Link)) {
	c.mu.Lock()
	was := c.link
	change(&c.link)
	now := c.link
	if was.Up != now.Up {
		now.Since = time.Now()
		c.link = now
	}
	c.mu.Unlock()
	changed := was.Up != now.Up || was.Window != now.Window || was.Why != now.Why
	if changed && c.options.OnLink != nil {
		c.options.OnLink(now)
	}
}
