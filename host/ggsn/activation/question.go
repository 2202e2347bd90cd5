package activation

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"github.com/ppgbox/ppgbox/sdk/hlr"
	"github.com/ppgbox/ppgbox/sdk/push"
)

// begin is the first step of an activation: there may be a context by now. Without one the HLR is asked.
func (e *Engine) begin(t *terminal, step uint32) {
	c, up := e.context(t.key)
	e.mu.Lock()
	switch {
	case t.step != step:
		e.flush()
	case up:
		e.deliver(t, c)
	default:
		e.ask(t)
		e.flush()
	}
}

// questions wait for their turn at the HLR, by the priority of what the terminal has.
type questions struct {
	byPriority [3]fifo
	asking     int // goroutines
}

// A question is a terminal that waits, unless it is in another phase by now.
type question struct {
	terminal *terminal
	step     uint32
}

type fifo struct {
	list []question
	head int
}

func (f *fifo) add(q question) { f.list = append(f.list, q) }

func (f *fifo) next() (question, bool) {
	if f.head == len(f.list) {
		return question{}, false
	}
	q := f.list[f.head]
	f.list[f.head] = question{}
	if f.head++; f.head == len(f.list) {
		f.list, f.head = f.list[:0], 0
		if cap(f.list) > 1024 {
			f.list = nil
		}
	}
	return q, true
}

// ask lets a terminal wait for its turn at the HLR.
func (e *Engine) ask(t *terminal) {
	e.enter(t, queueing, never)
	p := push.PriorityLow
	if t.first != nil {
		p = t.first.push.Priority
	}
	e.questions.byPriority[min(max(push.PriorityHigh-p, 0), 2)].add(question{t, t.step})
	if e.questions.asking < e.limits.Queries && !e.closed {
		e.questions.asking++
		e.asking.Go(e.work)
	}
}

// work puts the questions that wait, one after the other.
func (e *Engine) work() {
	for {
		e.mu.Lock()
		t, q := e.nextQuestion()
		if t == nil {
			e.questions.asking--
			e.flush()
			return
		}
		e.enter(t, asking, never)
		e.stats.Asked++
		e.note(t, stepQuery, 0, "")
		step, fresh := t.step, t.fresh
		t.fresh = false
		e.flush()
		if fresh {
			e.o.HLR.Invalidate(q)
		}
		location, err := e.o.HLR.Query(e.ctx, q)
		to, refused := e.judge(q.IMSI, location, err)
		e.located(t, step, to, refused)
	}
}

// nextQuestion returns the terminal whose turn it is.
func (e *Engine) nextQuestion() (*terminal, hlr.Question) {
	for i := range e.questions.byPriority {
		for {
			q, ok := e.questions.byPriority[i].next()
			if !ok {
				break
			}
			t := q.terminal
			switch {
			case t.step != q.step:
			case t.first == nil:
				e.remove(t)
			default:
				return t, hlr.Question{IMSI: t.imsi, MSISDN: t.first.push.MSISDN}
			}
		}
	}
	return nil, hlr.Question{}
}

// judge says which SGSN to notify, or why none.
func (e *Engine) judge(imsi push.IMSI, l hlr.Location, err error) (netip.AddrPort, *refusal) {
	var r refusal
	switch {
	case errors.Is(err, context.Canceled):
		r = stopping.plain()
	case err != nil:
		r = ofQuestionError(err).because("the HLR: %v", err)
	case l.IMSI != "" && l.IMSI != imsi:
		err = fmt.Errorf("%w: it is about another subscriber", hlr.ErrGarbage)
		r = ofQuestionError(err).because("the HLR (%s): %v", l.Source, err)
	case !l.Reachable():
		r = unreachable(l)
	default:
		to, ok := e.o.SGSN(l.SGSN)
		if ok {
			return to, nil
		}
		r = foreign.because("the HLR (%s) names the SGSN %q, which is none that this node may talk with", l.Source, l.SGSN)
	}
	return netip.AddrPort{}, &r
}

// located goes on where the HLR has answered.
func (e *Engine) located(t *terminal, step uint32, to netip.AddrPort, refused *refusal) {
	e.mu.Lock()
	switch {
	case t.step != step:
		e.flush()
	case t.first == nil: // nobody waits any more
		e.remove(t)
		e.flush()
	case refused != nil:
		e.note(t, stepLocation, 0, refused.Answer)
		e.fail(t, *refused)
		e.flush()
	case t.unknown && to.Addr() == t.sgsn:
		e.note(t, stepLocation, 0, "SGSN "+to.Addr().String())
		e.fail(t, unknownThere.because("%v does not know the IMSI, and the HLR names no other SGSN", to.Addr()))
		e.flush()
	default:
		t.sgsn = to.Addr()
		e.note(t, stepLocation, 0, "SGSN "+to.Addr().String())
		e.prepare(t, to)
	}
}
