package relay

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/netip"
	"slices"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/ggsn/contexts"
	"github.com/ppgbox/ppgbox/host/registration"
	"github.com/ppgbox/ppgbox/sdk/node"
)

// Config says what a relay works with. All fields are needed.
type Config struct {
	Gateway *registration.Client
	GGSN    string // as gateways call the node
	// Context finds the context that has an address.
	Context func(netip.Addr) (contexts.Context, bool)
	// Event tells the gateways that push over the node of node.Registered and node.Unregistered.
	Event func(node.EventKind, contexts.Context)
	// Lost is told of each release that was given up or for which there was no room. It must not block.
	Lost func(why string)
}

// A Relay is a registration.Forwarder that knows what is registered at which address.
type Relay struct {
	Config
	key   [32]byte // of seals; random
	woken chan struct{}
	ctx   context.Context // of releases
	end   context.CancelFunc
	ended sync.WaitGroup

	mu         sync.Mutex
	registered map[netip.Addr][]registered
	busy       map[netip.Addr]chan struct{} // who speaks with the gateway about an address; closed when that is over
	queue      []release
	open       int // releases that were taken from the queue
	closing    bool
	drained    chan struct{} // closed when no release is left, after closing
	counters   Counters
}

// registered is what the gateway has, or may have: after an answer that did not come there are two at an address.
type registered struct {
	apn, user, device string
	seal              [32]byte // of the credential, and when it was verified; 0 where nobody did
	verified          time.Time
}

// Counters count since the relay was made.
type Counters struct {
	Registered     int // addresses
	Waiting        int // releases
	Released, Lost uint64
}

// New makes a relay. Close ends it.
func New(c Config) *Relay {
	r := &Relay{
		Config: c, woken: make(chan struct{}, 1), registered: make(map[netip.Addr][]registered), busy: make(map[netip.Addr]chan struct{}),
		drained: make(chan struct{}),
	}
	rand.Read(r.key[:])
	r.ctx, r.end = context.WithCancel(context.Background())
	for range releasers {
		r.ended.Go(r.run)
	}
	return r
}

// Register implements registration.Forwarder.
func (r *Relay) Register(ctx context.Context, f registration.Forwarded) ([]byte, error) {
	leave, err := r.enter(ctx, f.Source)
	if err != nil {
		return nil, err
	}
	defer leave()
	return r.register(ctx, f)
}

// register registers, while nobody else speaks about the address.
func (r *Relay) register(ctx context.Context, f registration.Forwarded) ([]byte, error) {
	c, ok := r.Context(f.Source)
	if !ok {
		return nil, registration.NoContext()
	}
	said := r.about(c, registered{user: f.User, device: f.Device})
	said.IMSI, said.MSISDN, said.Authorization = c.IMSI, c.MSISDN, f.Authorization
	answer, err := r.Gateway.Register(ctx, said)
	if err != nil && !registration.Uncertain(err) {
		return nil, err
	}
	if !r.note(c, f, err == nil) {
		return nil, registration.NoContext()
	}
	if err != nil {
		return nil, err
	}
	r.Event(node.Registered, c)
	return answer, nil
}

// note remembers what the gateway has now, or may have. If the context has ended meanwhile, it is released at once, and the answer is
// false.
func (r *Relay) note(c contexts.Context, f registration.Forwarded, certain bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at := registered{apn: string(c.APN), user: f.User, device: f.Device}
	if certain {
		at.seal, at.verified = r.seal(f.Authorization), time.Now()
	}
	// The context leaves the table before ContextDown: either it is not there any more, or ContextDown finds what is remembered here.
	if now, ok := r.Context(c.Address); !ok || now.Control != c.Control {
		r.enqueue(release{registered: at, address: c.Address})
		return false
	}
	same := func(o registered) bool { return o.user == at.user && o.device == at.device }
	all := r.registered[c.Address]
	switch {
	case certain: // the gateway has one registration at an address, and this is it
		all = []registered{at}
		r.queue = slices.DeleteFunc(r.queue, func(o release) bool { return o.address == c.Address })
	case !slices.ContainsFunc(all, same) && len(all) < mostAtAddress:
		all = append(all, at)
	}
	r.registered[c.Address] = all
	return true
}

// mostAtAddress is how many registrations of an address are remembered while answers fail to come.
const mostAtAddress = 4

// Release implements registration.Forwarder. A relay's release needs no credential, so the terminal's is compared with the one that it
// registered with; if it is another, the gateway is asked about it by registering again.
func (r *Relay) Release(ctx context.Context, f registration.Forwarded) error {
	leave, err := r.enter(ctx, f.Source)
	if err != nil {
		return err
	}
	defer leave()
	c, ok := r.Context(f.Source)
	if !ok {
		return registration.NoContext()
	}
	at, ok := r.find(f)
	if !ok {
		return registration.NotRegistered()
	}
	if seal := r.seal(f.Authorization); subtle.ConstantTimeCompare(seal[:], at.seal[:]) != 1 {
		if _, err := r.register(ctx, f); err != nil {
			return err
		}
	}
	err = r.Gateway.Release(ctx, r.about(c, at))
	if registration.Uncertain(err) {
		return err
	}
	r.mu.Lock()
	delete(r.registered, f.Source)
	r.mu.Unlock()
	if err == nil {
		r.Event(node.Unregistered, c)
	}
	return err
}

// find returns what a terminal has registered.
func (r *Relay) find(f registration.Forwarded) (registered, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.registered[f.Source] {
		if at.user == f.User && at.device == f.Device {
			return at, true
		}
	}
	return registered{}, false
}

// about is what the gateway is told.
func (r *Relay) about(c contexts.Context, at registered) registration.Relayed {
	return registration.Relayed{GGSN: r.GGSN, APN: string(c.APN), Address: c.Address, User: at.user, Device: at.device}
}

func (r *Relay) seal(authorization string) [32]byte {
	return sha256.Sum256(append(r.key[:len(r.key):len(r.key)], authorization...))
}

// ContextDown releases what is registered at the address of a context that has ended. It does not block.
func (r *Relay) ContextDown(c contexts.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, at := range r.registered[c.Address] {
		r.enqueue(release{registered: at, address: c.Address})
	}
	delete(r.registered, c.Address)
}

// enter waits until nobody else speaks with the gateway about an address, so that a release that is late does not end what came after it.
func (r *Relay) enter(ctx context.Context, a netip.Addr) (leave func(), err error) {
	mine := make(chan struct{})
	for {
		r.mu.Lock()
		others, taken := r.busy[a]
		if !taken {
			r.busy[a] = mine
		}
		r.mu.Unlock()
		if !taken {
			return func() {
				r.mu.Lock()
				delete(r.busy, a)
				r.mu.Unlock()
				close(mine)
			}, nil
		}
		select {
		case <-others:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// Counters returns the counts.
func (r *Relay) Counters() Counters {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.counters
	n.Registered, n.Waiting = len(r.registered), len(r.queue)+r.open
	return n
}

// Close releases all that is registered, for as long as the context lasts, and ends. The listener has to be closed before.
func (r *Relay) Close(ctx context.Context) {
	r.mu.Lock()
	for a, all := range r.registered {
		for _, at := range all {
			r.enqueue(release{registered: at, address: a})
		}
	}
	clear(r.registered)
	if !r.closing {
		r.closing = true
		r.look()
	}
	r.mu.Unlock()
	select {
	case <-r.drained:
	case <-ctx.Done():
	}
	r.end()
	r.ended.Wait()
	r.Gateway.Close()
}
