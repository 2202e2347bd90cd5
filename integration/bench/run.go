//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"strconv"
	"time"
)

// A row is a line of the table: which gateway gets which load.
type row struct {
	Gateway     string  `json:"gateway"` // "kannel" or "ppgbox"
	Wapboxes    int     `json:"wapboxes,omitempty"`
	Segments    int     `json:"segments"` // of every push: 1 or 3
	Connections int     `json:"connections"`
	Offered     float64 `json:"offered_per_s,omitempty"` // 0: as fast as the gateway takes them
	Notified    bool    `json:"notified,omitempty"`      // with result notifications
	Online      bool    `json:"online,omitempty"`        // over IP, to terminals whose sessions RADIUS accounting has told
	// Held is how long the SMSC takes for an answer, in milliseconds.
	Held   int `json:"smsc_answers_after_ms,omitempty"`
	Pushes int `json:"pushes"`
}

// String returns the row's name in a few words.
func (r row) String() string {
	name := fmt.Sprintf("%s, %d segments, %d connections", r.Gateway, r.Segments, r.Connections)
	if r.Wapboxes > 1 {
		name += fmt.Sprintf(", %d wapboxes", r.Wapboxes)
	}
	if r.Offered > 0 {
		name += fmt.Sprintf(", %.0f/s offered", r.Offered)
	}
	if r.Notified {
		name += ", result notifications"
	}
	if r.Online {
		name += ", over IP"
	}
	if r.Held > 0 {
		name += fmt.Sprintf(", the SMSC answers after %d ms", r.Held)
	}
	return name
}

// A bench is what all runs share.
type bench struct {
	binary string // ppgbox
	direct bool   // ppgbox without the attempt over a data session
	delay  time.Duration
	listen string // how long bearer/pdp listens for network errors, "" for its default
}

// A site is one started gateway between its generator and its sink.
type site struct {
	loop      *loop
	sink      *sink
	initiator *initiator
	generator *generator
	gateway   gateway
	next      int // number of the next push; no two of a site have the same
}

const (
	// warmUp is how many pushes go before the clock starts: the first one pays for the bcrypt hash.
	warmUp = 500
	// quiet is how long nothing may move before a run is given up.
	quiet = 15 * time.Second
	// settle is for what a gateway does after the last submit, which is part of the CPU time.
	settle = 500 * time.Millisecond
	// links and window of both gateways.
	smppLinks  = 1
	smppWindow = 1000
	// heldWindow is that of an SMSC that takes its time, so that the gateway waits for nothing else.
	heldWindow = 10_000
)

// open starts a gateway with the parts around it.
func (b *bench) open(r row, change func(*ppgboxSettings)) (_ *site, err error) {
	s := &site{}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.loop, err = newLoop(); err != nil {
		return nil, err
	}
	if s.sink, err = newSink(s.loop); err != nil {
		return nil, err
	}
	s.sink.delay = max(b.delay, time.Duration(r.Held)*time.Millisecond)
	if s.initiator, err = newInitiator(s.loop); err != nil {
		return nil, err
	}
	terminals := 0
	if r.Online {
		d, err := s.sink.listenDatagrams()
		if err != nil {
			return nil, err
		}
		terminals = d.port
	}
	if s.gateway, err = b.gateway(r, s.sink.listener.address, terminals, change); err != nil {
		return nil, err
	}
	if p, ok := s.gateway.(*ppgbox); ok && r.Online {
		if err := p.tellSessions(warmUp + r.Pushes); err != nil {
			return nil, err
		}
	}
	if err := s.loop.runUntil(30*time.Second, "the SMPP links are bound", func() bool { return s.sink.links >= s.gateway.links() }); err != nil {
		return nil, err
	}
	s.generator = &generator{loop: s.loop}
	return s, s.generator.connect(s.gateway.pap(), r.Connections)
}

// gateway starts one. While it does so nobody serves the sink, which the kernel accepts connections for.
func (b *bench) gateway(r row, smsc string, terminals int, change func(*ppgboxSettings)) (gateway, error) {
	if r.Gateway == "kannel" {
		_, port, err := net.SplitHostPort(smsc)
		if err != nil {
			return nil, fmt.Errorf("the sink's address: %w", err)
		}
		n, err := strconv.Atoi(port)
		if err != nil {
			return nil, fmt.Errorf("the sink's address: %w", err)
		}
		k, err := startKannel(max(r.Wapboxes, 1), n)
		if err != nil {
			return nil, err
		}
		return k, nil
	}
	settings := ppgboxSettings{SMSC: smsc, Links: smppLinks, Window: smppWindow, WithoutDataSession: b.direct}
	if r.Held > 0 || b.delay > 0 {
		settings.Window = heldWindow
	}
	if r.Online {
		port, err := freePort()
		if err != nil {
			return nil, err
		}
		settings.RADIUS, settings.TerminalPort, settings.Listen = loopback(port), terminals, b.listen
	}
	if change != nil {
		change(&settings)
	}
	p, err := startPPGBox(b.binary, settings)
	if err != nil {
		return nil, err
	}
	return p, nil
}

func (s *site) close() {
	if s.loop != nil {
		s.loop.close() // first, or the gateway says goodbye to a sink that nobody serves
	}
	if s.gateway != nil {
		s.gateway.stop()
	}
}

// load sends count pushes and returns when all that will come of them has come.
func (s *site) load(r row, count int, arrive bool) (*book, error) {
	notify := ""
	if r.Notified {
		notify = s.initiator.url()
	}
	b := newBook(newDocument(r.Segments, notify), r.Segments, s.next, count)
	s.next += count
	s.sink.book, s.initiator.book = b, b
	if r.Offered > 0 {
		t, err := s.loop.every(time.Duration(float64(time.Second)/r.Offered), s.generator.postDue)
		if err != nil {
			return nil, err
		}
		defer t.stop()
	}
	if s.sink.delay > 0 {
		t, err := s.loop.every(max(s.sink.delay/20, 100*time.Microsecond), s.sink.answerDelayed)
		if err != nil {
			return nil, err
		}
		defer t.stop()
	}
	s.generator.start(b, r.Offered)
	moved, at := 0, time.Now()
	for !s.finished(b, r, arrive) {
		if err := s.loop.turn(100 * time.Millisecond); err != nil {
			return nil, err
		}
		if err := errors.Join(s.generator.failure, s.sink.failure, s.initiator.failure); err != nil {
			return nil, err
		}
		if now := b.accepted + b.refused + b.complete + b.notified; now != moved {
			moved, at = now, time.Now()
		} else if time.Since(at) > quiet {
			break // what is missing is in the book
		}
	}
	return b, nil
}

func (s *site) finished(b *book, r row, arrive bool) bool {
	return s.generator.done() && (!arrive || b.complete+b.garbled >= b.accepted) && (!r.Notified || b.notified >= b.accepted)
}

// run measures a row once, with a gateway of its own.
func (b *bench) run(r row) (*sample, error) {
	s, err := b.open(r, nil)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	defer s.close()
	m, err := s.measure(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r, err)
	}
	return m, nil
}

// measure sends a row's load and returns what was seen of it.
func (s *site) measure(r row) (*sample, error) {
	warm := r
	warm.Offered = 0
	if _, err := s.load(warm, min(warmUp, r.Pushes), true); err != nil {
		return nil, err
	}
	if err := s.loop.runFor(settle); err != nil {
		return nil, err
	}
	// The generator allocates next to nothing; a collection in the middle would be a pause in what it measures.
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	before, own := s.gateway.usage(), ownCPU()
	all, stolen := machineTime()
	started := s.loop.now()
	book, err := s.load(r, r.Pushes, true)
	if err != nil {
		return nil, err
	}
	generator := ownCPU() - own
	if err := s.loop.runFor(settle); err != nil {
		return nil, err
	}
	m := newSample(r, book, started)
	m.take(since(before, s.gateway.usage()), generator)
	allNow, stolenNow := machineTime()
	m.Stolen = 100 * (stolenNow - stolen) / max(allNow-all, 1)
	return m, nil
}
