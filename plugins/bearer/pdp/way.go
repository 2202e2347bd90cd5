package pdp

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"runtime"
	"sync"
	"syscall"

	"github.com/ppgbox/ppgbox/sdk/push"
)

// An origin is where datagrams leave from. Nodes with the same origin share a socket.
type origin struct {
	source netip.AddrPort // the unspecified address leaves the choice to the system
	device string         // "" for any
}

// A transmitter sends datagrams: a socket, or what stands for one in a test.
type transmitter interface {
	// send sends the first of the batch and returns how many; 0 with the reason why the very first was not.
	send(batch []*sending) (int, error)
	close()
}

// opener opens the transmitter of an origin. Until it is closed, it calls hear with what it is told of datagrams that it sent.
type opener func(from origin, hear func(complaint)) (transmitter, error)

// A complaint is what the network says of a datagram that was sent.
type complaint struct {
	to     netip.AddrPort // where the datagram went
	quoted []byte         // how it began, as far as the network says: none at all is possible (RFC 792)
	errno  error          // the kernel's name for it
	from   netip.Addr     // who says so; the zero address if it is not known
	cause  string         // "ICMP port unreachable from 192.0.2.1"
}

// A way is an open transmitter with the queue before it and the table of what it sent.
type way struct {
	p    *Plugin
	from origin
	link transmitter

	// Under Plugin.mu.
	queue  []*sending
	more   *sync.Cond
	closed bool
	air    map[netip.AddrPort]*sending // lists of those that errors are listened for
}

// way returns the open way from an origin and opens it if need be.
func (p *Plugin) way(from origin) (*way, error) {
	if w := p.ways[from]; w != nil {
		return w, nil
	}
	w := &way{p: p, from: from, more: sync.NewCond(&p.mu), air: make(map[netip.AddrPort]*sending)}
	l, err := p.open(from, w.hear)
	if err != nil {
		return nil, err
	}
	w.link = l
	p.ways[from] = w
	go w.run()
	return w, nil
}

// drop takes a way out of use. The next push of its origin opens it anew. Who calls it closes the link when the lock is released,
// since that waits for what the link is telling.
func (p *Plugin) drop(w *way) {
	delete(p.ways, w.from)
	w.closed = true
	w.more.Signal()
}

// put queues a sending.
func (w *way) put(s *sending) {
	w.queue = append(w.queue, s)
	if len(w.queue) == 1 {
		w.more.Signal()
	}
}

// maxBatch is how many datagrams are given to the kernel at once.
const maxBatch = 64

// run sends what is queued, until the way is closed and its queue empty.
func (w *way) run() {
	batch := make([]*sending, 0, maxBatch)
	for {
		var ok bool
		if batch, ok = w.take(batch[:0]); !ok {
			return
		}
		w.write(batch)
		clear(batch)
	}
}

// take fills the batch from the queue, and waits for something to be there.
func (w *way) take(batch []*sending) ([]*sending, bool) {
	w.p.mu.Lock()
	defer w.p.mu.Unlock()
	for len(w.queue) == 0 {
		if w.closed {
			return nil, false
		}
		w.more.Wait()
		// Whoever is ready to run may add to the queue before it is sent: with nothing to do this returns at once, and under load
		// it makes larger batches.
		w.p.mu.Unlock()
		runtime.Gosched()
		w.p.mu.Lock()
	}
	n := min(len(w.queue), maxBatch)
	for _, s := range w.queue[:n] {
		if s.state == queued {
			s.state = writing // before it is sent: an error may be here before the call returns
			w.remember(s)
			batch = append(batch, s)
		}
	}
	left := copy(w.queue, w.queue[n:])
	clear(w.queue[left:])
	w.queue = w.queue[:left]
	return batch, true
}

// maxTries is how often a datagram that the kernel does not take is given to it: once a socket hears of an ICMP error, the next
// call fails with it, whatever that call is about (Linux, ip(7), IP_RECVERR), and while the queue of errors is read, each one in it
// makes a call fail. What can not be about the datagram is tried for as long as a burst of errors may last.
const (
	maxTries        = 10
	maxTriesOfOther = 1000
)

// write sends a batch, in as many calls as it takes.
func (w *way) write(batch []*sending) {
	for tries := 0; len(batch) > 0; {
		n, err := w.link.send(batch)
		if n > 0 {
			w.wasSent(batch[:n])
			batch, tries = batch[n:], 0
			continue
		}
		most := maxTries
		if ofAnother(err) {
			most = maxTriesOfOther
		}
		if tries++; tries < most && !errors.Is(err, net.ErrClosed) {
			continue
		}
		if ofAnother(err) {
			err = fmt.Errorf("errors of other datagrams, %d times: %s", tries, err) // not wrapped: nothing is said of this one
		}
		w.wasNotSent(batch[0], err)
		batch, tries = batch[1:], 0
	}
}

// wasSent begins to listen for errors, or ends what nothing is listened for.
func (w *way) wasSent(batch []*sending) {
	p := w.p
	var results results
	p.mu.Lock()
	now := p.elapsed()
	for _, s := range batch {
		switch {
		case s.state != writing: // an error was faster, or it was cancelled
		case s.isAsleep() && s.waking.early:
			w.sendNow(s)
		case s.isAsleep():
			s.state = sent
			p.await(s, min(now+p.config.activationWait, s.deadline))
		case p.config.listen == 0 || !kernelComplains:
			results.add(s, s.accepted())
			p.end(s)
		default:
			s.state = sent
			p.await(s, min(now+p.config.listen, s.deadline))
		}
	}
	p.mu.Unlock()
	results.tell(p.host)
}

// ofAnother reports whether an error at sending can only be about a datagram that was sent before: it is the answer of a machine.
func ofAnother(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.ENOPROTOOPT)
}

func (w *way) wasNotSent(s *sending, err error) {
	p := w.p
	p.mu.Lock()
	dropped := gone(err) && p.ways[w.from] == w
	if dropped {
		p.drop(w)
	}
	answered := s.state == over
	if !answered {
		p.end(s)
	}
	p.mu.Unlock()
	if dropped {
		w.link.close()
	}
	if !answered {
		p.host.Result(s.id, outcomeOfError("sending to "+s.to.String(), err))
	}
}

// hear ends the sendings that a complaint is about.
func (w *way) hear(c complaint) {
	p := w.p
	var results results
	p.mu.Lock()
	for s := w.air[c.to]; s != nil; {
		next := s.next
		switch {
		case p.config.listen == 0 && !s.isAsleep(), !s.isMeant(c):
		case s.isAwake(c) && s.state == writing:
			s.waking.early = true // wasSent goes on with it
		case s.isAwake(c) && !w.closed:
			w.sendNow(s)
		case s.isAsleep() && errors.Is(c.errno, syscall.ECONNREFUSED): // a firewall's; the terminal may come all the same
		default:
			results.add(s, outcomeOfComplaint(c))
			p.end(s)
		}
		s = next
	}
	p.mu.Unlock()
	results.tell(p.host)
}

// isMeant reports whether a complaint about a datagram to its address is about this one. Routers quote at least the UDP header, and
// most of them more: behind it comes the PDU, which begins with a transaction id of its own. Without any of it, all that was sent
// there is meant, since it went the same way; what is being sent right now has no complaint yet.
func (s *sending) isMeant(c complaint) bool {
	n := min(len(c.quoted), len(s.datagram))
	return (n > 0 || s.state == sent) && bytes.Equal(c.quoted[:n], s.datagram[:n])
}

// remember puts a sending into the table.
func (w *way) remember(s *sending) {
	if s.next = w.air[s.to]; s.next != nil {
		s.next.previous = s
	}
	w.air[s.to] = s
}

// forget takes a sending out of the table.
func (w *way) forget(s *sending) {
	if s.next != nil {
		s.next.previous = s.previous
	}
	switch {
	case s.previous != nil:
		s.previous.next = s.next
	case s.next != nil:
		w.air[s.to] = s.next
	default:
		delete(w.air, s.to)
	}
	s.next, s.previous = nil, nil
}

// accepted is the outcome of a datagram that was sent, and that nobody complained of.
func (s *sending) accepted() push.Outcome {
	return push.Outcome{Kind: push.OutcomeAccepted, Cause: "sent to " + s.to.String(), Exchanges: s.exchanges()}
}
