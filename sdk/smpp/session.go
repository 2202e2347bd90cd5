package smpp

import (
	"context"
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Session is one bound link, seen from either side. It has two goroutines, a reader and a writer, and a third one if Config.Handle is set,
// however many requests are outstanding. All methods may be called from any goroutine.
type Session struct {
	conn   net.Conn
	cfg    Config
	esme   bool // this side is the ESME
	bind   Bind
	resp   BindResp
	frames *frameReader
	start  time.Time

	slots    chan struct{} // one per outstanding request: the window
	closing  chan struct{} // closed when no new request is taken
	wake     chan struct{} // tells the writer that something is queued or has changed
	flushed  chan struct{} // closed when the writer has written all and will write no more
	done     chan struct{}
	ctx      context.Context
	cancel   context.CancelCauseFunc
	running  atomic.Int32 // reader and writer
	lastRead atomic.Int64 // nanoseconds since start, at the last whole PDU
	written  int64        // octets that the connection took; the writer's, read by others when it is gone
	batched  int          // PDUs that the reader has handed out in its batch, 0 without one; the reader's

	mu        sync.Mutex
	state     state
	cause     error
	queue     []byte // PDUs that wait for the writer
	queued    int64  // octets ever queued
	answers   int    // octets of answers in queue
	room      chan struct{}
	waiting   *outstanding
	idle      chan struct{} // closed when nothing is outstanding, once somebody asked
	received  int           // requests of the peer that are not answered
	inbox     []*Request
	inboxWake chan struct{}
	unbindSeq uint32
	stats     Stats
}

type state uint8

const (
	bound    state = iota
	draining       // no new requests of ours
	flushing       // what is queued is written, then the connection is closed
	ended
)

// Stats are counters of a session.
type Stats struct {
	Outstanding int    // requests of ours that wait for a response
	Received    int    // requests of the peer that wait for our answer
	Late        uint64 // responses that came after the timeout of their request
	Stray       uint64 // responses that answer nothing: duplicates, wrong command or sequence
	Unknown     uint64 // PDUs of unknown commands, answered with generic_nack
	Malformed   uint64 // PDUs whose body could not be read
}

func newSession(conn net.Conn, frames *frameReader, esme bool, bind Bind, resp BindResp, cfg Config) *Session {
	if cfg.Batch == nil {
		cfg.Batch = new(Batch)
	}
	s := &Session{
		conn: conn, cfg: cfg, esme: esme, bind: bind, resp: resp, frames: frames, start: time.Now(),
		slots: make(chan struct{}, cfg.Window), closing: make(chan struct{}), wake: make(chan struct{}, 1),
		flushed: make(chan struct{}), done: make(chan struct{}), waiting: newOutstanding(), inboxWake: make(chan struct{}, 1),
	}
	s.ctx, s.cancel = context.WithCancelCause(context.Background())
	s.running.Store(2)
	return s
}

// run starts the goroutines.
func (s *Session) run() {
	go s.read()
	go s.write()
	if s.cfg.Handle != nil && s.cfg.Receive == nil {
		go s.handle()
	}
}

// Bind is the bind that made the session.
func (s *Session) Bind() Bind { return s.bind }

// BindResp is the answer to that bind.
func (s *Session) BindResp() BindResp { return s.resp }

// RemoteAddr is the peer's network address.
func (s *Session) RemoteAddr() net.Addr { return s.conn.RemoteAddr() }

// Done is closed when the session has ended and every request of it has its result.
func (s *Session) Done() <-chan struct{} { return s.done }

// Err says why the session ended or is ending; nil while it lives.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cause
}

// Stats is a snapshot of the counters.
func (s *Session) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Outstanding, st.Received = len(s.waiting.bySequence), s.received
	return st
}

// Close ends the session at once, without unbind, and does not wait for Done. Calling it again does nothing.
func (s *Session) Close() { s.end(ErrClosed) }

// stopRequests lets no new request of ours in. s.mu is held.
func (s *Session) stopRequests(to state) {
	if s.state == bound {
		close(s.closing)
	}
	s.state = max(s.state, to)
}

// end closes the connection; the first cause stays.
func (s *Session) end(cause error) {
	s.mu.Lock()
	if s.cause == nil {
		s.cause = cause
	}
	cause = s.cause
	again := s.state == ended
	s.stopRequests(ended)
	s.mu.Unlock()
	if again {
		return
	}
	s.cancel(cause)
	closeNow(s.conn)
	s.signal()
}

// closeNow closes the socket under TLS, since the Close of a TLS connection waits for a peer that does not read.
func closeNow(conn net.Conn) {
	if t, ok := conn.(*tls.Conn); ok {
		conn = t.NetConn()
	}
	_ = conn.Close()
}

// finished is called by the reader and by the writer when they end; the later one reports what is outstanding.
func (s *Session) finished() {
	if s.running.Add(-1) > 0 {
		return
	}
	s.mu.Lock()
	left := make([]*pending, 0, len(s.waiting.bySequence))
	for _, p := range s.waiting.bySequence {
		left = append(left, p)
	}
	clear(s.waiting.bySequence)
	s.signalIdle()
	s.queue, s.inbox = nil, nil
	cause := s.cause
	s.mu.Unlock()
	for _, p := range left {
		// A PDU whose last octet the connection never took cannot be acted on by the peer.
		outcome := Unknown
		if p.end > s.written {
			outcome = NeverSent
		}
		p.done(Result{Outcome: outcome, Sequence: p.sequence, Err: cause})
	}
	close(s.done)
}

// signal wakes the writer.
func (s *Session) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// signalIdle tells who waits for it that nothing is outstanding. s.mu is held.
func (s *Session) signalIdle() {
	if s.idle != nil && len(s.waiting.bySequence) == 0 {
		close(s.idle)
		s.idle = nil
	}
}

func (s *Session) now() int64 { return int64(time.Since(s.start)) }
