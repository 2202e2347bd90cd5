package dispatch

import (
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/host/policy"
	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/host/subscriber"
	"github.com/ppgbox/ppgbox/sdk/push"
)

var _ Subscribers = (*subscriber.Directory)(nil)

// people is a directory whose answers the test changes.
type people struct {
	mu    sync.Mutex
	of    map[push.Address][]subscriber.Terminal
	dead  map[uint64]bool
	since map[netip.Addr]time.Time
	asked int
}

func newPeople() *people {
	return &people{of: map[push.Address][]subscriber.Terminal{}, dead: map[uint64]bool{}, since: map[netip.Addr]time.Time{}}
}

// Resolve knows who was told of. A number and an IP address stand for themselves otherwise.
func (p *people) Resolve(a push.Address) ([]subscriber.Terminal, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked++
	switch found := p.of[a]; {
	case found != nil:
		return slices.Clone(found), nil
	case a.Type != push.USER:
		return []subscriber.Terminal{{Lane: a.String(), Subscriber: push.Subscriber{Address: a, MSISDN: a.MSISDN()}}}, nil
	case strings.HasSuffix(a.Value, "@elsewhere"):
		return nil, subscriber.ErrForeign
	}
	return nil, subscriber.ErrUnknown
}

func (p *people) Live(generation uint64) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.dead[generation]
}

func (p *people) Since(a netip.Addr) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.since[a]
}

// are makes an address stand for terminals, which are given by their lanes: a number for one that has it, else a device.
func (p *people) are(a push.Address, lanes ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []subscriber.Terminal
	for _, lane := range lanes {
		t := subscriber.Terminal{Lane: lane, Subscriber: push.Subscriber{Address: a}}
		if number, ok := strings.CutPrefix(lane, "PLMN:+"); ok {
			t.Subscriber.MSISDN = push.MSISDN(number)
		}
		list = append(list, t)
	}
	p.of[a] = list
}

// online gives the terminal in a lane a session.
func (p *people) online(a push.Address, lane, addr string, generation uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.of[a] {
		if t := &p.of[a][i]; t.Lane == lane {
			t.Subscriber.Sessions = []push.Session{{GGSN: "ggsn1", APN: "internet", Address: netip.MustParseAddr(addr), Generation: generation}}
		}
	}
}

// ends has a session be over.
func (p *people) ends(generation uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead[generation] = true
}

// tells of a new owner of an address.
func (p *people) tells(addr string, at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since[netip.MustParseAddr(addr)] = at
}

func (p *people) times() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.asked
}

// The terminals of alice, as tests have them.
const (
	phone  = "PLMN:+358400000001"
	other  = "PLMN:+358400000002"
	tablet = "USER:alice@push.example/tablet"
)

var alice = push.Address{Type: push.USER, Value: "alice@push.example"}

// newTown is a bench with a directory, in which sms takes numbers alone and pdp anything.
func newTown(t *testing.T, policies ...policy.Policy) *bench {
	t.Helper()
	b := &bench{t: t, clock: clock.NewFake(start), store: &memory{}, plugins: newScripted(), people: newPeople()}
	b.plugins.clock = b.clock
	sms, pdp := b.plugins.infos["sms"], b.plugins.infos["pdp"]
	sms.AddressTypes = []push.AddressType{push.PLMN}
	pdp.AddressTypes = []push.AddressType{push.IPv4, push.IPv6, push.PLMN, push.USER}
	b.plugins.infos["sms"], b.plugins.infos["pdp"] = sms, pdp
	// A strategy knows the way to who is online.
	b.plugins.route = func(_ string, r push.RouteRequest) (push.Route, error) {
		if len(r.Subscriber.Sessions) == 0 {
			return push.Route{}, push.ErrNotHere
		}
		return push.Route{Node: "ggsn1", Session: &r.Subscriber.Sessions[0]}, nil
	}
	b.open(policies...)
	return b
}

// to is a policy that reaches this many of an address's terminals.
func to(terminals string, attempts ...policy.Attempt) policy.Policy {
	p := one(attempts...)
	p.Terminals = terminals
	return p
}

// wantSent takes the next delivery at a bearer and holds it to its bearer and lane.
func (b *bench) wantSent(bearer, lane string) sentItem {
	b.t.Helper()
	s := b.nextSent()
	if s.bearer != bearer || s.Lane != lane {
		b.t.Fatalf("%s was given one for %s, want %s for %s", s.bearer, s.Lane, bearer, lane)
	}
	return s
}

func (b *bench) answer(s sentItem, k push.OutcomeKind) {
	b.Result(s.bearer, s.ID, push.Outcome{Kind: k})
	b.settle()
}

// steps are the names and texts of a timeline.
func steps(a store.Attempt) string {
	var list []string
	for _, s := range a.Steps {
		list = append(list, s.Name+": "+s.Text)
	}
	return strings.Join(list, "\n")
}
