package activation

import (
	"fmt"
	"time"

	"github.com/ppgbox/ppgbox/sdk/gtp"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// A step is a message of an activation, kept short until somebody's result tells of it.
type step struct {
	at     time.Duration
	detail string // by kind: where it went or came from, what it says
	kind   stepKind
	cause  gtp.Cause
}

type stepKind uint8

const (
	stepQuery    stepKind = iota
	stepLocation          // detail: the answer
	stepNotify            // detail: the SGSN
	stepResponse          // detail: the SGSN
	stepReject            // detail: the SGSN
	stepCreate            // detail: the address that is asked for
	stepCreated
	stepSent
)

// note keeps a step. The first ones of very many are kept, and the last one, which is the sending, has its place.
func (e *Engine) note(t *terminal, kind stepKind, cause gtp.Cause, detail string) {
	if len(t.steps) < push.MaxExchanges-1 {
		t.steps = append(t.steps, step{e.clock.Elapsed(), detail, kind, cause})
	}
}

// exchanges tells what was done for an item, with what went before it came.
func (e *Engine) exchanges(i *item, sent bool) []push.Exchange {
	t := i.terminal
	if t == nil || len(t.steps) == 0 {
		return nil
	}
	came := i.until - min(i.push.Within, e.limits.Within)
	list := make([]push.Exchange, 0, len(t.steps)+1)
	for _, s := range t.steps {
		list = append(list, e.exchange(t, s, came))
	}
	if sent {
		list = append(list, e.exchange(t, step{at: e.clock.Elapsed(), kind: stepSent}, came))
	}
	return list
}

func (e *Engine) exchange(t *terminal, s step, came time.Duration) push.Exchange {
	x := push.Exchange{After: max(0, s.at-came), From: e.o.Name}
	sgsn := "SGSN"
	if t.sgsn.IsValid() {
		sgsn += " " + t.sgsn.String()
	}
	switch s.kind {
	case stepQuery:
		x.To, x.Text = "HLR", "where is the subscriber?"
	case stepLocation:
		x.From, x.To, x.Text = "HLR", e.o.Name, s.detail
	case stepNotify:
		x.To, x.Text = "SGSN "+s.detail, fmt.Sprintf("PDU Notification Request, APN %s, %s", t.apn, t.plan.words())
	case stepResponse:
		x.From, x.To, x.Text = "SGSN "+s.detail, e.o.Name, fmt.Sprintf("PDU Notification Response: %v", s.cause)
	case stepReject:
		x.From, x.To, x.Text = "SGSN "+s.detail, e.o.Name, fmt.Sprintf("PDU Notification Reject Request: %v", s.cause)
	case stepCreate:
		x.From, x.To, x.Text = sgsn, e.o.Name, "Create PDP Context Request, "+s.detail
	case stepCreated:
		x.To, x.Text = sgsn, fmt.Sprintf("Create PDP Context Response: %v", s.cause)
	case stepSent:
		x.To, x.Text = "terminal", "push"
	}
	return x
}

// words are what a notification offers, for people.
func (p Plan) words() string {
	text := word(p.offer())
	switch p.Variant.indication() {
	case newAddress:
		text += ", which is new"
	case networkActivation:
		text += ", network activation"
	}
	return text
}
