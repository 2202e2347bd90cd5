package radius

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/loglimit"
	"github.com/ppgbox/ppgbox/host/store"
)

// Directory is told of sessions (subscriber.Directory). Its methods are called by one goroutine, in the order in which the messages
// arrived, and may block for a moment; done comes once from any goroutine, when it is on disk or with the reason why not.
type Directory interface {
	SessionStart(s store.Session, at time.Time, done func(error))
	SessionStop(k store.SessionKey, accounting string, at time.Time, done func(error))
	SessionsEnd(ggsn string, at time.Time, done func(n int, err error))
}

// Options are what a Server works with.
type Options struct {
	Clients   []Client
	Forward   *Forward // nil: messages go no further
	Directory Directory
	Clock     clock.Clock
	Log       hclog.Logger
	// MaxPending is the most messages that are taken and not answered, and the most that wait for the next server; what is beyond
	// is dropped. 0 is 20000.
	MaxPending int
}

const defaultPending = 20_000

// A Server is an accounting server. It is a prometheus.Collector, too.
type Server struct {
	directory Directory
	clock     clock.Clock
	log       hclog.Logger
	limit     *loglimit.Limit
	counters  counters
	tag       []byte // our Proxy-State, another for every Server: by it a message is known that has come round

	clients   atomic.Pointer[clients]
	forward   atomic.Pointer[forwarder] // nil: none
	reloading sync.Mutex                // held while these two are replaced
	closed    bool                      // they are not replaced any more
	retiring  sync.WaitGroup            // forwarders that were replaced
	abandon   chan struct{}             // closed when nobody waits for these any more

	socket    *socket
	exchanges *exchanges
	work      chan *exchange // to the goroutine that handles them; holds all that may be pending
	answers   chan *exchange // to the goroutine that answers
	origins   origins        // of the goroutine that handles

	starting sync.Mutex     // of serving and closing
	serving  bool           //
	closing  bool           //
	running  sync.WaitGroup // the two goroutines
	read     chan struct{}  // closed when Serve takes nothing any more
	quit     chan struct{}  // closed when nothing is answered any more
}

// New returns a server that does not listen yet. An error names the client or the next server that can not be.
func New(o Options) (*Server, error) {
	if o.MaxPending <= 0 {
		o.MaxPending = defaultPending
	}
	s := &Server{
		directory: o.Directory, clock: o.Clock, log: o.Log, limit: loglimit.New(), tag: make([]byte, 8), abandon: make(chan struct{}),
		exchanges: newExchanges(o.MaxPending), origins: newOrigins(),
		work: make(chan *exchange, o.MaxPending), answers: make(chan *exchange, o.MaxPending), read: make(chan struct{}), quit: make(chan struct{}),
	}
	_, _ = rand.Read(s.tag) // never fails
	if err := s.Reconfigure(o.Clients, o.Forward); err != nil {
		return nil, err
	}
	return s, nil
}

// Reconfigure replaces the clients and the next server, both or, with an error, none. Messages that are under way are answered with
// the secret that they came with, and what was sent to the next server before is waited for there.
func (s *Server) Reconfigure(list []Client, next *Forward) error {
	s.reloading.Lock()
	defer s.reloading.Unlock()
	if s.closed {
		return errStopped
	}
	c, err := newClients(list)
	if err != nil {
		return err
	}
	if next != nil {
		n := next.withDefaults()
		next = &n
	}
	before := s.forward.Load()
	if before == nil && next == nil || before != nil && next != nil && before.config.equal(*next) {
		s.clients.Store(c)
		return nil
	}
	var f *forwarder
	if next != nil {
		if f, err = newForwarder(*next, s); err != nil {
			return err
		}
	}
	s.clients.Store(c)
	s.forward.Store(f)
	if before != nil {
		s.retiring.Go(func() { before.close(s.abandon) })
	}
	return nil
}

// Listen takes the address, host and UDP port; messages wait in the socket until Serve. It is called once.
func (s *Server) Listen(address string) (err error) {
	s.socket, err = listen(address, s.log)
	return err
}

// Addr is the address that it listens at, after Listen.
func (s *Server) Addr() string { return s.socket.conn.LocalAddr().String() }

// Serve takes messages until Close, and returns nil then; an error means that the socket is broken. It comes after Listen, once.
func (s *Server) Serve() error {
	s.starting.Lock()
	if s.closing {
		s.starting.Unlock()
		return nil
	}
	s.serving = true
	s.running.Go(s.handleAll)
	s.running.Go(s.answerAll)
	s.starting.Unlock()

	err := s.receiveAll()
	close(s.work)
	close(s.read)
	s.starting.Lock()
	defer s.starting.Unlock()
	if s.closing {
		return nil
	}
	return fmt.Errorf("RADIUS accounting at %s: %w", s.Addr(), err)
}

// Close takes nothing more, and waits until what was taken is answered and the next server has answered, or ctx is done. The
// directory must not be closed before. What was not answered will be repeated by its sender. Nothing runs any more after it. It is
// called once.
func (s *Server) Close(ctx context.Context) {
	s.starting.Lock()
	s.closing = true
	serving := s.serving
	s.starting.Unlock()
	if serving {
		s.socket.stopReading()
		<-s.read
		s.exchanges.idle(ctx)
	}
	s.reloading.Lock()
	defer s.reloading.Unlock()
	s.closed = true
	if f := s.forward.Load(); f != nil {
		s.retiring.Go(func() { f.close(s.abandon) })
	}
	gone := make(chan struct{})
	go func() {
		s.retiring.Wait()
		close(gone)
	}()
	select {
	case <-gone:
	case <-ctx.Done():
	}
	close(s.abandon)
	<-gone
	close(s.quit)
	s.running.Wait()
	if s.socket != nil {
		_ = s.socket.conn.Close()
	}
}

var errStopped = errors.New("the gateway stops")
