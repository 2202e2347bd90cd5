package smpp

import "time"

// pending is one request of ours that waits for its response.
type pending struct {
	sequence   uint32
	command    CommandID
	done       func(Result)
	end        int64 // where its last octet lies in the stream of everything queued on the link
	expires    int64 // tick
	next, prev *pending
}

// The timer wheel: 1024 slots of 50 ms. A request whose time is further away than one turn is passed over until it is due.
const (
	tick       = 50 * time.Millisecond
	wheelSlots = 1024
	maxLate    = 4096 // timed out requests that are remembered, so that their late responses are known
	maxFree    = 4096
)

// outstanding is the table of requests that wait for a response. It has no lock of its own.
type outstanding struct {
	bySequence map[uint32]*pending
	wheel      [wheelSlots]*pending
	swept      int64 // the last tick that was swept
	last       uint32
	round      bool // sequence numbers have gone round
	free       *pending
	freeCount  int

	late      map[uint32]CommandID
	lateOrder []uint32 // a ring once it is full
	lateNext  int
}

func newOutstanding() *outstanding {
	return &outstanding{bySequence: make(map[uint32]*pending), late: make(map[uint32]CommandID)}
}

// nextSequence is the next sequence_number that nobody waits for: 1 to MaxSequence, then 1 again. SMPP 3.4 §5.1.4.
func (o *outstanding) nextSequence() uint32 {
	for {
		o.last++
		if o.last > MaxSequence {
			o.last, o.round = 1, true
		}
		if !o.round {
			return o.last // the first time nobody had it before
		}
		if _, busy := o.bySequence[o.last]; busy {
			continue
		}
		if _, busy := o.late[o.last]; busy {
			continue
		}
		return o.last
	}
}

func (o *outstanding) add(sequence uint32, command CommandID, end, expires int64, done func(Result)) {
	p := o.free
	if p == nil {
		p = new(pending)
	} else {
		o.free = p.next
		o.freeCount--
	}
	*p = pending{sequence: sequence, command: command, done: done, end: end, expires: max(expires, o.swept+1)}
	o.bySequence[sequence] = p
	head := &o.wheel[p.expires%wheelSlots]
	if p.next = *head; p.next != nil {
		p.next.prev = p
	}
	*head = p
}

// take removes the request that the response answers and returns its done, or nil. A response of another command is none of it;
// generic_nack answers any.
func (o *outstanding) take(h Header) func(Result) {
	p := o.bySequence[h.Sequence]
	if p == nil || !answers(h.Command, p.command) {
		return nil
	}
	done := p.done
	o.remove(p)
	return done
}

// takeLate says whether the response answers a request that has timed out, and forgets that one.
func (o *outstanding) takeLate(h Header) bool {
	command, ok := o.late[h.Sequence]
	if !ok || !answers(h.Command, command) {
		return false
	}
	delete(o.late, h.Sequence)
	return true
}

func answers(response, request CommandID) bool {
	return response == request.Response() || response == CommandGenericNack
}

func (o *outstanding) remove(p *pending) {
	delete(o.bySequence, p.sequence)
	if p.prev != nil {
		p.prev.next = p.next
	} else {
		o.wheel[p.expires%wheelSlots] = p.next
	}
	if p.next != nil {
		p.next.prev = p.prev
	}
	*p = pending{}
	if o.freeCount < maxFree {
		p.next, o.free = o.free, p
		o.freeCount++
	}
}

// expired is one request that was swept.
type expired struct {
	sequence uint32
	done     func(Result)
}

// sweep removes what is due at the tick now and remembers it as late.
func (o *outstanding) sweep(now int64) []expired {
	var out []expired
	from := max(o.swept+1, now-wheelSlots+1)
	for t := from; t <= now; t++ {
		for p := o.wheel[t%wheelSlots]; p != nil; {
			next := p.next
			if p.expires <= now {
				out = append(out, expired{p.sequence, p.done})
				o.rememberLate(p.sequence, p.command)
				o.remove(p)
			}
			p = next
		}
	}
	o.swept = max(o.swept, now)
	return out
}

func (o *outstanding) rememberLate(sequence uint32, command CommandID) {
	if len(o.lateOrder) < maxLate {
		o.lateOrder = append(o.lateOrder, sequence)
	} else {
		delete(o.late, o.lateOrder[o.lateNext])
		o.lateOrder[o.lateNext] = sequence
		o.lateNext = (o.lateNext + 1) % maxLate
	}
	o.late[sequence] = command
}
