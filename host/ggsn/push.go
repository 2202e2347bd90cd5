package ggsn

import (
	"errors"
	"net/netip"
	"sync"
	"syscall"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/ggsn/packet"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

var _ node.Batcher = (*GGSN)(nil)

// Push is part of node.Node. A terminal that has a context gets the push with the next Flush; of another one the engine asks for
// one.
func (g *GGSN) Push(p node.Push, done func(node.Result)) {
	refuse := func(cause node.Cause, text string) {
		r := node.Result{ID: p.ID, Cause: cause, Text: text}
		g.metrics.answered(r)
		done(r)
	}
	switch {
	case g.stopping.Load():
		refuse(node.NodeStopping, "the GGSN is being stopped")
		return
	case p.APN != "" && !g.serves(gtp.APN(p.APN)):
		refuse(node.NotServed, "the access point "+p.APN+" is not this GGSN's")
		return
	case p.Within <= 0:
		refuse(node.Expired, "its time was over when it came")
		return
	case len(p.Payload) > packet.MaxPayload:
		refuse(node.TooLong, "longer than a UDP datagram can be")
		return
	}
	if way, ok := g.way(p); ok {
		if err := g.send(way, p, done); err != nil {
			refuse(node.Failed, err.Error())
		}
		return
	}
	if g.engine == nil {
		refuse(node.NotAttached, "the terminal has no context, and none is activated by this GGSN")
		return
	}
	until := g.clock.Elapsed() + p.Within
	g.engine.Push(p, func(r node.Result) { g.activated(p, until, r, done) })
}

// Flush is part of node.Batcher.
func (g *GGSN) Flush() { g.outbox.flush() }

// Cancel is part of node.Node.
func (g *GGSN) Cancel(id string) {
	if g.engine != nil {
		g.engine.Cancel(id)
	}
}

// way finds the context of a push.
func (g *GGSN) way(p node.Push) (contexts.Way, bool) {
	if p.Address.IsValid() {
		if way, ok := g.table.WayTo(p.IMSI, p.MSISDN, p.Address); ok {
			return way, true
		}
	}
	if p.IMSI == "" {
		return contexts.Way{}, false
	}
	return g.table.WayTo(p.IMSI, "", netip.Addr{}) // its address may have changed since the gateway heard of it
}

// send sends a push through a tunnel, and answers when the time for complaints about it is over. With an error nothing was sent, and
// done is not called.
func (g *GGSN) send(way contexts.Way, p node.Push, done func(node.Result)) error {
	d := g.datagram(way, p)
	var heard *pending
	if p.Within > g.config.listen {
		heard = g.listening.begin(way.Address, d.ID)
	}
	sent := func() {
		g.listening.sent(heard, true, node.Result{ID: p.ID, Sent: true, Exchanges: g.overContext}, g.finishing(done))
	}
	if d.Packets(g.config.mtu) == 1 {
		waits := g.outbox.add(way, d, func(err error) {
			if err == nil {
				sent()
				return
			}
			g.finishing(done)(node.Result{ID: p.ID, Cause: node.Failed, Text: sendError(err).Error()})
		})
		if waits {
			return nil
		}
	}
	if err := g.transmit(way, d); err != nil {
		return err
	}
	sent()
	return nil
}

// finishing counts a result before it is given.
func (g *GGSN) finishing(done func(node.Result)) func(node.Result) {
	return func(r node.Result) {
		g.metrics.answered(r)
		done(r)
	}
}

// datagram is what a push is to its terminal.
func (g *GGSN) datagram(way contexts.Way, p node.Push) packet.Datagram {
	from := p.SourcePort
	if from == 0 {
		from = defaultSourcePort
	}
	return packet.Datagram{
		Source:      netip.AddrPortFrom(g.config.source, from),
		Destination: netip.AddrPortFrom(way.Address, p.TerminalPort),
		ID:          uint16(g.identification.Add(1)), Payload: p.Payload,
	}
}

// buffers are those that packets are made in which are sent at once.
var buffers = sync.Pool{New: func() any { return new([headerGPDU + 1<<16]byte) }}

// transmit sends a datagram at once, in as many packets as it takes.
func (g *GGSN) transmit(way contexts.Way, d packet.Datagram) error {
	b := buffers.Get().(*[headerGPDU + 1<<16]byte)
	defer buffers.Put(b)
	for i := range d.Packets(g.config.mtu) {
		if err := g.user.send(way, d.Append(b[:headerGPDU], i, g.config.mtu)); err != nil {
			return sendError(err)
		}
	}
	return nil
}

// defaultSourcePort is that of a connectionless WSP server (WAP-230 §8.4).
const defaultSourcePort = 9200

// errFull is temporary: the socket has no room.
var errFull = errors.New("the network of this machine takes no more for now")

func sendError(err error) error {
	if errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.EAGAIN) {
		return errFull
	}
	return err
}

// activated answers a push that waited for a context. One that was sent is listened for like any other, if it has the time.
func (g *GGSN) activated(p node.Push, until time.Duration, r node.Result, done func(node.Result)) {
	heard, ok := g.sent.LoadAndDelete(p.ID)
	if !r.Sent || !ok {
		g.finishing(done)(r)
		return
	}
	g.listening.sent(heard.(*pending), until-g.clock.Elapsed() > g.config.listen, r, g.finishing(done))
}
