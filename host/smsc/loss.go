package smsc

import (
	"slices"

	"github.com/ppgbox/ppgbox/sdk/smpp"
)

// lost is called when a bind has ended: what it submitted goes on, or is given up, as the configuration says.
func (s *SMSC) lost(a *account, session *smpp.Session) {
	a.mu.Lock()
	var orphans []*transaction
	for _, t := range a.running {
		// Others may wait for it: the same push over another bind.
		if len(t.requests) > 0 && !slices.ContainsFunc(t.requests, func(r *smpp.Request) bool { return r.Session.Err() == nil }) {
			if slices.ContainsFunc(t.requests, func(r *smpp.Request) bool { return r.Session == session }) {
				t.known = true
				orphans = append(orphans, t)
			}
		}
	}
	held := 0
	for _, g := range slices.Clone(a.oldest) {
		if !g.of(session) {
			continue
		}
		held++
		if a.abandon {
			s.drop(a, g, session)
		}
	}
	a.mu.Unlock()
	if len(orphans) == 0 && held == 0 {
		return
	}
	what := "they are finished without an answer"
	if a.abandon {
		what = "they are abandoned"
		for _, t := range orphans {
			s.engine.Cancel(&t.message)
		}
	}
	s.log.Warn("a link was lost with transactions on the way: "+what, "system_id", a.systemID, "from", session.RemoteAddr().String(),
		"transactions", len(orphans), "messages_incomplete", held)
}

// drop forgets the segments of a group that came over a bind which is gone. a.mu is held.
func (s *SMSC) drop(a *account, g *group, session *smpp.Session) {
	left := 0
	for i := range g.parts {
		p := &g.parts[i]
		gone := slices.DeleteFunc(slices.Clone(p.requests), func(r *smpp.Request) bool { return r.Session != session })
		a.hold(gone, -1)
		for _, r := range gone {
			a.release(r)
		}
		p.requests = slices.DeleteFunc(p.requests, func(r *smpp.Request) bool { return r.Session == session })
		if len(p.requests) == 0 && p.segment != nil {
			*p = part{}
			g.got--
		}
		left += len(p.requests)
	}
	if left == 0 {
		a.letGo(g)
		a.forget(g)
	}
}
