package ggsn

import (
	"net"
	"slices"
	"sync"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
)

// An outbox sends the packets of pushes, those that came together with one call of the kernel: that call is most of what a push costs.
// Whoever flushes it sends, one at a time.
type outbox struct {
	g    *GGSN
	conn batchConn

	mu      sync.Mutex
	queue   []outgoing
	spare   []outgoing // for the next queue
	sending bool       // somebody is at it, and goes on until the queue is empty
	over    bool
	ended   *sync.Cond // of sending

	// Of who is sending.
	bundles  bool // the kernel takes several packets as one message
	messages []ipv4.Message
	to       []net.UDPAddr
	sizes    []int // how many packets are in each message
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
	mostOutgoing = 4096 // packets that wait while others are sent
	mostAtOnce   = 128  // packets
	// A bundle is packets of one length, the last one perhaps shorter, to one address, that go through the kernel as one and are parted at
	// its end or by the network card (Linux, udp(7), UDP_SEGMENT). One that would be fragmented can not be in it.
	mostInBundle       = 64
	mostOctetsInBundle = 60_000
	longestInBundle    = 1400 // octets
)

func newOutbox(g *GGSN, conn *net.UDPConn) *outbox {
	o := &outbox{
		g: g, conn: ipv4.NewPacketConn(conn), messages: make([]ipv4.Message, mostAtOnce), bundles: kernelParts,
		to: make([]net.UDPAddr, mostAtOnce), sizes: make([]int, 0, mostAtOnce), sent: make([]contexts.Sent, 0, mostAtOnce),
	}
	if !g.userAddress.Is4() {
		o.conn = ipv6.NewPacketConn(conn)
	}
	o.ended = sync.NewCond(&o.mu)
	for i := range o.messages {
		o.to[i].Port = int(g.config.peerUser)
		o.messages[i].Addr = &o.to[i]
	}
	return o
}

// packetBuffers have room for most packets.
var packetBuffers = sync.Pool{New: func() any { b := make([]byte, 0, 2048); return &b }}

// add hands over a datagram that is one packet; it is sent by the next flush. False is that nothing is taken any more, or that too
// many wait, and then is not called.
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
	full := len(o.queue) >= mostAtOnce
	o.mu.Unlock()
	if full {
		o.flush()
	}
	return true
}

// flush sends what was handed over, unless somebody does.
func (o *outbox) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.sending {
		return
	}
	o.sending = true
	for len(o.queue) > 0 {
		list := o.queue
		o.queue, o.spare = o.spare[:0], nil
		o.mu.Unlock()
		for rest := list; len(rest) > 0; {
			rest = rest[o.send(rest[:min(len(rest), mostAtOnce)]):]
		}
		clear(list)
		o.mu.Lock()
		o.spare = list
	}
	o.sending = false
	o.ended.Broadcast()
}

// send sends some packets and returns how many are done with; they may change their places.
func (o *outbox) send(list []outgoing) int {
	o.fill(list)
	sent, err := o.conn.WriteBatch(o.messages[:len(o.sizes)], 0)
	n := 0
	for _, size := range o.sizes[:max(sent, 0)] {
		n += size
	}
	switch {
	case n > 0:
		err = nil // there is one for the next call
		o.sent = o.sent[:0]
		for _, out := range list[:n] {
			o.sent = append(o.sent, contexts.Sent{Way: out.way, Octets: len(*out.octets) - headerGPDU})
		}
		o.g.table.Downlink(o.g.clock.Elapsed(), o.sent...)
	case o.sizes[0] > 1: // that may be because it is a bundle
		o.bundles = false
		o.g.log.Info("packets of one length to one SGSN are sent one by one from now on: the kernel does not take them together", "error", err)
		return 0
	default:
		n = 1
	}
	for _, out := range list[:n] {
		packetBuffers.Put(out.octets)
		out.then(err)
	}
	return n
}

// fill makes messages of packets.
func (o *outbox) fill(list []outgoing) {
	if o.bundles {
		slices.SortStableFunc(list, func(a, b outgoing) int {
			if order := a.way.User.Compare(b.way.User); order != 0 {
				return order
			}
			return len(*b.octets) - len(*a.octets)
		})
	}
	o.sizes = o.sizes[:0]
	for len(list) > 0 {
		n := 1
		if o.bundles && len(*list[0].octets) <= longestInBundle {
			n = bundle(list)
		}
		i := len(o.sizes)
		o.sizes = append(o.sizes, n)
		o.to[i].IP, _ = list[0].way.User.AppendBinary(o.to[i].IP[:0]) // never fails
		m := &o.messages[i]
		m.Buffers, m.OOB = m.Buffers[:0], m.OOB[:0]
		for _, out := range list[:n] {
			m.Buffers = append(m.Buffers, *out.octets)
		}
		if n > 1 {
			m.OOB = appendPartedBy(m.OOB, len(*list[0].octets))
		}
		list = list[n:]
	}
}

// bundle is how many packets at the beginning of a list can go as one message.
func bundle(list []outgoing) int {
	first := &list[0]
	each, octets := len(*first.octets), 0
	for n := range list {
		size := len(*list[n].octets)
		if octets += size; n == mostInBundle || octets > mostOctetsInBundle || size > each || list[n].way.User != first.way.User {
			return max(n, 1)
		}
		if size < each {
			return n + 1
		}
	}
	return len(list)
}

// close takes no more, and returns when all that was handed over is sent.
func (o *outbox) close() {
	o.mu.Lock()
	o.over = true
	o.mu.Unlock()
	o.flush()
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.sending {
		o.ended.Wait()
	}
}
