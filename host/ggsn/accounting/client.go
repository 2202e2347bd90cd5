package accounting

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"layeh.com/radius"
)

// A Config says where records go. All fields are needed.
type Config struct {
	Server string // host:port
	Secret []byte
	GGSN   netip.Addr // of the node's control plane
	Name   string     // NAS-Identifier; "" for none
	// Timeout is how long an answer is waited for before the first repeat; the pause doubles up to MostPause.
	Timeout, MostPause time.Duration
	// GiveUp is how long a record is tried.
	GiveUp time.Duration
	// Window is how many records may be without an answer at once, 200 at most; Queue how many may wait.
	Window, Queue int
	// Lost is told of each record that was given up, or for which there was no room. It must not block.
	Lost func(why string)
	// Answers is told when the server stops answering, which is when a record was sent three times, and when it answers again. Nil is
	// nobody.
	Answers func(bool)
}

// mostWindow leaves some of the 256 identifiers of a socket unused for a while, so that an answer that comes late meets none.
const mostWindow = 200

// Counters count since the client was made.
type Counters struct {
	Sent, Repeated, Answered, Lost, Forged uint64
	Waiting                                int // in the queue, and without an answer
}

// A Client sends records to one server.
type Client struct {
	config Config
	conn   net.Conn
	woken  chan struct{}
	done   chan struct{}
	start  time.Time

	mu       sync.Mutex
	queue    []waiting
	under    map[byte]*request
	next     byte // identifier
	barrier  bool // an Accounting-On or -Off is under way
	closed   bool
	drained  chan struct{} // closed when nothing waits any more, while somebody asks
	counters Counters
	silent   bool // no answer since a record was sent three times

	telling sync.Mutex
	told    bool // what Answers heard last: that it is silent
}

type waiting struct {
	record Record
	since  time.Duration
}

// A request is a record that was sent.
type request struct {
	octets   []byte
	since    time.Duration // when the record was made
	due      time.Duration // when it is sent again
	pause    time.Duration
	barrier  bool
	repeated int
}

// New makes a client. The server is connected to without a word to it: RADIUS is UDP.
func New(c Config) (*Client, error) {
	conn, err := net.Dial("udp", c.Server)
	if err != nil {
		return nil, fmt.Errorf("RADIUS accounting: %w", err)
	}
	c.Window = min(c.Window, mostWindow)
	client := &Client{
		config: c, conn: conn, woken: make(chan struct{}, 1), done: make(chan struct{}), start: time.Now(), under: make(map[byte]*request),
	}
	go client.read()
	go client.run()
	return client, nil
}

// Tell hands over a record. It does not block.
func (c *Client) Tell(r Record) {
	c.mu.Lock()
	switch {
	case c.closed:
		c.mu.Unlock()
		return
	case len(c.queue) >= c.config.Queue:
		c.counters.Lost++
		c.mu.Unlock()
		c.config.Lost("as many records as may be wait")
		return
	}
	c.queue = append(c.queue, waiting{r, time.Since(c.start)})
	c.mu.Unlock()
	c.wake()
}

func (c *Client) wake() {
	select {
	case c.woken <- struct{}{}:
	default:
	}
}

// Counters returns the counts.
func (c *Client) Counters() Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.counters
	n.Waiting = len(c.queue) + len(c.under)
	return n
}

// Close sends what waits, for as long as the context lasts, and ends.
func (c *Client) Close(ctx context.Context) {
	c.mu.Lock()
	if c.closed {
		c.mu.Unlock()
		return
	}
	drained := make(chan struct{})
	c.drained = drained
	c.mu.Unlock()
	c.wake()
	select {
	case <-drained:
	case <-ctx.Done():
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.conn.Close()
	c.wake()
	<-c.done
}

// tick is how often it is looked for requests to repeat, while there are any.
const tick = 100 * time.Millisecond

// run sends and repeats.
func (c *Client) run() {
	defer close(c.done)
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	for {
		beat := ticker.C
		if !c.step() {
			beat = nil
		}
		c.mu.Lock()
		closed := c.closed
		c.mu.Unlock()
		if closed {
			return
		}
		select {
		case <-c.woken:
		case <-beat:
		}
	}
}

// step sends what may be sent, and reports whether something waits for its answer.
func (c *Client) step() bool {
	now := time.Since(c.start)
	var out [][]byte
	lost := 0
	c.mu.Lock()
	for id, r := range c.under {
		switch {
		case now-r.since >= c.config.GiveUp:
			c.end(id, r)
			lost++
		case r.due <= now:
			r.pause = min(2*r.pause, c.config.MostPause)
			r.due = now + r.pause
			if r.repeated++; r.repeated >= 2 {
				c.silent = true
			}
			c.counters.Repeated++
			out = append(out, r.octets)
		}
	}
	taken := 0
	for taken < len(c.queue) && len(c.under) < c.config.Window && !c.barrier {
		w := c.queue[taken]
		alone := w.record.Status == On || w.record.Status == Off
		if alone && len(c.under) > 0 {
			break
		}
		taken++
		if r := c.begin(w, now); r != nil {
			r.barrier, c.barrier = alone, alone
			out = append(out, r.octets)
		} else {
			lost++
		}
	}
	if c.queue = c.queue[taken:]; len(c.queue) == 0 {
		c.queue = nil
	}
	c.counters.Lost += uint64(lost)
	if c.drained != nil && len(c.queue) == 0 && len(c.under) == 0 {
		close(c.drained)
		c.drained = nil
	}
	busy := len(c.under) > 0
	again := !c.barrier && len(c.queue) > 0 && len(c.under) < c.config.Window
	c.mu.Unlock()
	for _, b := range out {
		_, _ = c.conn.Write(b) // what the network does not take is sent again
	}
	c.tellState()
	for range lost {
		c.config.Lost("the accounting server does not answer")
	}
	return busy || again
}

// begin makes the request of a record, with c.mu held. Nil is one that can not be sent.
func (c *Client) begin(w waiting, now time.Duration) *request {
	for c.under[c.next] != nil {
		c.next++
	}
	p := w.record.packet(c.config.GGSN, c.config.Name, c.config.Secret)
	p.Identifier = c.next
	octets, err := p.Encode()
	if err != nil {
		return nil
	}
	r := &request{octets: octets, since: w.since, due: now + c.config.Timeout, pause: c.config.Timeout}
	c.under[c.next] = r
	c.next++
	c.counters.Sent++
	return r
}

// end forgets a request, with c.mu held.
func (c *Client) end(id byte, r *request) {
	delete(c.under, id)
	if r.barrier {
		c.barrier = false
	}
}

// tellState tells of a change, in order.
func (c *Client) tellState() {
	if c.config.Answers == nil {
		return
	}
	c.telling.Lock()
	defer c.telling.Unlock()
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	if silent != c.told {
		c.told = silent
		c.config.Answers(!silent)
	}
}

// read takes the answers.
func (c *Client) read() {
	b := make([]byte, radius.MaxPacketLength)
	for {
		n, err := c.conn.Read(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err == nil:
			c.answer(b[:n])
			c.tellState()
		}
	}
}

// answer ends the request that an answer proves to be of (RFC 2866 §3).
func (c *Client) answer(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(b) < 20 {
		c.counters.Forged++
		return
	}
	r := c.under[b[1]]
	if r == nil || b[0] != byte(radius.CodeAccountingResponse) || !radius.IsAuthenticResponse(b, r.octets, c.config.Secret) {
		c.counters.Forged++
		return
	}
	c.end(b[1], r)
	c.counters.Answered++
	c.silent = false
	c.wake()
}
