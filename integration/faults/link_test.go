package faults

import (
	"net"
	"sync"
	"testing"
	"time"
)

// A link is the wire between gateway and SMSC: a proxy that records what passes, and that can be cut, stalled, made slow, or made
// to swallow the answers.
type link struct {
	address string // for the gateway
	target  string // the SMSC
	air     *air

	mu     sync.Mutex
	flows  *sync.Cond // told of every change
	pairs  map[*pair]struct{}
	opened int
	stall  bool
	slow   time.Duration // pause after every dripOctets, 0 for none
	mute   bool          // what the SMSC says is thrown away
}

// dripOctets is how much a slow link lets through at once: less than a header of SMPP.
const dripOctets = 7

type pair struct{ gateway, smsc *net.TCPConn }

func (p *pair) cut() {
	for _, c := range []*net.TCPConn{p.gateway, p.smsc} {
		_ = c.SetLinger(0) // a reset, not an orderly end
		_ = c.Close()
	}
}

func newLink(t *testing.T, target string) *link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &link{address: listener.Addr().String(), target: target, air: newAir(), pairs: map[*pair]struct{}{}}
	l.flows = sync.NewCond(&l.mu)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() { l.connect(c.(*net.TCPConn)) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		l.set(func() { l.stall, l.slow = false, 0 })
		l.cut()
		running.Wait()
	})
	return l
}

// connect joins a connection of the gateway to the SMSC until either ends.
func (l *link) connect(gateway *net.TCPConn) {
	c, err := net.Dial("tcp", l.target)
	if err != nil {
		_ = gateway.SetLinger(0)
		_ = gateway.Close()
		return
	}
	p := &pair{gateway: gateway, smsc: c.(*net.TCPConn)}
	l.mu.Lock()
	l.opened++
	n := l.opened
	l.pairs[p] = struct{}{}
	l.mu.Unlock()
	var running sync.WaitGroup
	running.Go(func() {
		t := tap{air: l.air, connection: n}
		l.flow(p, p.gateway, p.smsc, &t, false)
	})
	running.Go(func() {
		t := tap{air: l.air, connection: n}
		l.flow(p, p.smsc, p.gateway, &t, true)
	})
	running.Wait()
	l.air.ended(n)
	l.mu.Lock()
	delete(l.pairs, p)
	l.mu.Unlock()
}

// flow carries one direction. Octets are recorded when the gateway has written them, however long the link keeps them, and when
// the gateway was given them: what is recorded as submitted may not have arrived, what is recorded as answered has.
func (l *link) flow(p *pair, from, to *net.TCPConn, t *tap, answers bool) {
	defer p.cut()
	onTheWay := make(chan []byte, 1<<12)
	go func() {
		defer close(onTheWay)
		for {
			buf := make([]byte, 4<<10)
			n, err := from.Read(buf)
			if n > 0 {
				if !answers {
					t.pass(buf[:n])
				}
				onTheWay <- buf[:n]
			}
			if err != nil {
				return
			}
		}
	}()
	broken := false
	for rest := range onTheWay {
		for len(rest) > 0 && !broken {
			chunk, swallow := l.gate(rest, answers)
			rest = rest[len(chunk):]
			if swallow {
				continue
			}
			if _, err := to.Write(chunk); err != nil {
				broken = true
				p.cut() // which ends the reading
			} else if answers {
				t.pass(chunk)
			}
		}
	}
}

// gate returns the octets that may go on now, and whether they go nowhere. It blocks while the link is stalled.
func (l *link) gate(b []byte, answers bool) (chunk []byte, swallow bool) {
	l.mu.Lock()
	for l.stall {
		l.flows.Wait()
	}
	slow, mute := l.slow, l.mute
	l.mu.Unlock()
	if slow > 0 {
		time.Sleep(slow) // the speed of the link
		b = b[:min(len(b), dripOctets)]
	}
	return b, mute && answers
}

// set changes how the link behaves.
func (l *link) set(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	change()
	l.flows.Broadcast()
}

// cut resets all connections. New ones are let through.
func (l *link) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for p := range l.pairs {
		p.cut()
	}
}

// connections is how many are open.
func (l *link) connections() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pairs)
}
