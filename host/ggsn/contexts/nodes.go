package contexts

import "net/netip"

// nodes are the addresses of SGSNs that contexts lead to. There are few of them, so a context has their place.
type nodes struct {
	list      []node
	free      []uint32
	byAddress map[netip.Addr]uint32
}

type node struct {
	address netip.Addr
	users   int // contexts that have it, twice if for both planes
}

// take returns the place of an address, for one more user.
func (n *nodes) take(a netip.Addr) uint32 {
	place, known := n.byAddress[a]
	if !known {
		if last := len(n.free) - 1; last >= 0 {
			place, n.free = n.free[last], n.free[:last]
		} else {
			n.list = append(n.list, node{})
			place = uint32(len(n.list) - 1)
		}
		n.list[place].address = a
		n.byAddress[a] = place
	}
	n.list[place].users++
	return place
}

// give takes back what take returned.
func (n *nodes) give(place uint32) {
	of := &n.list[place]
	if of.users--; of.users == 0 {
		delete(n.byAddress, of.address)
		*of = node{}
		n.free = append(n.free, place)
	}
}

func (n *nodes) address(place uint32) netip.Addr { return n.list[place].address }
