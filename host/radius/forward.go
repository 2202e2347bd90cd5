package radius

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"layeh.com/radius"
	"layeh.com/radius/rfc2865"
	"layeh.com/radius/rfc2869"
)

// Forward is the next server, to which every accounting request goes on.
type Forward struct {
	Address string // host and UDP port
	Secret  []byte
	Timeout time.Duration // of one try; 0 is 2s
	Tries   int           // 0 is 3
	// WaitForAnswer answers a request only after the next server has: when that is away, the sender keeps the record. Otherwise a
	// record that the next server does not answer at any try is lost there.
	WaitForAnswer bool
}

func (f Forward) equal(o Forward) bool {
	return f.Address == o.Address && bytes.Equal(f.Secret, o.Secret) && f.Timeout == o.Timeout && f.Tries == o.Tries && f.WaitForAnswer == o.WaitForAnswer
}

func (f Forward) withDefaults() Forward {
	if f.Timeout <= 0 {
		f.Timeout = 2 * time.Second
	}
	if f.Tries <= 0 {
		f.Tries = 3
	}
	f.Secret = bytes.Clone(f.Secret)
	return f
}

// links is how many ports we send from: an identifier has 8 bits (RFC 2865 §3), so each port has room for 256 requests. They take
// turns, so that an identifier is not used again at once.
const links = 8

// A forwarder sends requests to the next server, again if there is no answer.
type forwarder struct {
	config Forward
	server *Server
	most   int // that may wait for an identifier

	mu      sync.Mutex
	links   []*link
	turn    int       // the link that is next
	queue   []*flight // what waits for an identifier
	flying  int       // what has one
	leaving bool
	empty   chan struct{} // closed when it is leaving and nothing is left

	reading sync.WaitGroup
}

// A link is one of our ports.
type link struct {
	conn    *net.UDPConn
	flights [256]*flight // by identifier
	next    byte
	flying  int
}

// A flight is a request on its way. The forwarder's mu guards it.
type flight struct {
	attributes radius.Attributes
	done       func(error) // nil if nobody waits

	link       *link
	identifier byte
	packet     []byte
	tries      int
	stop       func() // of the time-out
}

// Why the next server does not have a request.
var (
	errNoAnswer = errors.New("the next RADIUS server does not answer")
	errNoRoom   = errors.New("too much waits for the next RADIUS server")
)

func newForwarder(config Forward, s *Server) (*forwarder, error) {
	f := &forwarder{config: config, server: s, most: s.exchanges.most, empty: make(chan struct{})}
	if len(config.Secret) == 0 {
		return nil, fmt.Errorf("the next RADIUS server %s has no secret", config.Address)
	}
	at, err := net.ResolveUDPAddr("udp", config.Address)
	if err != nil {
		return nil, fmt.Errorf("the next RADIUS server: %w", err)
	}
	for range links {
		conn, err := net.DialUDP("udp", nil, at)
		if err != nil {
			for _, l := range f.links {
				_ = l.conn.Close()
			}
			return nil, fmt.Errorf("the next RADIUS server: %w", err)
		}
		f.links = append(f.links, &link{conn: conn})
	}
	for _, l := range f.links {
		f.reading.Go(func() { f.read(l) })
	}
	return f, nil
}

// pass hands a request to the next server, if there is one.
func (s *Server) pass(x *exchange) {
	for {
		f := s.forward.Load()
		if f == nil || x.handled && !f.config.WaitForAnswer {
			return
		}
		fl := &flight{attributes: f.attributes(x.request.Attributes)}
		if f.config.WaitForAnswer {
			s.exchanges.add(x, 1)
			fl.done = func(err error) { s.done(x, partPass, err) }
		}
		if f.send(fl) {
			return
		}
		if fl.done != nil {
			s.exchanges.add(x, -1)
		}
	}
}

// send sends a request on, now or when there is an identifier for it, and calls done, unless it is nil, once. It returns false if there
// is another forwarder by now.
func (f *forwarder) send(fl *flight) bool {
	f.mu.Lock()
	switch {
	case f.leaving && f.server.forward.Load() != f:
		f.mu.Unlock()
		return false
	case f.leaving:
		f.mu.Unlock()
		f.ended(fl, forwardStopped, errStopped)
	case len(f.queue) >= f.most:
		f.mu.Unlock()
		f.ended(fl, forwardNoRoom, errNoRoom)
	default:
		f.queue = append(f.queue, fl)
		f.launch()
		f.mu.Unlock()
	}
	return true
}

// attributes returns those of the request with our Proxy-State behind them (RFC 2865 §5.33). A Message-Authenticator is made with the
// secret that the request came with and has no place in accounting (RFC 3579 §3.3).
func (f *forwarder) attributes(of radius.Attributes) radius.Attributes {
	list := make(radius.Attributes, 0, len(of)+1)
	octets := 20
	for _, a := range of {
		if a.Type != rfc2869.MessageAuthenticator_Type {
			list = append(list, a)
			octets += 2 + len(a.Attribute)
		}
	}
	if octets+2+len(f.server.tag) <= radius.MaxPacketLength { // else the answer is known by its identifier alone, like every one
		list.Add(rfc2865.ProxyState_Type, f.server.tag)
	}
	return list
}

// launch gives identifiers to what waits, as long as there are any. f.mu is held.
func (f *forwarder) launch() {
	for len(f.queue) > 0 && f.flying < len(f.links)*256 {
		l := f.links[f.turn]
		f.turn = (f.turn + 1) % len(f.links)
		if l.flying == len(l.flights) {
			continue // another has room
		}
		for l.flights[l.next] != nil {
			l.next++
		}
		fl := f.queue[0]
		f.queue[0] = nil
		f.queue = f.queue[1:]
		fl.link, fl.identifier = l, l.next
		l.flights[l.next] = fl
		l.next++
		l.flying++
		f.flying++
		p := radius.Packet{Code: radius.CodeAccountingRequest, Identifier: fl.identifier, Secret: f.config.Secret, Attributes: fl.attributes}
		var err error
		if fl.packet, err = p.Encode(); err != nil {
			panic(err) // of attributes that came in a packet
		}
		fl.attributes = nil
		f.try(fl)
	}
}

// try sends a flight, the same octets each time: with other attributes it would be another request (RFC 2866 §3). f.mu is held.
func (f *forwarder) try(fl *flight) {
	fl.tries++
	f.server.counters.tries.Add(1)
	fl.stop = f.server.clock.After(f.config.Timeout, func() { f.late(fl) })
	_, _ = fl.link.conn.Write(fl.packet) // one that is not sent is one that is lost: it is tried again
}

// late is called when there was no answer to a try.
func (f *forwarder) late(fl *flight) {
	f.mu.Lock()
	switch {
	case fl.link.flights[fl.identifier] != fl: // it has ended
		f.mu.Unlock()
	case fl.tries < f.config.Tries && !f.abandoned():
		f.try(fl)
		f.mu.Unlock()
	default:
		f.release(fl)
		f.mu.Unlock()
		f.ended(fl, forwardGivenUp, errNoAnswer)
	}
}

// release takes the identifier of a flight back. f.mu is held.
func (f *forwarder) release(fl *flight) {
	fl.stop()
	fl.link.flights[fl.identifier] = nil
	fl.link.flying--
	f.flying--
	f.launch()
	f.check()
}

// check sees whether nothing is left of one that is leaving. f.mu is held.
func (f *forwarder) check() {
	if f.leaving && f.flying == 0 && len(f.queue) == 0 {
		select {
		case <-f.empty:
		default:
			close(f.empty)
		}
	}
}

// ended counts a request and tells who waits for it.
func (f *forwarder) ended(fl *flight, result forwarded, err error) {
	f.server.counters.forwarded[result].Add(1)
	if err != nil && result != forwardStopped {
		if fields, ok := f.server.limit.Allow("next", f.config.Address, "error", err); ok {
			f.server.log.Warn("a RADIUS accounting request did not reach the next server", fields...)
		}
	}
	if fl.done != nil {
		fl.done(err)
	}
}

// read takes the answers at one of our ports.
func (f *forwarder) read(l *link) {
	b := make([]byte, radius.MaxPacketLength)
	for {
		n, err := l.conn.Read(b)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // the other side's port is closed, says its host
			continue
		}
		if !f.answer(l, b[:n]) {
			f.server.counters.strange.Add(1)
		}
	}
}

// answer takes an answer if it is one to what is on its way, and proven.
func (f *forwarder) answer(l *link, b []byte) bool {
	b, ok := trim(b)
	if !ok || radius.Code(b[0]) != radius.CodeAccountingResponse {
		return false
	}
	f.mu.Lock()
	fl := l.flights[b[1]]
	if fl == nil || !radius.IsAuthenticResponse(b, fl.packet, f.config.Secret) {
		f.mu.Unlock()
		return false
	}
	f.release(fl)
	f.mu.Unlock()
	f.ended(fl, forwardAnswered, nil)
	return true
}

// count returns how many requests the next server has not answered.
func (f *forwarder) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.flying + len(f.queue)
}

func (f *forwarder) abandoned() bool {
	select {
	case <-f.server.abandon:
		return true
	default:
		return false
	}
}

// close takes nothing more, and returns when everything that it has is answered or given up, at once if abandon is closed.
func (f *forwarder) close(abandon <-chan struct{}) {
	f.mu.Lock()
	f.leaving = true
	f.check()
	f.mu.Unlock()
	select {
	case <-f.empty:
	case <-abandon:
	}
	f.mu.Lock()
	left := f.queue
	f.queue = nil
	for _, l := range f.links {
		for _, fl := range l.flights {
			if fl != nil {
				f.release(fl)
				left = append(left, fl)
			}
		}
		_ = l.conn.Close()
	}
	f.mu.Unlock()
	for _, fl := range left {
		f.ended(fl, forwardStopped, errStopped)
	}
	f.reading.Wait()
}
