package activation

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// Whatever happens in whatever order: every push has one result, in its time; it is Sent if and only if it went into a context of its
// own terminal, once; a terminal is notified once at a time; a context gets nothing that is not its terminal's.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		t.Repeat(map[string]func(*rapid.T){
			"":          m.check,
			"push":      m.push,
			"packet":    m.packet,
			"cancel":    func(t *rapid.T) { m.e.Cancel(fmt.Sprint(rapid.IntRange(0, m.pushes).Draw(t, "id"))) },
			"answer":    m.answer,
			"unheard":   m.unheard,
			"reject":    m.reject,
			"create":    m.create,
			"release":   func(t *rapid.T) { m.release(m.terminal(t)) },
			"time":      m.time,
			"hlr":       m.ask,
			"addresses": m.addresses,
			"present":   func(t *rapid.T) { m.e.Present(m.terminal(t).imsi) },
			"restart":   m.restart,
		})
		m.e.Close()
		m.check(t)
		for id, p := range m.waiting {
			t.Errorf("push %s of %v has no result", id, p.to)
		}
		if len(m.e.terminals)+len(m.e.byID)+len(m.e.byTEID)+len(m.e.timers)+m.e.retrying+m.e.byPackets != 0 {
			t.Errorf("something is left")
		}
	})
}

type model struct {
	*table   // the addresses
	variants map[push.IMSI]Plan

	e     *Engine
	t     *rapid.T
	clock *clock.Fake
	hlr   *register

	mu      sync.Mutex
	pushes  int
	waiting map[string]modelPush
	results map[string]node.Result
	sent    map[string]key // by the identifier of the push: where it went
	up      map[key]*modelTunnel
	notices []*notice           // that were not answered
	taken   []*notice           // that were accepted
	open    map[key]modelNotice // by terminal, that may lead to a context
	wrongs  []string
}

// A modelNotice is a notification and when it leads to nothing any more.
type modelNotice struct {
	*notice
	until time.Duration
}

type modelPush struct {
	to    key
	until time.Duration
}

func newModel(t *rapid.T) *model {
	m := &model{
		t: t, clock: clock.NewFake(time.Unix(0, 0)), waiting: map[string]modelPush{}, results: map[string]node.Result{},
		sent: map[string]key{}, up: map[key]*modelTunnel{}, open: map[key]modelNotice{}, variants: map[push.IMSI]Plan{},
		hlr:   &register{location: hlr.Location{Attached: true, SGSN: testSGSN.String()}},
		table: &table{up: map[key]*tunnel{}, reserved: map[key]int{}, owners: map[netip.Addr]key{}},
	}
	for i, k := range modelTerminals {
		plan := Plan{Variant: Variant(i % 4), Address: netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})}
		if m.variants[k.imsi] = plan; plan.Variant == Static {
			m.owners[plan.Address] = k
		}
	}
	var err error
	m.e, err = New(Options{
		HLR: m.hlr, Path: m, Contexts: m, Address: testGGSN, Clock: m.clock,
		Plan:   func(imsi push.IMSI, _ string) (Plan, bool) { return m.variants[imsi], true },
		Limits: Limits{Pushes: 12, PushesPerTerminal: 4, Packets: 2, ByPackets: 1, Retrying: 2, Queries: 2, Activation: 10 * time.Second, NotReachable: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

var modelTerminals = []key{{"001010000000000", "a"}, {"001010000000001", "a"}, {"001010000000002", "a"}, {"001010000000003", "b"}, {"001010000000003", "a"}}

func (m *model) terminal(t *rapid.T) key {
	return rapid.SampledFrom(modelTerminals).Draw(t, "terminal")
}

func (m *model) wrong(format string, args ...any) {
	m.wrongs = append(m.wrongs, fmt.Sprintf(format, args...))
}

// Send is the SGSN's end: it is asked for one context of a terminal at a time.
func (m *model) Send(to netip.AddrPort, _ gtp.TEID, x gtp.Message, done func(gtp.Packet, error)) error {
	n := &notice{to, x.(*gtp.PDUNotificationRequest), done}
	m.mu.Lock()
	defer m.mu.Unlock()
	k := keyOf(n.m.IMSI, string(n.m.APN))
	if before, open := m.open[k]; open && before.until > m.clock.Elapsed() {
		m.wrong("%v is notified twice", k)
	}
	m.open[k] = modelNotice{n, never}
	m.notices = append(m.notices, n)
	return nil
}

func (m *model) addresses(t *rapid.T) {
	m.table.mu.Lock()
	defer m.table.mu.Unlock()
	m.err = nil
	if rapid.Bool().Draw(t, "none left") {
		m.err = errors.New("none left")
	}
}

// settle waits until the HLR has nothing to do, or holds all answers back.
func (m *model) settle() {
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Microsecond) {
		m.e.mu.Lock()
		m.hlr.mu.Lock()
		busy := m.e.questions.asking - m.hlr.held
		m.hlr.mu.Unlock()
		m.e.mu.Unlock()
		if busy == 0 {
			return
		}
	}
	m.t.Fatal("it does not settle")
}

func (m *model) check(t *rapid.T) {
	m.settle()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.wrongs {
		t.Error(w)
	}
	for id, p := range m.waiting {
		if p.until <= m.clock.Elapsed() {
			t.Errorf("push %s has no result at its end", id)
		}
	}
}

func (m *model) push(t *rapid.T) {
	k := m.terminal(t)
	m.pushes++
	id := fmt.Sprint(m.pushes)
	p := node.Push{
		ID: id, IMSI: k.imsi, APN: k.apn, Priority: push.Priority(rapid.IntRange(-1, 1).Draw(t, "priority")),
		Within: time.Duration(rapid.SampledFrom([]int{1, 5, 20, 100}).Draw(t, "seconds")) * time.Second,
	}
	m.mu.Lock()
	m.waiting[id] = modelPush{k, m.clock.Elapsed() + p.Within}
	m.mu.Unlock()
	m.e.Push(p, func(r node.Result) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if _, waits := m.waiting[id]; !waits || r.ID != id {
			m.wrong("push %s has the result %+v beside %+v", id, r, m.results[id])
		}
		delete(m.waiting, id)
		m.results[id] = r
		if at, left := m.sent[id]; r.Sent != left || left && at != k || r.Sent != (r.Cause == "") {
			m.wrong("push %s of %v has the result %+v, and was sent (%v) to %v", id, k, r, left, at)
		}
	})
}

func (m *model) packet(t *rapid.T) {
	address := m.variants[m.terminal(t).imsi].Address // where it is static it may be somebody's
	m.e.Downlink(address, []byte("packet"))
}

var modelCauses = []gtp.Cause{128, 128, 128, 194, 196, 197, 199, 228}

// take takes the oldest of some notifications, and the terminal for which it was.
func (m *model) take(t *rapid.T, list *[]*notice) (*notice, key) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(*list) == 0 {
		t.Skip("none")
	}
	n := (*list)[0]
	*list = (*list)[1:]
	return n, keyOf(n.m.IMSI, string(n.m.APN))
}

// over notes that a notification leads to nothing, unless another one has followed it.
func (m *model) over(k key, n *notice) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.open[k].notice == n {
		delete(m.open, k)
	}
}

func (m *model) answer(t *rapid.T) {
	n, k := m.take(t, &m.notices)
	c := rapid.SampledFrom(modelCauses).Draw(t, "cause")
	if c != gtp.CauseRequestAccepted {
		m.over(k, n)
		n.answer(c)
		return
	}
	m.mu.Lock()
	if m.open[k].notice == n {
		m.open[k] = modelNotice{n, m.clock.Elapsed() + m.e.limits.Activation}
	}
	m.taken = append(m.taken, n)
	m.mu.Unlock()
	n.answer(c)
}

func (m *model) unheard(t *rapid.T) {
	n, k := m.take(t, &m.notices)
	m.over(k, n)
	n.fail(rapid.SampledFrom([]error{gtp.ErrNoResponse, gtp.ErrPeerVersion, errors.New("another")}).Draw(t, "error"))
}

func (m *model) reject(t *rapid.T) {
	n, k := m.take(t, &m.taken)
	m.over(k, n)
	n.reject(m.e, rapid.SampledFrom(modelCauses[3:]).Draw(t, "cause"))
}

func (m *model) restart(*rapid.T) {
	m.mu.Lock()
	for k, n := range m.open {
		if n.until != never && n.to.Addr() == testSGSN {
			delete(m.open, k)
		}
	}
	m.mu.Unlock()
	m.e.SGSNRestarted(testSGSN, "")
}

// create is a Create of a terminal, asked or not, and the context that it leads to.
func (m *model) create(t *rapid.T) {
	k := m.terminal(t)
	asked := gtp.DynamicAddress(gtp.PDPIPv4)
	if a := rapid.SampledFrom([]netip.Addr{{}, testPooled, m.variants[k.imsi].Address}).Draw(t, "address"); a.IsValid() {
		asked = gtp.StaticAddress(a)
	}
	m.mu.Lock()
	n, open := m.open[k]
	open = open && n.until > m.clock.Elapsed()
	delete(m.open, k) // it comes up, or is refused
	m.mu.Unlock()
	v := m.e.MayCreate(k.imsi, k.apn, asked)
	if v.Notified != open {
		t.Errorf("%v was notified: %v, and the verdict is %+v", k, open, v)
	}
	switch what := rapid.IntRange(0, 4).Draw(t, "what becomes of it"); {
	case v.Cause != gtp.CauseRequestAccepted:
	case what == 0:
		m.e.CreateFailed(k.imsi, k.apn, gtp.CauseAllAddressesOccupied, "none")
	default:
		m.release(k)
		c := &modelTunnel{tunnel{imsi: k.imsi, apn: k.apn}, m, what - 1}
		m.table.add(&c.tunnel)
		m.mu.Lock()
		m.up[k] = c
		m.mu.Unlock()
		m.e.ContextUp(c)
	}
}

func (m *model) release(k key) {
	m.mu.Lock()
	c := m.up[k]
	delete(m.up, k)
	m.mu.Unlock()
	if c != nil {
		m.e.ContextDown(k.imsi, k.apn)
	}
}

// ByIMSI returns the tunnels that are up.
func (m *model) ByIMSI(imsi push.IMSI, apn string) (Context, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c := m.up[key{imsi, apn}]
	return c, c != nil
}

// A modelTunnel is released by itself after some pushes, 0 for never.
type modelTunnel struct {
	tunnel
	m    *model
	left int
}

func (c *modelTunnel) Push(p node.Push) error {
	c.m.mu.Lock()
	defer c.m.mu.Unlock()
	k := keyOf(c.imsi, c.apn)
	if c.m.up[k] != c {
		return ErrGone
	}
	if c.left--; c.left == 0 {
		delete(c.m.up, k)
		return ErrGone
	}
	if at, twice := c.m.sent[p.ID]; twice {
		c.m.wrong("push %s went to %v and to %v", p.ID, at, k)
	}
	c.m.sent[p.ID] = k
	return nil
}

func (m *model) time(t *rapid.T) {
	d := time.Duration(rapid.SampledFrom([]int{100, 1000, 4000, 10_000, 60_000}).Draw(t, "milliseconds")) * time.Millisecond
	for end := m.clock.Elapsed() + d; m.clock.Elapsed() < end; m.settle() {
		m.clock.Advance(min(100*time.Millisecond, end-m.clock.Elapsed()))
	}
}

func (m *model) ask(t *rapid.T) {
	m.hlr.mu.Lock()
	defer m.hlr.mu.Unlock()
	m.hlr.err = rapid.SampledFrom([]error{nil, nil, &hlr.Error{Kind: hlr.ErrDown}}).Draw(t, "error")
	at := rapid.SampledFrom([]netip.Addr{testSGSN, testSGSN, otherSGSN, {}}).Draw(t, "SGSN")
	switch hold := rapid.IntRange(0, 2).Draw(t, "hold") == 0; {
	case hold && m.hlr.hold == nil:
		m.hlr.hold = make(chan struct{})
	case !hold && m.hlr.hold != nil:
		close(m.hlr.hold)
		for m.hlr.hold = nil; m.hlr.held > 0; {
			m.hlr.mu.Unlock()
			time.Sleep(10 * time.Microsecond)
			m.hlr.mu.Lock()
		}
	}
	m.hlr.location = hlr.Location{Attached: at.IsValid(), SGSN: at.String()}
}
