package gtp

import (
	"context"
	"fmt"
	"net/netip"
	"time"
)

// A request is one of ours that has no response yet.
type request struct {
	transaction transaction
	kind        MessageType
	octets      []byte
	sent        int
	ended       bool
	done        func(Packet, error)
}

// Send sends a request and calls done once, from another goroutine: with the response, or with ErrNoResponse, ErrPeerVersion, ErrClosed
// or the *ParseError of a response that cannot be read. done must not block. An error of Send itself, like ErrBusy, means that nothing
// was sent and done is not called.
func (p *Path) Send(to netip.AddrPort, teid TEID, m Message, done func(Packet, error)) error {
	_, err := p.send(to, teid, m, done)
	return err
}

// Do is Send that waits. When the context ends first, its request is forgotten.
func (p *Path) Do(ctx context.Context, to netip.AddrPort, teid TEID, m Message) (Packet, error) {
	type result struct {
		packet Packet
		err    error
	}
	results := make(chan result, 1)
	r, err := p.send(to, teid, m, func(packet Packet, err error) { results <- result{packet, err} })
	if err != nil {
		return Packet{}, err
	}
	select {
	case got := <-results:
		return got.packet, got.err
	case <-ctx.Done():
		p.mu.Lock()
		p.end(r)
		p.mu.Unlock()
		return Packet{}, fmt.Errorf("gtp: %v to %v: %w", m.Type(), to, context.Cause(ctx))
	}
}

func (p *Path) send(to netip.AddrPort, teid TEID, m Message, done func(Packet, error)) (*request, error) {
	if !m.Type().request() {
		return nil, fmt.Errorf("gtp: %v is not a request", m.Type())
	}
	to = netip.AddrPortFrom(to.Addr().Unmap(), to.Port())
	h := Header{TEID: teid}
	octets, err := Append(nil, h, m)
	if err != nil {
		return nil, err
	}
	r := &request{kind: m.Type(), octets: octets, sent: 1, done: done}
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return nil, ErrClosed
	case len(p.outstanding) >= p.cfg.MaxOutstanding || !p.number(r, to):
		p.mu.Unlock()
		return nil, ErrBusy
	}
	p.outstanding[r.transaction] = r
	p.wait(r)
	octets = r.octets
	p.mu.Unlock()
	// Whatever the socket says: a datagram that is lost is sent again.
	_, _ = p.conn.WriteToUDPAddrPort(octets, to)
	return r, nil
}

// number gives the request a sequence number that no other one to the same peer has, with p.mu held. False is that there is none.
func (p *Path) number(r *request, to netip.AddrPort) bool {
	known := p.peers.get(to.Addr())
	for range 1 << 16 {
		r.transaction = transaction{to, known.sequence}
		known.sequence++
		if p.outstanding[r.transaction] == nil {
			r.octets[8], r.octets[9] = byte(r.transaction.sequence>>8), byte(r.transaction.sequence)
			return true
		}
	}
	return false
}

// wait makes the request due in T3-RESPONSE, with p.mu held.
func (p *Path) wait(r *request) {
	p.waiting.add(p.cfg.Clock.Elapsed()+p.cfg.T3Response, r)
	p.arm()
}

// end forgets the request, with p.mu held. False is that it had ended.
func (p *Path) end(r *request) bool {
	if r.ended || p.closed {
		return false
	}
	r.ended = true
	r.octets = nil // the queue keeps the rest of it until it is due
	delete(p.outstanding, r.transaction)
	return true
}

// lateness is how long an answer may be kept beyond its time, so that many are forgotten with one alarm.
const lateness = time.Second

// arm sets the timer for what is due next, with p.mu held.
func (p *Path) arm() {
	if p.closed {
		return
	}
	for !p.waiting.empty() && p.waiting.first().item.ended { // nothing is due for it
		p.waiting.drop()
	}
	var next time.Duration
	switch {
	case p.waiting.empty() && p.given.empty():
		return
	case p.waiting.empty():
		next = p.given.first().due + lateness
	case p.given.empty():
		next = p.waiting.first().due
	default:
		next = min(p.waiting.first().due, p.given.first().due+lateness)
	}
	if p.stopTimer != nil {
		if p.timerDue <= next {
			return
		}
		p.stopTimer()
	}
	p.timerDue = next
	p.timer++
	timer := p.timer
	p.stopTimer = p.cfg.Clock.After(max(0, next-p.cfg.Clock.Elapsed()), func() { p.tick(timer) })
}

type datagram struct {
	octets []byte
	to     netip.AddrPort
}

// tick sends again what was not answered, ends what was sent often enough, and forgets old answers.
func (p *Path) tick(timer uint64) {
	var over []*request
	var again []datagram
	p.mu.Lock()
	if timer != p.timer {
		p.mu.Unlock()
		return
	}
	p.stopTimer = nil
	now := p.cfg.Clock.Elapsed()
	for !p.waiting.empty() && p.waiting.first().due <= now {
		r := p.waiting.first().item
		p.waiting.drop()
		switch {
		case r.ended:
		case r.sent >= p.cfg.N3Requests:
			p.end(r)
			over = append(over, r)
		default:
			r.sent++
			p.waiting.add(now+p.cfg.T3Response, r)
			again = append(again, datagram{r.octets, r.transaction.peer})
		}
	}
	for !p.given.empty() && p.given.first().due <= now {
		p.forget(p.given.first().item)
		p.given.drop()
	}
	p.arm()
	p.mu.Unlock()
	for _, d := range again {
		_, _ = p.conn.WriteToUDPAddrPort(d.octets, d.to)
	}
	for _, r := range over {
		r.done(Packet{}, fmt.Errorf("%w to %v, sent %d times to %v", ErrNoResponse, r.kind, r.sent, r.transaction.peer))
	}
}

// response ends the request that a message answers.
func (p *Path) response(from netip.AddrPort, packet Packet, err error) {
	p.mu.Lock()
	r := p.outstanding[transaction{from, packet.Header.Sequence}]
	refused := packet.Header.Type == TypeVersionNotSupported
	if r == nil || !refused && packet.Header.Type != r.kind+1 || !p.end(r) {
		p.mu.Unlock()
		p.cfg.Dropped(from, ErrUnexpected)
		return
	}
	p.mu.Unlock()
	switch {
	case refused:
		err = ErrPeerVersion
	case err == nil:
		p.restarted(from.Addr(), packet.Message)
	default:
		p.cfg.Dropped(from, err)
	}
	if err != nil {
		packet = Packet{}
	}
	r.done(packet, err)
}
