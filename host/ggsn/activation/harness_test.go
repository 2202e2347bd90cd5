package activation

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

const testIMSI push.IMSI = "001010123456789"

const testAPN = "push.operator"

var (
	testGGSN   = netip.MustParseAddr("192.0.2.10")
	testSGSN   = netip.MustParseAddr("192.0.2.20")
	otherSGSN  = netip.MustParseAddr("192.0.2.21")
	testStatic = netip.MustParseAddr("10.45.0.7")
	testPooled = netip.MustParseAddr("10.46.0.1")
)

// A bench is an engine with everything around it in the test's hands.
type bench struct {
	t      *testing.T
	e      *Engine
	clock  *clock.Fake
	hlr    *register
	path   *wire
	nodes  *table
	plan   Plan
	events []node.Event

	mu      sync.Mutex
	reports []push.IMSI
}

// newBench makes one whose HLR answers at once that the terminal is at testSGSN.
func newBench(t *testing.T, change ...func(*Options)) *bench {
	t.Helper()
	b := &bench{
		t: t, clock: clock.NewFake(time.Unix(0, 0)), plan: Plan{Variant: Static, Address: testStatic},
		hlr:  &register{location: hlr.Location{Attached: true, SGSN: testSGSN.String(), Source: "test"}},
		path: &wire{sent: make(chan *notice, 100)}, nodes: &table{up: map[key]*tunnel{}, reserved: map[key]int{}},
	}
	o := Options{
		HLR: b.hlr, Path: b.path, Contexts: b.nodes, Address: testGGSN, Clock: b.clock, APN: testAPN,
		Plan: func(_ push.IMSI, apn string) (Plan, bool) { return b.plan, apn == testAPN },
		Report: func(imsi push.IMSI) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.reports = append(b.reports, imsi)
		},
		Event: func(e node.Event) { b.events = append(b.events, e) },
	}
	for _, f := range change {
		f(&o)
	}
	var err error
	if b.e, err = New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.e.Close)
	return b
}

// A pushed push and its result to come.
type pushed chan node.Result

// push hands over a push for testIMSI with a minute of time.
func (b *bench) push(id string, change ...func(*node.Push)) pushed {
	p := node.Push{ID: id, IMSI: testIMSI, APN: testAPN, Payload: []byte(id), TerminalPort: 2948, Within: time.Minute}
	for _, f := range change {
		f(&p)
	}
	results := make(pushed, 2)
	b.e.Push(p, func(r node.Result) { results <- r })
	return results
}

// result waits for the result, which has to be the only one.
func (b *bench) result(p pushed) node.Result {
	b.t.Helper()
	select {
	case r := <-p:
		return r
	case <-time.After(10 * time.Second):
		b.t.Fatal("no result")
	}
	panic("unreachable")
}

// sent wants a push to have been sent.
func (b *bench) sent(p pushed) {
	b.t.Helper()
	if r := b.result(p); !r.Sent || r.Cause != "" {
		b.t.Fatalf("result %+v, want sent", r)
	}
}

// failed wants a push to have failed with a cause.
func (b *bench) failed(p pushed, want node.Cause) node.Result {
	b.t.Helper()
	r := b.result(p)
	if r.Sent || r.Cause != want || r.Text == "" {
		b.t.Fatalf("result %+v, want %s", r, want)
	}
	return r
}

// notified waits for the next notification.
func (b *bench) notified() *notice {
	b.t.Helper()
	select {
	case n := <-b.path.sent:
		return n
	case <-time.After(10 * time.Second):
		b.t.Fatal("no notification")
	}
	panic("unreachable")
}

// await waits until something holds.
func (b *bench) await(holds func() bool) {
	b.t.Helper()
	for end := time.Now().Add(10 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			b.t.Fatal("it never came to hold")
		}
	}
}

// quiet wants no notification to be under way.
func (b *bench) quiet() {
	b.t.Helper()
	select {
	case n := <-b.path.sent:
		b.t.Fatalf("an unexpected notification: %+v", n.m)
	default:
	}
}

// up brings a context up, as the node does after a Create.
func (b *bench) up() *tunnel {
	c := &tunnel{imsi: testIMSI, apn: testAPN}
	b.nodes.add(c)
	b.e.ContextUp(c)
	return c
}

// activated brings a push to the point where the SGSN has taken the notification.
func (b *bench) activated(id string) (pushed, *notice) {
	b.t.Helper()
	p := b.push(id)
	n := b.notified()
	n.answer(gtp.CauseRequestAccepted)
	return p, n
}

// left wants nothing to be left.
func (b *bench) left() {
	b.t.Helper()
	b.e.mu.Lock()
	defer b.e.mu.Unlock()
	e := b.e
	if n := len(e.terminals) + len(e.byID) + len(e.byTEID) + len(e.timers) + e.retrying + e.byPackets; n != 0 {
		b.t.Errorf("%d terminals, %d pushes, %d TEIDs, %d timers, %d in pause are left",
			len(e.terminals), len(e.byID), len(e.byTEID), len(e.timers), e.retrying)
	}
	if e.stats.Pushes != 0 || e.stats.Packets != 0 || e.stats.PacketOctets != 0 {
		b.t.Errorf("%+v is left", e.stats)
	}
	b.nodes.mu.Lock()
	defer b.nodes.mu.Unlock()
	for k, n := range b.nodes.reserved {
		if n != 0 {
			b.t.Errorf("an address of %v is reserved", k)
		}
	}
}

// A register answers as the test says.
type register struct {
	mu        sync.Mutex
	location  hlr.Location
	err       error
	fresh     *hlr.Location // after Invalidate
	questions []hlr.Question
	forgotten []hlr.Question
	hold      chan struct{} // answers come when it is closed
	held      int           // that wait for it
}

func (r *register) Query(ctx context.Context, q hlr.Question) (hlr.Location, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.questions = append(r.questions, q)
	if hold := r.hold; hold != nil {
		r.held++
		r.mu.Unlock()
		select {
		case <-hold:
		case <-ctx.Done():
		}
		r.mu.Lock()
		r.held--
	}
	if ctx.Err() != nil {
		return hlr.Location{}, ctx.Err()
	}
	return r.location, r.err
}

func (r *register) Invalidate(q hlr.Question) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgotten = append(r.forgotten, q)
	if r.fresh != nil {
		r.location = *r.fresh
	}
}

func (r *register) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.questions)
}

// A wire holds the requests that were sent.
type wire struct {
	sent chan *notice
	err  error
}

// A notice is a PDU Notification Request.
type notice struct {
	to   netip.AddrPort
	m    *gtp.PDUNotificationRequest
	done func(gtp.Packet, error)
}

func (w *wire) Send(to netip.AddrPort, teid gtp.TEID, m gtp.Message, done func(gtp.Packet, error)) error {
	if w.err != nil {
		return w.err
	}
	if teid != 0 {
		panic("a notification belongs to no tunnel")
	}
	w.sent <- &notice{to, m.(*gtp.PDUNotificationRequest), done}
	return nil
}

func (n *notice) answer(c gtp.Cause) {
	m := &gtp.PDUNotificationResponse{Cause: c}
	n.done(gtp.Packet{Header: gtp.Header{Type: m.Type(), TEID: n.m.TEIDControl}, Message: m}, nil)
}

func (n *notice) fail(err error) { n.done(gtp.Packet{}, err) }

// reject is the SGSN's word that no context will come.
func (n *notice) reject(e *Engine, c gtp.Cause) gtp.Cause {
	return e.Rejected(n.to.Addr(), n.m.TEIDControl, &gtp.PDUNotificationRejectRequest{
		Cause: c, TEIDControl: 1, EndUserAddress: n.m.EndUserAddress, APN: n.m.APN,
	})
}

// A table is the node's contexts and addresses.
type table struct {
	mu       sync.Mutex
	up       map[key]*tunnel
	owners   map[netip.Addr]key
	reserved map[key]int
	err      error  // of Reserve
	during   func() // each Reserve, and each ByIMSI
}

func (c *table) add(t *tunnel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.up[keyOf(t.imsi, t.apn)] = t
	c.reserved[keyOf(t.imsi, t.apn)] = 0
}

func (c *table) remove(t *tunnel) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.up, keyOf(t.imsi, t.apn))
}

func (c *table) ByIMSI(imsi push.IMSI, apn string) (Context, bool) {
	c.mu.Lock()
	t, during := c.up[key{imsi, apn}], c.during
	c.mu.Unlock()
	if during != nil {
		during()
	}
	if t == nil {
		return nil, false
	}
	return t, true
}

func (c *table) Owner(a netip.Addr, _ string) (push.IMSI, string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.owners[a]
	return k.imsi, k.apn, ok
}

func (c *table) Reserve(imsi push.IMSI, apn string) (netip.Addr, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if during := c.during; during != nil {
		c.mu.Unlock()
		during()
		c.mu.Lock()
	}
	if c.err != nil {
		return netip.Addr{}, c.err
	}
	c.reserved[key{imsi, apn}] = 1
	return testPooled, nil
}

func (c *table) Unreserve(imsi push.IMSI, apn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reserved[key{imsi, apn}] = 0
}

// A tunnel is a context that remembers what it sent.
type tunnel struct {
	imsi   push.IMSI
	msisdn push.MSISDN
	apn    string

	mu     sync.Mutex
	sent   []string
	err    error
	before func() // each push
}

func (c *tunnel) IMSI() push.IMSI { return c.imsi }
func (c *tunnel) APN() string     { return c.apn }

func (c *tunnel) MSISDN() push.MSISDN { return c.msisdn }

func (c *tunnel) Push(p node.Push) error {
	if c.before != nil {
		c.before()
	}
	return c.send(p.ID)
}

func (c *tunnel) Packet(b []byte) error { return c.send("packet " + string(b)) }

func (c *tunnel) send(what string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.sent = append(c.sent, what)
	return nil
}

func (c *tunnel) wants(t testing.TB, want ...string) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if !slices.Equal(c.sent, want) {
		t.Errorf("sent %q, want %q", c.sent, want)
	}
}
