package dispatch

import (
	"time"

	"github.com/ppgbox/ppgbox/host/store"
	"github.com/ppgbox/ppgbox/sdk/push"
)

func (p *packer) attempt(a *store.Attempt) {
	p.number(a.Leg)
	p.number(a.Number)
	p.number(a.Planned)
	same := a.Lane == p.lane
	p.flag(same)
	if !same {
		p.text(a.Lane)
	}
	p.name(a.Bearer)
	p.name(a.Node)
	p.time(a.Started)
	p.time(a.Ended)
	p.outcome(&a.Outcome)
	p.octets(a.Token)
	p.number(len(a.Steps))
	for i := range a.Steps {
		p.step(&a.Steps[i])
	}
	p.subscriber(a.Terminal)
}

func (u *unpacker) attempt() *store.Attempt {
	a := &store.Attempt{Leg: u.number(), Number: u.number(), Planned: u.number(), Lane: u.lane}
	if !u.flag() {
		a.Lane = u.text()
	}
	a.Bearer, a.Node = u.text(), u.text()
	a.Started, a.Ended = u.time(), u.time()
	a.Outcome = u.outcome()
	a.Token = u.octets()
	if n := u.number(); n > 0 {
		a.Steps = make([]store.Step, 0, n+1) // most get the outcome yet
		for range n {
			a.Steps = append(a.Steps, u.step())
		}
	}
	a.Terminal = u.subscriber()
	return a
}

// outcome writes the text as a name, since it is for Push Initiators and says nothing that only one delivery has.
func (p *packer) outcome(o *push.Outcome) {
	p.number(int(o.Kind))
	p.number(o.Code)
	p.name(o.Text)
	p.text(o.Cause)
	p.number(int(o.RetryAfter))
}

func (u *unpacker) outcome() push.Outcome {
	return push.Outcome{
		Kind: push.OutcomeKind(u.number()), Code: u.number(), Text: u.text(), Cause: u.text(), RetryAfter: time.Duration(u.number()),
	}
}

func (p *packer) step(s *store.Step) {
	p.time(s.At)
	p.name(s.Name)
	p.name(s.Plugin)
	p.name(s.Node)
	p.name(s.From)
	p.name(s.To)
	switch {
	case s.Name == "policy", s.Name == "send", s.Text == noSession: // of few forms
		p.name(s.Text)
	default:
		p.text(s.Text)
	}
	p.number(int(s.Took))
}

func (u *unpacker) step() store.Step {
	return store.Step{
		At: u.time(), Name: u.text(), Plugin: u.text(), Node: u.text(), From: u.text(), To: u.text(), Text: u.text(),
		Took: time.Duration(u.number()),
	}
}
