package activation

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/ppgbox/ppgbox/host/clock"
	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// An Engine activates contexts for what waits for them. Its methods may be called from any goroutine and do not block; the node's own
// functions (Options) are called without a lock of the engine.
type Engine struct {
	o      Options
	limits Limits
	clock  clock.Clock
	ctx    context.Context // of questions to the HLR
	cancel context.CancelFunc
	asking sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	terminals map[key]*terminal
	byID      map[string]*item
	byTEID    map[gtp.TEID]*terminal
	lookups   map[string]*lookup // by the push's identifier
	questions questions
	timers    timers
	alarm     func() // stops it
	alarmAt   time.Duration
	absences  absences
	stats     Stats
	retrying  int // terminals that pause before they are notified again
	byPackets int // terminals whose activation a packet began

	// What is to be done when the lock is released.
	endings []ending
	calls   []func()
}

// Stats are how things stand, and what was counted since the engine was made.
type Stats struct {
	// Activations are terminals with one under way; Pushes and Packets wait for them, the latter with so many octets.
	Activations, Pushes, Packets, PacketOctets int
	// NotReachable are subscribers whose MNRG flag is set.
	NotReachable int
	// Asked are questions to the HLR, Notified the PDU Notification Requests, Shared the pushes that joined an activation.
	Asked, Notified, Shared uint64
	// PacketsDropped are downlink packets that were not kept, or were given up.
	PacketsDropped uint64
}

// New makes an engine. What it can not work without is an error.
func New(o Options) (*Engine, error) {
	if o.HLR == nil || o.Path == nil || o.Contexts == nil || o.Plan == nil || !o.Address.IsValid() {
		return nil, errors.New("activation: an HLR, a path, contexts, plans and the node's own address are needed")
	}
	o = o.complete()
	e := &Engine{
		o: o, limits: o.Limits, clock: o.Clock, alarmAt: never,
		terminals: make(map[key]*terminal), byID: make(map[string]*item), byTEID: make(map[gtp.TEID]*terminal),
		lookups:  make(map[string]*lookup),
		absences: newAbsences(o.Limits.NotReachable),
	}
	e.ctx, e.cancel = context.WithCancel(context.Background())
	return e, nil
}

// Close ends what waits with node.NodeStopping, as every push that comes later, and returns when no question to the HLR is under way.
func (e *Engine) Close() {
	e.mu.Lock()
	e.closed = true
	for _, t := range e.terminals {
		e.fail(t, stopping.plain())
	}
	e.cancel()
	if e.alarm != nil {
		e.alarm()
		e.alarm, e.alarmAt = nil, never
	}
	e.flush()
	e.asking.Wait()
}

// Stats returns how things stand.
func (e *Engine) Stats() Stats {
	e.mu.Lock()
	defer e.mu.Unlock()
	s := e.stats
	s.Activations, s.NotReachable = len(e.terminals), e.absences.flagged
	return s
}

// flush releases the lock and does what was left for then. Whoever changed something under e.mu ends with it.
func (e *Engine) flush() {
	endings, calls := e.endings, e.calls
	e.endings, e.calls = nil, nil
	e.setAlarm()
	e.mu.Unlock()
	for _, end := range endings {
		end.done(end.result)
	}
	for _, call := range calls {
		call()
	}
}

// later leaves a call for when the lock is released.
func (e *Engine) later(call func()) { e.calls = append(e.calls, call) }

// A key is a terminal at an access point: what has one activation at a time.
type key struct {
	imsi push.IMSI
	apn  string
}

func keyOf(imsi push.IMSI, apn string) key { return key{imsi, accessPoint(apn)} }

// accessPoint is the network's part of an access point name, without the operator's (mnc001.mcc001.gprs), in lower case: SGSNs may send
// both or one, and the case does not matter (3GPP TS 23.003 §9.1).
func accessPoint(apn string) string {
	apn = strings.ToLower(apn)
	if strings.HasSuffix(apn, ".gprs") {
		if network, operator, ok := cutLast(apn, ".mnc"); ok && strings.Count(operator, ".") == 2 {
			return network
		}
	}
	return apn
}

// cutLast is strings.Cut at the last place.
func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}
