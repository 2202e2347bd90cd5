package gtp

import (
	"hash/maphash"
	"net/netip"
	"sync/atomic"
)

// A Handler gets the requests of peers.
type Handler interface {
	// HandleRequest is called in the goroutine of Serve, for each request once however often the peer repeats it. It must not
	// block: the answer may be given later. A request without an answer stays without one, and makes way after Config.AnswersFor.
	HandleRequest(*Request)
}

// A Request came from a peer.
type Request struct {
	Packet
	// From is where its answer goes.
	From netip.AddrPort

	path     *Path
	answer   *answer
	answered atomic.Bool
}

// An answer belongs to a request of a peer.
type answer struct {
	transaction transaction
	hash        uint64 // of the request's octets
	octets      []byte // nil while there is none
	forgotten   bool
}

// Answer sends the response, and sends it again whenever the peer repeats the request. The TEID is the one that the peer gave for itself,
// or 0. Only the first call counts; an error says that the message can not be sent.
func (r *Request) Answer(teid TEID, m Message) error {
	octets, err := Append(nil, Header{TEID: teid, Sequence: r.Header.Sequence}, m)
	if err != nil {
		return err
	}
	if r.answered.Swap(true) {
		return nil
	}
	r.path.mu.Lock()
	r.answer.octets = octets
	closed := r.path.closed
	r.path.mu.Unlock()
	if closed {
		return ErrClosed
	}
	_, _ = r.path.conn.WriteToUDPAddrPort(octets, r.From)
	return nil
}

// repeated handles a datagram that is the same as an earlier one: it is answered like that one, or not yet. A peer that restarted may use
// a sequence number again at once, which is why the octets decide.
func (p *Path) repeated(from netip.AddrPort, b []byte) bool {
	if len(b) < longHeader || !MessageType(b[1]).request() {
		return false
	}
	p.mu.Lock()
	a := p.answers[transaction{from, uint16(b[8])<<8 | uint16(b[9])}]
	if a == nil || a.hash != maphash.Bytes(p.seed, b) {
		p.mu.Unlock()
		return false
	}
	octets := a.octets
	p.mu.Unlock()
	if octets != nil {
		_, _ = p.conn.WriteToUDPAddrPort(octets, from)
	}
	return true
}

// request hands a new request to the handler.
func (p *Path) request(from netip.AddrPort, packet Packet, b []byte) {
	a := &answer{transaction: transaction{from, packet.Header.Sequence}, hash: maphash.Bytes(p.seed, b)}
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return
	}
	if old := p.answers[a.transaction]; old != nil {
		p.forget(old)
	}
	for p.given.len() >= p.cfg.MaxAnswers {
		if !p.makeWay() {
			p.mu.Unlock()
			p.cfg.Dropped(from, ErrFlood)
			return
		}
	}
	p.answers[a.transaction] = a
	p.given.add(p.cfg.Clock.Elapsed()+p.cfg.AnswersFor, a)
	p.arm()
	p.mu.Unlock()
	p.restarted(from.Addr(), packet.Message)
	p.cfg.Handler.HandleRequest(&Request{Packet: packet, From: from, path: p, answer: a})
}

// makeWay forgets the oldest request if it is answered, with p.mu held.
func (p *Path) makeWay() bool {
	a := p.given.first().item
	if a.octets == nil && !a.forgotten {
		return false
	}
	p.given.drop()
	p.forget(a)
	return true
}

// forget drops an answer from the map, with p.mu held; the queue drops it in its time.
func (p *Path) forget(a *answer) {
	if !a.forgotten {
		a.forgotten = true
		delete(p.answers, a.transaction)
	}
}
