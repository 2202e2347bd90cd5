package activation

import (
	"net/netip"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// A terminal is one activation: data in a table, with at most one place in the heap of timers.
type terminal struct {
	key
	first *item // what waits, by priority, then by arrival
	plan  Plan  // with the address that was allocated
	sgsn  netip.Addr
	last  *refusal // why it pauses
	steps []step   // what was done, for the results
	// until is when its phase ends by itself, never in those that somebody else ends.
	until    time.Duration
	teid     gtp.TEID // of its notification, 0 without
	step     uint32   // tells the answers of different phases apart
	timer    int32    // its place in the heap of timers, -1 without
	pushes   int32    // of what waits
	packets  int32
	state    state
	reserved bool // an address of the pool
	fresh    bool // the HLR is asked whatever is remembered
	again    bool // it was notified again after a refusal
	unknown  bool // its SGSN did not know it, and the HLR was asked again
	revived  bool // it was begun again after its context was lost
	byPacket bool // a packet began it
	lost     bool // the context over which it delivers has ended
}

// state is where an activation stands.
type state uint8

const (
	starting   state = iota // is there a context already?
	queueing                // waits for its turn at the HLR
	asking                  // the HLR is asked
	preparing               // the notification is made
	notifying               // waits for the SGSN's answer
	waiting                 // waits for the context
	pausing                 // waits before it begins again at the HLR
	delivering              // the context is up
	over
)

// notified reports whether a Create is expected.
func (s state) notified() bool { return s == notifying || s == waiting }

// enter begins a phase, which ends at until if nobody ends it before.
func (e *Engine) enter(t *terminal, s state, until time.Duration) {
	if t.state == pausing {
		e.retrying--
	}
	if s == pausing {
		e.retrying++
	}
	t.state, t.until = s, until
	t.step++
	e.schedule(t)
}

// An item waits for the context of a terminal: a push, or, without done, a downlink packet.
type item struct {
	push     node.Push // of a packet: its octets in Payload, and nothing else
	done     func(node.Result)
	until    time.Duration
	terminal *terminal
	next     *item
}

// An ending is a push with its result.
type ending struct {
	done   func(node.Result)
	result node.Result
}

// add puts an item behind those of its priority.
func (e *Engine) add(t *terminal, i *item) {
	i.terminal = t
	at := &t.first
	for *at != nil && (*at).push.Priority >= i.push.Priority {
		at = &(*at).next
	}
	i.next, *at = *at, i
	e.count(i, 1)
	e.schedule(t)
}

// putBack puts an item where it was taken from.
func (e *Engine) putBack(t *terminal, i *item) {
	at := &t.first
	for *at != nil && (*at).push.Priority > i.push.Priority {
		at = &(*at).next
	}
	i.next, *at = *at, i
	e.count(i, 1)
	e.schedule(t)
}

// take takes an item out of those that wait.
func (e *Engine) take(i *item) {
	at := &i.terminal.first
	for *at != i {
		at = &(*at).next
	}
	*at, i.next = i.next, nil
	e.count(i, -1)
}

// count keeps the numbers of what waits, and the index of pushes.
func (e *Engine) count(i *item, by int) {
	if i.done == nil {
		i.terminal.packets += int32(by)
		e.stats.Packets += by
		e.stats.PacketOctets += by * len(i.push.Payload)
		return
	}
	i.terminal.pushes += int32(by)
	e.stats.Pushes += by
	if by > 0 {
		e.byID[i.push.ID] = i
	} else {
		delete(e.byID, i.push.ID)
	}
}

// end gives an item that was taken its result.
func (e *Engine) end(i *item, r node.Result) {
	if i.done == nil {
		if !r.Sent {
			e.stats.PacketsDropped++
		}
		return
	}
	r.ID, r.Exchanges = i.push.ID, e.exchanges(i, r.Sent)
	e.endings = append(e.endings, ending{i.done, r})
}

// remove forgets a terminal for which nothing waits any more.
func (e *Engine) remove(t *terminal) {
	e.enter(t, over, never)
	delete(e.terminals, t.key)
	if t.byPacket {
		e.byPackets--
	}
	e.forgetTEID(t)
	if t.reserved {
		t.reserved = false
		k := t.key
		e.later(func() { e.o.Contexts.Unreserve(k.imsi, k.apn) })
	}
}

func (e *Engine) forgetTEID(t *terminal) {
	if t.teid != 0 {
		delete(e.byTEID, t.teid)
		t.teid = 0
	}
}
