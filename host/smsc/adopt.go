package smsc

import (
	"bytes"
	"slices"
	"time"

	"github.com/ppgbox/ppgbox/sdk/smpp"
	"github.com/ppgbox/ppgbox/sdk/smstx"
)

// A group is a message that an older gateway has cut itself: its segments wait for each other without an answer, and go as one
// transaction. What waits too long, or keeps the others from coming because it fills the gateway's window, goes singly.
type group struct {
	key   groupKey
	total byte
	got   int
	parts []part // by sequence - 1
	began time.Time
	timer *time.Timer
	// One of these, or the group is held.
	transaction *transaction
	singly      bool
}

// groupKey is what the segments of a message have in common (3GPP TS 23.040 §9.2.3.24.1).
type groupKey struct {
	source, destination smpp.Address
	reference           uint16
	wide                bool
}

// A part is one segment.
type part struct {
	sub      *submission
	segment  []byte
	requests []*smpp.Request // more than one if the gateway has sent it again
}

// singlyTime is how long the segments of a group that goes singly may still come.
const singlyTime = time.Minute

// adopt takes a segment of a message that the ESME has cut itself. It returns what is to be given to the engine. a.mu is held.
func (s *SMSC) adopt(a *account, r *smpp.Request, sub *submission, now time.Time) ([]*transaction, *refusal) {
	c := sub.concat
	segment, refused := sub.segment()
	if refused != nil {
		return nil, refused
	}
	kept := *sub
	kept.userData, kept.payload = nil, nil
	key := groupKey{source: sub.source, destination: sub.destination, reference: c.reference, wide: c.wide}
	g := a.groups[key]
	if g == nil {
		if s.way(sub.number(), a.other) == 0 {
			return nil, refuse(smpp.StatusInvDstAdr, "no delivery link takes the number "+sub.number())
		}
		g = &group{key: key, total: c.total, parts: make([]part, c.total), began: now}
		a.groups[key] = g
		a.oldest = append(a.oldest, g)
		g.timer = time.AfterFunc(a.adoptTimer, func() { s.waitedLong(a, g) })
	}
	p := &g.parts[c.sequence-1]
	switch {
	case g.total != c.total:
		refused = refuse(sub.misplaced(), "the segments of a message say different totals")
	case p.segment != nil && !bytes.Equal(p.segment, segment):
		refused = refuse(sub.misplaced(), "two segments at the same place of a message")
	}
	if refused != nil {
		return nil, refused
	}
	again := p.segment != nil
	if !again {
		p.sub, p.segment = &kept, segment
		g.got++
	}
	return a.place(s, g, p, r, again), nil
}

// misplaced is the status for a segment whose place in its message can not be.
func (sub *submission) misplaced() smpp.Status {
	if sub.bySAR {
		return smpp.StatusInvTLVVal
	}
	return smpp.StatusSubmitFail
}

// place puts a request into its group and returns what begins with it. a.mu is held.
func (a *account) place(s *SMSC, g *group, p *part, r *smpp.Request, again bool) []*transaction {
	switch {
	case g.transaction != nil:
		g.transaction.requests = append(g.transaction.requests, r)
		return nil
	case g.singly:
		p.requests = append(p.requests, r)
		return s.single(a, g, p)
	}
	p.requests = append(p.requests, r)
	a.hold([]*smpp.Request{r}, 1)
	if !again && g.got == int(g.total) {
		return s.whole(a, g)
	}
	return s.makeRoom(a, r)
}

// whole makes a group that is complete one transaction. a.mu is held.
func (s *SMSC) whole(a *account, g *group) []*transaction {
	a.letGo(g)
	first := g.parts[0].sub
	t := s.transaction(a, first, time.Now())
	t.udhi, t.group = true, g
	t.message.Resubmit = true
	segments := make(smstx.Octets, len(g.parts))
	for i := range g.parts {
		segments[i] = g.parts[i].segment
		t.requests = append(t.requests, g.parts[i].requests...)
	}
	t.message.Segments = segments
	t.reserveReference(g.key)
	g.transaction = t
	if refused := s.start(t, a.answerWithin-time.Since(g.began), first.within); refused != nil {
		s.refuseAll(a, t, refused)
		a.forget(g)
		return nil
	}
	s.metrics.adopted.WithLabelValues("whole").Inc()
	return []*transaction{t}
}

// single makes a segment of a group a transaction of its own. a.mu is held.
func (s *SMSC) single(a *account, g *group, p *part) []*transaction {
	t := s.transaction(a, p.sub, time.Now())
	t.udhi = true
	t.message.Resubmit = true // the terminal keeps one of two equal segments
	t.message.Segments = smstx.Octets{p.segment}
	t.requests, p.requests = p.requests, nil
	if g.got == int(g.total) {
		a.forget(g)
	}
	if refused := s.start(t, a.answerWithin-time.Since(g.began), p.sub.within); refused != nil {
		s.refuseAll(a, t, refused)
		return nil
	}
	s.metrics.adopted.WithLabelValues("single").Inc()
	return []*transaction{t}
}

// reserveReference keeps the gateway's reference from being given to a message that is cut here, where that is possible.
func (t *transaction) reserveReference(k groupKey) {
	if t.smsc.references(k.wide).Reserve(referenceKey(&t.envelope), k.reference) {
		t.referenced, t.wide, t.reference = true, k.wide, k.reference
	}
}

// makeRoom lets the oldest group of a bind go singly if nothing but segments that wait for others fills the gateway's window: it
// would send no more. a.mu is held.
func (s *SMSC) makeRoom(a *account, r *smpp.Request) []*transaction {
	b := a.of(r.Session)
	if b == nil || b.unheard < a.adoptWindow || b.held < b.unheard {
		return nil
	}
	for _, g := range a.oldest {
		if g.held() && g.of(r.Session) {
			s.metrics.adopted.WithLabelValues("window").Inc()
			return s.apart(a, g)
		}
	}
	return nil
}

// held says whether the group waits for more segments.
func (g *group) held() bool { return g.transaction == nil && !g.singly }

// of says whether a segment of the group came over the bind.
func (g *group) of(session *smpp.Session) bool {
	for i := range g.parts {
		if slices.ContainsFunc(g.parts[i].requests, func(r *smpp.Request) bool { return r.Session == session }) {
			return true
		}
	}
	return false
}

// waitedLong is the end of a group's timer.
func (s *SMSC) waitedLong(a *account, g *group) {
	a.mu.Lock()
	var start []*transaction
	switch {
	case a.groups[g.key] != g:
	case g.held():
		s.metrics.adopted.WithLabelValues("timer").Inc()
		start = s.apart(a, g)
	case g.singly:
		a.forget(g)
	}
	a.mu.Unlock()
	s.startAll(start)
}

// apart lets the segments of a group go singly, in their order, and those that come later too. a.mu is held.
func (s *SMSC) apart(a *account, g *group) []*transaction {
	a.letGo(g)
	g.singly = true
	g.timer = time.AfterFunc(singlyTime, func() { s.waitedLong(a, g) })
	var start []*transaction
	for i := range g.parts {
		if len(g.parts[i].requests) > 0 {
			start = append(start, s.single(a, g, &g.parts[i])...)
		}
	}
	return start
}

// letGo counts the segments of a group as held no more. a.mu is held.
func (a *account) letGo(g *group) {
	g.timer.Stop()
	for i := range g.parts {
		a.hold(g.parts[i].requests, -1)
	}
	a.oldest = slices.DeleteFunc(a.oldest, func(o *group) bool { return o == g })
}

// forget drops a group. a.mu is held.
func (a *account) forget(g *group) {
	g.timer.Stop()
	if a.groups[g.key] == g {
		delete(a.groups, g.key)
	}
}

// refuseAll answers the requests of a transaction that did not begin. a.mu is held.
func (s *SMSC) refuseAll(a *account, t *transaction, refused *refusal) {
	t.releaseReference()
	s.logRefused(a, refused)
	for _, r := range t.requests {
		a.release(r)
		s.count(a, refused.status)
		s.send(r, refused.status, nil)
	}
}

// startAll gives transactions to their engines.
func (s *SMSC) startAll(list []*transaction) {
	for _, t := range list {
		s.add(t)
	}
}
