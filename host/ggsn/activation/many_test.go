package activation

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/node"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// crowd is an SGSN that does everything an SGSN can do, from goroutines of its own, and the node's table of contexts.
type crowd struct {
	*prompt
	e       *Engine
	running sync.WaitGroup

	mu    sync.Mutex
	up    map[key]*crowdTunnel
	sent  map[string]key
	wrong atomic.Pointer[string]
}

type crowdTunnel struct {
	tunnel
	crowd *crowd
}

func (c *crowdTunnel) Push(p node.Push) error {
	c.crowd.mu.Lock()
	defer c.crowd.mu.Unlock()
	k := key{c.imsi, c.apn}
	if c.crowd.up[k] != c {
		return ErrGone
	}
	if k.imsi != p.IMSI {
		text := fmt.Sprintf("a push for %s goes to %s", p.IMSI, k.imsi)
		c.crowd.wrong.Store(&text)
	}
	c.crowd.sent[p.ID] = k
	return nil
}

func (c *crowd) ByIMSI(imsi push.IMSI, apn string) (Context, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	up := c.up[key{imsi, apn}]
	return up, up != nil
}

func (c *crowd) Send(to netip.AddrPort, _ gtp.TEID, m gtp.Message, done func(gtp.Packet, error)) error {
	n := &notice{to, m.(*gtp.PDUNotificationRequest), done}
	c.running.Go(func() {
		switch rand.IntN(8) {
		case 0:
			n.fail(gtp.ErrNoResponse)
		case 1:
			n.answer(gtp.CauseNoMemory)
		case 2:
			n.answer(gtp.CauseRequestAccepted)
			n.reject(c.e, gtp.CauseMSNotResponding)
		case 3:
			n.answer(gtp.CauseRequestAccepted) // and nothing more
		case 4:
			c.create(n)
			n.answer(gtp.CauseRequestAccepted)
		default:
			n.answer(gtp.CauseRequestAccepted)
			c.create(n)
		}
	})
	return nil
}

// create brings a context up, for some pushes.
func (c *crowd) create(n *notice) {
	k := keyOf(n.m.IMSI, string(n.m.APN))
	if v := c.e.MayCreate(k.imsi, k.apn, n.m.EndUserAddress); v.Cause != gtp.CauseRequestAccepted {
		return
	}
	up := &crowdTunnel{tunnel{imsi: k.imsi, apn: k.apn}, c}
	c.mu.Lock()
	c.up[k] = up
	c.mu.Unlock()
	c.e.ContextUp(up)
	time.Sleep(time.Duration(rand.IntN(1000)) * time.Microsecond)
	c.mu.Lock()
	if c.up[k] == up {
		delete(c.up, k)
	}
	c.mu.Unlock()
	c.e.ContextDown(k.imsi, k.apn)
}

func TestManyAtOnce(t *testing.T) {
	defer goleak.VerifyNone(t)
	c := &crowd{prompt: newPrompt(), up: map[key]*crowdTunnel{}, sent: map[string]key{}}
	var err error
	c.e, err = New(Options{
		HLR: c, Path: c, Contexts: c, Address: testGGSN,
		Plan: func(imsi push.IMSI, _ string) (Plan, bool) {
			return Plan{Variant: Variant(imsi[len(imsi)-1] % 4), Address: testStatic}, true
		},
		Limits: Limits{Activation: 20 * time.Millisecond, Pause: time.Millisecond, Queries: 4},
	})
	if err != nil {
		t.Fatal(err)
	}
	const goroutines, each = 4, 1000
	results := make([]atomic.Int32, goroutines*each)
	var pushing, waiting sync.WaitGroup
	waiting.Add(goroutines * each)
	for g := range goroutines {
		pushing.Go(func() {
			for i := range each {
				id := g*each + i
				p := node.Push{
					ID: fmt.Sprint(id), IMSI: push.IMSI(fmt.Sprintf("0010100000000%02d", rand.IntN(50))), APN: testAPN,
					Priority: push.Priority(rand.IntN(3) - 1), Within: time.Duration(1+rand.IntN(50)) * time.Millisecond,
				}
				c.e.Push(p, func(r node.Result) {
					c.mu.Lock()
					defer c.mu.Unlock()
					if _, left := c.sent[r.ID]; left != r.Sent {
						t.Errorf("%+v, sent: %v", r, left)
					}
					if results[id].Add(1) == 1 {
						waiting.Done()
					}
				})
				if rand.IntN(10) == 0 {
					c.e.Cancel(fmt.Sprint(rand.IntN(id + 1)))
				}
				if rand.IntN(100) == 0 {
					c.e.SGSNRestarted(testSGSN, "")
				}
			}
		})
	}
	pushing.Wait()
	waiting.Wait()
	c.running.Wait()
	c.e.Close()
	for id := range results {
		if n := results[id].Load(); n != 1 {
			t.Errorf("push %d has %d results", id, n)
		}
	}
	if wrong := c.wrong.Load(); wrong != nil {
		t.Error(*wrong)
	}
	if s := c.e.Stats(); s.Activations+s.Pushes != 0 || s.Notified == 0 {
		t.Errorf("%+v", s)
	}
}
