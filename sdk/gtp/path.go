package gtp

import (
	"errors"
	"fmt"
	"hash/maphash"
	"net"
	"net/netip"
	"sync"
	"time"
)

// Why a request of ours has no response.
var (
	// ErrNoResponse: N3Requests were sent, and none was answered within T3Response.
	ErrNoResponse = errors.New("gtp: no response")
	// ErrPeerVersion: the peer does not speak version 1.
	ErrPeerVersion = errors.New("gtp: the peer refuses version 1")
	// ErrClosed: the path was closed first.
	ErrClosed = errors.New("gtp: the path is closed")
	// ErrBusy: as many requests wait for their responses as may. Nothing was sent.
	ErrBusy = errors.New("gtp: too many requests wait for a response")
)

// Why a datagram was dropped, beside errors in it.
var (
	// ErrNotAllowed: its sender is none of ours.
	ErrNotAllowed = errors.New("gtp: the sender is not allowed")
	// ErrUnexpected: it answers nothing that was asked, or asks what nobody handles.
	ErrUnexpected = errors.New("gtp: an unexpected message")
	// ErrFlood: there are as many requests without an answer as may be.
	ErrFlood = errors.New("gtp: too many requests are not answered yet")
)

// A Conn is what a Path needs of a *net.UDPConn. Writing must not block for long.
type Conn interface {
	ReadFromUDPAddrPort(b []byte) (int, netip.AddrPort, error)
	WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error)
	Close() error
}

// A Path is one socket of the control plane. Its methods may be called from several goroutines.
type Path struct {
	conn Conn
	cfg  Config
	seed maphash.Seed

	mu          sync.Mutex
	closed      bool
	peers       peers
	outstanding map[transaction]*request
	waiting     queue[*request] // by when they are due
	answers     map[transaction]*answer
	given       queue[*answer] // by when they may be forgotten
	stopTimer   func()         // nil while nothing waits
	timerDue    time.Duration  // when it is set
	timer       uint64         // counts timers, so that one which could not be stopped is told from its successor
}

// A transaction is named by the other end's address and port and the sequence number (§7.6). The sides do not mix: the map says who
// asked.
type transaction struct {
	peer     netip.AddrPort
	sequence uint16
}

// NewPath makes a path of a socket, which it closes with itself. Serve has to run for anything to arrive.
func NewPath(conn Conn, cfg Config) *Path {
	cfg = cfg.complete()
	return &Path{
		conn: conn, cfg: cfg, seed: maphash.MakeSeed(), peers: newPeers(cfg.MaxPeers),
		outstanding: make(map[transaction]*request), answers: make(map[transaction]*answer),
	}
}

// Serve reads and handles datagrams until Close, when it returns nil, or until the socket fails.
func (p *Path) Serve() error {
	b := make([]byte, 1<<16)
	for {
		n, from, err := p.conn.ReadFromUDPAddrPort(b)
		if err != nil {
			p.mu.Lock()
			closed := p.closed
			p.mu.Unlock()
			if closed || errors.Is(err, net.ErrClosed) {
				return nil
			}
			return fmt.Errorf("gtp: read: %w", err)
		}
		p.receive(netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), b[:n])
	}
}

// Close closes the socket and ends all requests with ErrClosed.
func (p *Path) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	if p.stopTimer != nil {
		p.stopTimer()
		p.stopTimer = nil
	}
	left := p.outstanding
	p.outstanding, p.answers = nil, nil
	p.waiting, p.given = queue[*request]{}, queue[*answer]{}
	p.mu.Unlock()
	for _, r := range left {
		r.done(Packet{}, ErrClosed)
	}
	return p.conn.Close()
}

// receive handles one datagram.
func (p *Path) receive(from netip.AddrPort, b []byte) {
	if !p.cfg.Allow(from.Addr()) {
		p.cfg.Dropped(from, ErrNotAllowed)
		return
	}
	if p.repeated(from, b) {
		return
	}
	packet, err := Parse(b)
	var bad *ParseError
	if err != nil && !errors.As(err, &bad) {
		p.cfg.Dropped(from, err)
		return
	}
	kind := packet.Header.Type
	switch {
	case bad != nil && bad.Action == RefuseVersion:
		p.cfg.Dropped(from, bad)
		p.write(from, packet.Header, new(VersionNotSupported)) // §11.1.1
	case bad != nil && bad.Action == Discard:
		p.cfg.Dropped(from, bad)
	case kind.response() || kind == TypeVersionNotSupported:
		p.response(from, packet, err)
	case bad != nil:
		p.cfg.Dropped(from, bad)
		p.reject(from, packet, bad.Cause)
	case kind == TypeEchoRequest:
		p.write(from, packet.Header, &EchoResponse{Recovery: p.cfg.RestartCounter})
	case kind.request() && p.cfg.Handler != nil:
		p.request(from, packet, b)
	default:
		p.cfg.Dropped(from, ErrUnexpected)
	}
}

// reject answers a request that can not be read, if what was read is enough for an answer.
func (p *Path) reject(to netip.AddrPort, packet Packet, cause Cause) {
	if m, teid, ok := rejection(packet, cause); ok {
		p.write(to, Header{TEID: teid, Sequence: packet.Header.Sequence}, m)
	}
}

// write sends a message for which nobody waits. That the socket does not take it is what any network may do to a datagram.
func (p *Path) write(to netip.AddrPort, h Header, m Message) {
	if m.Type() < TypeCreatePDPContextRequest { // messages of the path belong to no tunnel (§7.2)
		h.TEID = 0
	}
	if b, err := Append(nil, h, m); err == nil {
		_, _ = p.conn.WriteToUDPAddrPort(b, to)
	}
}

// restarted hears of a peer's restart counter.
func (p *Path) restarted(peer netip.Addr, m Message) {
	now, ok := recovery(m)
	if !ok {
		return
	}
	p.mu.Lock()
	before, changed := p.peers.restart(peer, now)
	p.mu.Unlock()
	if changed {
		p.cfg.Restarted(peer, before, now, m)
	}
}

// recovery returns the restart counter that a message carries.
func recovery(m Message) (uint8, bool) {
	var v *uint8
	switch m := m.(type) {
	case *EchoResponse:
		v = &m.Recovery
	case *CreatePDPContextRequest:
		v = m.Recovery
	case *CreatePDPContextResponse:
		v = m.Recovery
	case *UpdatePDPContextRequest:
		v = m.Recovery
	case *UpdatePDPContextResponse:
		v = m.Recovery
	}
	if v == nil {
		return 0, false
	}
	return *v, true
}
