package diameter

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// What a request can meet before there is an answer.
var (
	// ErrDown is the error of a request while there is no connection that can be used. Nothing was sent.
	ErrDown = errors.New("diameter peer is down")
	// ErrLost is the error of a request whose connection ended, or became suspect, before the answer.
	ErrLost = errors.New("connection lost before the diameter answer")
	// ErrTimeout is the error of a request that was not answered in time.
	ErrTimeout = errors.New("no diameter answer in time")
	// ErrBusy is the error of a request beyond the limit of those that wait. Nothing was sent.
	ErrBusy = errors.New("too many diameter requests outstanding")
	// ErrClosed is the error of a request to a peer that was closed.
	ErrClosed = errors.New("diameter peer is closed")
)

// A State is that of the connection (RFC 3539 §3.4.1, without REOPEN).
type State uint8

// The states. Only in [Okay] are requests sent.
const (
	Initial State = iota // the first connection is being made
	Okay
	Suspect // a watchdog was not answered
	Down    // no connection, or one that the peer asked to end
)

func (s State) String() string { return [...]string{"initial", "okay", "suspect", "down"}[s] }

// Counters count since the peer was made what nobody is told otherwise.
type Counters struct {
	// Stale answers came for requests that were over: late, or for the second time.
	Stale uint64
	// Foreign answers were for nothing that was asked.
	Foreign uint64
	// Malformed messages were refused by the codec.
	Malformed uint64
	// Refused requests of the peer were answered with an error.
	Refused uint64
	// Connections that came about.
	Connections uint64
	// Restarts of the peer, told by a new Origin-State-Id (RFC 6733 §8.16).
	Restarts uint64
}

type counting struct {
	stale, foreign, malformed, refused, connections, restarts atomic.Uint64
}

// A Peer keeps a connection to one Diameter node and asks it. All methods may be called at the same time.
type Peer struct {
	config   Config
	ids      *identifiers
	started  uint32 // our Origin-State-Id
	counting counting

	ctx  context.Context // ends when the peer is closed
	stop context.CancelFunc
	done chan struct{} // closed when everything has ended

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when what is below changes
	conn    *conn         // nil while there is none that answers were agreed on
	trying  bool          // a connection is being made
	first   bool          // no attempt has ended yet
	cause   error         // why there is no connection
	epoch   uint32        // the Origin-State-Id of the peer, 0 while unknown
}

// New makes a peer and starts to connect. It fails only for a configuration that can not work.
func New(config Config) (*Peer, error) {
	config, err := config.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("diameter peer: %w", err)
	}
	now := time.Now()
	p := &Peer{
		config:  config,
		ids:     newIdentifiers(now),
		started: uint32(now.Unix()),
		done:    make(chan struct{}),
		changed: make(chan struct{}),
		trying:  true,
		first:   true,
	}
	p.ctx, p.stop = context.WithCancel(context.Background())
	go p.keep()
	return p, nil
}

// Close says goodbye (Disconnect-Peer-Request, RFC 6733 §5.4), waits for the answer at most until the context ends, and ends the
// connection. Requests that wait end with ErrLost.
func (p *Peer) Close(ctx context.Context) {
	p.mu.Lock()
	c := p.conn
	p.mu.Unlock()
	if c != nil {
		c.goodbye(ctx)
	}
	p.stop()
	<-p.done
}

// State returns that of the connection now.
func (p *Peer) State() State {
	p.mu.Lock()
	c, first := p.conn, p.first
	p.mu.Unlock()
	switch {
	case c != nil:
		return c.currentState()
	case first:
		return Initial
	}
	return Down
}

// Counters returns the counts until now.
func (p *Peer) Counters() Counters {
	return Counters{
		Stale:       p.counting.stale.Load(),
		Foreign:     p.counting.foreign.Load(),
		Malformed:   p.counting.malformed.Load(),
		Refused:     p.counting.refused.Load(),
		Connections: p.counting.connections.Load(),
		Restarts:    p.counting.restarts.Load(),
	}
}

// keep connects, and connects again, until the peer is closed.
func (p *Peer) keep() {
	defer close(p.done)
	pause := p.config.LeastPause
	for p.ctx.Err() == nil {
		p.set(nil, true, nil)
		c, err := p.connect(p.ctx)
		wait := pause
		if err == nil {
			p.counting.connections.Add(1)
			p.set(c, false, nil)
			err = c.serve(p.ctx)
			pause = p.config.LeastPause
			wait = pause
			if c.unwanted() {
				wait = p.config.Rest
			}
		} else {
			pause = min(2*pause, p.config.MostPause)
		}
		p.set(nil, false, err)
		p.sleep(wait)
	}
}

func (p *Peer) set(c *conn, trying bool, cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn, p.trying = c, trying
	if !trying {
		p.cause, p.first = cause, false
	}
	close(p.changed)
	p.changed = make(chan struct{})
}

func (p *Peer) sleep(d time.Duration) {
	over := make(chan struct{})
	stop := p.config.AfterFunc(d, func() { close(over) })
	defer stop()
	select {
	case <-over:
	case <-p.ctx.Done():
	}
}

// usable returns the connection to send a request on. While one is being made it waits; between two attempts it says at once that
// the peer is down.
func (p *Peer) usable(ctx context.Context) (*conn, error) {
	for {
		p.mu.Lock()
		c, trying, cause, changed := p.conn, p.trying, p.cause, p.changed
		p.mu.Unlock()
		switch {
		case p.ctx.Err() != nil:
			return nil, ErrClosed
		case c != nil:
			return c, nil
		case !trying:
			return nil, fmt.Errorf("%w: %w", ErrDown, cause)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, fmt.Errorf("%w: still connecting to %s", ErrDown, p.config.Address)
		case <-p.ctx.Done():
		}
	}
}

// learn notes the Origin-State-Id of a message of the peer: a number that changed says that it lost its state (RFC 6733 §8.16).
func (p *Peer) learn(avps AVPs) {
	a, ok := avps.Find(codeOriginStateID)
	if !ok {
		return
	}
	epoch, err := a.Unsigned32()
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.epoch != 0 && epoch != p.epoch {
		p.counting.restarts.Add(1)
	}
	p.epoch = epoch
}
