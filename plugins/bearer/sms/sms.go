// Package sms is the bearer bearer/sms: pushes as short messages over SMPP, in transactions whose answers are
// the results, cut here or by the SMSC, or stored by an SMSC that sends receipts.
package sms

import (
	"context"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/ppgbox/ppgbox/sdk/bearer"
	"github.com/ppgbox/ppgbox/sdk/esme"
	"github.com/ppgbox/ppgbox/sdk/plugin"
	"github.com/ppgbox/ppgbox/sdk/push"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// Plugin is the bearer. New makes one.
type Plugin struct {
	config     config
	log        hclog.Logger
	engine     *smstx.Engine
	links      *esme.Links
	references *smstx.References
	book       *book
	forms      forms
	now        func() time.Time
	start      time.Time

	mu         sync.Mutex
	host       bearer.Host // nil before Open
	told       int         // the window that the gateway knows
	toldWhy    string      // and why it is not more
	deliveries map[string]*delivery
	draining   bool
}

var _ bearer.Stream = (*Plugin)(nil)

// New returns the bearer without configuration.
func New() *Plugin {
	p := &Plugin{deliveries: make(map[string]*delivery), now: time.Now, start: time.Now(), log: hclog.NewNullLogger()}
	p.book = newBook(p)
	return p
}

// elapsed is the time since the start.
func (p *Plugin) elapsed() time.Duration { return p.now().Sub(p.start) }

// Info is part of plugin.Plugin.
func (p *Plugin) Info() plugin.Info {
	return plugin.Info{
		Kind: plugin.KindBearer, Name: "sms", Version: "1.0.0", Keys: keys(),
		Confirms: true, AddressTypes: []push.AddressType{push.PLMN}, Network: "GSM", Bearer: "SMS",
	}
}

// Validate is part of plugin.Plugin.
func (p *Plugin) Validate(c plugin.Config) error {
	_, err := parseConfig(c)
	return err
}

// Configure is part of plugin.Plugin. It begins to bind the links and waits a moment for the first one.
func (p *Plugin) Configure(ctx context.Context, c plugin.Config) error {
	parsed, err := parseConfig(c)
	if err != nil {
		return err
	}
	if err := parsed.load(); err != nil {
		return err
	}
	p.config = parsed
	p.log = plugin.Logger()
	p.references = smstx.NewReferences(parsed.wide)
	p.engine = smstx.New(smstx.Options{Link: air{p}, Pause: parsed.pause, MaxPause: parsed.maxPause, Margin: answerMargin})
	p.links = esme.New(parsed.links, esme.Options{
		Log: p.log, Ready: p.engine.Ready, Changed: p.tellWindow, Receive: p.receive,
		Now: func() time.Time { return p.now() },
	})
	p.links.Start()
	p.links.Settled(ctx)
	return nil
}

// Open is part of bearer.Stream.
func (p *Plugin) Open(host bearer.Host) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.host = host
	p.told, p.toldWhy = p.window(), p.links.Why()
	host.Window(p.told, p.toldWhy)
}

// window is how many deliveries are taken now: none without a bound link. More than have a place on the links are taken: some
// wait before they are sent again.
func (p *Plugin) window() int {
	places := p.links.Places()
	if places == 0 {
		return 0
	}
	return max(places, p.config.inFlight)
}

// tellWindow tells the gateway of a window, or a reason, that changed.
func (p *Plugin) tellWindow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n, why := p.window(), p.links.Why(); p.host != nil && (n != p.told || why != p.toldWhy) {
		p.told, p.toldWhy = n, why
		p.host.Window(n, why)
	}
}

// Start is part of bearer.Stream.
func (p *Plugin) Start(d push.Delivery) {
	p.mu.Lock()
	host, draining := p.host, p.draining
	p.mu.Unlock()
	if draining {
		host.Result(d.ID, push.Returned())
		return
	}
	t, refusal := p.prepare(d)
	if refusal != nil {
		host.Result(d.ID, *refusal)
		return
	}
	p.mu.Lock()
	p.deliveries[d.ID] = t
	p.mu.Unlock()
	if t.stores() {
		p.book.enter(t)
	}
	if err := p.engine.Add(&t.message); err != nil {
		p.forget(t)
		host.Result(d.ID, push.Outcome{Kind: push.OutcomeFailedForNow, Cause: err.Error()})
		return
	}
	if t.message.Held {
		p.report(t)
	}
}

// Stored is part of bearer.Stream. A message waits for its first token, so any will do.
func (p *Plugin) Stored(id string, number uint64) {
	t := p.delivery(id)
	if t == nil {
		return
	}
	p.engine.Release(&t.message)
	if t.stores() {
		p.book.stored(t, number)
	}
}

// delivery is the one with the id, nil if there is none.
func (p *Plugin) delivery(id string) *delivery {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.deliveries[id]
}

// Cancel is part of bearer.Stream.
func (p *Plugin) Cancel(id string) {
	if t := p.delivery(id); t != nil && (!t.stores() || !p.book.cancel(t)) {
		p.engine.Cancel(&t.message)
	}
}

// Drain is part of bearer.Stream. What is on the air gets the context's time but for what it takes to unbind.
func (p *Plugin) Drain(ctx context.Context) {
	p.mu.Lock()
	p.draining = true
	p.mu.Unlock()
	air, unbind := ctx, ctx
	if end, ok := ctx.Deadline(); ok {
		margin := min(time.Until(end)/4, maxUnbind)
		var stopAir, stopUnbind context.CancelFunc
		air, stopAir = context.WithDeadline(ctx, end.Add(-margin))
		defer stopAir()
		unbind, stopUnbind = context.WithDeadline(ctx, end.Add(-margin*3/4))
		defer stopUnbind()
	}
	p.book.drain()
	p.engine.Drain(air)
	p.links.Unbind(unbind)
}

// maxUnbind is the longest part of a drain's time that is kept for the links.
const maxUnbind = time.Second

// Close ends the links at once; for tests, a process just ends.
func (p *Plugin) Close() error {
	p.book.close()
	if p.links != nil {
		p.links.Close()
	}
	return nil
}

func (p *Plugin) forget(t *delivery) {
	p.mu.Lock()
	delete(p.deliveries, t.id)
	p.mu.Unlock()
	if t.progress != nil {
		p.references.Release(t.message.Terminal, t.token.reference)
	}
}
