package gtp

import (
	"container/list"
	"math/rand/v2"
	"net/netip"
)

// peers are what is known of other GSNs, the one heard of last in front.
type peers struct {
	most   int
	byAddr map[netip.Addr]*list.Element
	order  *list.List // of *peer
}

type peer struct {
	addr     netip.Addr
	sequence uint16 // of the next request to it
	restarts *uint8 // nil until it said
}

func newPeers(most int) peers {
	return peers{most: most, byAddr: make(map[netip.Addr]*list.Element), order: list.New()}
}

// get returns the peer, in the place of the quietest one if it is new and there are as many as may be.
func (p *peers) get(addr netip.Addr) *peer {
	if e := p.byAddr[addr]; e != nil {
		p.order.MoveToFront(e)
		return e.Value.(*peer)
	}
	if p.order.Len() >= p.most {
		quiet := p.order.Back()
		delete(p.byAddr, quiet.Value.(*peer).addr)
		p.order.Remove(quiet)
	}
	// A random begin, since a peer may still remember what had a low number before a restart of ours.
	known := &peer{addr: addr, sequence: uint16(rand.Uint32())}
	p.byAddr[addr] = p.order.PushFront(known)
	return known
}

// restart notes a restart counter, and returns the one before if it was another: any difference is a restart (§7.2.2).
func (p *peers) restart(addr netip.Addr, now uint8) (before uint8, changed bool) {
	known := p.get(addr)
	if known.restarts != nil {
		before = *known.restarts
		changed = before != now
	}
	known.restarts = &now
	return before, changed
}
