package ggsn

import (
	"net"
	"net/netip"
	"sync"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
)

// An outbox sends the packets of pushes, as many with one call of the kernel as have come together meanwhile: that call is most of what
// a push costs. One goroutine sends.
type outbox struct {
	g    *GGSN
	conn batchConn

	mu    sync.Mutex
	woken *sync.Cond
	queue []outgoing
	over  bool
	ended chan struct{} // closed when serve is over

	// Of the goroutine that sends.
	messages []ipv4.Message
	to       []net.UDPAddr
	sent     []contexts.Sent
}

// A batchConn sends several datagrams at once. An error is that of the first.
type batchConn interface {
	WriteBatch(ms []ipv4.Message, flags int) (int, error)
}

// An outgoing is a G-PDU, with what follows when it was sent.
type outgoing struct {
	octets *[]byte // of the pool
	way    contexts.Way
	then   func(error)
}

const (
	mostOutgoing = 4096 // packets that wait to be sent
	mostAtOnce   = 64
)

func newOutbox(g *GGSN, conn *net.UDPConn) *outbox {
	o := &outbox{
		g: g, conn: ipv4.NewPacketConn(conn), ended: make(chan struct{}), messages: make([]ipv4.Message, mostAtOnce),
		to: make([]net.UDPAddr, mostAtOnce), sent: make([]contexts.Sent, 0, mostAtOnce),
	}
	if !g.userAddress.Is4() {
		o.conn = ipv6.NewPacketConn(conn)
	}
	o.woken = sync.NewCond(&o.mu)
	for i := range o.messages {
		o.to[i].Port = int(g.config.peerUser)
		o.messages[i].Buffers, o.messages[i].Addr = make([][]byte, 1), &o.to[i]
	}
	return o
}

// packetBuffers have room for most packets.
var packetBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

// add hands over a datagram that is one packet. False is that too many wait already, and then is not called.
func (o *outbox) add(way contexts.Way, d packet.Datagram, then func(error)) bool {
	b := packetBuffers.Get().(*[]byte)
	*b = d.Append((*b)[:headerGPDU], 0, o.g.config.mtu)
	writeHeader(way, *b)
	o.mu.Lock()
	if o.over || len(o.queue) >= mostOutgoing {
		o.mu.Unlock()
		packetBuffers.Put(b)
		return false
	}
	o.queue = append(o.queue, outgoing{b, way, then})
	if len(o.queue) == 1 {
		o.woken.Signal()
	}
	o.mu.Unlock()
	return true
}

// serve sends until close, and all that was handed over before that.
func (o *outbox) serve() error {
	defer close(o.ended)
	var list []outgoing
	for {
		o.mu.Lock()
		for len(o.queue) == 0 && !o.over {
			o.woken.Wait()
		}
		list, o.queue = o.queue, list[:0]
		o.mu.Unlock()
		if len(list) == 0 {
			return nil
		}
		for rest := list; len(rest) > 0; {
			rest = rest[o.send(rest[:min(len(rest), mostAtOnce)]):]
		}
		clear(list)
	}
}

// send sends some packets and returns how many are done with.
func (o *outbox) send(list []outgoing) int {
	for i, out := range list {
		o.messages[i].Buffers[0] = *out.octets
		o.to[i].IP = appendAddr(o.to[i].IP[:0], out.way.User)
	}
	n, err := o.conn.WriteBatch(o.messages[:len(list)], 0)
	if n > 0 {
		err = nil // there is one for the next call
		o.sent = o.sent[:0]
		for _, out := range list[:n] {
			o.sent = append(o.sent, contexts.Sent{Way: out.way, Octets: len(*out.octets) - headerGPDU})
		}
		o.g.table.Downlink(o.g.clock.Elapsed(), o.sent...)
	}
	n = max(n, 1)
	for _, out := range list[:n] {
		packetBuffers.Put(out.octets)
		out.then(err)
	}
	return n
}

func appendAddr(dst net.IP, a netip.Addr) net.IP {
	if a.Is4() {
		b := a.As4()
		return append(dst, b[:]...)
	}
	b := a.As16()
	return append(dst, b[:]...)
}

// close takes no more. What is there goes on to be sent: ended is closed when it is.
func (o *outbox) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.over = true
	o.woken.Signal()
}
