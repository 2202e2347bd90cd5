package pdp

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Plugin is the bearer. New makes one.
type Plugin struct {
	config   config
	instance string
	statics  statics
	host     bearer.Host // since Open
	open     opener
	dial     dialer
	log      hclog.Logger
	start    time.Time
	tid      atomic.Uint32
	heads    heads
	links    map[string]*link // by name of the node; filled by Open
	windows  windows
	absent   absent

	mu       sync.Mutex
	ways     map[origin]*way
	sendings chain
	moments  moments
	alarm    *time.Timer
	alarmAt  time.Duration // 0 for none
	draining bool
	idle     chan struct{} // closed when the last sending ends, while draining
}

var _ bearer.Stream = (*Plugin)(nil)

// New returns the bearer without nodes.
func New() *Plugin {
	return &Plugin{
		open: openSocket, dial: dialNode, log: plugin.Logger(), start: time.Now(), ways: make(map[origin]*way),
		moments: newMoments(), links: make(map[string]*link),
	}
}

// elapsed is the time since the start.
func (p *Plugin) elapsed() time.Duration { return time.Since(p.start) }

// Info is part of plugin.Plugin. A telephone number or a user identifier needs a routing strategy that finds its session or a node that
// wakes its terminal.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "pdp", Version: "1.2.0", Keys: keys(), Network: "GSM", Bearer: "GPRS",
		AddressTypes: []push.AddressType{push.IPv4, push.IPv6, push.PLMN, push.USER},
	}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin. Sockets are opened by the first push of their node, since a node's address or device may
// come up later than the gateway.
func (p *Plugin) Configure(_ context.Context, c plugin.Config) error {
	parsed, err := parseConfig(c)
	if err != nil {
		return err
	}
	var problems plugin.Problems
	if parsed.staticFile != "" {
		if p.statics, err = readStatics(parsed.staticFile, parsed.nodes); err != nil {
			var lines plugin.Problems
			if !errors.As(err, &lines) {
				lines.Addf("static_file", "%v", err)
			}
			problems = append(problems, lines...)
		}
	}
	for i, n := range parsed.order {
		if n.push.address == "" {
			continue
		}
		if _, err := n.push.credentials(); err != nil {
			problems.Addf(fmt.Sprintf("node.%d.push_node", i), "%v", err)
		}
	}
	p.config, p.instance = parsed, c.Instance
	return problems.Err()
}

// Open is part of bearer.Stream.
func (p *Plugin) Open(host bearer.Host) {
	p.host = host
	p.connect()
}

// Start is part of bearer.Stream.
func (p *Plugin) Start(d push.Delivery) {
	s, refusal := p.prepare(&d)
	switch {
	case refusal != nil:
	case s.link != nil:
		refusal = p.give(s, &d)
	default:
		if s.waking != nil {
			s.tell(p)
		}
		refusal = p.queue(s, d.Timeout)
	}
	if refusal != nil {
		p.host.Result(d.ID, *refusal)
	}
}

// queue has a sending wait for its turn, or says why it can not.
func (p *Plugin) queue(s *sending, timeout time.Duration) *push.Outcome {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.draining {
		o := push.Returned()
		return &o
	}
	w, err := p.way(s.from)
	if err != nil {
		o := outcomeOfError("opening the socket", err)
		return &o
	}
	s.way = w
	s.began = p.elapsed()
	s.deadline = s.began + timeout*7/8 // the result has to be there when the time ends, on its way it takes some
	p.sendings.add(s)
	p.await(s, s.deadline)
	w.put(s)
	return nil
}

// Stored is part of bearer.Stream. Nothing waits for it: a gateway that forgets that a terminal is being woken wakes it again.
func (p *Plugin) Stored(string, uint64) {}

// Cancel is part of bearer.Stream. What was sent can not be taken back. A push node says what became of what it has.
func (p *Plugin) Cancel(id string) {
	p.mu.Lock()
	s := p.sendings.find(id)
	if s == nil {
		p.mu.Unlock()
		return
	}
	if s.state == given {
		p.mu.Unlock()
		s.link.client.Cancel(id)
		return
	}
	o := s.soFar("cancelled")
	p.end(s)
	p.mu.Unlock()
	p.host.Result(id, o)
}

// Drain is part of bearer.Stream. What was not sent is given back at once, as far as this bearer knows that, and push nodes are asked to;
// what was is listened for as ever, as far as there is time.
func (p *Plugin) Drain(ctx context.Context) {
	idle := make(chan struct{})
	p.mu.Lock()
	p.draining, p.idle = true, idle
	var back []string
	var away []*sending
	for s := range p.sendings.all() {
		switch {
		case s.state == queued, s.state == sent && s.isAsleep():
			back = append(back, s.id)
			p.end(s)
		case s.state == given:
			away = append(away, s)
		}
	}
	p.ended()
	p.mu.Unlock()
	for _, id := range back {
		p.host.Result(id, push.Returned())
	}
	for _, s := range away {
		s.link.client.Cancel(s.id)
	}
	defer p.disconnect()
	var late <-chan time.Time
	if end, ok := ctx.Deadline(); ok {
		t := time.NewTimer(time.Until(end) * 4 / 5)
		defer t.Stop()
		late = t.C
	}
	select {
	case <-idle:
		return
	case <-ctx.Done():
	case <-late:
	}
	p.endAll("the bearer is being stopped")
}

// endAll answers everything with what is known now.
func (p *Plugin) endAll(why string) {
	var results results
	p.mu.Lock()
	for s := range p.sendings.all() {
		results.add(s, s.soFar(why))
		p.end(s)
	}
	p.mu.Unlock()
	results.tell(p.host)
}

// disconnect ends the connections to push nodes.
func (p *Plugin) disconnect() {
	for _, l := range p.windows.links {
		l.close()
	}
}

// Close ends the sockets and connections at once; for tests, a process just ends.
func (p *Plugin) Close() error {
	p.disconnect()
	p.mu.Lock()
	var open []transmitter
	for _, w := range p.ways {
		open = append(open, w.link)
		p.drop(w)
	}
	if p.alarm != nil {
		p.alarm.Stop()
	}
	p.mu.Unlock()
	for _, l := range open {
		l.close()
	}
	return nil
}
