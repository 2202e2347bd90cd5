package contexts

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
)

// Of returns the control TEIDs of the contexts whose SGSN has an address for signalling.
func (t *Table) Of(sgsn netip.Addr) []gtp.TEID {
	t.mu.Lock()
	defer t.mu.Unlock()
	node, ok := t.nodes.byAddress[sgsn]
	if !ok {
		return nil
	}
	return t.those(func(s *slot) bool { return s.signalling == node })
}

// Idle returns the control TEIDs of the contexts through which nothing went since a time.
func (t *Table) Idle(since time.Duration) []gtp.TEID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.those(func(s *slot) bool { return time.Duration(s.used)*time.Second < since })
}

// Due returns the control TEIDs of the contexts whose age passed a multiple of a period after one time and by another.
func (t *Table) Due(period, after, by time.Duration) []gtp.TEID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.those(func(s *slot) bool {
		created := time.Duration(s.created) * time.Second
		return by > created && (by-created)/period > max(0, after-created)/period
	})
}

// All returns the control TEIDs of all contexts.
func (t *Table) All() []gtp.TEID {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.those(func(*slot) bool { return true })
}

// those returns the control TEIDs of contexts, with t.mu held.
func (t *Table) those(match func(*slot) bool) []gtp.TEID {
	var list []gtp.TEID
	for i := range t.slots {
		if s := &t.slots[i]; s.imsi != 0 && match(s) {
			list = append(list, gtp.TEID(s.control))
		}
	}
	return list
}

// SGSNs returns the addresses for signalling of SGSNs that have contexts here.
func (t *Table) SGSNs() []netip.Addr {
	t.mu.Lock()
	defer t.mu.Unlock()
	seen := make(map[uint32]bool)
	var list []netip.Addr
	for i := range t.slots {
		if s := &t.slots[i]; s.imsi != 0 && !seen[s.signalling] {
			seen[s.signalling] = true
			list = append(list, t.nodes.address(s.signalling))
		}
	}
	return list
}

// First returns at most so many contexts, in no order.
func (t *Table) First(n int) []Context {
	t.mu.Lock()
	defer t.mu.Unlock()
	var list []Context
	for i := range t.slots {
		if t.slots[i].imsi != 0 && len(list) < n {
			list = append(list, t.context(uint32(i)))
		}
	}
	return list
}
